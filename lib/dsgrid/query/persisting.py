"""Coded tables between two stages: written by the engine, read again, removed at the end.

Caching in memory would do nothing in Sail, and not survive its executors in Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.query.literals import arrow_frame, arrow_rows
from dsgrid.query.terms import BALANCE, CODE, SLOT, VALUE
from dsgrid.registry import disk
from dsgrid.storage.location import Location, engine_path, engine_paths, files_below

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TYPES = {CODE: "int64", SLOT: "timestamp", VALUE: "float64", BALANCE: "float64"}
_IN_SQL = {"int64": "bigint", "timestamp": "timestamp", "float64": "double"}


def write_coded(session: SparkSession, rows: DataFrame, path: Location) -> list[str]:
    """Write a coded table as Parquet; return its columns."""
    columns = [name for name in _TYPES if name in rows.columns]
    rows.select(*(quoted(name) for name in columns)).write.option("compression", "zstd").parquet(
        engine_path(session, path)
    )
    return columns


def coded_files(path: Location) -> list[Location]:
    """Return the files that an engine has written; Sail writes none of a table without rows."""
    return [each for each, _, _ in files_below(path) if each.suffix == ".parquet"] if path.is_dir() else []


def read_coded(session: SparkSession, files: Sequence[Location], columns: Sequence[str]) -> DataFrame:
    """Return a coded table as it is read again from its files, of which there may be none."""
    if not files:
        return arrow_frame(session, arrow_rows([], *((name, _TYPES[name]) for name in columns)))
    schema = ", ".join(f"{quoted(name)} {_IN_SQL[_TYPES[name]]}" for name in columns)
    return session.read.schema(schema).parquet(*engine_paths(session, files))


@dataclass
class Scratch:
    """A folder for tables that only this run reads."""

    session: SparkSession
    folder: Location
    count: int = field(default=0, init=False)

    def persist(self, rows: DataFrame | None) -> DataFrame | None:
        """Write a coded table and return it as it is read again; nothing stays nothing."""
        if rows is None:
            return None
        self.count += 1
        path = self.folder / str(self.count)
        columns = write_coded(self.session, rows, path)
        return read_coded(self.session, coded_files(path), columns)

    def remove(self) -> None:
        """Remove what was written."""
        if self.count:
            disk.remove_folder(self.folder)
