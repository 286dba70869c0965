"""The stored facts of a dataset as one long table: a column for each dimension type, those of time, and the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.facts import quoted
from dsgrid.dimensions.types import RECORD_TYPES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Records of a pivoted type may be called like a column; this name none has.
_VALUE = "#value"


@dataclass(frozen=True)
class Facts:
    """Stored facts, and what is needed to read them.

    Parameters
    ----------
    frame
        Keys, columns of time, values.
    values
        The value columns.
    pivot
        The type whose ids the value columns are.
    lookup
        ``id``, types, perhaps ``scaling_factor``.
    trivial
        The one id of each type without a column.
    time
        The stored columns of time.
    zone
        The zone that instants are told in; empty where that is no one zone.
    """

    session: SparkSession
    frame: DataFrame
    values: Sequence[str]
    pivot: str | None
    lookup: pa.Table | None
    trivial: Mapping[str, str]
    time: Sequence[str]
    zone: str = ""


def long_facts(facts: Facts, only: Mapping[str, Sequence[str]]) -> DataFrame:
    """Return a row for each value: the seven types, the columns of time, and ``value``, scaled.

    Parameters
    ----------
    only
        By type the ids to keep; the types that are not named are whole.
    """
    from pyspark.sql import functions as F

    frame = facts.frame
    if facts.pivot is not None:
        kept = [name for name in facts.values if name in only.get(facts.pivot, facts.values)]
        others = [name for name in frame.columns if name not in facts.values]
        cells = F.array(*(F.struct(F.lit(name).alias("k"), F.col(quoted(name)).alias("v")) for name in kept))
        wide = frame.select(*(quoted(name) for name in others), F.explode(cells).alias(_VALUE))
        cell = F.col(quoted(_VALUE))
        frame = wide.select(*(quoted(name) for name in others), cell["k"].alias(facts.pivot), cell["v"].alias("value"))
        frame = frame.where(F.col("value").isNotNull())
    if facts.lookup is not None:
        frame = frame.join(F.broadcast(facts.session.createDataFrame(facts.lookup)), "id", "inner")
        if "scaling_factor" in facts.lookup.column_names:
            scaled = (F.col("value") * F.col("scaling_factor")).alias("value")
            frame = frame.select(*(quoted(name) for name in frame.columns if name != "value"), scaled)
    missing: dict[str, Any] = {type_: F.lit(id_).alias(type_) for type_, id_ in facts.trivial.items()}
    columns = [missing.get(type_, F.col(type_)) for type_ in RECORD_TYPES]
    long = frame.select(*columns, *(quoted(name) for name in facts.time), "value")
    for type_, ids in only.items():
        long = long.where(F.col(type_).isin(*ids))
    return long
