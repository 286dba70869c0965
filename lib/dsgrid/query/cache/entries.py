"""The folder of the cache: entries by their keys, each complete or not there.

An entry is written under a name that nobody looks for, made safe, and then gets its own name in one step. What is read
of it is compared with its manifest first: an entry that is damaged is removed, and counts as none. The folder may be
shared by processes and machines, and may be removed at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, UsageError
from dsgrid.query.part_store import PartStore
from dsgrid.query.part_users import names_in
from dsgrid.registry import disk
from dsgrid.registry.publish import MANIFEST, Manifest, data_file, read_manifest, verify_files, write_manifest
from dsgrid.storage.location import Location, files_below, location, relative_name

VARIABLE: Final = "DSGRID_CACHE"
LIMIT_VARIABLE: Final = "DSGRID_CACHE_LIMIT"
OFF: Final = frozenset({"off", "no", "0"})
LIMIT: Final = 10_000_000_000
NEW: Final = ".new-"
# What a process that was killed has left has no use any more after this long.
LEFT_AFTER: Final = 24 * 3600.0
# By itself no single entry takes more of the cache than this part.
LARGEST_SHARE: Final = 0.25

RESULTS: Final = "results"
TABLES: Final = "tables"
PARTS: Final = "parts"
KINDS: Final[Mapping[str, str]] = {
    RESULTS: "published tables",
    TABLES: "tables before they got their form",
    PARTS: "finished parts of long queries",
}


@dataclass(frozen=True)
class Entry:
    """An entry of the cache.

    Parameters
    ----------
    kind
        One of `KINDS`.
    used
        When it was last written or read, in seconds since 1970.
    about
        What its manifest says of it.
    unfinished
        Whether a run that was killed may go on from it.
    in_use
        Whether a query that runs reads or writes it; of parts alone, as others are read at once.
    """

    kind: str
    key: str
    folder: Location
    bytes: int
    used: float
    about: Mapping[str, Any]
    unfinished: bool = False
    in_use: bool = False


@dataclass(frozen=True)
class Cache:
    """A cache in a folder, which need not exist yet.

    Parameters
    ----------
    limit
        How many bytes it may hold; what was not used for the longest time goes first.
    """

    folder: Path
    limit: int = LIMIT

    @property
    def largest(self) -> int:
        """How many bytes one entry may have."""
        return int(self.limit * LARGEST_SHARE)

    def has(self, kind: str, key: str) -> bool:
        """Tell whether there is an entry, in whatever state."""
        return os.path.exists(self.folder / kind / key)

    @contextmanager
    def found(self, kind: str, key: str) -> Iterator[tuple[Path, Manifest] | None]:
        """Yield the folder and the manifest of an entry whose files are what they were; None where there is none."""
        folder = self.folder / kind / key
        manifest = _whole(folder)
        if manifest is None:
            with contextlib.suppress(OSError):
                disk.remove_folder(folder)
        if manifest is not None:
            with contextlib.suppress(OSError):
                os.utime(folder / MANIFEST)
        yield None if manifest is None else (folder, manifest)

    def keep(self, kind: str, key: str, write: Callable[[Path], None], about: Mapping[str, Any]) -> bool:
        """Keep what `write` puts into the folder that it is given; say whether that was possible.

        A cache that cannot be written, for whatever reason, is no reason for a query to fail.
        """
        folder = self.folder / kind
        new = folder / f"{NEW}{secrets.token_hex(8)}"
        try:
            new.mkdir(parents=True, mode=0o700)
            write(new)
            files = [data_file(new, relative_name(path, new), "cached", 0) for path, _, _ in files_below(new)]
            write_manifest(new, files, about)
            try:
                os.rename(new, folder / key)
            except OSError:
                # Another process has kept the same in the meantime.
                if not (folder / key).exists():
                    raise
                disk.remove_folder(new)
        except (OSError, DsgridError):
            with contextlib.suppress(OSError):
                disk.remove_folder(new)
            return False
        return True

    def entries(self) -> list[Entry]:
        """Return what is kept, the last used first; what is damaged or in the making is not among it."""
        found = []
        for kind in (RESULTS, TABLES):
            for folder in _folders(self.folder / kind):
                if not folder.name.startswith(NEW) and (entry := _entry(kind, folder)) is not None:
                    found.append(entry)
        found += [entry for entry in map(_of_parts, self._pointers()) if entry is not None]
        return sorted(found, key=lambda entry: (-entry.used, entry.key))

    def remove(self, entry: Entry) -> bool:
        """Remove an entry, and say whether it is gone; one that is gone already is no error."""
        try:
            if entry.kind == PARTS:
                PartStore(entry.folder).remove()
                self.forget(entry.folder)
            else:
                disk.remove_folder(entry.folder)
        except (OSError, DsgridError):
            return not os.path.exists(entry.folder) if isinstance(entry.folder, Path) else False
        return True

    def point(self, folder: Location) -> None:
        """Remember where parts of a query are kept: beside its results, where there is room for them."""
        pointer = self._pointer(folder)
        new = pointer.with_name(f"{NEW}{secrets.token_hex(8)}")
        with contextlib.suppress(OSError):
            pointer.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            disk.write_file(new, (json.dumps({"folder": str(folder)}) + "\n").encode())
            disk.swap_file(pointer, new)

    def forget(self, folder: Location) -> None:
        """Forget parts that are gone."""
        with contextlib.suppress(OSError):
            self._pointer(folder).unlink(missing_ok=True)

    def _pointer(self, folder: Location) -> Path:
        # The same parts may be kept beside several results.
        place = hashlib.sha256(os.fsencode(str(folder))).hexdigest()[:16]
        return self.folder / PARTS / f"{folder.name}-{place}.json"

    def _pointers(self) -> list[Path]:
        folder = self.folder / PARTS
        return [folder / name for name in names_in(folder) if name.endswith(".json") and not name.startswith(".")]

    def shrink(self, limit: int | None = None) -> list[Entry]:
        """Remove what was not used for the longest time until no more than the limit is left; return what went."""
        limit = self.limit if limit is None else limit
        self._sweep()
        left, gone = 0, []
        for entry in self.entries():
            if entry.unfinished or entry.in_use:
                continue  # work that somebody may want to go on with, or does
            left += entry.bytes
            if left > limit and self.remove(entry):
                gone.append(entry)
        return gone

    def _sweep(self) -> None:
        """Remove what processes have left that were killed."""
        for kind in (RESULTS, TABLES):
            for folder in _folders(self.folder / kind):
                with contextlib.suppress(OSError):
                    made = folder.stat().st_mtime
                    if folder.name.startswith(NEW) and time.time() - made > LEFT_AFTER:
                        disk.remove_folder(folder)
        for name in names_in(self.folder / PARTS):
            with contextlib.suppress(OSError):
                new = self.folder / PARTS / name
                if name.startswith(NEW) and time.time() - new.stat().st_mtime > LEFT_AFTER:
                    disk.remove_file(new)


def open_cache() -> Cache | None:
    """Return the user's cache: ``DSGRID_CACHE``, else ``dsgrid`` in the user's folder for caches; None if it is off."""
    if os.environ.get(VARIABLE, "").lower() in OFF:
        return None
    folder = cache_folder()
    return None if folder is None else Cache(folder, _limit())


def cache_folder() -> Path | None:
    """Return the folder of the user's cache, also where it is off; None for a user without a home."""
    named = os.environ.get(VARIABLE, "")
    if named and named.lower() not in OFF:
        return Path(os.path.abspath(named))
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the convention: a relative one is ignored
        try:
            base = str(Path.home() / ".cache")
        except RuntimeError:
            return None
    return Path(base) / "dsgrid"


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "")
    return parse_size(text, LIMIT_VARIABLE) if text else LIMIT


