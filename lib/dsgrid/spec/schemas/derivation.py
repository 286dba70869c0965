"""The specs of `create_derived_dataset` and `register_composite`."""

from __future__ import annotations

from dsgrid.spec.patterns import FILLED, ID, REFERENCE, VERSION
from dsgrid.spec.schemas.fragments import Schema, flag, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.submission import MAPPINGS


def _result(more: str) -> Schema:
    return text(
        "Result",
        "A published result, relative to this file: the folder of a query's results, whose newest is meant; that of one "
        f"run; or that of a further result in it.{more}",
        FILLED,
        examples=["../results/hourly_by_state"],
    )


CREATE_DERIVED_DATASET = job_schema(
    "create_derived_dataset",
    "Write the specs that register a query's result as a dataset and submit it to a project. They are complete: "
    "nothing in them is left to decide.",
    {
        "result": _result(""),
        "id": text("Id", "The dataset's id.", ID, examples=["buildings_by_state"]),
        "output": text(
            "Output",
            "The folder to write, relative to this file: specs, and files of records.",
            FILLED,
            examples=["../specs/buildings_by_state"],
        ),
        "overwrite": flag(
            "Overwrite",
            "Whether files in the output folder are replaced. Otherwise it has to be absent or empty.",
            default=False,
        ),
        "project": text(
            "Project",
            "The project that the dataset is submitted to; by default the newest version of the one that the query "
            "asked.",
            REFERENCE,
            examples=["conus_2022"],
        ),
        "description": text(
            "Description",
            "Free text about the dataset; by default it says which query made it, of what.",
            FILLED,
            examples=["Buildings by state, for the report"],
        ),
        "mapping": MAPPINGS,
    },
    ("result", "id", "output"),
    log_message=False,
    registry="The folder of the registry that the query asked, or of a copy of it, relative to this file.",
)

REGISTER_COMPOSITE = job_schema(
    "register_composite",
    "Register a query's result in its project, under a name that later queries name as a source. It has the project's "
    "base dimensions, and keeps the query and all that the query read.",
    {
        "project": text(
            "Project",
            "The project. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["conus_2022"],
        ),
        "result": _result(" Each of its columns holds records of a base dimension, or the project's time."),
        "id": text("Id", "The name under which queries find it.", ID, examples=["buildings_to_2050"]),
        "version": text(
            "Version",
            "Its version; by default `1.0.0`, and for another result under the same name the next major one.",
            VERSION,
            examples=["2.0.0"],
        ),
        "description": text(
            "Description",
            "Free text about it; by default it says which query made it, of what.",
            FILLED,
            examples=["All buildings, projected to 2050"],
        ),
    },
    ("project", "result", "id"),
)
