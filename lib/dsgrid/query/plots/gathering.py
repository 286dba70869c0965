"""The numbers of a picture: read piece by piece, summed where that means something, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import DataError, UsageError
from dsgrid.query.plots.columns import VALUE
from dsgrid.query.plots.values import Slot, Values, stacked
from dsgrid.query.reports.rows import TIE

if TYPE_CHECKING:
    import pyarrow as pa

PANEL: Final = "#panel"
COLOUR: Final = "#colour"
PLACE: Final = "#place"
ROW: Final = "#row"
MOST_CELLS: Final = 4_000_000
_TOGETHER: Final = 500_000
_COUNT: Final = f"{VALUE}_count"


@dataclass(frozen=True)
class Gathered:
    """What is drawn, a row for each place on the axes, colour and panel.

    Parameters
    ----------
    table
        ``#panel``, ``#colour``, the axes, and ``value``.
    rows
        How many rows of the result are in it.
    unusable
        How many values were infinite or no numbers.
    repeated
        The most values that are on one place, and would have to be added up.
    """

    table: pa.Table
    rows: int
    unusable: int
    repeated: int


def gather(
    pieces: Iterable[pa.Table], values: Values, slots: tuple[Slot, ...], others: tuple[str, ...], how: str = "sum"
) -> Gathered:
    """Return the sums (or maxima) of values that have equal texts of slots, and equal values of other columns.

    Raises
    ------
    DataError
        If no value is left that could be drawn.
    UsageError
        If there are more places than memory shall hold.
    """
    keys = [*(slot.name for slot in slots), *others]
    # What is taken once has to be the same every time.
    asked = ("max", "min") if how == "max" else (how,)
    parts: list[pa.Table] = []
    waiting = rows = unusable = 0
    for piece in pieces:
        rows += piece.num_rows
        for table, lost in stacked(piece, values, slots, others):
            unusable += lost
            part = _plain(_grouped(table, keys, [(VALUE, one) for one in (*asked, "count")]))
            parts.append(part)
            waiting += part.num_rows
        if waiting > _TOGETHER:
            parts = [_merged(parts, keys, asked)]
            # What is merged is not merged again before as much has come.
            waiting = 0
            if parts[0].num_rows > MOST_CELLS:
                raise UsageError(
                    f"more than {MOST_CELLS:,} values would be drawn; choose some with --where, or fewer columns "
                    "with --by and --facet"
                )
    if not rows:
        raise DataError("no row of this result is left to be drawn")
    merged = _merged(parts, keys, asked)
    counts = merged.column(_COUNT).to_numpy()
    if not counts.any():
        raise DataError("there is nothing to be drawn: every value is NULL, infinite or no number")
    repeated = int(counts.max() if how == "sum" else counts[_differ(merged)].max(initial=1))
    merged = merged.rename_columns([VALUE if name == f"{VALUE}_{how}" else name for name in merged.column_names])
    return Gathered(merged.select([*keys, VALUE]), rows, unusable, repeated)


def _differ(table: pa.Table) -> npt.NDArray[np.bool_]:
    """Tell of each row whether its values are several, and not one that is there several times."""
    most, least = (table.column(f"{VALUE}_{one}").to_numpy(zero_copy_only=False) for one in ("max", "min"))
    return np.asarray(np.abs(most - least) > np.abs(most) * TIE * 2)


def _merged(parts: list[pa.Table], keys: list[str], asked: tuple[str, ...]) -> pa.Table:
    import pyarrow as pa

    columns = [(f"{VALUE}_{one}", one) for one in asked]
    grouped = _grouped(pa.concat_tables(parts), keys, [*columns, (_COUNT, "sum")])
    names = {f"{held}_{one}": held for held, one in (*columns, (_COUNT, "sum"))}
    return grouped.rename_columns([names.get(name, name) for name in grouped.column_names])


def _grouped(table: pa.Table, keys: list[str], what: list[tuple[str, str]]) -> pa.Table:
    import pyarrow.compute as pc

    least = pc.ScalarAggregateOptions(min_count=1)
    # A sum without a value is none, and not 0. One thread adds in the same order every time.
    asked = [(name, how, None if how == "count" else least) for name, how in what]
    return table.group_by(keys, use_threads=False).aggregate(asked)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries: pieces have different ones, and Arrow groups by no two of them."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(field.type.value_type))
    return table
