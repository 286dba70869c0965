"""What a crash leaves behind: folders and files that nothing refers to.

A running job looks the same as one that was killed: it writes where nobody looks, and registers at the end. So what was
changed lately is left alone, and what is removed is looked at once more under the registry's lock: a job that
registers its folder does so under the same lock, and finds that its manifest is gone, or the folder is not garbage.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dsgrid.registry import disk
from dsgrid.registry.data_check import is_registered
from dsgrid.registry.database import Database
from dsgrid.registry.findings import LEFTOVER, ORPHAN, STRANGER, Finding
from dsgrid.storage.location import Location, files_below

# What this program writes beside the database, for a moment.
JOURNAL: Final = ".db-journal"
LEFTOVERS: Final = (".lock-probe-", ".registry.db-", ".copying.json")
FIX: Final = "--fix removes it"


@dataclass(frozen=True)
class Garbage:
    """A folder or file that nothing refers to.

    Parameters
    ----------
    finding
        What to tell about it.
    path
        Where it is.
    age
        Seconds since something in it was changed.
    """

    finding: Finding
    path: Location
    age: float

    def remove(self, database: Database) -> None:
        """Remove it, unless it is registered by now."""
        with database.atomic():
            if self.path.name.endswith(JOURNAL):
                # A journal is never removed by hand: it may be what keeps the database whole. SQLite does it at the
                # end of a transaction that writes.
                database.execute(f"PRAGMA user_version = {int(database.value('PRAGMA user_version'))}")
            elif self.finding.kind == LEFTOVER:
                disk.remove_file(self.path)
            elif not is_registered(database, _named(self.path)):
                disk.remove_folder(self.path)


def find_garbage(database: Database, data: Location) -> tuple[Garbage, ...]:
    """Return everything that nothing refers to, in the data root and beside the database."""
    # Listed before the registry is asked: what is registered meanwhile is then not taken for garbage.
    folders = [child for dataset in _entries(data) if dataset.is_dir() for child in _entries(dataset) if child.is_dir()]
    with database.snapshot():
        known = {row["folder"] for row in database.rows("SELECT DISTINCT folder FROM dataset_versions")}
    suspects = [_orphan(folder) for folder in folders if _named(folder) not in known]
    suspects += [
        _leftover(path)
        for path in _entries(database.path.parent)
        if path.name.startswith(LEFTOVERS) or path.name == f"{database.path.stem}{JOURNAL}"
    ]
    return tuple(found for found in suspects if found is not None)


def find_strangers(data: Location) -> Iterator[Finding]:
    """Yield files in the data root that dsgrid does not put there; they may be anybody's."""
    for entry in _entries(data):
        files = [entry] if entry.is_file() else [path for path in _entries(entry) if path.is_file()]
        for path in files:
            yield Finding(STRANGER, str(path), "no part of the registry", "move it elsewhere")


def _entries(folder: Location) -> list[Location]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _orphan(folder: Location) -> Garbage | None:
    try:
        files = files_below(folder)
        # The folder's own time tells only that names came or went; a large file may have been written for hours.
        changed = max([folder.stat().st_mtime, *(changed for _, _, changed in files)])
    except FileNotFoundError:  # it goes away while we look: somebody is at work there
        return None
    size = sum(size for _, size, _ in files)
    message = f"no dataset refers to this folder of {len(files)} files, {size:,} bytes"
    return Garbage(Finding(ORPHAN, str(folder), message, FIX, is_garbage=True), folder, _age(changed))


def _leftover(path: Location) -> Garbage | None:
    try:
        changed = path.stat().st_mtime
    except FileNotFoundError:
        return None
    finding = Finding(LEFTOVER, str(path), "left by a process that was killed", FIX, is_garbage=True)
    return Garbage(finding, path, _age(changed))


def _named(folder: Location) -> str:
    """Return a folder of a dataset as the database names it."""
    return f"{folder.parent.name}/{folder.name}"


def _age(changed: float) -> float:
    return time.time() - changed
