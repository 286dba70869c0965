"""Additivity of metrics: over which axes their values may be summed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsgrid.dimensions.units import kind


@dataclass(frozen=True)
class Additivity:
    """What may be summed.

    Parameters
    ----------
    over_categories
        Summing over geography, sector, subsector and the like is meaningful.
    over_time
        Summing over time is meaningful.
    alternatives
        What to ask for instead of a sum that is refused; empty when both are allowed.
    """

    over_categories: bool
    over_time: bool
    alternatives: str = ""


FLOW: Final = Additivity(True, True)
LEVEL: Final = Additivity(True, False, "keep the slots of time in `by`")
INTENSIVE: Final = Additivity(
    False,
    False,
    "keep its records in `by`, or map it by an assignment, whose weights sum to 1 per target",
)

GROWTH: Final = "growth_rate"

_BY_CLASS: Final = {
    "energy_end_use": FLOW,
    "energy_service_demand": FLOW,
    "money": FLOW,
    "power": LEVEL,
    "capacity": LEVEL,
    "population": LEVEL,
    "stock": LEVEL,
}


def additivity(record_class: str, unit: str | None = None) -> Additivity:
    """Return over which axes metrics of a class may be summed.

    Parameters
    ----------
    record_class
        A metric class of `dsgrid.dimensions.classes.RECORD_CLASSES`. Whatever is not known to add up (temperature,
        share, index, efficiency, intensity, growth rate, coefficients of regressions) is not summed.
    unit
        The unit of the record. Energy classes hold power, too (``electricity_cooling`` in kW): a unit of power makes
        a level of what would be a flow. A quotient (``USD/MWh``) does not add up, whatever its class, and neither does
        a temperature.
    """
    found = _BY_CLASS.get(record_class, INTENSIVE)
    measured = (kind(unit) if unit is not None else None) or ""
    if " per " in measured or measured == "temperature":
        return INTENSIVE
    return LEVEL if found is FLOW and measured == "power" else found


def grows(own: str, base: str) -> bool:
    """Tell whether metrics of one class are rates by which those of another grow, and not values of it.

    Rates have no unit that converts to the other's. They are not added to its values; a projection applies them.
    """
    return own == GROWTH and base != GROWTH
