"""Units of metrics that are allowed, and most likely a slip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.units import UNITS, kind
from dsgrid.errors import closest, listing

# What metrics of a class are measured in, where that is not open.
_KINDS: Final = {
    "energy_end_use": ("energy", "power"),
    "energy_service_demand": (),
    "power": ("power",),
    "capacity": ("power", "energy"),
    "money": ("money", "money per energy", "money per power"),
}


def odd_units(metric: Dimension) -> Iterator[str]:
    """Yield what is odd about the units of a metric dimension: none that is known, or none of its class."""
    by_unit: dict[str, list[str]] = {}
    for record in metric.records:
        by_unit.setdefault(str(record.get("unit") or ""), []).append(record.id)
    known = [unit.name for unit in UNITS if unit.name]
    for unit, ids in by_unit.items():
        expected = _KINDS.get(metric.record_class, ())
        found = kind(unit)
        if found is None:
            near = closest(unit, known)
            hint = f'; did you mean "{near}"?' if near else ", so it converts into nothing else"
            yield f'the unit "{unit}" of {listing(ids, 3)} is none that dsgrid knows{hint}'
        elif expected and found not in expected:
            yield f'the unit "{unit}" of {listing(ids, 3)} is one of {found}, and the class is {metric.record_class}'
