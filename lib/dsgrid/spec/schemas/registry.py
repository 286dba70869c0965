"""The spec of `create_registry`."""

from __future__ import annotations

from dsgrid.spec.patterns import FILLED
from dsgrid.spec.schemas.fragments import text
from dsgrid.spec.schemas.job import job_schema

CREATE_REGISTRY = job_schema(
    "create_registry",
    "Make a new, empty registry: a folder that holds `registry.db`, which knows all projects, datasets and their "
    "versions, and `data/`, which holds their facts. The folder must not hold a registry yet.",
    {
        "data_root": text(
            "Data root",
            "Where the data of the datasets go, if not to `data/` in the registry's folder: an empty folder, relative "
            "to this file or absolute, or a place on S3. A relative path is kept relative to the registry, so that "
            "both can be moved together. Credentials for S3 come from the environment or a profile, and are never "
            "stored.",
            FILLED,
            examples=["/projects/dsgrid/data", "s3://bucket/prefix"],
        ),
    },
    log_message=False,
)
