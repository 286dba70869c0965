"""Where a version of a dataset came from and where it went: its registration, its files, its submissions."""

from __future__ import annotations

from typing import Any

from dsgrid.registry.database import Database
from dsgrid.registry.datasets import read_inputs
from dsgrid.registry.submissions import read_rules

Document = dict[str, Any]


def read_origin(database: Database, key: int) -> Document:
    """Return who registered a version of a dataset by what, what it was read from, and how projects took it.

    Returns
    -------
    dict
        ``registration``, ``inputs`` (none where an older dsgrid did not keep them), and ``submissions``, each with its
        ``mappings``: from the type of a dimension to the base dimension that its records are brought to; ``mapping`` is
        None where the records are the project's own.
    """
    registration = database.rows(
        "SELECT r.key AS number, r.registered_at, r.submitter, r.log_message, r.job, r.dsgrid_version, "
        "r.spec_sha256, r.bundle_sha256 FROM registrations r JOIN dataset_versions v ON v.registration = r.key "
        "WHERE v.key = ?",
        (key,),
    )[0]
    submitted = database.rows(
        "SELECT k.key, k.project_id, k.project_version, k.status, k.reason, k.registered_at, k.submitter, k.wrap_time, "
        "EXISTS (SELECT 1 FROM current_projects p WHERE p.key = k.project_key) AS is_current, "
        "coalesce(r.log_message, '') AS log_message FROM known_submissions k "
        "LEFT JOIN submissions s ON s.key = k.key LEFT JOIN registrations r ON r.key = s.registration "
        "WHERE k.dataset_key = ? ORDER BY k.project_id, k.registered_at DESC",
        (key,),
    )
    return {
        "registration": dict(registration),
        "inputs": [
            {"role": one.role, "path": one.path, "bytes": one.bytes, "sha256": one.sha256}
            for one in read_inputs(database, key)
        ],
        "submissions": [_submission(database, dict(row)) for row in submitted],
    }


def _submission(database: Database, row: Document) -> Document:
    key = row.pop("key")
    mappings = database.rows(
        "SELECT s.type, s.base, CASE WHEN m.key IS NULL THEN NULL ELSE m.id || '@' || m.version END AS mapping, "
        "m.kind, m.associations FROM submission_mappings s LEFT JOIN all_mappings m ON m.key = s.mapping "
        "WHERE s.submission = ? ORDER BY s.position",
        (key,),
    )
    flags = {"wrap_time": bool(row["wrap_time"]), "is_current": bool(row["is_current"])}
    return {**row, **flags, "time_rules": read_rules(database, key), "mappings": [dict(each) for each in mappings]}
