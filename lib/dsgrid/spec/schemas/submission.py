"""The specs of `submit_dataset` and `register_and_submit_dataset`."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import REFERENCE, WORD
from dsgrid.spec.schemas.change import change_table
from dsgrid.spec.schemas.dataset import DATASET_KEYS, DATASET_REQUIRED
from dsgrid.spec.schemas.fragments import Schema, choice, flag, ref, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.words import ALIGN, FALL_BACK, LEAP_DAY, RECORD_TYPES, SPREAD, SPRING_FORWARD, WEEKDAYS

_TIME: Schema = table(
    "Mapping of time",
    "How the dataset's time becomes the project's where there is more than one way; [the guide of "
    "time](time.md#the-closed-table) says which rules each pair of kinds takes.",
    {
        "align": choice(
            "Alignment",
            "How data of another year are brought to the project's.",
            ALIGN,
            examples=["same_date"],
        ),
        "leap_day": choice(
            "Leap day",
            "What becomes of 29 February where one side has one and the other has none.",
            LEAP_DAY,
            examples=["drop_feb29"],
        ),
        "spring_forward": choice(
            "Spring forward",
            "What becomes of the hour that clocks leave out in spring.",
            SPRING_FORWARD,
            examples=["drop"],
        ),
        "fall_back": choice(
            "Fall back",
            "What becomes of the hour that clocks repeat in autumn.",
            FALL_BACK,
            examples=["duplicate"],
        ),
        "resample": flag(
            "Resample",
            "Whether slots of another length than the project's, or between them, are split and joined: totals by the "
            "time that they share, means with that time as weight, readings along the line between two.",
            default=False,
        ),
        "interpolate": flag(
            "Interpolate",
            "Whether readings become means, or means readings, along the lines between them.",
            default=False,
        ),
        "trim": flag(
            "Trim",
            "Whether slots of the dataset outside of the project's time are left out.",
            default=False,
        ),
        "spread": choice("Spread", "How annual totals are spread over a year.", SPREAD, examples=["flat"]),
        "shape": text(
            "Shape",
            "A registered dataset whose course over the year annual totals follow, instead of `spread`. Its records of "
            "the types of which it has several have to be those of this dataset. `@1` or `@1.2.0` fixes the version.",
            REFERENCE,
            examples=["load_shapes_2012@1"],
        ),
        "holidays": text(
            "Holidays",
            "The day type or day of the week whose values the project's holidays take, where the data have no day type "
            f"`holiday` of their own: `weekend`, say, or `{WEEKDAYS[-1]}`.",
            WORD,
            examples=["weekend"],
        ),
    },
    minProperties=1,
    examples=[{"align": "same_date", "leap_day": "drop_feb29"}],
)

# By name, for all who bring one time to another.
TIME_RULES: Final[dict[str, Schema]] = _TIME["properties"]

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
        "have the project's ids already; `time` has rules instead of records.",
        {**{type_: ref("mapping_to_base") for type_ in RECORD_TYPES}, "time": _TIME},
        examples=[{"geography": {"kind": "one_to_one", "records": "mappings/counties.csv"}}],
    ),
}

WRAP_TIME: Final = _SUBMISSION["wrap_time"]

MAPPINGS = _SUBMISSION["mapping"]

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
