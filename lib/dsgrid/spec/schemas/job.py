"""The head that the specs of all jobs share."""

from __future__ import annotations

from dsgrid.spec.patterns import FILLED
from dsgrid.spec.schemas.fragments import Schema, table, text

# What names a registry, beside a spec.
OTHERWISE = (
    "`--registry` on the command line wins over it; without either, the environment variable `DSGRID_REGISTRY` names "
    "the folder, or else the user's configuration (`dsgrid config`)."
)
_REGISTRY = f"The folder of the registry, relative to this file. {OTHERWISE}"


def job_schema(
    job: str,
    description: str,
    properties: dict[str, Schema],
    required: tuple[str, ...] = (),
    *,
    log_message: bool = True,
    registry: str = _REGISTRY,
    **more: object,
) -> Schema:
    """Return the schema of a job: the head that every spec has, and the keys of the job."""
    head: dict[str, Schema] = {
        "spec_version": {
            "title": "Version of the spec format",
            "description": "Always 1. A later format will have another number, so that old files keep their meaning.",
            "type": "integer",
            "enum": [1],
            "examples": [1],
        },
        "job": {
            "title": "Job",
            "description": "What this spec asks for. The name picks the schema, the file in `jobs/` and the function.",
            "type": "string",
            "enum": [job],
            "examples": [job],
        },
        "registry": text("Registry", registry, FILLED, examples=["../registry"]),
    }
    if log_message:
        head["log_message"] = text(
            "Log message",
            "Why this is registered: one sentence that stands in the registry's history beside who did it and when.",
            default="",
            examples=["First version for the load profile tool"],
        )
    return table(job, description, head | properties, ("spec_version", "job", *required), **more)
