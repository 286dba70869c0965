"""Time dimensions in specs: one table per kind."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.spec.patterns import COLUMN, DATE, DIMENSION_REFERENCE, FILLED, MOMENT, NAME, STEP, WORD, YEAR, ZONE
from dsgrid.spec.schemas.dimension import description
from dsgrid.spec.schemas.fragments import Schema, array, choice, exactly_one, flag, table, tables_by_name, text
from dsgrid.spec.schemas.words import CLOCKS, INTERVALS, MEASUREMENTS, PARTS, WEEKDAYS

_ZONE: Final = text(
    "Time zone",
    "The zone of labels and of calendar words such as `daily`: a fixed offset (`-05:00`), or an IANA name "
    "(`America/New_York`) whose clocks change in spring and autumn. `geography` is the zone of each geography, the "
    "`time_zone` of its record; in a dataset `project_geography` is that of the project's record that it is mapped to.",
    ZONE,
    examples=["-05:00", "America/New_York", "geography"],
)
_CLOCK: Final = choice(
    "Clock",
    "What labels are read off. Needed where the zone is that of each geography.",
    CLOCKS,
    default="prevailing",
    examples=["profile"],
)
_INTERVAL: Final = choice("Interval", "What a label says about its slot.", INTERVALS, examples=["period_beginning"])
_MEASUREMENT: Final = choice("Measurement", "What a value says about its slot.", MEASUREMENTS, examples=["total"])
_LEAP_DAYS: Final = flag(
    "Leap days",
    "Whether there are slots on 29 February. Without them every year has 365 days, as many models have it.",
    default=True,
)
_START: Final = text(
    "Start",
    "The label of the first slot: a wall-clock time in `zone`, in quotes.",
    MOMENT,
    examples=["2018-01-01 00:00"],
)
_END: Final = text(
    "End",
    "The label of the last slot (not the end of its interval): a wall-clock time in `zone`, in quotes.",
    MOMENT,
    examples=["2018-12-31 23:00"],
)
_STEP: Final = text(
    "Step",
    "The length of a slot: a number and `s`, `min`, `h` or `d`. On a prevailing clock slots are counted in elapsed time, "
    "so a year of hours has 8760 of them in any zone.",
    STEP,
    examples=["1h", "15min", "1d"],
)


def _record(type_: str) -> Schema:
    words = type_.replace("_", " ")
    return text(
        words.capitalize(),
        f"The {words} that these slots belong to: its record has them, and no others. Either all ranges say one, or none.",
        FILLED,
        examples=["2012"],
    )


_RANGES: Final = array(
    "Ranges",
    "Several runs of slots, in order, instead of one `start` and `end`: weather years that are not consecutive, say.",
    table(
        "Range",
        "A run of slots.",
        {
            "start": _START,
            "end": _END,
            "weather_year": _record("weather_year"),
            "model_year": _record("model_year"),
        },
        ("start", "end"),
        **{"not": {"required": ["weather_year", "model_year"]}},
    ),
    examples=[[{"start": "2012-01-01 00:00", "end": "2012-12-31 23:00", "weather_year": "2012"}]],
)

_CALENDAR: Final[dict[str, Schema]] = {
    "seasons": tables_by_name(
        "Seasons",
        "The months of each season, where they are not winter (12, 1, 2), spring, summer and autumn; every month is in "
        "one.",
        WORD,
        {
            "title": "Months",
            "description": "The months of the season, 1 to 12.",
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": 12},
            "minItems": 1,
            "uniqueItems": True,
            "examples": [[6, 7, 8, 9]],
        },
        minProperties=1,
        examples=[{"heating": [10, 11, 12, 1, 2, 3], "cooling": [4, 5, 6, 7, 8, 9]}],
    ),
    "day_types": tables_by_name(
        "Day types",
        "The days of the week of each day type, where they are not `weekday` and `weekend`; every day is in one. "
        "`holiday = []` is the type of holidays.",
        WORD,
        {
            "title": "Days",
            "description": "The days of the week of the day type.",
            "type": "array",
            "items": {"type": "string", "enum": list(WEEKDAYS)},
            "uniqueItems": True,
            "examples": [["saturday", "sunday"]],
        },
        minProperties=1,
        examples=[{"weekday": list(WEEKDAYS[:5]), "saturday": ["saturday"], "sunday": ["sunday"], "holiday": []}],
    ),
}
_HOLIDAYS: Final[Schema] = {
    "title": "Holidays",
    "description": "Dates that are no ordinary days: the path of a CSV or Parquet file with a column `date`, relative "
    "to this file, or an array of dates. Their day type is `holiday`.",
    "anyOf": [
        {"type": "string", "pattern": FILLED.pattern},
        {"type": "array", "items": {"type": "string", "pattern": DATE.pattern}, "uniqueItems": True, "minItems": 1},
    ],
    "examples": ["holidays.csv", ["2012-07-04", "2012-12-25"]],
}


def _kind(name: str, words: str) -> Schema:
    return choice("Kind", words, (name,), examples=[name])


_PERIOD: Final = {"step": _STEP, "zone": _ZONE, "clock": _CLOCK, "interval": _INTERVAL, "measurement": _MEASUREMENT}
_DATETIME: Final[dict[str, Schema]] = {
    "start": _START,
    "end": _END,
    "ranges": _RANGES,
    **_PERIOD,
    "leap_days": _LEAP_DAYS,
    **_CALENDAR,
    "holidays": _HOLIDAYS,
}
_YEAR: Final = text("Year", "A year, in quotes.", YEAR, examples=["2018"])
_ANNUAL: Final[dict[str, Schema]] = {
    "start": {**_YEAR, "title": "First year", "description": "The first year, in quotes."},
    "end": {**_YEAR, "title": "Last year", "description": "The last year, in quotes."},
    "years": array(
        "Years",
        "The years, where they are not consecutive: instead of `start` and `end`.",
        _YEAR,
        examples=[["2018", "2020", "2030"]],
    ),
    "measurement": _MEASUREMENT,
    "year_of": choice(
        "Year of",
        "The dimension type whose records these years are: a value of the model year 2030 is that of the year 2030, "
        "whatever calendar the weather has. Left out, the years are calendar years of their own.",
        ("model_year", "weather_year"),
        examples=["model_year"],
    ),
}
_REPRESENTATIVE: Final[dict[str, Schema]] = {
    "by": array(
        "By",
        "What tells the periods apart: `month`, `day_of_week` and `hour` for a week of each month by hour; `month`, "
        "`day_type` and `hour` for a weekday and a weekend day of each month; or any others.",
        choice("Part", "A part of the calendar or the clock.", PARTS, examples=["month"]),
        examples=[["month", "day_of_week", "hour"]],
    ),
    "step": {
        **_STEP,
        "description": "The length of the period that one value is of: `1h` for an hour, `1d` for a day.",
        "examples": ["1h", "1d"],
    },
    **{key: value for key, value in _PERIOD.items() if key != "step"},
    "clock": choice(
        "Clock",
        "What hours are read off: by default what clocks show, summer time included.",
        ("prevailing", "standard"),
        default="prevailing",
        examples=["standard"],
    ),
    **_CALENDAR,
}
_INDEX: Final[dict[str, Schema]] = {
    "start": {**_START, "description": "The reading of the clock that `first` stands for, in quotes."},
    "first": {
        "title": "First number",
        "description": "The label of the first slot.",
        "type": "integer",
        "default": 0,
        "examples": [1],
    },
    "last": {
        "title": "Last number",
        "description": "The label of the last slot.",
        "type": "integer",
        "examples": [8759],
    },
    **_PERIOD,
    "leap_days": _LEAP_DAYS,
}
# Kind -> what it is, its keys, those that are required, and its columns in the files by what they hold.
_KINDS: Final[dict[str, tuple[str, dict[str, Schema], tuple[str, ...], tuple[str, ...]]]] = {
    "datetime": (
        "Equally spaced slots: on the axis of instants, or on the clock of each geography.",
        _DATETIME,
        ("step", "zone", "interval", "measurement"),
        ("label", "year", "month", "day", "hour", "minute", "fold", "offset"),
    ),
    "annual": ("One value per year.", _ANNUAL, ("measurement",), ("year",)),
    "representative": (
        "Values of typical periods: of each hour of a week in each month, say.",
        _REPRESENTATIVE,
        ("by", "step", "zone", "interval", "measurement"),
        PARTS,
    ),
    "index": (
        "The slots of a datetime, numbered.",
        _INDEX,
        ("start", "last", "step", "zone", "interval", "measurement"),
        ("index",),
    ),
    "none": ("No time: values that hold whenever, such as growth rates.", {}, (), ()),
}
_RULES: Final[dict[str, dict[str, Any]]] = {
    "datetime": {**exactly_one("start", "ranges"), "dependencies": {"start": ["end"], "end": ["start"]}},
    "annual": {**exactly_one("start", "years"), "dependencies": {"start": ["end"], "end": ["start"]}},
}


def time_alone() -> Schema:
    """Return the table of a time dimension that belongs to no project and no dataset."""
    return _alternatives("Time dimension", "A time dimension, by its kind.", {}, (), files=False)


def time_table(owner: str, *, files: bool) -> Schema:
    """Return the `[time]` table of a project or, with what its files look like, of a dataset."""
    name = text(
        "Name",
        "The name of the time dimension." + ("" if files else " It is the name of its column in results."),
        NAME,
        examples=["time_est"],
    )
    about = f"The time dimension of the {owner}, which has exactly one"
    about += ", and its columns in the files." if files else "."
    found = _alternatives("Time", about, {"name": name}, () if files else ("name",), files=files)
    used = {
        "use": text(
            "Registered time dimension",
            "A time dimension that the registry holds already, by its name or its id, instead of `kind` and the other "
            "keys. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            DIMENSION_REFERENCE,
            examples=["census_2020/time_est@1"],
        ),
        **(_file_keys(("label", *_KINDS["datetime"][3], *PARTS, "index")) if files else {}),
    }
    found["anyOf"].append(table("Registered time", "A time dimension that the registry holds already.", used, ("use",)))
    return found


def _alternatives(title: str, about: str, named: dict[str, Schema], needed: tuple[str, ...], *, files: bool) -> Schema:
    branches = []
    for kind, (words, keys, required, columns) in _KINDS.items():
        properties = {
            "kind": _kind(kind, words),
            **named,
            "description": description("time dimension", "Eastern Standard Time all year"),
            **keys,
            **(_file_keys(columns) if files and columns else {}),
        }
        branches.append(table(f"Time: {kind}", words, properties, ("kind", *needed, *required), **_RULES.get(kind, {})))
    return {"title": title, "description": about, "anyOf": branches}


def _file_keys(columns: tuple[str, ...]) -> dict[str, Schema]:
    """Return the keys that say what a dataset's files look like."""
    keys: dict[str, Schema] = {}
    single = [name for name in columns if name in ("label", "year", "index")]
    if "label" in columns or columns in (("year",), ("index",)):
        default = {"label": "timestamp", "year": "year", "index": "time_index"}[single[0]]
        keys["column"] = text(
            "Column", "The name of the column of labels in the data.", COLUMN, default=default, examples=["time"]
        )
    if len(columns) > 1:
        names = tuple(dict.fromkeys(columns))
        keys["columns"] = table(
            "Columns",
            "The columns of the data by what they hold, where that is more than one column, or another name.",
            {name: _column(name) for name in names},
            minProperties=1,
            examples=[{name: name for name in names[:1]}],
        )
    if "label" in columns:
        keys["labels"] = choice(
            "Labels",
            "How the files write a label. Left out, the column's type says it: timestamps with a zone are instants.",
            {"instants": "instants, such as timestamps in UTC", "wall_clock": "what a clock in `zone` shows"},
            examples=["wall_clock"],
        )
    return keys


_COLUMNS: Final = {
    "label": "whole labels",
    "year": "years",
    "month": "months, 1 to 12",
    "day": "days of the month",
    "hour": "hours, 0 to 23 (24 is 0 of the next day)",
    "minute": "minutes",
    "fold": "0, or 1 where the clock shows a label for the second time",
    "offset": "the offset from UTC of a label, such as -05:00",
    "season": "seasons",
    "day_type": "day types, or true for a weekday and false for a weekend day",
    "day_of_week": "days of the week: 0 (Monday) to 6, or their names",
    "index": "numbers",
}


def _column(meaning: str) -> Schema:
    return text(meaning.capitalize(), f"The column of {_COLUMNS[meaning]}.", COLUMN, examples=[meaning])
