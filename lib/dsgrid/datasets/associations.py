"""Which combinations of records have data, how much, and whether their time arrays are whole: one pass of the engine.

That a time array holds every slot exactly once is proved without counting distinct labels (which would move every
row between machines): each slot gets a random number, and the numbers of a whole array add up to one known sum.
A wrong array that adds up to it by chance, with the right count too, has a probability of about 1 to 2**36.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.blocks import in_blocks, side_by_side
from dsgrid.datasets.expected import Wanted
from dsgrid.datasets.facts import quoted
from dsgrid.datasets.labels import key_array, key_kind, label_key
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import MetricProfile

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.time.dimension import TimeDimension

STATISTICS = ("rows", "sum", "abs_sum", "min", "max")
COLUMNS = (*RECORD_TYPES, *STATISTICS)
FOUND = ("rows", "labels", "tokens")
# A name that no record and no dimension has.
KEY = "#label"


@dataclass(frozen=True)
class Slots:
    """The labels that time arrays have to have.

    Parameters
    ----------
    time
        The time dimension.
    keys
        The keys of all labels, sorted, see `dsgrid.time.labels.slot_keys`.
    tokens
        One random number per label.
    """

    time: TimeDimension
    keys: NDArray[np.int64]
    tokens: NDArray[np.int64]

    @classmethod
    def of(cls, time: TimeDimension, keys: NDArray[np.int64]) -> Slots:
        """Draw tokens for the labels."""
        import numpy as np

        generator = np.random.default_rng(secrets.randbits(128))
        # 36 bits: 134 million rows of one array fit into a sum of 64 bits.
        return cls(time, keys, generator.integers(0, 1 << 36, len(keys), dtype=np.int64))

    def table(self) -> pa.Table:
        """The keys and tokens as an Arrow table."""
        import pyarrow as pa

        return pa.table({"slot": key_array(self.time, self.keys), "token": self.tokens})


def arrays(
    session: SparkSession,
    facts: Callable[[Sequence[str]], DataFrame],
    keys: Sequence[str],
    values: Sequence[str],
    slots: Slots,
) -> pd.DataFrame:
    """Return one row per combination of `keys` in the stored facts.

    `facts` gives them with some of the value columns: even the schema of thousands takes an engine seconds to plan.
    The columns are the keys, ``rows``, ``labels`` (rows whose label is a slot), ``tokens``, and for the value column
    number i ``count_i``, ``sum_i``, ``abs_sum_i``, ``min_i`` and ``max_i``.
    """
    from pyspark.sql import functions as F

    small = F.broadcast(session.createDataFrame(slots.table()))
    parts: list[pd.DataFrame] = []
    for block in in_blocks(values):
        # Numbered before the join: a record of a pivoted dataset may be called like a column of the slots.
        numbered = [F.col(quoted(name)).alias(f"value_{number}") for number, name in block]
        named = facts([name for _, name in block]).select(*keys, label_key(slots.time).alias(KEY), *numbered)
        found: list[Any] = []
        if not parts:
            named = named.join(small, named[quoted(KEY)] == small["slot"], "left")
            found = [
                F.count(F.lit(1)).alias("rows"),
                F.count("token").alias("labels"),
                F.sum("token").alias("tokens"),
            ]
        for number, _ in block:
            value = F.col(f"value_{number}")
            found += [
                F.count(value).alias(f"count_{number}"),
                F.sum(value).alias(f"sum_{number}"),
                F.sum(F.abs(value)).alias(f"abs_sum_{number}"),
                F.min(value).alias(f"min_{number}"),
                F.max(value).alias(f"max_{number}"),
            ]
        parts.append(named.groupBy(*keys).agg(*found).toArrow().to_pandas())
    return side_by_side(parts, keys)


def broken(found: pd.DataFrame, slots: Slots, wanted: Wanted) -> dict[int, int]:
    """Return the rows of `arrays` whose time array is not exactly a set of slots that it has to be, and that set."""
    import numpy as np

    counts = np.array([int(one.mask.sum()) for one in wanted.sets], np.int64)
    totals = np.array([int(slots.tokens[one.mask].sum()) for one in wanted.sets], np.int64)
    rows, labels, tokens = (found[name].fillna(0).to_numpy(dtype=np.int64)[wanted.row] for name in FOUND)
    count = counts[wanted.set]
    whole = (rows == count) & (labels == count) & (tokens == totals[wanted.set])
    # Of several sets the first.
    pairs = zip(wanted.row[~whole][::-1].tolist(), wanted.set[~whole][::-1].tolist(), strict=True)
    return dict(sorted(pairs))


def labels_of(
    session: SparkSession, facts: DataFrame, chosen: pd.DataFrame, keys: Sequence[str], time: TimeDimension
) -> dict[tuple[Any, ...], tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """Return for some keys the distinct labels (their keys, sorted), how often each occurs, and rows without one."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import functions as F

    rows = facts
    if keys:
        small = session.createDataFrame(pa.Table.from_pandas(chosen[list(keys)], preserve_index=False))
        rows = facts.join(F.broadcast(small), list(keys), "left_semi")
    labelled = rows.select(*keys, label_key(time).alias(KEY))
    table = labelled.groupBy(*keys, quoted(KEY)).agg(F.count(F.lit(1)).alias("times")).toArrow()
    numbers = table[KEY].cast(pa.int64()) if key_kind(time) == "timestamp" else table[KEY]
    nullable = numbers.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    counted = table.drop_columns(KEY).to_pandas().assign(label=nullable)
    found = {}
    for _, key in chosen[list(keys)].iterrows():
        mine = counted[np.logical_and.reduce([counted[name] == key[name] for name in keys])] if len(keys) else counted
        known = mine.dropna(subset=["label"]).sort_values("label")
        instants = known["label"].to_numpy(dtype=np.int64)
        found[tuple(key)] = (instants, known["times"].to_numpy(), int(mine["times"].sum() - known["times"].sum()))
    return found


