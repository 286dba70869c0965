"""The spec of `create_registry`."""

from __future__ import annotations

from dsgrid.spec.schemas.job import job_schema

CREATE_REGISTRY = job_schema(
    "create_registry",
    "Make a new, empty registry: a folder that holds `registry.db`, which knows all projects, datasets and their "
    "versions, and `data/`, which holds their facts. The folder must not hold a registry yet.",
    {},
    log_message=False,
)
