"""The journal of a bulk: a small file that says what is done, so that an interrupted run goes on where it stopped.

It is written anew at every step: to a file beside it that is synced, then renamed. A kill leaves the old journal or the
new one. Before a spec runs, the journal holds that it is begun and how to tell whether it came to its end.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import RegistryError, RegistryLockedError
from dsgrid.registry import disk

FORMAT: Final = 1
SUFFIX: Final = ".journal.json"


@dataclass(frozen=True)
class Entry:
    """What the journal says of one spec.

    Parameters
    ----------
    spec
        The spec's file, as the bulk names it.
    variables
        What its variables stand for; a spec may run several times, for other variables.
    sha256
        That of the spec that ran: of its text and its variables.
    registry
        The registry's folder, relative to the journal's: both can be moved together.
    before
        What tells whether it came to its end: the registry's last registration, or the query's current run, at its
        beginning.
    is_done
        Whether it came to its end; otherwise it is begun.
    at
        When.
    """

    spec: str
    variables: Mapping[str, str]
    job: str
    sha256: str
    registry: str
    before: str
    is_done: bool = False
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def key(self) -> str:
        """What names the entry in the journal."""
        return entry_key(self.spec, self.variables)


def entry_key(spec: str, variables: Mapping[str, str]) -> str:
    """Return what names a spec with its variables."""
    return json.dumps([spec, sorted(variables.items())], ensure_ascii=False)


class Journal:
    """An open journal, which nobody else can open meanwhile. Made by `open_journal`.

    Parameters
    ----------
    path
        Its file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries = {entry.key: entry for entry in _read(path)}

    def relative(self, folder: Path | None) -> str:
        """Return a folder as entries name it."""
        if folder is None:
            return ""
        return os.path.relpath(folder, os.path.abspath(self.path.parent))

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What it says, by key."""
        return self._entries

    def record(self, entry: Entry) -> None:
        """Put an entry in, or in the place of the one with its key; when this returns it is safe on the disk."""
        self._entries[entry.key] = entry
        document = {"format": FORMAT, "specs": [asdict(each) for each in self._entries.values()]}
        new = self.path.with_name(f".{self.path.name}.new")
        # One at a time has the journal open, so this name is free; what a kill has left there is overwritten.
        disk.write_file(new, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
        disk.sync(new)
        disk.swap_file(self.path, new)
        disk.sync(self.path.parent)

    def remove(self) -> None:
        """Remove the file: everything is done."""
        disk.remove_file(self.path)
        disk.sync(self.path.parent)
        self._entries = {}


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, alone.

    Raises
    ------
    RegistryLockedError
        When another process has it open. A process that is gone, however it ended, has not.
    RegistryError
        When it is damaged, no journal, or of a later version of dsgrid; or when its folder cannot hold one.
    """
    lock = path.with_name(f".{path.name}.lock")
    descriptor = _locked(lock, path)
    try:
        yield Journal(path)
    finally:
        # Removed while it is still ours; who waits for this one looks whether it is still the one of that name.
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(lock: Path, journal: Path) -> int:
    while True:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise RegistryError(_no_place(journal, error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise RegistryLockedError(
                    f"the journal {journal} is in use: another bulk runs these specs; wait for its end"
                ) from error
            raise RegistryError(_no_place(journal, error)) from error
        if _is_current(descriptor, lock):
            return descriptor
        os.close(descriptor)


def _no_place(journal: Path, error: OSError) -> str:
    return (
        f"no journal can be kept in {journal.parent}: {error.strerror}; "
        'name a file in another folder: journal = "..." in the bulk\'s spec'
    )


def _is_current(descriptor: int, lock: Path) -> bool:
    """Tell whether the file that is locked is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except FileNotFoundError:
        return False


def _read(path: Path) -> list[Entry]:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        version = document["format"]
        if version == FORMAT:
            return [Entry(**entry) for entry in document["specs"]]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RegistryError(f"the journal {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{path} is no journal of a bulk, or is damaged ({error}); name another one") from error
    raise RegistryError(f"the journal {path} has format {version}, and this dsgrid knows {FORMAT}; use a newer dsgrid")
