"""The spec of `map_dataset`."""

from __future__ import annotations

from dsgrid.spec.patterns import ID, REFERENCE
from dsgrid.spec.schemas.fragments import Schema, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.query import QUERY
from dsgrid.spec.schemas.where import where

_QUERY: dict[str, Schema] = QUERY["properties"]

MAP_DATASET = job_schema(
    "map_dataset",
    "Bring a submitted dataset to the base dimensions, units and time of its project, and write that as a table; with "
    "[register] it becomes a dataset of its own, too.",
    {
        "name": {**_QUERY["name"], "examples": ["comstock_mapped"]},
        "project": _QUERY["project"],
        "at": _QUERY["at"],
        "dataset": text(
            "Dataset",
            "The id of a dataset that was submitted to the project, perhaps with a version.",
            REFERENCE,
            examples=["comstock_reference"],
        ),
        "where": where("They see the project's base dimensions and its time."),
        "result": _QUERY["result"],
        "export": _QUERY["export"],
        "register": table(
            "Register",
            "The dataset that the table is registered as. It is in the project's terms, so it needs no mappings.",
            {
                "id": text("Id", "The id of the new dataset.", ID, examples=["comstock_mapped"]),
                "description": text("Description", "What it is.", examples=["ComStock in the terms of CONUS 2022"]),
                "log_message": text(
                    "Log message",
                    "Why it is registered: one sentence that stands in the registry's history.",
                    examples=["ComStock by county, for the load model"],
                ),
            },
            ("id",),
        ),
    },
    ("name", "project", "dataset"),
    log_message=False,
)
