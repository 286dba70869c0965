"""The files behind one table of a dataset: found once, then always named one by one.

A folder is listed here and nowhere else: the engines do not agree on what a folder, a glob or a partition holds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from dsgrid.datasets.compressed import CODECS, codec, ending
from dsgrid.datasets.parallel import in_threads
from dsgrid.datasets.partitions import Partition, files_in
from dsgrid.errors import DataError, NotFoundError, Problem, listing
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location, relative_name

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}


@dataclass(frozen=True)
class TableFiles:
    """The files of one table.

    Parameters
    ----------
    format
        ``parquet``, ``csv`` or ``json`` (one JSON object per line).
    root
        The file or folder as named by the user.
    paths
        The files, sorted by name.
    partitions
        For each file the columns that the names of its folders hold; empty where all columns are in the files.
    """

    format: str
    root: Location
    paths: tuple[Location, ...]
    partitions: tuple[Partition, ...] = ()

    @property
    def name(self) -> str:
        """The name to use in messages."""
        return shown(self.root)

    @property
    def outside(self) -> tuple[str, ...]:
        """The columns that names of folders hold."""
        return tuple(self.partitions[0]) if self.partitions else ()

    def partition(self, path: Location) -> Partition:
        """Return the columns that the names of a file's folders hold."""
        return self._partition_of[path] if self.partitions else {}

    @cached_property
    def _partition_of(self) -> dict[Location, Partition]:
        return dict(zip(self.paths, self.partitions, strict=True))

    def label(self, path: Location) -> str:
        """Return the name of a file, with those of its folders where they hold columns."""
        return relative_name(path, self.root) if self.partitions else path.name

    def columns(self) -> tuple[str, ...]:
        """Return the column names, those in the files first; every file has to have the same ones.

        Raises
        ------
        DataError
            For a file that is empty, of another format than its name says, or with other columns than the first; for
            a column without a name.
        """
        found = list(zip(self.paths, in_threads(partial(_columns, self.format), self.paths), strict=True))
        first_path, first = found[0]
        problems = [
            Problem(
                f"its columns are not those of {first_path.name}: {_difference(first, columns)}",
                shown(path),
            )
            for path, columns in found[1:]
            if set(columns) != set(first)
        ]
        repeated = sorted({name for name in first if first.count(name) > 1})
        if repeated:
            problems.append(Problem(f"column {listing(repeated)} occurs more than once", shown(first_path)))
        problems += [Problem(message, shown(first_path)) for message in map(_unspeakable, first) if message]
        problems += [
            Problem(f'column "{name}" is in the file and in the name of its folder, too', shown(first_path))
            for name in self.outside
            if name in first
        ]
        if problems:
            raise DataError(problems)
        return (*first, *self.outside)


def _unspeakable(name: str) -> str:
    """Say why no spec can name a column; the names of all others are texts without blanks around them."""
    if not name.strip():
        return "a column has no name, which no spec can say (pandas writes an index so; index=False leaves it out)"
    return f'the name of column "{name}" has blanks around it, which no spec can say' if name != name.strip() else ""


def find(path: Location) -> TableFiles:
    """Find the files of a table.

    Parameters
    ----------
    path
        One file, or a folder with files of one format (as Spark writes them), also in folders whose names are columns.
        Names that start with ``_`` or ``.`` are not data.
    """
    if not path.exists():
        raise NotFoundError(Problem("no such file or folder", shown(path)))
    path = path.resolve()
    if path.is_file():
        return TableFiles(_format(path, path.stat().st_size), path, (path,))
    found = files_in(path)
    if not found:
        raise DataError(Problem("the folder holds no files", shown(path)))
    formats = {_format(entry, size) for entry, size, _ in found}
    if len(formats) > 1:
        raise DataError(Problem(f"the folder mixes formats: {', '.join(sorted(formats))}", shown(path)))
    partitions = tuple(partition for _, _, partition in found)
    paths = tuple(entry for entry, _, _ in found)
    return TableFiles(formats.pop(), path, paths, partitions if partitions[0] else ())


def find_all(paths: Sequence[Location]) -> tuple[TableFiles, ...]:
    """Return every file of a list of files and folders as a table of its own."""
    return tuple(
        TableFiles(found.format, file, (file,), found.partitions[number : number + 1])
        for path in paths
        for found in (find(path),)
        for number, file in enumerate(found.paths)
    )


def is_table(path: Location) -> bool:
    """Say whether a file's name is that of a table."""
    return ending(path) in FORMATS


def _format(path: Location, size: int) -> str:
    format_ = FORMATS.get(ending(path))
    if format_ is None:
        known = ", ".join(FORMATS)
        hint = f"; text files may be compressed ({', '.join(CODECS)})" if path.suffix else ""
        raise DataError(
            Problem(f'no table: the name ends in "{path.suffix}", expected one of {known}{hint}', shown(path))
        )
    if format_ == "parquet" and codec(path):
        raise DataError(Problem(f"a Parquet file is compressed inside; unpack {path.name}", shown(path)))
    if size == 0:
        raise DataError(Problem("the file is empty", shown(path)))
    if isinstance(path, Path) and not os.access(path, os.R_OK):
        raise DataError(Problem("the file cannot be read: permission denied", shown(path)))
    return format_


def _columns(format_: str, path: Location) -> tuple[str, ...]:
    if format_ == "parquet":
        from dsgrid.datasets.parquet import schema

        return tuple(schema(path).names)
    if format_ == "csv":
        from dsgrid.datasets.delimited import header

        return header(path)
    from dsgrid.datasets.json_lines import names

    return names(path)


def _difference(expected: Sequence[str], found: Sequence[str]) -> str:
    lacking = [name for name in expected if name not in found]
    surplus = [name for name in found if name not in expected]
    parts = (f"no {listing(lacking)}" if lacking else "", f"surplus {listing(surplus)}" if surplus else "")
    return ", ".join(part for part in parts if part)
