"""The spec of `query_dataset`."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.spec.patterns import AT, DIMENSION_REFERENCE, FILLED, REFERENCE
from dsgrid.spec.schemas.fragments import Schema, array, ref, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.query import QUERY
from dsgrid.spec.schemas.submission import TIME_RULES, WRAP_TIME
from dsgrid.spec.schemas.where import where
from dsgrid.spec.schemas.words import RECORD_TYPES

_QUERY: dict[str, Schema] = QUERY["properties"]

_DIMENSION = text(
    "Dimension",
    "A registered dimension, by its id or its name. `@1` or `@1.2.0` fixes the version; without it the newest one that "
    "mappings lead to is taken.",
    DIMENSION_REFERENCE,
    examples=["census_2020/state"],
)


def _target(title: str, description: str, properties: dict[str, Schema], examples: list[Any]) -> Schema:
    """Return a target: the name of a dimension, or a table with it and how to get there."""
    return {
        "title": title,
        "description": description,
        "type": ["string", "object"],
        "pattern": DIMENSION_REFERENCE.pattern,
        "properties": properties,
        "required": ["dimension"],
        "additionalProperties": False,
        "examples": examples,
    }


_RECORDS = _target(
    "Target",
    "The registered dimension that the records of this type are brought to, alone or as a table with the way.",
    {
        "dimension": _DIMENSION,
        "through": array(
            "Through",
            "Where several chains of mappings lead there: what the way goes through, in this order. Dimensions (name "
            "or id) or mappings (id), each perhaps with a version.",
            text("Stop", "A dimension or a mapping.", FILLED, examples=["census_2020/county_to_state"]),
            examples=[["census_2020/county_to_state"]],
        ),
    },
    ["census_2020/state", {"dimension": "state", "through": ["census_2020/county_to_state"]}],
)

DEFINITIONS: Final = {"target": _RECORDS}

_TIME = _target(
    "Target time",
    "The registered time dimension that values are brought to, alone or as a table with the rules that this takes; "
    '[the guide of time](time.md#the-closed-table) says which, where "the project\'s" is that of the target. Left '
    "out, the dataset keeps its own time.",
    {
        "dimension": {
            **_DIMENSION,
            "description": "A registered time dimension.",
            "examples": ["census_2020/time_est"],
        },
        "wrap_time": WRAP_TIME,
        **TIME_RULES,
    },
    ["conus_2022/time_est", {"dimension": "conus_2022/time_est", "spread": "flat"}],
)

QUERY_DATASET = job_schema(
    "query_dataset",
    "Ask a dataset without a project: take its facts, bring them to dimensions that registered mappings lead to, filter, "
    "aggregate, and write a table. Types without a target keep the dataset's own dimensions.",
    {
        "name": _QUERY["name"],
        "dataset": text(
            "Dataset",
            "The id of a registered dataset. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["comstock_reference@1"],
        ),
        "at": text(
            "As of",
            "A version of the dataset, or a date: the registry is asked as it was at the end of that day (UTC). `--at` "
            "on the command line wins over it.",
            AT,
            examples=["2026-11-23"],
        ),
        "to": table(
            "Targets",
            "What the data are brought to, by dimension type: registered dimensions that a chain of registered mappings "
            "leads to. The chain is found; where several lead there that do different things, `through` says which.",
            {**{type_: ref("target") for type_ in RECORD_TYPES}, "time": _TIME},
            examples=[{"geography": "census_2020/state", "metric": "conus_2022/end_use@1"}],
        ),
        "where": where("They see the target dimensions and the time, before any step."),
        "allow_double_counting": _QUERY["allow_double_counting"],
        **{key: _QUERY[key] for key in ("step", "report", "result", "results", "export")},
    },
    ("name", "dataset"),
    log_message=False,
)
