"""Tables that declare combinations of records: those a dataset has (`expected`) and those it lacks (`missing`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.datasets.blocks import in_blocks
from dsgrid.datasets.checks import Declared
from dsgrid.datasets.columns import Columns, TableColumns
from dsgrid.datasets.facts import quoted
from dsgrid.datasets.files import TableFiles, find_all
from dsgrid.datasets.ingest import read_all
from dsgrid.datasets.lookup import Lookup
from dsgrid.datasets.places import Origin
from dsgrid.dimensions.gaps import ANY
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from pyspark.sql import DataFrame

    from dsgrid.spec.node import Node


def read_declared(data: Node, key: str) -> tuple[Declared, ...]:
    """Read the tables that ``data.<key>`` names; a folder stands for every file in it.

    A table of gaps with the cell ``*``, which stands for every id, gives one for each set of columns that are said.

    Raises
    ------
    DataError
        For a column that is no dimension type, and for NULL ids.
    """
    node = data.get(key)
    paths = [item.file() for item in node] if node is not None else []
    return tuple(table for files in find_all(paths) for table in _split(_read(files), key))


def _read(files: TableFiles) -> Declared:
    names = files.columns()
    problems = [
        Problem(f'column "{name}" is no dimension type{did_you_mean(name, RECORD_TYPES)}', files.name)
        for name in names
        if name not in RECORD_TYPES
    ]
    if problems:
        raise DataError(problems)
    types = [type_ for type_ in RECORD_TYPES if type_ in names]
    table = read_all(files, TableColumns({type_: type_ for type_ in types})).to_pandas()
    empty = [type_ for type_ in types if table[type_].isna().any()]
    if empty:
        message = f'column "{empty[0]}" has empty cells; {ANY} means every id'
        raise DataError(Problem(message, files.name))
    return Declared(table.drop_duplicates(ignore_index=True), files.name, Origin(files, {}))


def _split(declared: Declared, key: str) -> list[Declared]:
    """Return a table for each set of columns whose cells are ids, where others are for every id."""
    table = declared.table
    said = table != ANY
    if said.all(axis=None):
        return [declared]
    if key != "missing":
        raise DataError(Problem(f"{ANY} for every id stands in tables of `missing` only", declared.name))
    if not said.any(axis=1).all():
        raise DataError(Problem(f"a row with {ANY} in every column would declare everything missing", declared.name))
    found = []
    for columns, rows in table.groupby([said[type_] for type_ in table], sort=False):
        types = [type_ for type_, is_said in zip(table, columns, strict=True) if is_said]
        found.append(replace(declared, table=rows[types].drop_duplicates(ignore_index=True)))
    return found


def undeclared(found: Declared, tables: Sequence[Declared]) -> tuple[Declared, ...]:
    """Return what is found in the data and no table declares; nothing when that is nothing."""
    rest = found.table
    for each in tables:
        types = list(each.table.columns)
        if set(types) <= set(rest.columns):
            marked = rest.merge(each.table, on=types, how="left", indicator=True)
            rest = rest[(marked["_merge"] == "left_only").to_numpy()]
    return (Declared(rest.reset_index(drop=True), found.name),) if len(rest) else ()


def null_arrays(facts: DataFrame, keys: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Return the keys and value columns (``value_column``) whose values are all NULL: arrays declared to be absent."""
    import pandas as pd
    from pyspark.sql import functions as F

    parts = []
    for block in in_blocks(values):
        counts = [F.count(F.col(quoted(name))).alias(f"count_{number}") for number, name in block]
        found = facts.groupBy(*keys).agg(*counts).toArrow().to_pandas()
        for number, name in block:
            parts.append(found.loc[found[f"count_{number}"] == 0, list(keys)].assign(value_column=name))
    return pd.concat(parts, ignore_index=True)


def from_nulls(absent: pd.DataFrame, columns: Columns, lookup: Lookup | None, name: str) -> Declared:
    """Return the table of combinations that NULL values declare missing.

    Parameters
    ----------
    absent
        From `null_arrays`.
    """
    table = absent
    types = list(columns.fact_types)
    if lookup is not None and columns.lookup is not None:
        table = table.merge(lookup.table.to_pandas(), on="id", how="inner")
        types += columns.lookup.dimensions
    if columns.pivot is not None:
        table = table.assign(**{columns.pivot: table["value_column"]})
        types.append(columns.pivot)
    # In order: an engine's groups come in any, and what is registered shall not depend on it.
    found = table[types].drop_duplicates().sort_values(types, ignore_index=True)
    return Declared(found, f"the NULL values of {name}")
