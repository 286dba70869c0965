"""Which of many groups are drawn: the largest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dsgrid.query.plots.columns import UNIT, VALUE
from dsgrid.query.plots.values import Slot, Values, stacked

if TYPE_CHECKING:
    import pyarrow as pa


def sizes(pieces: Iterable[pa.Table], values: Values, slot: Slot, adds_up: bool) -> dict[str, float]:
    """Return how large each text of a slot is: the sum of its absolute values, or their mean where sums mean nothing.

    Values of different units are compared by their shares in all that is of that unit.
    """
    import pyarrow.compute as pc

    units = Slot("#unit", (UNIT,))
    sums: dict[tuple[str, str], list[float]] = {}
    for piece in pieces:
        for table, _ in stacked(piece, values, (slot, units), ()):
            table = table.set_column(0, VALUE, pc.abs(table.column(VALUE)))
            grouped = table.group_by([slot.name, units.name]).aggregate([(VALUE, "sum"), (VALUE, "count")])
            for row in grouped.to_pylist():
                held = sums.setdefault((row[slot.name], row[units.name]), [0.0, 0])
                held[0] += row[f"{VALUE}_sum"] or 0.0
                held[1] += row[f"{VALUE}_count"]
    whole: dict[str, float] = {}
    for (_, unit), (total, _count) in sums.items():
        whole[unit] = whole.get(unit, 0.0) + total
    found: dict[str, float] = {}
    for (text, unit), (total, count) in sums.items():
        size = total if adds_up else total / max(count, 1)
        found[text] = found.get(text, 0.0) + (size / whole[unit] if whole[unit] else 0.0)
    return found


def largest(found: dict[str, float], most: int) -> tuple[str, ...]:
    """Return the texts of the largest groups, the largest first."""
    return tuple(sorted(found, key=lambda text: (-found[text], text))[:most])
