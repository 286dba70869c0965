"""Reports of queries: what they are, and what they may be asked."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import FILLED, FOLDER_NAME, REFERENCE, RESULT_COLUMN
from dsgrid.spec.schemas.fragments import Schema, array, choice, table, text
from dsgrid.spec.schemas.where import where
from dsgrid.spec.schemas.words import TIME_WORDS

KINDS: Final = {
    "peak_load": "the greatest load of each group and when it was; with `coincident_with`, the system's peak as well",
    "load_duration": "the loads of each group from the greatest to the least, and for how long they are reached",
    "annual_summary": "for each group and year the total, its share of all, its change over model years; the mean, "
    "least and greatest load",
    "load_factor": "the mean load of each group as a part of its greatest",
    "calibration": "the values beside those of a benchmark (`against`), the largest differences first",
}

# An hour is no period of hours.
PERIODS: Final = tuple(word for word in TIME_WORDS if word != "hourly")

_COLUMN = text(
    "Name",
    "A dimension, an attribute of one, or (of a calibration) a word for time.",
    RESULT_COLUMN,
    examples=["state"],
)

_REPORT = table(
    "Report",
    "A further result, made of the values of the query in each slot of time, after `[[where]]` and before any step: "
    "summed over everything that `by` does not name. That sum is the load. It is told in the unit and in the zone of "
    "`[result]`, and stands in a folder of its name beside the query's table.",
    {
        "kind": choice("Kind", "What is reported.", KINDS, examples=["peak_load"]),
        "name": text(
            "Name",
            "The report's name, which is that of its folder. Left out, it is its kind.",
            FOLDER_NAME,
            examples=["peak_by_state"],
        ),
        "by": array(
            "By",
            "The groups: names of base or supplemental dimensions, or attributes (`county.state`). Left out, all is one "
            "group. A calibration compares by these columns, among which words for time may be.",
            _COLUMN,
            default=[],
            examples=[["state", "scenario"]],
        ),
        "over": array(
            "Over",
            "Scenarios, model years and weather years that are summed on purpose, as in a step.",
            choice("Type", "A dimension type.", ("scenario", "model_year", "weather_year"), examples=["weather_year"]),
            default=[],
            examples=[["weather_year"]],
        ),
        "period": choice(
            "Period",
            "Of a peak load, a load duration or a load factor: it is reported for each value of this word for time. "
            "Left out, it is reported once, for all of the time.",
            PERIODS,
            examples=["monthly"],
        ),
        "coincident_with": array(
            "Coincident with",
            "Of a peak load: those columns of `by` that the system is made by, none for a single one. Each row then "
            "says, too, when the system has its peak, and what the group adds to it.",
            _COLUMN,
            default=[],
            examples=[["scenario"]],
        ),
        "points": {
            "title": "Points",
            "description": "Of a load duration: so many points of the curve, evenly spread from its greatest to its least "
            "load. Left out, every slot is a row.",
            "type": "integer",
            "minimum": 2,
            "maximum": 10000,
            "examples": [101],
        },
        "against": array(
            "Against",
            "Of a calibration: the datasets that are the benchmark, all of them submitted to the project. Several are "
            "one table, as a query of them would be.",
            text("Dataset", "The id of a dataset, perhaps with a version.", REFERENCE, examples=["eia_861"]),
            examples=[["eia_861"]],
        ),
        "where": where("Of a calibration: they see the benchmark alone, in the project's dimensions."),
        "tolerance_percent": {
            "title": "Tolerance",
            "description": "Of a calibration: how many per cent of the benchmark a difference may have. A column "
            "`tolerance` says which rows are `within` it, and which `outside`.",
            "type": "number",
            "minimum": 0,
            "examples": [5],
        },
        "unit": text("Unit", "The unit of the values. Left out, it is that of `[result]`.", FILLED, examples=["MWh"]),
        "format": choice(
            "Format",
            "The format of the table.",
            {"parquet": "Parquet", "csv": "CSV"},
            default="parquet",
            examples=["csv"],
        ),
    },
    ("kind",),
    examples=[{"kind": "peak_load", "by": ["state"]}],
)

REPORTS: Final[Schema] = {
    "title": "Reports",
    "description": "What is said of the load: its peaks, its duration, what it adds up to, how it compares. Each is a "
    "further result.",
    "type": "array",
    "items": _REPORT,
    "default": [],
    "examples": [[{"kind": "peak_load", "by": ["state", "scenario"]}]],
}
