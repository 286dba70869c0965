"""Submissions as rows: a version of a dataset accepted into a version of a project."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.errors import RegistryError, did_you_mean
from dsgrid.registry.database import Database, Row
from dsgrid.registry.mappings import read_mapping, write_mapping
from dsgrid.registry.model import Submission, TypeMapping

ACCEPTED = "accepted"


def read_submission(database: Database, key: int) -> Submission:
    """Return the submission of a key."""
    row = database.row("SELECT * FROM all_submissions WHERE key = ?", (key,))
    assert row is not None
    return Submission(
        project_id=row["project_id"],
        project_version=row["project_version"],
        dataset_id=row["dataset_id"],
        dataset_version=row["dataset_version"],
        mappings={
            each["type"]: TypeMapping(
                base=each["base"], mapping=None if each["mapping"] is None else read_mapping(database, each["mapping"])
            )
            for each in database.select("submission_mappings", "*", submission=key)
        },
        wrap_time=bool(row["wrap_time"]),
    )


def write_submission(
    database: Database, submission: Submission, project: int, dataset: int, registration: int
) -> Submission:
    """Register a submission to the project and dataset versions of two keys; return it with the ids of its mappings."""
    key = database.insert(
        "submissions",
        project_version=project,
        dataset_version=dataset,
        wrap_time=int(submission.wrap_time),
        registration=registration,
    )
    database.insert("submission_statuses", submission=key, status=ACCEPTED, reason="", registration=registration)
    mappings = {
        type_: _write_type(database, submission, type_, position, key, registration)
        for position, type_ in enumerate(submission.mappings)
    }
    return replace(submission, mappings=mappings)


def _write_type(
    database: Database, submission: Submission, type_: str, position: int, key: int, registration: int
) -> TypeMapping:
    target = submission.mappings[type_]
    keys = database.row("SELECT project_version, dataset_version FROM submissions WHERE key = ?", (key,))
    assert keys is not None
    base = _base(database, submission.project_id, keys["project_version"], type_, target.base)
    mapping_key, mapping = None, None
    if target.mapping is not None:
        source = database.row(
            "SELECT * FROM dataset_dimensions WHERE dataset_version = ? AND type = ?", (keys["dataset_version"], type_)
        )
        if source is None:
            raise RegistryError(f"dataset {submission.dataset_id} has no dimension of the type {type_} to map")
        mapping_key, mapping = write_mapping(
            database,
            target.mapping,
            f"{submission.project_id}/{submission.dataset_id}/{source['name']}:{target.base}",
            (source["dimension"], base["dimension"]),
            registration,
        )
    database.insert(
        "submission_mappings", submission=key, position=position, type=type_, base=target.base, mapping=mapping_key
    )
    return replace(target, mapping=mapping)


def _base(database: Database, project: str, version: int, type_: str, name: str) -> Row:
    bases = database.rows(
        "SELECT b.name, b.dimension, d.type FROM base_dimensions b JOIN all_dimensions d ON d.key = b.dimension "
        "WHERE b.project_version = ? ORDER BY b.position",
        (version,),
    )
    for base in bases:
        if base["name"] == name and base["type"] == type_:
            return base
    hint = did_you_mean(name, [base["name"] for base in bases if base["type"] == type_])
    raise RegistryError(f'project {project} has no base dimension "{name}" of the type {type_}{hint}')
