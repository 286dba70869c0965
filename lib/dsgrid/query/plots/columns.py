"""The columns of a result, as plots see them: what each is good for, and which values it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, TIME
from dsgrid.errors import RegistryError
from dsgrid.query.factor import PERCENTILE
from dsgrid.spec.schemas.words import TIME_WORDS

# What a column is good for.
INSTANT: Final = "instant"  # a place on the axis of time
CYCLE: Final = "cycle"  # hours of the day, months of the year, day types
YEAR: Final = "year"
CATEGORY: Final = "category"
CLOCK: Final = "clock"  # says which clock timestamps are of
VALUE: Final = "value"
UNIT: Final = "unit"
MEASURE: Final = "measure"  # of a report: what is no load, such as a rank or a factor

# Cycles with few values, which are drawn as bars.
SHORT_CYCLES: Final = ("month_of_year", "day_of_week", "season", "day_type")
HOUR_OF_DAY: Final = "hour_of_day"
_CLOCKS: Final = ("time_zone", "utc_offset")
_STAMPS: Final = ("timestamp", "wall", "date")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YEAR: Final = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Column:
    """A column of a result, or the one that the columns of a pivoted result stand for.

    Parameters
    ----------
    role
        What it is good for: one of the words of this module.
    type
        The dimension type, ``percentile``, ``value`` or ``unit``.
    holds
        As the manifest says it: ``string``, ``int32``, ``timestamp`` and so on.
    count
        How many different values it has.
    values
        These values, in order; empty for instants.
    unit
        Of a column of values, where it is the same for all.
    interval, step
        Of an instant: which end of its interval it is, and how long that is.
    """

    name: str
    role: str
    type: str
    holds: str = "string"
    count: int = 1
    values: tuple[Any, ...] = ()
    unit: str = ""
    interval: str = ""
    step: str = ""

    @property
    def apart(self) -> bool:
        """Whether its values are never added up, as scenarios and percentiles are not."""
        return self.type in NAMED_REDUCTION_TYPES or self.type == PERCENTILE

    @property
    def is_time(self) -> bool:
        """Whether it tells time."""
        return self.type == TIME


def columns_of(manifest: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a table, in their order; of a pivoted one all columns of values.

    Raises
    ------
    RegistryError
        If the manifest does not describe its columns: it is damaged, or of another version of dsgrid.
    """
    try:
        return tuple(_column(entry) for entry in manifest["columns"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RegistryError(
            f"the manifest of this result does not describe its columns (no {error}): it is damaged, or another "
            "version of dsgrid has written it; run the query again"
        ) from None


def _column(entry: Mapping[str, Any]) -> Column:
    name, type_, holds = str(entry["name"]), str(entry["type"]), str(entry["holds"])
    return Column(
        name,
        _role(name, type_, holds),
        type_,
        holds,
        unit=str(entry.get("unit", "")),
        interval=str(entry.get("interval", "")),
        step=str(entry.get("step", "1h" if name == "hourly" else "")),
    )


def _role(name: str, type_: str, holds: str) -> str:
    if type_ in (VALUE, UNIT, PERCENTILE, MEASURE):
        return type_
    if type_ in ("model_year", "weather_year"):
        return YEAR
    if type_ != TIME:
        return CATEGORY
    if name in _CLOCKS:
        return CLOCK
    if holds in _STAMPS:
        return INSTANT
    # The slots of a project of years are years, too; those of an index are numbers.
    known = name in TIME_WORDS
    return YEAR if name == "annual" or (not known and holds == "int32") else CYCLE


def value_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns that hold values: several in a pivoted table."""
    return tuple(one for one in columns if one.role == VALUE)


def keys(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns that say what a value is of."""
    return tuple(one for one in columns if one.role not in (VALUE, UNIT, MEASURE))


def pivoted(columns: Sequence[Column], told: Mapping[str, Any] | None = None) -> Column | None:
    """Return the column that the columns of a pivoted table stand for; None for a stacked table.

    Parameters
    ----------
    told
        What the manifest says of that column. Older ones do not: then it is the metric where units belong to columns;
        names that are years are of model years; and other columns are taken for scenarios, which are never added up.
    """
    values = value_columns(columns)
    if told is None and len(values) == 1:
        return None
    names = tuple(one.name for one in values)
    are_years = all(_YEAR.fullmatch(name) for name in names)
    if told is None:
        has_unit = any(one.role == UNIT for one in columns)
        type_ = "metric" if not has_unit else "model_year" if are_years else "scenario"
        told = {"name": type_, "type": type_}
    name, type_ = str(told["name"]), str(told["type"])
    taken = {one.name for one in columns}
    while name in taken:
        name += "_"
    is_year = are_years and type_ in ("model_year", "weather_year")
    return Column(name, YEAR if is_year else CATEGORY, type_, count=len(names), values=names)


def spaced(name: str) -> str:
    """Return the name of a column as words."""
    return name.strip("_").replace("_", " ")


def shown_value(column: Column, value: Any) -> str:
    """Return a value of a column as people read it."""
    if value is None:
        return "(none)"
    if column.name == "month_of_year" and value in range(1, 13):
        return _MONTHS[value - 1]
    if column.name == "day_of_week" and value in range(7):
        return _DAYS[value]
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def in_order(column: Column, values: Iterable[Any]) -> tuple[Any, ...]:
    """Return values in the order that people expect: numbers by size, seasons from winter on, texts by the alphabet."""
    known = ("winter", "spring", "summer", "autumn", "fall", "weekday", "weekend", "holiday")

    def place(value: Any) -> tuple[Any, ...]:
        if value is None:
            return (2, 0, "")
        if not isinstance(value, str):
            return (0, value, "")
        if column.role == CYCLE and value in known:
            return (0, known.index(value), "")
        if column.role in (YEAR, PERCENTILE) and _YEAR.fullmatch(value):
            return (0, int(value), "")
        return (1, 0, value)

    return tuple(sorted(values, key=place))
