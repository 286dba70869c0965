"""A stored dataset as plain tables, and what the planner is told about it, counted here by pandas alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.query.associations import AssociationTable
from dsgrid.registry.model import DataFile, Dataset, Submission
from dsgrid.time.dimension import RepresentativeTime, TimeDimension
from dsgrid.time.stored import INSTANTS, NOTHING, READINGS, label_form, stored_columns
from reference.clock import part_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

TYPES = list(RECORD_TYPES)


@dataclass(frozen=True)
class Stored:
    """A dataset, how it was submitted, and its tables as the registry keeps them.

    Parameters
    ----------
    facts
        ``[id]``, the fact types, ``label`` (what `dsgrid.time.labels.slot_keys` has for the slot, int64), and ``value``
        or one column per record.
    lookup
        ``id``, the lookup types, ``[scaling_factor]``.
    """

    dataset: Dataset
    submission: Submission
    facts: pd.DataFrame
    lookup: pd.DataFrame | None = None

    def with_files(self) -> Stored:
        """Return the same with the file list that registration would have written down."""
        files = [DataFile("facts/0.parquet", "facts", 0, len(self.facts), "")]
        if self.lookup is not None:
            files.append(DataFile("lookup.parquet", "lookup", len(self.lookup_file), len(self.lookup), ""))
        return replace(self, dataset=replace(self.dataset, files=tuple(files)))

    @cached_property
    def lookup_file(self) -> bytes:
        """What the file of the lookup holds."""
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pandas(self.lookup, preserve_index=False), sink)
        return sink.getvalue().to_pybytes()


def long_facts(stored: Stored) -> pd.DataFrame:
    """Return one row per value: the seven dimension types, ``label`` and ``value`` with its scaling factor."""
    layout = stored.dataset.layout
    rows = stored.facts
    if layout.pivot is not None:
        keys = [*(["id"] if layout.two_tables else []), *layout.fact_types, "label"]
        rows = rows.melt(id_vars=keys, var_name=layout.pivot, value_name="value")
    rows = rows.dropna(subset=["value"])
    if stored.lookup is not None:
        rows = rows.merge(stored.lookup, on="id", how="inner")
    if layout.scaling_factor:
        rows = rows.assign(value=rows["value"] * rows["scaling_factor"])
    for type_ in layout.trivial:
        rows = rows.assign(**{type_: stored.dataset.dimensions[type_].records.ids[0]})
    return rows[[*TYPES, "label", "value"]].reset_index(drop=True)


def association_table(stored: Stored) -> AssociationTable:
    """Return the distinct combinations with their sums, as registration stores them."""
    rows = long_facts(stored)
    grouped = rows.assign(size=rows["value"].abs()).groupby(TYPES, sort=True)
    table = grouped.agg(rows=("value", "size"), sum=("value", "sum"), size=("size", "sum")).reset_index()
    codes = {}
    for type_ in TYPES:
        position = {id_: index for index, id_ in enumerate(stored.dataset.dimensions[type_].records.ids)}
        codes[type_] = table[type_].map(position).to_numpy(dtype=np.int64)
    return AssociationTable(
        codes=codes,
        sums=table["sum"].to_numpy(dtype=np.float64),
        absolute_sums=table["size"].to_numpy(dtype=np.float64),
        rows=table["rows"].to_numpy(dtype=np.int64),
    )


def write_lookup(stored: Stored, root: Path) -> None:
    """Write the lookup where execution reads it."""
    if stored.lookup is not None:
        folder = root / stored.dataset.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lookup.parquet").write_bytes(stored.lookup_file)


def facts_frame(stored: Stored, session: SparkSession, columns: Sequence[str]) -> DataFrame:
    """Return the chosen columns of the facts as a DataFrame of the engine."""
    time = stored.dataset.time
    labels = label_columns(time, stored.facts["label"].to_numpy(dtype=np.int64))
    arrays, fields = [], []
    for name in columns:
        if name in labels:
            arrays.append(labels[name])
            fields.append(pa.field(name, labels[name].type))
            continue
        column = stored.facts[name]
        if name == "id":
            kind: pa.DataType = pa.int64()
            arrays.append(pa.array(column, kind))
        elif name in stored.dataset.layout.fact_types:
            kind = pa.string()
            arrays.append(pa.array(column, kind))
        else:
            kind = pa.float64()
            arrays.append(pa.array(column, kind, from_pandas=True))
        fields.append(pa.field(name, kind))
    if not columns:
        # A plan may need no column at all but `value`; that one is always asked for.
        raise AssertionError("a plan that reads no column cannot be right")
    frame = session.createDataFrame(pa.Table.from_arrays(arrays, schema=pa.schema(fields)))
    # Spark takes timestamps without a zone for those of its session.
    naive = {name for name, kind in stored_columns(time).items() if kind == "timestamp_ntz"} & set(columns)
    return frame.withColumns({name: frame[name].cast("timestamp_ntz") for name in naive}) if naive else frame


def label_columns(time: TimeDimension, keys: np.ndarray) -> dict[str, pa.Array]:
    """Return the columns that stored facts have for labels."""
    columns = stored_columns(time)
    form = label_form(time)
    if form == INSTANTS:
        return {"timestamp": pa.array(keys).cast(pa.timestamp("us", tz="UTC"))}
    if form == READINGS:
        # The second showing of a reading has a microsecond more.
        fold = keys % 2
        found = {"timestamp": pa.array(keys - fold).cast(pa.timestamp("us"))}
        return found | ({"fold": pa.array(fold, pa.int32())} if "fold" in columns else {})
    if form == NOTHING:
        return {}
    if not isinstance(time, RepresentativeTime):
        ((name, kind),) = columns.items()
        return {name: pa.array(keys, pa.int64() if kind == "bigint" else pa.int32())}
    found = {}
    for part in reversed(time.by):
        values = part_values(time, part)
        keys, number = np.divmod(keys, len(values))
        cells = [values[index] for index in number]
        found[part] = pa.array(cells, pa.string() if columns[part] == "string" else pa.int32())
    return found