def parse_size(text: str, name: str) -> int:
    """Return the bytes that a text such as ``10g`` means."""
    units = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
    lower = text.strip().lower().removesuffix("b").strip()
    number, unit = (lower[:-1], lower[-1]) if lower[-1:] in units and lower[-1:] else (lower, "")
    try:
        size = int(float(number) * units[unit])
        if size >= 0:
            return size
    except (ValueError, OverflowError):
        pass
    raise UsageError(f'{name} is "{text}"; expected a size such as 500m or 10g')


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _whole(folder: Path) -> Manifest | None:
    try:
        manifest = read_manifest(folder)
        return None if verify_files(folder, manifest.files) else manifest
    except (OSError, DsgridError):
        return None


def _entry(kind: str, folder: Path) -> Entry | None:
    try:
        manifest = read_manifest(folder)
        used = (folder / MANIFEST).stat().st_mtime
    except (OSError, DsgridError):
        return None
    return Entry(kind, folder.name, folder, sum(file.bytes for file in manifest.files), used, manifest.extra)


def _of_parts(pointer: Path) -> Entry | None:
    """Return the parts that a pointer is about; one whose parts are gone is removed."""
    try:
        folder = location(str(json.loads(pointer.read_bytes())["folder"]))
        store = PartStore(folder)
        if not folder.is_dir():
            pointer.unlink(missing_ok=True)
            return None
        about = store.about()
        counted = {**about, "finished": store.finished}
        used, unfinished = pointer.stat().st_mtime, not about.get("whole", False)
        return Entry(PARTS, folder.name, folder, store.bytes, used, counted, unfinished, store.is_used)
    except (OSError, ValueError, KeyError, TypeError, DsgridError):
        return None
