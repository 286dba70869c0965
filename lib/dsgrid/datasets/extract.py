"""The files of a dataset without some of its records.

Lookup and association tables are cut on the driver, the facts by the engine: what is kept reaches the Parquet scan as
predicates on ids, so that row groups without it are not read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import facts, parquet
from dsgrid.datasets.associations import profile as profile_of
from dsgrid.datasets.read import value_columns
from dsgrid.datasets.register import Prepared, describe_files
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset
from dsgrid.storage.location import Location, engine_paths
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Longer lists of ids are joined: Spark takes seconds to plan an `isin` of thousands.
LONGEST_PREDICATE = 500
Kept = Mapping[str, frozenset[str]]


def kept_associations(root: Location, dataset: Dataset, kept: Kept) -> pa.Table:
    """Return the rows of a dataset's association table that have only records that are kept."""
    return _cut(_table(root, dataset, "associations"), kept)


def write_extract(
    session: SparkSession, root: Location, whole: Dataset, cut: Dataset, kept: Kept, folder: Location
) -> Prepared:
    """Write the files of an extract.

    Parameters
    ----------
    root
        The data root of the whole.
    whole, cut
        The dataset before, and with fewer records in its dimensions.
    kept
        By type the ids that are kept, of the types that lost some.
    folder
        Where the files go.
    """
    associations = kept_associations(root, whole, kept)
    parquet.write(associations, folder / "associations.parquet")
    ids: frozenset[int] | None = None
    if whole.layout.two_tables:
        lookup = _table(root, whole, "lookup")
        left = _with_data(_cut(lookup, kept), associations, whole.layout.lookup_types)
        parquet.write(left, folder / "lookup.parquet")
        every, some = (frozenset(table["id"].to_pylist()) for table in (lookup, left))
        ids = some if some < every else None
    for role in ("expected", "missing"):
        number = 0
        for path in stored_files(root, whole, role):
            rows = _cut(parquet.read(path), kept)
            if rows.num_rows:
                (folder / role).mkdir(exist_ok=True)
                parquet.write(rows, folder / role / f"{number}.parquet")
                number += 1
    _write_facts(session, root, whole, cut, kept, ids, folder)
    files = describe_files(session, folder)
    summary = {
        "rows": sum(file.rows for file in files if file.role == "facts"),
        "values": sum(associations["rows"].to_pylist()),
        "combinations": associations.num_rows,
        "bytes": sum(file.bytes for file in files),
        "abs_sum": sum(associations["abs_sum"].to_pylist()),
    }
    return Prepared(whole.layout, files, profile_of(associations.to_pandas()), summary)


def _write_facts(
    session: SparkSession,
    root: Location,
    whole: Dataset,
    cut: Dataset,
    kept: Kept,
    ids: frozenset[int] | None,
    folder: Location,
) -> None:
    from pyspark.sql import functions as F

    layout = whole.layout
    paths = stored_files(root, whole, "facts")
    keys = (("id",) if layout.two_tables else ()) + layout.fact_types
    values = value_columns(cut)
    times = stored_columns(whole.time)
    types = {key: "bigint" if key == "id" else "string" for key in keys} | times
    # As precise as they are stored.
    stored = parquet.schema(paths[0])
    types |= {name: {"float": "float"}.get(str(stored.field(name).type), "double") for name in values}
    rows: DataFrame = session.read.schema(facts.schema(types)).parquet(*engine_paths(session, paths))
    for type_ in layout.fact_types:
        if type_ in kept:
            rows = _only(session, rows, type_, kept[type_])
    if ids is not None:
        rows = _only(session, rows, "id", ids)
    if layout.null_cells:
        rows = rows.where(F.coalesce(*(F.col(facts.quoted(name)) for name in values)).isNotNull())
    facts.write_sorted(session, rows, (*keys, *times), folder / "facts")


def _only(session: SparkSession, rows: DataFrame, column: str, kept: Collection[Any]) -> DataFrame:
    from pyspark.sql import functions as F

    ids = sorted(kept)
    if len(ids) <= LONGEST_PREDICATE:
        return rows.where(F.col(column).isin(ids))
    import pyarrow as pa

    small = session.createDataFrame(pa.table({column: ids}))
    return rows.join(F.broadcast(small), column, "left_semi")


def _cut(table: pa.Table, kept: Kept) -> pa.Table:
    """Return the rows with only records that are kept; NULL, and a type without a column, mean all records."""
    import pyarrow as pa
    import pyarrow.compute as pc

    tests = [
        pc.or_(pc.is_null(table[type_]), pc.is_in(table[type_].cast(pa.string()), pa.array(sorted(ids), pa.string())))
        for type_, ids in kept.items()
        if type_ in table.column_names
    ]
    return table.filter(reduce(pc.and_, tests)) if tests else table


def _with_data(lookup: pa.Table, associations: pa.Table, types: Collection[str]) -> pa.Table:
    """Return the rows of a lookup whose records have data; other rows would leave ids without facts."""
    names = list(types)
    if not names:
        return lookup
    present = associations.select(names).group_by(names).aggregate([])
    return lookup.join(present, names, join_type="left semi").sort_by("id")


def _table(root: Location, dataset: Dataset, role: str) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables([parquet.read(path) for path in stored_files(root, dataset, role)])
