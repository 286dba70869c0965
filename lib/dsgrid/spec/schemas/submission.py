"""The specs of `submit_dataset` and `register_and_submit_dataset`."""

from __future__ import annotations

from dsgrid.spec.patterns import REFERENCE
from dsgrid.spec.schemas.change import change_table
from dsgrid.spec.schemas.dataset import DATASET_KEYS, DATASET_REQUIRED
from dsgrid.spec.schemas.fragments import flag, ref, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.words import RECORD_TYPES

_SUBMISSION = {
    "project": text(
        "Project",
        "The id of the project. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
        REFERENCE,
        examples=["conus_2022"],
    ),
    "wrap_time": flag(
        "Wrap time",
        "Whether slots of the dataset that lie outside the project's time are moved to its other end, as when both "
        "cover a year but in different zones. The dataset has to have as many slots as the project.",
        default=False,
    ),
    "mapping": table(
        "Mappings",
        "How the dataset's records become the project's, keyed by dimension type. A type without a mapping has to "
        "have the project's ids already.",
        {type_: ref("mapping_to_base") for type_ in RECORD_TYPES},
        examples=[{"geography": {"kind": "one_to_one", "records": "mappings/counties.csv"}}],
    ),
}

SUBMIT_DATASET = job_schema(
    "submit_dataset",
    "Bring a registered dataset into a registered project: map its dimensions to the project's, and check that it "
    "covers what the project requires of it. The facts are not copied.",
    {
        "project": _SUBMISSION["project"],
        "dataset": text(
            "Dataset",
            "The id of the dataset. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["comstock_reference@1"],
        ),
        "wrap_time": _SUBMISSION["wrap_time"],
        "mapping": _SUBMISSION["mapping"],
        "change": change_table(based_on=False),
    },
    ("project", "dataset"),
)

REGISTER_AND_SUBMIT_DATASET = job_schema(
    "register_and_submit_dataset",
    "Register a dataset and submit it to a project, in one: both happen, or neither. What the project has to say "
    "against the dataset is said before its files are read.",
    {
        **DATASET_KEYS,
        "submission": table(
            "Submission",
            "The project that the dataset is submitted to, and how it maps to it: the keys of `submit_dataset`.",
            _SUBMISSION,
            ("project",),
        ),
    },
    (*DATASET_REQUIRED, "submission"),
)