def _of_columns(found: pd.DataFrame, what: str, values: Sequence[str]) -> NDArray[Any]:
    """Return a statistic of all value columns (one a row) and combinations: there are thousands where counties are."""
    import numpy as np

    return np.stack([found[f"{what}_{number}"].to_numpy() for number in range(len(values))])


def has_null_cells(found: pd.DataFrame, values: Sequence[str]) -> bool:
    """Say whether some stored value is NULL; only pivoted facts can have such cells."""
    return bool((_of_columns(found, "count", values) < found["rows"].to_numpy()).any())


def with_gaps(found: pd.DataFrame, values: Sequence[str]) -> list[tuple[int, str]]:
    """Return (row position, value column) of every pivoted array that holds NULLs among values."""
    import numpy as np

    counts = _of_columns(found, "count", values)
    column, row = np.nonzero((counts > 0) & (counts < found["rows"].to_numpy()))
    return [(position, values[number]) for number, position in zip(column.tolist(), row.tolist(), strict=True)]


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
    import numpy as np

    keys = list(found.columns[: list(found.columns).index("rows")])
    counts = _of_columns(found, "count", values)
    column, row = np.nonzero(counts > 0)
    table = found[keys].iloc[row].reset_index(drop=True).assign(rows=counts[column, row])
    for name in ("sum", "abs_sum", "min", "max"):
        table[name] = _of_columns(found, name, values)[column, row]
    if pivot is not None:
        table[pivot] = np.array(values, dtype=object)[column]
    if lookup is not None:
        table = table.merge(lookup, on="id", how="inner").drop(columns="id")
        if "scaling_factor" in table:
            table = _scaled(table)
    table = table.assign(**trivial)
    # The order of the rows is that of the ids, whichever engine counted.
    return table[list(COLUMNS)].sort_values(list(RECORD_TYPES), ignore_index=True)


def profile(table: pd.DataFrame) -> tuple[MetricProfile, ...]:
    """Return what the values of each metric are like, given the associations; nothing where these do not say it."""
    if not {"min", "max"} <= set(table.columns):
        return ()  # an older dsgrid wrote them
    of = {"combinations": ("rows", "size"), "values": ("rows", "sum"), "minimum": ("min", "min")}
    found = table.groupby("metric", sort=True).agg(**of, maximum=("max", "max"), total=("sum", "sum"))
    return tuple(
        MetricProfile(str(metric), int(row.combinations), int(row.values_), row.minimum, row.maximum, row.total)
        for metric, row in zip(found.index, found.rename(columns={"values": "values_"}).itertuples(), strict=True)
    )


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
