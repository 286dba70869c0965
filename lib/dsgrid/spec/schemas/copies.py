"""The specs of `check_registry`, `copy_registry` and `filter_registry`."""

from __future__ import annotations

from dsgrid.spec.patterns import AGE, FILLED, ID, NAME, REFERENCE
from dsgrid.spec.schemas.fragments import array, choice, flag, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema

_TARGET = text(
    "Target",
    "The folder of the new registry, relative to this file. It must be absent or empty, or hold what an interrupted "
    "run of this job left.",
    FILLED,
    examples=["../copies/conus_2022"],
)
_DATA = {
    "copy": "copy the files, and compare each with its checksum on the way",
    "link": "give them a second name (hard links): takes no time and no space, but both folders have to be on one "
    "filesystem",
}

CHECK_REGISTRY = job_schema(
    "check_registry",
    "Check that a registry is whole: its database, the files of every dataset, and that both agree. Without `fix` "
    "nothing is written, so that it works on a registry that may only be read.",
    {
        "fix": flag(
            "Fix",
            "Whether to remove what nothing refers to: folders of jobs that were killed, and records and associations "
            "that no version uses.",
            default=False,
        ),
        "checksums": flag(
            "Checksums",
            "Whether to read every file and compare it with its checksum; else only its size is looked at.",
            default=False,
        ),
        "older_than": text(
            "Older than",
            "How long something that nothing refers to must not have changed before it counts as garbage: what is "
            "younger may belong to a job that runs.",
            AGE,
            default="24h",
            examples=["2h"],
        ),
    },
    log_message=False,
)

COPY_REGISTRY = job_schema(
    "copy_registry",
    "Copy a registry, or some of its projects and datasets with everything that they need. The copy is what the "
    "registry was at one moment, also while others write to it. An interrupted copy is no registry; running the job "
    "again finishes it.",
    {
        "target": _TARGET,
        "projects": array(
            "Projects",
            "The ids of the projects to copy, with all their versions. Without `datasets` every dataset that was "
            "submitted to them comes along.",
            text("Project", "The id of a project.", ID, examples=["conus_2022"]),
            examples=[["conus_2022"]],
        ),
        "datasets": array(
            "Datasets",
            "The ids of the datasets to copy, with all their versions. Submissions of these to the copied projects come "
            "along.",
            text("Dataset", "The id of a dataset.", ID, examples=["comstock_reference"]),
            examples=[["comstock_reference"]],
        ),
        "data": choice("Data", "How the files of the datasets get there.", _DATA, default="copy", examples=["link"]),
        "data_root": text(
            "Data root",
            "Where the files of the copy go, if not to `data` in its folder: an empty folder (relative to this file) or "
            "a place on S3.",
            FILLED,
            examples=["s3://bucket/prefix"],
        ),
    },
    ("target",),
    log_message=False,
)

FILTER_REGISTRY = job_schema(
    "filter_registry",
    "Make a small registry with some records of one version of a project, and of its datasets what reaches these "
    "records. A query gives the same numbers there as with the same filter on the whole.",
    {
        "target": _TARGET,
        "project": text(
            "Project",
            "The id of the project. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["conus_2022@1"],
        ),
        "datasets": array(
            "Datasets",
            "The ids of the datasets to take along. Left out, all that are submitted to the project.",
            text("Dataset", "The id of a dataset, perhaps with a version.", REFERENCE, examples=["comstock_reference"]),
            examples=[["comstock_reference"]],
        ),
        "keep": tables_by_name(
            "Keep",
            "The records to keep, keyed by the name of a base or supplemental dimension. Of a supplemental dimension "
            "the base records that are mapped to these records stay. Dimensions that are not named stay whole.",
            NAME,
            array(
                "Records",
                "The ids of records.",
                text("Record", "The id of a record.", examples=["06037"]),
                examples=[["06037", "08031"]],
            ),
            minProperties=1,
            examples=[{"county": ["06037"], "sector": ["com"]}],
        ),
        "data": choice(
            "Data",
            "How the files of datasets of which nothing is left out get there; those of the others are written anew.",
            _DATA,
            default="copy",
            examples=["link"],
        ),
    },
    ("target", "project", "keep"),
)
