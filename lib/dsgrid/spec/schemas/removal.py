"""The spec of `remove`."""

from __future__ import annotations

from dsgrid.spec.patterns import ENTRY
from dsgrid.spec.schemas.fragments import array, flag, text
from dsgrid.spec.schemas.job import job_schema

REMOVE = job_schema(
    "remove",
    "Remove projects, datasets, dimensions, mappings or submissions from a registry: all that is named, or nothing. "
    "What something else needs is refused. A project takes along its submissions and the dimensions and mappings that "
    "only it uses. The history of registrations stays, and a version number that was removed is never given again.",
    {
        "ids": array(
            "Ids",
            "What to remove: an id means all versions, `id@version` one. A submission is `project/dataset`. Where things "
            "of several kinds have an id, the kind stands in front: `dataset comstock`.",
            text("Id", "An id, with or without a version.", ENTRY, examples=["comstock@1.0.0"]),
            examples=[["comstock@1.0.0", "old_project"]],
        ),
        "cascade": flag(
            "Cascade",
            "Whether what needs these things goes, too: for a dataset its submissions, and the datasets that queries "
            "made of it; for a dimension every project, dataset and mapping that uses it.",
            default=False,
        ),
    },
    ("ids",),
)
