"""Filters of queries: tests on records, on time and on values."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import FILLED, NAME
from dsgrid.spec.schemas.fragments import Schema, array, exactly_one, flag, ref, table, text

_SCALAR: Schema = {
    "title": "Value",
    "description": "A value of the attribute: ids and texts in quotes; numbers, true and false without.",
    "type": ["string", "number", "boolean"],
    "examples": ["CO"],
}
_LIMIT: Schema = {
    "title": "Limit",
    "description": "A number; or a text, which is compared as text (dates and times are texts).",
    "type": ["string", "number"],
    "examples": [100],
}
_PATTERN = "The text, in which `%` stands for any characters and `_` for one."


def _value(title: str, description: str) -> Schema:
    return {**_SCALAR, "title": title, "description": description}


def _limit(title: str, description: str) -> Schema:
    return {**_LIMIT, "title": title, "description": description}


def _range(title: str, description: str) -> Schema:
    return {
        "title": title,
        "description": description,
        "type": "array",
        "items": _LIMIT,
        "minItems": 2,
        "maxItems": 2,
        "examples": [["2030", "2040"], ["2012-06-01", "2012-08-31"]],
    }


_TESTS: dict[str, Schema] = {
    "equals": _value("Equals", "Keep what is this value."),
    "not_equals": _value("Differs from", "Keep what is any other value."),
    "in": array("One of", "Keep what is one of these values.", _SCALAR, examples=[["2030", "2040"]]),
    "not_in": array("None of", "Keep what is none of these values.", _SCALAR, examples=[["AK", "HI"]]),
    "above": _limit("Above", "Keep what is greater."),
    "at_least": _limit("At least", "Keep what is this or greater."),
    "below": _limit("Below", "Keep what is less."),
    "at_most": _limit("At most", "Keep what is this or less."),
    "between": _range("Between", "Keep what is between two limits, both included."),
    "not_between": _range("Not between", "Keep what is below the first or above the second limit."),
    "like": text("Like", f"Keep texts that are like this one. {_PATTERN}", FILLED, examples=["electricity_%"]),
    "not_like": text("Not like", f"Keep texts that are not like this one. {_PATTERN}", FILLED, examples=["%_other"]),
    "matches": text(
        "Matches",
        "Keep texts in which this regular expression (as of Python's `re`) is found; `^` and `$` tie it to the ends.",
        FILLED,
        examples=["^(small|large)_office$"],
    ),
    "not_matches": text(
        "Does not match", "Keep texts in which this regular expression is not found.", FILLED, examples=["_other$"]
    ),
    "contains": text("Contains", "Keep texts that have this in them.", FILLED, examples=["office"]),
    "not_contains": text("Does not contain", "Keep texts that do not have this in them.", FILLED, examples=["other"]),
    "starts_with": text("Starts with", "Keep texts that start like this.", FILLED, examples=["06"]),
    "ends_with": text("Ends with", "Keep texts that end like this.", FILLED, examples=["_heating"]),
    "is_null": flag("Is empty", "Keep what has no value (`true`), or what has one (`false`).", default=False),
}


_FILTER: Schema = table(
    "Filter",
    "One test: on an attribute of the records of a base or supplemental dimension, on time, on values, or on the "
    "selectors of a subset. What fails it is left out. A record of a supplemental dimension keeps every base record "
    "that has any association with it; to keep only its share, filter after a step that keeps the supplemental "
    "dimension.",
    {
        "dimension": text(
            "Dimension",
            "A base or supplemental dimension of the project; the name of its time dimension (labels such as "
            "`2012-06-01 00:00`, on the clock of the output) or a word for time (`daily`, `hour_of_day`, `season`, "
            "...); or `value`, the values themselves. After a step it is a column that the step left.",
            NAME,
            examples=["county", "month_of_year", "value"],
        ),
        "attribute": text(
            "Attribute",
            "The column of the dimension's records that is tested.",
            FILLED,
            default="id",
            examples=["state"],
        ),
        **_TESTS,
        "subset": text(
            "Subset", "A subset of the project; goes with `selectors`.", NAME, examples=["subsectors_by_sector"]
        ),
        "selectors": array(
            "Selectors",
            "Keep the records of these selectors of `subset`.",
            text("Selector", "The name of a selector.", NAME, examples=["offices"]),
            examples=[["offices"]],
        ),
    },
    dependencies={
        "attribute": ["dimension"],
        **{key: ["dimension"] for key in _TESTS},
        "subset": ["selectors"],
        "selectors": ["subset"],
    },
    allOf=[exactly_one("dimension", "subset"), exactly_one(*_TESTS, "selectors")],
    examples=[{"dimension": "county", "attribute": "state", "equals": "CO"}],
)

DEFINITIONS: Final = {"filter": _FILTER}


def where(when: str) -> Schema:
    """Return an array of filters; `when` says what they see."""
    return {
        "title": "Filters",
        "description": f"Tests; all have to hold. {when}",
        "type": "array",
        "items": ref("filter"),
        "default": [],
        "examples": [[{"dimension": "county", "attribute": "state", "equals": "CO"}]],
    }
