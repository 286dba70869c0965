"""The checks of its values that a dataset declares: `[[checks]]`, one table per kind."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.spec.patterns import FILLED, REFERENCE
from dsgrid.spec.schemas.dimension import ids, record_type
from dsgrid.spec.schemas.fragments import Schema, array, choice, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.words import RECORD_TYPES


def _number(title: str, description: str, **more: Any) -> Schema:
    return {"title": title, "description": description, "type": "number", **more}


def _count(title: str, description: str, **more: Any) -> Schema:
    return {"title": title, "description": description, "type": "integer", "minimum": 0, **more}


def _types(title: str, description: str, example: list[str], **more: Any) -> Schema:
    return array(title, description, record_type("Dimension type", "A type."), examples=[example], **more)


_WHERE: Final = table(
    "Where",
    "The records that the check is about, by dimension type; without it all data are checked.",
    {type_: ids("The ids of the records.", ["cooling"] if type_ == "metric" else ["06037"]) for type_ in RECORD_TYPES},
    minProperties=1,
    examples=[{"metric": ["cooling"]}],
)
_BY: Final = _types(
    "By",
    "A sum (or a count) for each combination of the records of these types; without it one for all.",
    ["geography"],
    default=[],
)
_ONE_BOUND: Final = {"anyOf": [{"required": ["min"]}, {"required": ["max"]}]}

_KINDS: Final[dict[str, tuple[str, dict[str, Schema], tuple[str, ...], dict[str, Any]]]] = {
    "range": (
        "No value is below `min` or above `max`.",
        {
            "min": _number("Lowest value", "What no value is below.", examples=[0]),
            "max": _number("Highest value", "What no value is above.", examples=[1]),
        },
        (),
        _ONE_BOUND,
    ),
    "not_null": (
        "No value is NULL. Where every value of a combination is, that combination would be taken for one without data.",
        {},
        (),
        {},
    ),
    "sum": (
        "All values, over all time, add up to a number.",
        {
            "equals": _number("Sum", "What the values add up to, in the unit of the data.", examples=[1234.5]),
            "tolerance": _number(
                "Tolerance",
                "How far the sum may be off, as a part of the sum of the absolute values.",
                minimum=0,
                default=1e-6,
                examples=[1e-9],
            ),
            "by": _BY,
        },
        ("equals",),
        {},
    ),
    "share_sums_to": (
        "At each time, the values of all records of some types add up to a number: shares to 1.",
        {
            "over": _types("Over", "The types whose records the shares are of.", ["subsector"]),
            "equals": _number("Sum", "What the values add up to.", default=1, examples=[100]),
            "tolerance": _number("Tolerance", "How far a sum may be off.", minimum=0, default=1e-6, examples=[1e-3]),
        },
        ("over",),
        {},
    ),
    "monotone": (
        "Values never fall (or never grow) from one record, or one slot of time, to the next.",
        {
            "along": choice(
                "Along",
                "In which order: that of the ids of a dimension type, or that of time.",
                (*RECORD_TYPES, "time"),
                examples=["model_year"],
            ),
            "direction": choice(
                "Direction",
                "Which way values may go; they may stay as they are either way.",
                ("increasing", "decreasing"),
                default="increasing",
                examples=["decreasing"],
            ),
        },
        ("along",),
        {},
    ),
    "row_count": (
        "There are as many values as expected, NULLs not counted.",
        {
            "equals": _count("Number", "How many values there are.", examples=[8760]),
            "min": _count("Lowest number", "How many there are at least.", examples=[1]),
            "max": _count("Highest number", "How many there are at most.", examples=[100000]),
            "by": _BY,
        },
        (),
        {
            "anyOf": [{"required": [key]} for key in ("equals", "min", "max")],
            "allOf": [{"not": {"required": ["equals", key]}} for key in ("min", "max")],
        },
    ),
    "unique": (
        "The records of some types have data with one record only of another type: each building type in one sector.",
        {
            "of": record_type("Of", "The type of which there is one record.", examples=["sector"]),
            "by": _types("By", "The types whose records, together, have one.", ["subsector"]),
        },
        ("of", "by"),
        {},
    ),
}


CHECK_DATASET = job_schema(
    "check_dataset",
    "Check a registered dataset once more: its stored data are complete, and its own `[[checks]]` hold. Nothing is changed.",
    {
        "dataset": text(
            "Dataset",
            "The id of the dataset. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["comstock_reference@1"],
        ),
        "rows": text(
            "Rows",
            "A folder for all rows that break a check, a CSV file each, relative to this file. Messages show the first.",
            FILLED,
            examples=["broken_rows"],
        ),
    },
    ("dataset",),
)


def checks_array() -> Schema:
    """Return the array of checks."""
    branches = [
        table(
            f"Check: {kind}",
            words,
            {"kind": choice("Kind", words, (kind,), examples=[kind]), **keys, "where": _WHERE},
            ("kind", *required),
            **more,
        )
        for kind, (words, keys, required, more) in _KINDS.items()
    ]
    return {
        "title": "Checks",
        "description": "What holds of the values of this dataset, besides what holds of all datasets. Each check is made "
        "when the dataset is registered, by `dsgrid check`, and again by `check_dataset`.",
        "type": "array",
        "items": {"title": "Check", "description": "A check, by its kind.", "anyOf": branches},
        "minItems": 1,
        "examples": [[{"kind": "range", "min": 0, "where": {"metric": ["cooling"]}}]],
    }
