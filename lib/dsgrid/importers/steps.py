"""The aggregations of a query as steps."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.dimensions.types import DIMENSION_TYPES, NAMED_REDUCTION_TYPES, TIME
from dsgrid.errors import did_you_mean
from dsgrid.importers.automatic import own_name
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty

# dsgrid-toolkit takes any function of an engine that makes one value of many; these have a name here.
_FUNCTIONS: Final = {
    "sum": "sum",
    "mean": "mean",
    "avg": "mean",
    "min": "min",
    "max": "max",
    "count": "count",
    "stddev": "stddev",
    "stddev_samp": "stddev",
    "median": "percentile",
}

# Functions of time, under our words. All are taken in the zone of the project on both sides.
_TIME_WORDS: Final = {
    "year": "annual",
    "month": "month_of_year",
    "day": "day_of_month",
    "dayofmonth": "day_of_month",
    "hour": "hour_of_day",
    "dayofweek": "day_of_week",
    "weekday": "day_of_week",
    "dayofyear": "day_of_year",
}


def steps(result: Entry, project: Entry, remarks: Remarks) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the steps, and our names of columns that are named otherwise there."""
    found: list[dict[str, Any]] = []
    words: dict[str, str] = {}
    left = set(NAMED_REDUCTION_TYPES)
    for entry in result.entries("aggregations"):
        about = remarks.within("step", len(found))
        about.unknown(entry, ("aggregation_function", "dimensions"))
        dimensions = entry["dimensions"]
        about.unknown(dimensions, DIMENSION_TYPES)
        # A step sees what the one before has left, under the names that it gave.
        before, words = words, {}
        by: list[str] = []
        for type_ in dimensions.value:
            for column in dimensions.entries(type_) if type_ in DIMENSION_TYPES else ():
                name, own = _column(type_, column, project, about)
                words[name] = before.get(own, own)
                if words[name] not in by:
                    by.append(words[name])
        if not by:
            about.unsupported(dimensions, "an aggregation that keeps nothing; keep a dimension, all_sectors say")
        dropped = [type_ for type_ in NAMED_REDUCTION_TYPES if type_ in left and not dimensions.says(type_)]
        left -= set(dropped)
        found.append(without_empty({**_function(entry, about), "by": by, "over": dropped}))
    return found, words


def _function(entry: Entry, remarks: Remarks) -> dict[str, Any]:
    function = entry["aggregation_function"]
    named = function.text_value
    if named not in _FUNCTIONS:
        hint = did_you_mean(named, _FUNCTIONS, len(_FUNCTIONS))
        remarks.unsupported(function, f'the aggregation function "{named}"{hint}')
        return {"function": "sum"}
    if named != "median":
        return {"function": _FUNCTIONS[named]}
    remarks.say(
        "changed", function, "the median is the percentile 50 here; the result has a column `percentile`", "function"
    )
    return {"function": "percentile", "percentiles": [50]}


def _column(type_: str, column: Entry, project: Entry, remarks: Remarks) -> tuple[str, str]:
    """Return the name of a column there, and ours."""
    if isinstance(column.value, str):
        return column.text_value, own_name(column, project, remarks)
    remarks.unknown(column, ("dimension_name", "dimension_query_name", "function", "alias"))
    named = column.get("dimension_name", "dimension_query_name") or column["dimension_name"]
    name = own_name(named, project, remarks)
    function, alias = column.text("function"), column.text("alias")
    if not function:
        if alias:
            remarks.say("renamed", column["alias"], f'the column "{alias}" is "{name}" here', "by")
        return alias or named.text_value, name
    theirs = alias or f"{function}__{name}"
    if type_ != TIME or function not in _TIME_WORDS:
        remarks.unsupported(column["function"], f'the function "{function}"')
        return theirs, theirs
    word = _TIME_WORDS[function]
    remarks.say("renamed", column["function"], f'the column "{theirs}" is "{word}" here', "by")
    if function == "dayofweek":
        remarks.say("changed", column["function"], "days of the week count from 0 (Monday), not from 1 (Sunday)", "by")
    return theirs, word
