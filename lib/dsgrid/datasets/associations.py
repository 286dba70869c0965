"""Which combinations of records have data, how much, and whether their time arrays are whole: one pass of the engine.

That a time array holds every slot exactly once is proved without counting distinct labels (which would move every
row between machines): each slot gets a random number, and the numbers of a whole array add up to one known sum.
A wrong array that adds up to it by chance, with the right count too, has a probability of about 1 to 2**36.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.facts import TIMESTAMP, quoted
from dsgrid.dimensions.types import RECORD_TYPES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, SparkSession

STATISTICS = ("rows", "sum", "abs_sum", "min", "max")
COLUMNS = (*RECORD_TYPES, *STATISTICS)


@dataclass(frozen=True)
class Slots:
    """The labels that every time array has to have.

    Parameters
    ----------
    labels
        UTC microseconds, sorted.
    tokens
        One random number per label.
    """

    labels: NDArray[np.int64]
    tokens: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[np.int64]) -> Slots:
        """Draw tokens for the labels."""
        import numpy as np

        generator = np.random.default_rng(secrets.randbits(128))
        # 36 bits: 134 million rows of one array fit into a sum of 64 bits.
        return cls(labels, generator.integers(0, 1 << 36, len(labels), dtype=np.int64))

    @property
    def total(self) -> int:
        """The sum of all tokens."""
        return int(self.tokens.sum())

    def table(self) -> pa.Table:
        """The labels and tokens as an Arrow table."""
        import pyarrow as pa

        return pa.table({"slot": pa.array(self.labels).cast(pa.timestamp("us", "UTC")), "token": self.tokens})


def arrays(
    session: SparkSession, facts: DataFrame, keys: Sequence[str], values: Sequence[str], slots: Slots
) -> pd.DataFrame:
    """Return one row per combination of `keys` in the stored facts.

    The columns are the keys, ``rows``, ``labels`` (rows whose label is a slot), ``tokens``, and for the value column
    number i ``count_i``, ``sum_i``, ``abs_sum_i``, ``min_i`` and ``max_i``.
    """
    from pyspark.sql import functions as F

    small = F.broadcast(session.createDataFrame(slots.table()))
    # Numbered before the join: a record of a pivoted dataset may be called like a column of the slots.
    numbered = [F.col(quoted(name)).alias(f"value_{number}") for number, name in enumerate(values)]
    named = facts.select(*keys, TIMESTAMP, *numbered)
    marked = named.join(small, named[TIMESTAMP] == small["slot"], "left")
    found: list[Any] = [
        F.count(F.lit(1)).alias("rows"),
        F.count("token").alias("labels"),
        F.sum("token").alias("tokens"),
    ]
    for number in range(len(values)):
        value = F.col(f"value_{number}")
        found += [
            F.count(value).alias(f"count_{number}"),
            F.sum(value).alias(f"sum_{number}"),
            F.sum(F.abs(value)).alias(f"abs_sum_{number}"),
            F.min(value).alias(f"min_{number}"),
            F.max(value).alias(f"max_{number}"),
        ]
    return marked.groupBy(*keys).agg(*found).toArrow().to_pandas()


def broken(found: pd.DataFrame, slots: Slots) -> pd.DataFrame:
    """Return the rows of `arrays` whose time array is not exactly the slots."""
    n = len(slots.labels)
    whole = (found["rows"] == n) & (found["labels"] == n) & (found["tokens"] == slots.total)
    return found[~whole]


def labels_of(
    session: SparkSession, facts: DataFrame, chosen: pd.DataFrame, keys: Sequence[str]
) -> dict[tuple[Any, ...], tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """Return for some keys the distinct labels (sorted), how often each occurs, and the number of rows without one."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import functions as F

    rows = facts
    if keys:
        small = session.createDataFrame(pa.Table.from_pandas(chosen[list(keys)], preserve_index=False))
        rows = facts.join(F.broadcast(small), list(keys), "left_semi")
    table = rows.groupBy(*keys, TIMESTAMP).agg(F.count(F.lit(1)).alias("times")).toArrow()
    micros = table[TIMESTAMP].cast(pa.int64())
    nullable = micros.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    counted = table.drop_columns(TIMESTAMP).to_pandas().assign(label=nullable)
    found = {}
    for _, key in chosen[list(keys)].iterrows():
        mine = counted[np.logical_and.reduce([counted[name] == key[name] for name in keys])] if len(keys) else counted
        labelled = mine.dropna(subset=["label"]).sort_values("label")
        instants = labelled["label"].to_numpy(dtype=np.int64)
        found[tuple(key)] = (instants, labelled["times"].to_numpy(), int(mine["times"].sum() - labelled["times"].sum()))
    return found


def has_null_cells(found: pd.DataFrame, values: Sequence[str]) -> bool:
    """Say whether some stored value is NULL; only pivoted facts can have such cells."""
    return any(bool((found[f"count_{number}"] < found["rows"]).any()) for number in range(len(values)))


def with_gaps(found: pd.DataFrame, values: Sequence[str]) -> list[tuple[int, str]]:
    """Return (row position, value column) of every pivoted array that holds NULLs among values."""
    import numpy as np

    return [
        (int(position), name)
        for number, name in enumerate(values)
        for position in np.flatnonzero((found[f"count_{number}"] > 0) & (found[f"count_{number}"] < found["rows"]))
    ]


def associations(
    found: pd.DataFrame,
    values: Sequence[str],
    *,
    pivot: str | None,
    lookup: pd.DataFrame | None,
    trivial: dict[str, str],
) -> pd.DataFrame:
    """Return one row per combination of records that has data.

    Parameters
    ----------
    found, values
        From `arrays`.
    pivot
        The dimension type whose ids are the value columns.
    lookup
        The stored lookup; its scaling factors are applied.
    trivial
        The one id of each type without a column.

    Returns
    -------
    pandas.DataFrame
        The seven dimension types, ``rows``, ``sum``, ``abs_sum``, ``min``, ``max``.
    """
    import pandas as pd

    keys = list(found.columns[: list(found.columns).index("rows")])
    names = {"count": "rows", "sum": "sum", "abs_sum": "abs_sum", "min": "min", "max": "max"}
    parts = []
    for number, name in enumerate(values):
        present = found[found[f"count_{number}"] > 0]
        part = present[keys].assign(**{to: present[f"{of}_{number}"] for of, to in names.items()})
        parts.append(part.assign(**{pivot: name}) if pivot is not None else part)
    table = pd.concat(parts, ignore_index=True)
    if lookup is not None:
        table = table.merge(lookup, on="id", how="inner").drop(columns="id")
        if "scaling_factor" in table:
            table = _scaled(table)
    table = table.assign(**trivial)
    # The order of the rows is that of the ids, whichever engine counted.
    return table[list(COLUMNS)].sort_values(list(RECORD_TYPES), ignore_index=True)


def _scaled(table: pd.DataFrame) -> pd.DataFrame:
    factor = table["scaling_factor"]
    low, high = table["min"] * factor, table["max"] * factor
    negative = factor < 0
    return table.assign(
        sum=table["sum"] * factor,
        abs_sum=table["abs_sum"] * factor.abs(),
        min=low.where(~negative, high),
        max=high.where(~negative, low),
    ).drop(columns="scaling_factor")
