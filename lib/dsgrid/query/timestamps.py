"""Timestamps as text, for CSV: ``2018-07-01 07:00:00Z``, or with the offset of a zone that was asked for.

The texts of a zone are made on the driver, with the same rules of its clock as everything else, and not by an engine
or a library that has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsgrid.datasets.facts import quoted
from dsgrid.dimensions.types import TIME
from dsgrid.query.literals import arrow_frame, with_small
from dsgrid.query.plan import Plan
from dsgrid.query.time_columns import kind_of, shown_offsets, told
from dsgrid.query.time_meaning import told_zone
from dsgrid.time.pieces import Int64
from dsgrid.time.zones import offsets

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

TEXT = "#text"


def readable(plan: Plan, table: pa.Table) -> pa.Table:
    """Return a table whose timestamps are written to the second, with ``Z``, an offset, or nothing for readings."""
    import pyarrow as pa

    zone = told_zone(plan)
    for name, kind in _stamps(plan):
        column = table.column(name)
        if kind == "timestamp" and zone is not None:
            shown = column.combine_chunks().cast(pa.int64())
            unique, inverse = np.unique(shown.to_numpy(), return_inverse=True)
            texts = pa.array(texts_in(zone, unique), pa.string()).take(pa.array(inverse))
        else:
            texts = column.cast(pa.timestamp("s", tz="UTC" if kind == "timestamp" else None))
        table = table.set_column(table.column_names.index(name), name, texts)
    return table


def texts_in(zone: str, instants: Int64) -> list[str]:
    """Return instants as ``2018-07-01 01:00:00-06:00``."""
    ahead = offsets(zone, instants)
    readings = (instants + ahead).astype("datetime64[us]").astype("datetime64[s]")
    return [f"{str(one).replace('T', ' ')}{offset}" for one, offset in zip(readings, shown_offsets(ahead), strict=True)]


def with_readable_instants(plan: Plan, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Return rows with their timestamps as such texts: each engine has its own way to write them."""
    from pyspark.sql import functions as F

    zone = told_zone(plan)
    for name, kind in _stamps(plan):
        if name not in rows.columns:
            continue
        columns = rows.columns
        if kind == "timestamp" and zone is not None:
            rows = with_small(_texts(plan, session, name, zone), rows, name)
            text = F.col(quoted(TEXT))
        else:
            text = F.date_format(F.col(quoted(name)), "yyyy-MM-dd HH:mm:ss" + ("'Z'" if kind == "timestamp" else ""))
        rows = rows.select(*(text.alias(one) if one == name else F.col(quoted(one)) for one in columns))
    return rows


def _stamps(plan: Plan) -> list[tuple[str, str]]:
    kinds = ((column.name, kind_of(plan, column)) for column in plan.columns_of(TIME))
    return [(name, kind) for name, kind in kinds if kind in ("timestamp", "wall")]


def _texts(plan: Plan, session: SparkSession, name: str, zone: str) -> DataFrame:
    """Return the text of every instant that a column may hold."""
    import pyarrow as pa

    columns = plan.columns_of(TIME)
    index = [column.name for column in columns].index(name)
    if plan.slots is not None and columns[index].word == "slot":
        instants = np.unique(plan.slots)
    elif plan.slots is not None:
        instants = np.unique(told(plan)[columns[index].word])
    else:
        instants = np.unique(np.array([key[index] for key in plan.time_keys], np.int64))
    stamps = pa.array(instants, pa.int64()).cast(pa.timestamp("us", "UTC"))
    return arrow_frame(session, pa.table({name: stamps, TEXT: pa.array(texts_in(zone, instants), pa.string())}))
