"""The spec of `submit_dataset`."""

from __future__ import annotations

from dsgrid.spec.patterns import REFERENCE
from dsgrid.spec.schemas.fragments import flag, ref, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.words import RECORD_TYPES

SUBMIT_DATASET = job_schema(
    "submit_dataset",
    "Bring a registered dataset into a registered project: map its dimensions to the project's, and check that it "
    "covers what the project requires of it. The facts are not copied.",
    {
        "project": text(
            "Project",
            "The id of the project. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["conus_2022"],
        ),
        "dataset": text(
            "Dataset",
            "The id of the dataset. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["comstock_reference@1"],
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
    },
    ("project", "dataset"),
)
