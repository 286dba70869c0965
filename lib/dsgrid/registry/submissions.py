"""Submissions as rows: a version of a dataset accepted into a version of a project."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from dsgrid.errors import RegistryError, did_you_mean
from dsgrid.registry.database import Database, Row
from dsgrid.registry.mappings import read_mapping, write_mapping
from dsgrid.registry.model import Submission, TypeMapping
from dsgrid.time.rules import TimeRules

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
        time=_read_rules(database, key, bool(row["wrap_time"])),
    )


def write_submission(
    database: Database, submission: Submission, project: int, dataset: int, registration: int
) -> Submission:
    """Register a submission to the project and dataset versions of two keys; return it with the ids of its mappings."""
    key = database.insert(
        "submissions",
        project_version=project,
        dataset_version=dataset,
        wrap_time=int(submission.time.wrap),
        registration=registration,
    )
    _write_rules(database, submission.time, key)
    database.insert("submission_statuses", submission=key, status=ACCEPTED, reason="", registration=registration)
    mappings = {
        type_: _write_type(database, submission, type_, position, key, registration)
        for position, type_ in enumerate(submission.mappings)
    }
    return replace(submission, mappings=mappings)


def read_rules(database: Database, key: int) -> dict[str, str]:
    """Return the rules for time of a submission as they are kept, by name; without ``wrap_time``."""
    rules = {
        row["rule"]: row["value"] for row in database.select("submission_rules", "*", order="rule", submission=key)
    }
    shape = database.row(
        "SELECT d.id, d.version FROM submission_shapes s JOIN all_datasets d ON d.key = s.dataset_version "
        "WHERE s.submission = ?",
        (key,),
    )
    return rules | ({} if shape is None else {"shape": f"{shape['id']}@{shape['version']}"})


def _read_rules(database: Database, key: int, wrap: bool) -> TimeRules:
    kept = read_rules(database, key)
    flags = {one.name for one in fields(TimeRules) if one.default is False}
    given: dict[str, Any] = {name: True if name in flags else value for name, value in kept.items()}
    return TimeRules(wrap=wrap, **given)


def _write_rules(database: Database, rules: TimeRules, key: int) -> None:
    kept = {name: "true" if value is True else value for name, value in rules.given.items() if name != "wrap"}
    shape = str(kept.pop("shape", ""))
    database.insert_many("submission_rules", ("submission", "rule", "value"), [(key, *each) for each in kept.items()])
    if shape:
        database.insert("submission_shapes", submission=key, dataset_version=shape_key(database, rules))


def shape_key(database: Database, rules: TimeRules) -> int:
    """Return the key of the dataset version whose course annual values follow.

    Raises
    ------
    RegistryError
        If it is not registered.
    """
    id_, _, version = rules.shape.partition("@")
    found = database.value("SELECT key FROM all_datasets WHERE id = ? AND version = ?", (id_, version))
    if found is None:
        raise RegistryError(f"the shape {rules.shape} of annual values is not registered")
    return int(found)


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
