"""Preparing a dataset for the registry: read, check, and write its files into a folder of its own.

Nothing is left behind when anything fails: the folder is removed with everything in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import associations as assoc
from dsgrid.datasets import facts, parquet
from dsgrid.datasets.checks import Declared
from dsgrid.datasets.columns import Columns, describe
from dsgrid.datasets.declared import from_nulls, null_arrays, read_declared, undeclared
from dsgrid.datasets.expected import zones_of
from dsgrid.datasets.files import find
from dsgrid.datasets.ingest import Source, ingest
from dsgrid.datasets.ledger import Ledger
from dsgrid.datasets.lookup import Lookup, read_lookup
from dsgrid.datasets.own_checks import read_checks
from dsgrid.datasets.parallel import over_files
from dsgrid.datasets.verify import Known, verify
from dsgrid.datasets.years import refuse_other_years
from dsgrid.dimensions.dimension import Dimension
from dsgrid.registry.model import DataFile, Layout, MetricProfile
from dsgrid.registry.publish import discard
from dsgrid.storage.location import Location, files_below, relative_name
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.labels import slot_keys

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.spec.node import Node

Progress = Callable[[str], None]
# Puts the facts of files that are as the registry would write them into a folder, and says which files that made.
Placing = Callable[["Source", "Columns", "Lookup | None", TimeDimension, Location], "tuple[Location, ...] | None"]


@dataclass(frozen=True)
class Prepared:
    """A dataset whose files are written and checked, ready to be published.

    Parameters
    ----------
    files
        Every file below the folder, with paths relative to it.
    summary
        ``rows`` (of the facts), ``values``, ``combinations``, ``time_arrays``, ``slots`` (of a time array), ``bytes``,
        ``abs_sum``.
    profile
        What the values of each metric are like.
    """

    layout: Layout
    files: tuple[DataFile, ...]
    profile: tuple[MetricProfile, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)


def _silent(_: str) -> None:
    """Report progress to nobody."""


def prepare(
    session: SparkSession,
    root: Node,
    dimensions: Mapping[str, Dimension],
    time: TimeDimension,
    folder: Location,
    progress: Progress = _silent,
    ledger: Ledger | None = None,
    place: Placing | None = None,
) -> Prepared:
    """Bring a dataset's files into the registry's form and check them.

    Parameters
    ----------
    session
        The engine's session; its zone is UTC.
    root
        The ``register_dataset`` spec.
    dimensions
        The dataset's dimension of each of the seven types.
    folder
        Where the files go; it does not exist, or is empty.
    progress
        Called with a few words at every step.
    ledger
        Takes down what each check finds.
    place
        Takes facts over as they are; where it returns None they are written anew. They are checked all the same.

    Raises
    ------
    SpecError
        If the spec does not explain the columns or the time labels.
    DataError
        With everything that is wrong with the data. The folder is gone then.
    """
    staging = folder.parent / f".{folder.name}.staging"
    try:
        return _Preparation(session, root, dimensions, time, folder, staging, progress, ledger or Ledger(), place).run()
    except BaseException:
        discard(folder)
        raise
    finally:
        discard(staging)


@dataclass(frozen=True)
class _Written:
    """The stored facts, and what the NULL values of the files say."""

    files: tuple[Location, ...]
    absent: tuple[Declared, ...]
    null_ids: frozenset[int]


class _Preparation:
    """The steps of `prepare`, in order, with what they share."""

    def __init__(
        self,
        session: SparkSession,
        root: Node,
        dimensions: Mapping[str, Dimension],
        time: TimeDimension,
        folder: Location,
        staging: Location,
        progress: Progress,
        ledger: Ledger,
        place: Placing | None,
    ) -> None:
        self.session, self.root, self.data = session, root, root["data"]
        self.dimensions, self.time = dimensions, time
        self.zones = zones_of(time, dimensions, (root.get("time") or root["data"]).where)
        self.folder, self.staging, self.progress, self.ledger = folder, staging, progress, ledger
        self.place = place

    def run(self) -> Prepared:
        check = self.ledger.check
        slots = assoc.Slots.of(self.time, self._slot_keys())
        self.progress("reading the columns")
        with check("files"):
            files = find(self.data.file("table"))
            lookup_files = find(self.data.file("lookup")) if "lookup" in self.data else None
        with check("columns"):
            columns = describe(
                self.root, self.dimensions, self.time, files.columns(), lookup_files.columns() if lookup_files else None
            )
            own = read_checks(self.root, self.dimensions)
        self.progress("reading the values")
        with check("cells"):
            lookup = None
            if lookup_files is not None and columns.lookup is not None:
                lookup = read_lookup(lookup_files, columns.lookup)
            expected = read_declared(self.data, "expected")
            missing = list(read_declared(self.data, "missing"))
            source = ingest(self.session, files, columns.facts, self.staging)
        if lookup is not None and len(lookup.absent):
            missing.append(Declared(lookup.absent.to_pandas(), f"the rows without an id in {lookup.name}"))
        with check("labels"):
            written = self._write(source, columns, lookup)
        missing += [each for found in written.absent for each in undeclared(found, missing)]

        self.progress("checking")
        values = tuple(columns.facts.values)

        def reader(some: Sequence[str]) -> DataFrame:
            return facts.read(self.session, written.files, columns.keys, some, self.time)

        arrays = assoc.arrays(self.session, reader, columns.keys, values, slots)
        known = Known(columns, self.dimensions, self.time, self.zones, source, lookup, written.null_ids, written.absent)
        declared = {"expected": expected, "missing": missing}
        table = verify(self.session, reader(values), arrays, slots, known, declared, own, self.ledger)

        self._write_small(lookup, table, expected, missing)
        layout = columns.layout(null_cells=assoc.has_null_cells(arrays, values))
        self.progress("computing checksums")
        described = describe_files(self.session, self.folder)
        summary = {
            "rows": int(arrays["rows"].sum()),
            "values": int(table["rows"].sum()),
            "combinations": len(table),
            "time_arrays": len(arrays) * len(values),
            "slots": int(arrays["rows"].max()),
            "bytes": sum(file.bytes for file in described),
            "abs_sum": float(table["abs_sum"].sum()),
        }
        return Prepared(layout, described, assoc.profile(table), summary)

    def _slot_keys(self) -> NDArray[np.int64]:
        """Return the keys of all slots, in all zones; where a zone's clock does not show an end of them, say so."""
        from dsgrid.time.zones import TimeError

        try:
            return slot_keys(self.time, self.zones.values())
        except TimeError as error:
            at = self.root.get("time") or self.data
            raise TimeError([(at.get(one.key) or at).problem(one.message) for one in error.problems]) from None

    def _write(self, source: Source, columns: Columns, lookup: Lookup | None) -> _Written:
        if self.place is not None:
            placed = self.place(source, columns, lookup, self.time, self.folder / "facts")
            if placed is not None:
                refuse_other_years(self.session, source, columns, self.time, lookup, self.dimensions)
                return _Written(placed, (), frozenset())
        at = self.root.get("time") or self.data
        precision = self.data.scalar("precision", "float64")
        normal = facts.normalise(self.session, source, columns, self.time, lookup, at, precision)
        refuse_other_years(self.session, source, columns, self.time, lookup, self.dimensions)
        absent: tuple[Declared, ...] = ()
        null_ids: frozenset[int] = frozenset()
        nulls = sum(source.nulls.values())
        if nulls:
            self.progress("looking for combinations without values")
            found = null_arrays(normal, columns.keys, tuple(columns.facts.values))
            if len(found):
                absent = (from_nulls(found, columns, lookup, source.name),)
                null_ids = frozenset(found["id"]) if lookup is not None else null_ids
            normal = facts.without_nulls(normal, columns)
        self.progress(f"writing {source.rows:,} rows")
        order = facts.sort_keys(columns, self.time)
        files = facts.write_sorted(self.session, normal, order, self.folder / "facts")
        return _Written(files, absent, null_ids)

    def _write_small(
        self,
        lookup: Lookup | None,
        table: pd.DataFrame,
        expected: Sequence[Declared],
        missing: Sequence[Declared],
    ) -> None:
        import pyarrow as pa

        if lookup is not None:
            _write_table(lookup.table, self.folder / "lookup.parquet")
        _write_table(pa.Table.from_pandas(table, preserve_index=False), self.folder / "associations.parquet")
        for role, tables in (("expected", expected), ("missing", missing)):
            for number, declared in enumerate(tables):
                path = self.folder / role / f"{number}.parquet"
                path.parent.mkdir(exist_ok=True)
                _write_table(pa.Table.from_pandas(declared.table, preserve_index=False), path)


def describe_files(session: SparkSession, folder: Location) -> tuple[DataFile, ...]:
    """Return every file below a folder; its role is the first part of its name."""
    paths = [path for path, _, _ in files_below(folder)]
    names = [PurePosixPath(relative_name(path, folder)) for path in paths]
    found = over_files(session, describe_file, paths)
    return tuple(
        DataFile(path=str(name), role=name.parts[0].removesuffix(".parquet"), **described)
        for name, described in zip(names, found, strict=True)
    )


def describe_file(path: Location) -> dict[str, Any]:
    """Return the size, the rows and the checksum of a Parquet file."""
    import hashlib

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"bytes": path.stat().st_size, "rows": parquet.rows(path), "sha256": digest.hexdigest()}


def _write_table(table: pa.Table, path: Location) -> None:
    parquet.write(table.replace_schema_metadata(None), path)
