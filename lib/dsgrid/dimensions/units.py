"""Units of metrics, and the factors between them.

Only what the field's data use is known, in its own spelling: ``MBtu`` is a *million* Btu here (as in the ComStock and
ResStock publications), which general unit systems read as a thousand or as a mega-Btu. Energy and power never convert
into each other: that takes the length of a time step, and the user's word.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from dsgrid.errors import did_you_mean

if TYPE_CHECKING:
    import pint

# 1 therm = 100,000 Btu and 1 MBtu = 1,000,000 Btu, with the International Table Btu of 1055.05585262 J.
DEFINITIONS: Final = (
    "kWh = [energy]",
    "MWh = 1000 * kWh",
    "GWh = 1000000 * kWh",
    "TWh = 1000000000 * kWh",
    "therm = 29.307107017222222 * kWh",
    "MBtu = 293.0710701722222 * kWh",
    "kW = [power]",
    "MW = 1000 * kW",
    "GW = 1000000 * kW",
    "TW = 1000000000 * kW",
)
KIND: Final = {
    "kWh": "energy",
    "MWh": "energy",
    "GWh": "energy",
    "TWh": "energy",
    "therm": "energy",
    "MBtu": "energy",
    "kW": "power",
    "MW": "power",
    "GW": "power",
    "TW": "power",
    "": "dimensionless",
}


class UnitError(ValueError):
    """There is no factor between two units. The message names both."""


def kind(unit: str) -> str | None:
    """Return ``energy``, ``power`` or ``dimensionless``; None for a unit that dsgrid does not know."""
    return KIND.get(unit)


def same_kind(first: str, second: str) -> bool:
    """Tell whether a value in one unit can be converted to the other: equal units, or both of one known kind."""
    return first == second or (kind(first) is not None and kind(first) == kind(second))


@cache
def factor(from_unit: str, to_unit: str) -> float:
    """Return what a value in `from_unit` is multiplied with to be in `to_unit`.

    Equal units convert by 1, also those that dsgrid does not know (``degC``, ``vehicles``).

    Raises
    ------
    UnitError
        If they are different and not of one known kind.
    """
    if from_unit == to_unit:
        return 1.0
    if not same_kind(from_unit, to_unit):
        raise UnitError(_refusal(from_unit, to_unit))
    registry = _registry()
    return float(registry.convert(1.0, from_unit, to_unit))


@cache
def _registry() -> pint.UnitRegistry[float]:
    """Return a registry that holds nothing but `DEFINITIONS`; pint is imported on the first real conversion."""
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(None, cache_folder=None)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry


def _refusal(from_unit: str, to_unit: str) -> str:
    head = f'no conversion from "{from_unit}" to "{to_unit}"'
    known = [unit for unit in KIND if unit]
    for unit in (from_unit, to_unit):
        if kind(unit) is None:
            return f'{head}: "{unit}" is no unit that dsgrid knows{did_you_mean(unit, known, len(known))}'
    if "" in (from_unit, to_unit):
        return f"{head}: a number without a unit is no {kind(from_unit or to_unit)}"
    return f"{head}: one is {kind(from_unit)}, the other {kind(to_unit)}, and they differ by a length of time"
