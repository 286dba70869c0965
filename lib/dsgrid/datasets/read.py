"""Reading the stored files of a registered dataset: always an explicit list of files, never a folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsgrid.datasets import facts as stored
from dsgrid.datasets import parquet
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset
from dsgrid.storage.location import Location, engine_paths

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession


def value_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the value columns: ``value``, or the record ids of the pivoted type."""
    pivot = dataset.layout.pivot
    return dataset.dimensions[pivot].records.ids if pivot is not None else ("value",)


def facts(
    session: SparkSession,
    root: Location,
    dataset: Dataset,
    columns: Sequence[str] | None = None,
    *,
    values: Sequence[str] | None = None,
) -> DataFrame:
    """Return the stored facts.

    Parameters
    ----------
    root
        The folder that `dataset.folder` is relative to (the registry's data root).
    columns
        The columns to read; all by default.
    values
        The value columns of the schema; all by default. Of thousands even the schema takes an engine seconds.
    """
    layout = dataset.layout
    keys = (("id",) if layout.two_tables else ()) + layout.fact_types
    wanted = value_columns(dataset) if values is None else values
    frame = stored.read(session, stored_files(root, dataset, "facts"), keys, wanted, dataset.time)
    return frame if columns is None else frame.select(*(stored.quoted(name) for name in columns))


def lookup(session: SparkSession, root: Location, dataset: Dataset) -> DataFrame:
    """Return the stored lookup: ``id``, the dimension types, ``scaling_factor`` where there is one."""
    layout = dataset.layout
    types = {"id": "bigint"} | dict.fromkeys(layout.lookup_types, "string")
    if layout.scaling_factor:
        types["scaling_factor"] = "double"
    paths = stored_files(root, dataset, "lookup")
    return session.read.schema(stored.schema(types)).parquet(*engine_paths(session, paths))


def associations(root: Location, dataset: Dataset) -> pd.DataFrame:
    """Return the combinations of records that have data, with their statistics, on the driver."""
    return _read(root, dataset, "associations")[0]


def missing(root: Location, dataset: Dataset) -> tuple[pd.DataFrame, ...]:
    """Return the tables of combinations that are declared to have no data."""
    return _read(root, dataset, "missing")


def expected(root: Location, dataset: Dataset) -> tuple[pd.DataFrame, ...]:
    """Return the tables that combinations with data have to match."""
    return _read(root, dataset, "expected")


def _read(root: Location, dataset: Dataset, role: str) -> tuple[pd.DataFrame, ...]:
    return tuple(parquet.read(path).to_pandas() for path in stored_files(root, dataset, role))
