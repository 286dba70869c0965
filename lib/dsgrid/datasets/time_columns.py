"""Which columns of an unknown table say the time, and how: labels, parts of them, years, typical periods, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dsgrid.datasets.inspection import INTEGER, LABEL, NUMBER, TEXT, TRUTH, Column
from dsgrid.time.dimension import PARTS, WEEKDAYS

DATETIME, ANNUAL, REPRESENTATIVE, INDEX, NONE = "datetime", "annual", "representative", "index", "none"

# Words in the names of columns of labels, the best first.
LABELS: Final = ("timestamp", "time", "datetime", "date_time", "date", "interval", "period", "label")
# What columns of these names hold.
WORDS: Final = {
    "index": ("time_index", "hour_of_year", "hour_index", "timestep", "time_step"),
    "year": ("time_year",),
    "month": ("month", "month_of_year", "mon"),
    "season": ("season",),
    "day": ("day", "day_of_month", "dom"),
    "day_type": ("day_type", "is_weekday"),
    "day_of_week": ("day_of_week", "weekday", "dow"),
    "hour": ("hour", "hour_of_day", "hr"),
    "minute": ("minute",),
    "fold": ("fold", "dst_fold"),
    "offset": ("utc_offset", "tz_offset"),
    "zone": ("time_zone", "timezone"),
}
# Beside a month and a day any of these is the year of a date.
YEARS: Final = ("year", "time_year", "calendar_year", "weather_year", "model_year")
# What single letters hold where there are all of year, month and day.
LETTERS: Final = {"month": "m", "day": "d", "hour": "h"}
_DATE_LETTERS: Final = frozenset({"y", "m", "d"})
# Names of times that no kind of time has.
UNSAID: Final = {
    "day_of_year": "days of the year",
    "is_weekend": "weekends; `is_weekday` says the same the other way round",
    "week": "weeks",
    "week_of_year": "weeks",
}
_OFFSET: Final = re.compile(r"Z|[+-]\d\d:\d\d")
_DAY: Final = 86_400_000_000


@dataclass(frozen=True)
class TimeColumns:
    """The columns of a table that say the time.

    Parameters
    ----------
    kind
        The kind of time dimension that they make; ``none`` without any.
    columns
        By what they hold, as the keys `columns` of a spec name it; of an index ``index``, of years ``year``.
    superfluous
        Columns that say nothing more, and why.
    notes
        What no spec can say of them.
    unclear
        Columns that have to do with time, but say nothing that a spec could say.
    """

    kind: str = NONE
    columns: dict[str, Column] = field(default_factory=dict)
    superfluous: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


def time_columns(columns: Mapping[str, Column], words_of: Callable[[str], str]) -> TimeColumns:
    """Find the columns that say the time.

    Parameters
    ----------
    columns
        Those of the table of facts that may be such columns.
    words_of
        The words in a column's name.
    """
    found = _by_meaning(columns, words_of)
    zone = found.pop("zone", None)
    unsaid = [column for name, column in columns.items() if words_of(name) in UNSAID]
    label = _label(columns, words_of)
    if label is not None:
        result = _labelled(label, found, unsaid)
    elif {"month", "day"} <= set(found) and (year := _year(columns, words_of)) is not None:
        result = _dated(year, found, unsaid)
    else:
        result = _undated(found)
        said = (
            f'column "{one.name}" seems to hold {UNSAID[words_of(one.name)]}, which no kind of time has'
            for one in unsaid
        )
        result = replace(result, notes=(*said, *result.notes))
    if zone is not None and result.kind != NONE:
        reason = "the zone is that of the geography's record"
        result = replace(result, superfluous=result.superfluous | {zone.name: reason})
    used = {column.name for column in result.columns.values()} | set(result.superfluous)
    parts = [*(column for meaning, column in found.items() if meaning != "year"), *unsaid]
    unclear = tuple(column.name for column in parts if column.name not in used)
    return replace(result, unclear=unclear)


def _by_meaning(columns: Mapping[str, Column], words_of: Callable[[str], str]) -> dict[str, Column]:
    names: dict[str, str] = {}
    for name in columns:
        names.setdefault(words_of(name), name)
    found = {}
    letters = LETTERS if names.keys() >= _DATE_LETTERS else {}
    for meaning, known in WORDS.items():
        words = (*known, *([letters[meaning]] if meaning in letters else []))
        fitting = [columns[names[word]] for word in words if word in names]
        chosen = next((column for column in fitting if _may_be(meaning, column)), None)
        if chosen is not None:
            found[meaning] = chosen
    # A column `weekday` of true and false tells day types apart.
    named_day = found.get("day_of_week")
    if named_day is not None and {value.lower() for value in named_day.values or ()} <= {"true", "false"}:
        found.setdefault("day_type", found.pop("day_of_week"))
    return found


def _may_be(meaning: str, column: Column) -> bool:
    kinds: dict[str, tuple[str, ...]] = {
        "index": (INTEGER, NUMBER),  # more numbers than are kept are numbers
        "season": (TEXT,),
        "day_type": (TEXT, TRUTH),
        "day_of_week": (INTEGER, TEXT, TRUTH),
        "fold": (INTEGER, TRUTH),
        "offset": (TEXT,),
        "zone": (TEXT,),
    }
    if column.kind not in kinds.get(meaning, (INTEGER,)):
        return False
    if meaning == "index":
        return True
    if meaning == "offset":
        return all(_OFFSET.fullmatch(value) for value in column.values or ())
    return column.values is not None


def _label(columns: Mapping[str, Column], words_of: Callable[[str], str]) -> Column | None:
    def rank(name: str) -> int:
        words = words_of(name)
        inside = (number for number, word in enumerate(LABELS) if f"_{word}_" in f"_{words}_")
        return LABELS.index(words) if words in LABELS else len(LABELS) + next(inside, len(LABELS))

    labels = sorted((name for name, column in columns.items() if column.kind == LABEL), key=rank)
    return columns[labels[0]] if labels else None


def _year(columns: Mapping[str, Column], words_of: Callable[[str], str]) -> Column | None:
    names = {words_of(name): name for name, column in columns.items() if _are_years(column)}
    return next((columns[names[word]] for word in (*YEARS, "y") if word in names), None)


def _are_years(column: Column) -> bool:
    return bool(column.values) and all(re.fullmatch(r"\d{4}", value) for value in column.values or ())


def _labelled(label: Column, found: Mapping[str, Column], unsaid: Sequence[Column]) -> TimeColumns:
    """Labels in one column; what besides them is there says the same, but for the hour of a day."""
    columns = {"label": label}
    readings = label.labels.readings if label.labels is not None else ()
    instants = label.labels is not None and label.labels.instants
    if not instants:
        columns |= {meaning: found[meaning] for meaning in ("fold", "offset") if meaning in found}
    notes: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    hours = found.get("hour")
    if hours is not None and len(hours.values or ()) > 1 and readings and not any(at % _DAY for at in readings):
        apart = ("hour", "minute")
        notes = (
            f'column "{label.name}" holds days and "{hours.name}" their hours; a label is one column, or has the '
            "columns year, month, day and hour",
        )
    beside = [column for meaning, column in found.items() if meaning not in (*columns, *apart, "fold", "offset")]
    return TimeColumns(DATETIME, columns, _said_by(f'"{label.name}" says', [*beside, *unsaid]), notes)


def _dated(year: Column, found: Mapping[str, Column], unsaid: Sequence[Column]) -> TimeColumns:
    meanings = ("month", "day", "hour", "minute", "fold")
    columns = {"year": year, **{meaning: found[meaning] for meaning in meanings if meaning in found}}
    beside = [column for meaning, column in found.items() if meaning in (*PARTS, "index") and meaning not in columns]
    said = _said_by(f'"{year.name}", "{found["month"].name}" and "{found["day"].name}" say', [*beside, *unsaid])
    return TimeColumns(DATETIME, columns, said, _wrong_numbers(columns, hours=range(25)))


def _undated(found: Mapping[str, Column]) -> TimeColumns:
    if "index" not in found:
        return _periods(found)
    beside = [column for meaning, column in found.items() if meaning not in ("index", "year")]
    return TimeColumns(INDEX, {"index": found["index"]}, _said_by(f'"{found["index"].name}" says', beside))


def _periods(found: Mapping[str, Column]) -> TimeColumns:
    """Parts of a calendar without dates are typical periods; a year alone is a year."""
    columns = {part: found[part] for part in PARTS if part in found}
    superfluous = {}
    for less, more in (("season", "month"), ("day_type", "day_of_week")):
        if more in columns and less in columns:
            superfluous[columns.pop(less).name] = f'"{columns[more].name}" says more'
    notes = _wrong_numbers(columns, hours=range(24))
    if "day" in found:
        message = f'column "{found["day"].name}" holds days of the month, but no column holds the year of their dates'
        notes = (*notes, message)
    if columns:
        return TimeColumns(REPRESENTATIVE, columns, superfluous, notes)
    return TimeColumns(ANNUAL, {"year": found["year"]}) if "year" in found else TimeColumns(notes=notes)


def _said_by(says: str, columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: f"{says} it" for column in columns}


def _wrong_numbers(columns: Mapping[str, Column], hours: range) -> tuple[str, ...]:
    """Say which parts are counted in another way than here."""
    ranges = {
        "month": (range(1, 13), "months are 1 to 12"),
        "day": (range(1, 32), "days of the month are 1 to 31"),
        "hour": (hours, f"hours are 0 to {hours[-1]}"),
        "minute": (range(60), "minutes are 0 to 59"),
        "day_of_week": (range(7), "days of the week are 0 (Monday) to 6, or their names"),
    }
    notes = []
    for meaning, (valid, words) in ranges.items():
        column = columns.get(meaning)
        if column is None or not column.values:
            continue
        if column.kind == INTEGER:
            wrong = [value for value in column.values if int(value) not in valid]
        else:
            names = {*WEEKDAYS, *(name[:3] for name in WEEKDAYS)} if meaning == "day_of_week" else set()
            wrong = [value for value in column.values if value.lower() not in names]
        if wrong:
            notes.append(f'column "{column.name}" holds {wrong[-1]}, but {words}')
    return tuple(notes)
