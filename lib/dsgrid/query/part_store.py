"""Finished parts of a long query on disk: what a run that was killed has done, the next one need not do again.

The folder of a query's parts bears the fingerprint of everything that the query reads and asks, so a part in it is what
would be computed again. A part is published as data are: its files, then its manifest, then a pointer that is swapped.
A kill leaves the part whole, or as if it had never been begun; two runs at once publish it twice, and either is good.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import DsgridError, RegistryError
from dsgrid.query.part_users import is_used, names_in
from dsgrid.registry import disk
from dsgrid.registry.publish import (
    Manifest,
    data_file,
    discard,
    put_document,
    read_manifest,
    verify_files,
    write_manifest,
)
from dsgrid.storage.location import Location, files_below, relative_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FOLDER: Final = ".parts"
TABLE: Final = "table"
ABOUT: Final = "parts.json"
GONE: Final = ".gone-"


@dataclass(frozen=True)
class FinishedPart:
    """A part on disk; without rows it has no columns either."""

    folder: Location
    manifest: Manifest

    @property
    def columns(self) -> list[str]:
        """The columns of its coded table."""
        return list(self.manifest.extra["columns"])

    @property
    def files(self) -> list[Location]:
        """The files of its coded table."""
        return [self.folder / file.path for file in self.manifest.files]

    @property
    def bytes(self) -> int:
        """The size of its files."""
        return sum(file.bytes for file in self.manifest.files)


@dataclass(frozen=True)
class PartStore:
    """The parts of one query with one fingerprint, divided in one way.

    Parameters
    ----------
    folder
        Where they are; it need not exist.
    """

    folder: Location

    def find(self, contraction: int, number: int) -> FinishedPart | None:
        """Return a finished part; None where there is none, or what is there is damaged."""
        pointer = self._pointer(contraction, number)
        try:
            folder = self.folder / str(json.loads(pointer.read_bytes())["folder"])
            manifest = read_manifest(folder)
            if verify_files(folder, manifest.files):
                return None
            list(manifest.extra["columns"])
        except (OSError, ValueError, KeyError, TypeError, DsgridError):
            return None
        return FinishedPart(folder, manifest)

    def keep(self, session: SparkSession, contraction: int, number: int, rows: DataFrame | None) -> FinishedPart:
        """Compute a part, write it, and publish it when it is safe on the disk."""
        # Imported here: who only looks at what is there needs no engine, and no numpy.
        from dsgrid.query.persisting import coded_files, write_coded

        folder = self.folder / f"{contraction}.{number}-{secrets.token_hex(4)}"
        disk.make_folder(folder)
        try:
            columns = [] if rows is None else write_coded(session, rows, folder / TABLE)
            written = coded_files(folder / TABLE)
            files = [data_file(folder, relative_name(path, folder), "part", _rows(path)) for path in written]
            write_manifest(folder, files, {"columns": columns})
            put_document(self._pointer(contraction, number), {"folder": folder.name})
        except BaseException:
            discard(folder)
            raise
        return FinishedPart(folder, read_manifest(folder))

    def describe(self, about: dict[str, Any]) -> None:
        """Say, for people and for `dsgrid cache`, what these are parts of."""
        self.folder.mkdir(parents=True, exist_ok=True)
        put_document(self.folder / ABOUT, about)

    def about(self) -> dict[str, Any]:
        """Return what was said of the parts; nothing where that is gone or damaged."""
        try:
            found = json.loads((self.folder / ABOUT).read_bytes())
        except (OSError, ValueError, DsgridError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def finished(self) -> int:
        """How many parts are finished, in all contractions."""
        return sum(name.endswith(".json") and name[0].isdigit() for name in names_in(self.folder))

    @property
    def bytes(self) -> int:
        """What all files take."""
        if not isinstance(self.folder, Path):
            return sum(size for _, size, _ in files_below(self.folder))
        found = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # other processes write here, too
                    found += os.stat(os.path.join(folder, name)).st_size
        return found

    @property
    def is_used(self) -> bool:
        """Whether a process uses the parts, as far as this machine can tell."""
        return is_used(self.folder)

    def require(self, finished: Sequence[FinishedPart]) -> None:
        """Refuse what was made of parts that went while they were read: engines leave out files that are missing.

        Raises
        ------
        RegistryError
            When a file of them is gone, or is not what it was.
        """
        for part in finished:
            if verify_files(part.folder, part.manifest.files, checksums=False):
                raise RegistryError(
                    f"{self.folder}: finished parts were removed while this query read them, so its result was not "
                    "published; run it again"
                )

    def remove(self) -> None:
        """Remove all parts at once: nobody finds some of them while the others go."""
        if not isinstance(self.folder, Path):
            disk.remove_folder(self.folder)
            return
        gone = self.folder.with_name(f"{GONE}{secrets.token_hex(8)}")
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.folder, gone)
            disk.remove_folder(gone)

    def _pointer(self, contraction: int, number: int) -> Location:
        return self.folder / f"{contraction}.{number}.json"


def whole(
    store: PartStore,
    session: SparkSession,
    contraction: int,
    parts: Sequence[Callable[[], DataFrame | None]],
    say: Callable[[int, bool], None],
    used: list[FinishedPart] | None = None,
) -> DataFrame | None:
    """Return a contraction put together from its parts, computing those that are not finished yet; None without rows.

    Parameters
    ----------
    parts
        Each returns the rows of a part, as the engine would compute them.
    say
        Called with the number of a part, before it is computed (False), or since it was found (True).
    used
        Gets the parts that the table is read from; see `PartStore.require`.
    """
    finished = []
    for number, rows in enumerate(parts):
        found = store.find(contraction, number)
        say(number, found is not None)
        finished.append(store.keep(session, contraction, number, rows()) if found is None else found)
    if used is not None:
        used.extend(finished)
    from dsgrid.query.persisting import read_coded

    columns = next((part.columns for part in finished if part.columns), None)
    if columns is None:
        return None
    return read_coded(session, [file for part in finished for file in part.files], columns)


def stores(folder: Location, key: str) -> list[tuple[int, PartStore]]:
    """Return the ways in which a query with a fingerprint has been divided, with the number of parts."""
    found = [(store.folder.name.removeprefix(f"{key}-"), store) for store in every_store(folder, key)]
    return sorted(((int(count), store) for count, store in found if count.isdecimal()), key=lambda one: one[0])


def every_store(folder: Location, key: str) -> list[PartStore]:
    """Return all parts of a query with a fingerprint, also those that no other run goes on from."""
    return [PartStore(folder / name) for name in names_in(folder) if name.startswith(f"{key}-")]


def clear(folder: Location, key: str, kept: Collection[str] = ()) -> list[Location]:
    """Remove the parts of a query that is answered, however it was divided; return the folders that went.

    What another process uses stays: that one removes it in the end.

    Parameters
    ----------
    kept
        The names of those that stay.
    """
    gone = []
    for store in every_store(folder, key):
        if store.folder.name not in kept and not store.is_used:
            store.remove()
            gone.append(store.folder)
    for name in names_in(folder):
        # Of a removal that was interrupted.
        if name.startswith(GONE):
            with contextlib.suppress(OSError, DsgridError):
                disk.remove_folder(folder / name)
    return gone


def _rows(path: Location) -> int:
    from dsgrid.datasets import parquet

    return parquet.rows(path)
