"""The spec of `dump`."""

from __future__ import annotations

from dsgrid.spec.patterns import ENTRY, FILLED
from dsgrid.spec.schemas.fragments import array, choice, text
from dsgrid.spec.schemas.job import job_schema

DUMP = job_schema(
    "dump",
    "Write what a registry holds as specs with their tables, which register again to the same: projects, datasets "
    "with their submissions, dimensions, mappings, or everything.",
    {
        "ids": array(
            "Ids",
            "What is dumped, by its id, with or without a version (`conus_2022@1`). A single one goes straight to the "
            "output folder, several go to folders of their own in it. Left out, everything is dumped in its newest "
            "version, with a `bulk` spec that registers it in the right order.",
            text("Id", "An id, or an id with a version.", ENTRY, examples=["conus_2022@1"]),
            default=[],
            examples=[["conus_2022", "comstock_reference@1"]],
        ),
        "output": text(
            "Output",
            "The folder to write, relative to this file. It is absent or empty, and appears when everything is in it.",
            FILLED,
            examples=["../dump/conus_2022"],
        ),
        "data": choice(
            "Data",
            "What becomes of the data of datasets.",
            {
                "refer": "the specs name the files where the registry keeps them",
                "copy": "the files are copied beside the specs, with relative paths, so that the folder can be moved",
            },
            default="refer",
            examples=["copy"],
        ),
        "at": text(
            "At",
            "The version of the one thing that is dumped, or a date or time: what is dumped is as it was then.",
            FILLED,
            examples=["2026-11-23", "1.2"],
        ),
    },
    ("output",),
    log_message=False,
)
