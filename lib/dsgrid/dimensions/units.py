"""Units of metrics, and the factors between them.

Only what the field's data use is known, in its own spelling: ``MBtu`` is a *million* Btu here (as in the ComStock and
ResStock publications), which general unit systems read as a thousand or as a mega-Btu. Energy and power never convert
into each other: that takes the length of a time step, and the user's word. A temperature converts with an offset, so
no factor does it; a difference of temperatures has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from dsgrid.errors import closest

if TYPE_CHECKING:
    import pint


@dataclass(frozen=True)
class Unit:
    """A unit.

    Parameters
    ----------
    kind
        Units of one kind convert into each other.
    size
        How many of the kind's first unit it is.
    offset
        What is added after that; 0 for all but temperatures.
    """

    name: str
    kind: str
    size: float = 1.0
    offset: float = 0.0


# The International Table Btu of 1055.05585262 J.
_BTU: Final = 0.0002930710701722222
_POUND: Final = 0.45359237

UNITS: Final = (
    Unit("kWh", "energy"),
    Unit("Wh", "energy", 1e-3),
    Unit("MWh", "energy", 1e3),
    Unit("GWh", "energy", 1e6),
    Unit("TWh", "energy", 1e9),
    Unit("J", "energy", 1 / 3.6e6),
    Unit("kJ", "energy", 1e3 / 3.6e6),
    Unit("MJ", "energy", 1e6 / 3.6e6),
    Unit("GJ", "energy", 1e9 / 3.6e6),
    Unit("TJ", "energy", 1e12 / 3.6e6),
    Unit("PJ", "energy", 1e15 / 3.6e6),
    Unit("EJ", "energy", 1e18 / 3.6e6),
    Unit("Btu", "energy", _BTU),
    Unit("kBtu", "energy", 0.2930710701722222),
    Unit("MBtu", "energy", 293.0710701722222),
    Unit("MMBtu", "energy", 293.0710701722222),
    Unit("therm", "energy", 29.307107017222222),
    Unit("trillion_btu", "energy", 293071070.1722222),
    Unit("TBtu", "energy", 293071070.1722222),
    Unit("quad", "energy", 293071070172.2222),
    Unit("kW", "power"),
    Unit("W", "power", 1e-3),
    Unit("MW", "power", 1e3),
    Unit("GW", "power", 1e6),
    Unit("TW", "power", 1e9),
    Unit("Btu_per_hour", "power", _BTU),
    Unit("kBtu_per_hour", "power", 0.2930710701722222),
    Unit("ton_of_refrigeration", "power", 3.5168528420666664),
    Unit("kg", "mass"),
    Unit("g", "mass", 1e-3),
    Unit("t", "mass", 1e3),
    Unit("kt", "mass", 1e6),
    Unit("Mt", "mass", 1e9),
    Unit("Gt", "mass", 1e12),
    Unit("lb", "mass", _POUND),
    Unit("short_ton", "mass", 2000 * _POUND),
    Unit("degC", "temperature"),
    Unit("degF", "temperature", 5 / 9, -160 / 9),
    Unit("K", "temperature", 1.0, -273.15),
    Unit("delta_degC", "temperature difference"),
    Unit("delta_K", "temperature difference"),
    Unit("delta_degF", "temperature difference", 5 / 9),
    Unit("m2", "area"),
    Unit("ft2", "area", 0.09290304),
    Unit("count", "count"),
    Unit("thousand", "count", 1e3),
    Unit("million", "count", 1e6),
    Unit("", "dimensionless"),
    Unit("fraction", "dimensionless"),
    Unit("percent", "dimensionless", 1e-2),
    Unit("%", "dimensionless", 1e-2),
    Unit("USD", "money"),
    Unit("cent", "money", 1e-2),
    Unit("thousand_USD", "money", 1e3),
    Unit("million_USD", "money", 1e6),
    Unit("billion_USD", "money", 1e9),
)
_BY_NAME: Final = {unit.name: unit for unit in UNITS}
# What stands above and below the line of a quotient such as USD/MWh, kg/MWh, kWh/m2 or USD/kW.
_ABOVE: Final = frozenset({"money", "mass", "energy", "power", "count"})
_BELOW: Final = frozenset({"energy", "power", "area", "count", "mass"})


class UnitError(ValueError):
    """There is no factor between two units. The message names both."""


@cache
def kind(unit: str) -> str | None:
    """Return what a unit measures (``energy``, ``money per energy``); None for one that dsgrid does not know."""
    if unit in _BY_NAME:
        return _BY_NAME[unit].kind
    above, line, below = unit.partition("/")
    if not line or above not in _BY_NAME or below not in _BY_NAME:
        return None
    kinds = _BY_NAME[above].kind, _BY_NAME[below].kind
    if kinds[0] not in _ABOVE or kinds[1] not in _BELOW or (kinds[0] == kinds[1]):
        return None
    return f"{kinds[0]} per {kinds[1]}"


def same_kind(first: str, second: str) -> bool:
    """Tell whether a value in one unit can be converted to the other by a factor.

    Equal units, or both of one known kind that is no temperature.
    """
    return first == second or (kind(first) not in (None, "temperature") and kind(first) == kind(second))


def alternatives(unit: str) -> tuple[str, ...]:
    """Return the units that values in one convert to, itself among them; of quotients such as kg/MWh only itself."""
    if unit not in _BY_NAME:
        return (unit,)
    return tuple(one.name for one in UNITS if one.kind == _BY_NAME[unit].kind)


@cache
def factor(from_unit: str, to_unit: str) -> float:
    """Return what a value in `from_unit` is multiplied with to be in `to_unit`.

    Equal units convert by 1, also those that dsgrid does not know (``vehicles``).

    Raises
    ------
    UnitError
        If they are different and not of one known kind, or temperatures.
    """
    if from_unit == to_unit:
        return 1.0
    if not same_kind(from_unit, to_unit):
        raise UnitError(_refusal(from_unit, to_unit))
    return float(_registry().convert(1.0, _expression(from_unit), _expression(to_unit)))


def affine(from_unit: str, to_unit: str) -> tuple[float, float]:
    """Return scale and offset: a value in `from_unit` times the scale, plus the offset, is in `to_unit`.

    Raises
    ------
    UnitError
        If they are different and not of one known kind.
    """
    if from_unit == to_unit or {kind(from_unit), kind(to_unit)} != {"temperature"}:
        return factor(from_unit, to_unit), 0.0
    own, other = _BY_NAME[from_unit], _BY_NAME[to_unit]
    return own.size / other.size, (own.offset - other.offset) / other.size


def is_temperature(unit: str) -> bool:
    """Tell whether values convert with an offset, so that no sum of them does."""
    return kind(unit) == "temperature"


@cache
def _registry() -> pint.UnitRegistry[float]:
    """Return a registry that holds nothing but `UNITS`; pint is imported on the first real conversion."""
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(None, cache_folder=None)
    first: dict[str, str] = {}
    for number, unit in enumerate(UNITS):
        if unit.kind == "temperature":
            continue
        base = first.setdefault(unit.kind, _symbol(unit.name))
        dimension = f"[kind_{list(first).index(unit.kind)}]"
        registry.define(f"unit_{number} = {dimension if base == f'unit_{number}' else f'{unit.size!r} * {base}'}")
    return registry


def _symbol(name: str) -> str:
    """Return what a unit is called there: its own name may mean something to a parser, as ``%`` does."""
    return f"unit_{UNITS.index(_BY_NAME[name])}"


def _expression(unit: str) -> str:
    return " / ".join(map(_symbol, [unit] if unit in _BY_NAME else unit.split("/")))


def _refusal(from_unit: str, to_unit: str) -> str:
    head = f'no conversion from "{from_unit}" to "{to_unit}"'
    known = [name for name in _BY_NAME if name]
    for unit in (from_unit, to_unit):
        if kind(unit) is None:
            near = closest(unit, known)
            hint = f'; did you mean "{near}"?' if near else "; the guide of units lists those that it does"
            return f'{head}: "{unit}" is no unit that dsgrid knows{hint}'
    kinds = kind(from_unit), kind(to_unit)
    if kinds == ("temperature", "temperature"):
        return f"{head}: a temperature converts with an offset, which no factor has"
    if "" in (from_unit, to_unit):
        return f"{head}: a number without a unit is no {kind(from_unit or to_unit)}"
    if set(kinds) == {"energy", "power"}:
        return f"{head}: one is {kinds[0]}, the other {kinds[1]}, and they differ by a length of time"
    return f"{head}: one is {kinds[0]}, the other {kinds[1]}"
