"""Jobs as rows of the database, and back."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from dsgrid.api.job import QUEUED, Job, NewJob, Options, Outcome
from dsgrid.api.state.database import now

COLUMNS: Final = (
    "number, id, user, role, kind, name, spec, media_type, options, runner, why, expected, state, reason, attempt, "
    "created_at, started_at, ended_at, cancelled_by, retry_of, idempotency_key, outcome, results_removed_at"
)


def fingerprint(new: NewJob) -> str:
    """Return the SHA-256 of what a request asks for; who carries it out is no part of that."""
    what = [new.kind, new.media_type, new.spec, asdict(new.options), new.retry_of]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=dict).encode("utf-8", "surrogatepass")).hexdigest()


def job_of(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    values = {key: row[key] for key in row.keys() if key != "sha256"}  # noqa: SIM118  # a Row yields its values
    outcome = values.pop("outcome")
    return Job(
        **{
            **values,
            "options": Options(**json.loads(values["options"])),
            "expected": json.loads(values["expected"]),
            "outcome": None if outcome is None else outcome_of(json.loads(outcome)),
        }
    )


def outcome_of(document: Mapping[str, Any]) -> Outcome:
    """Return the outcome that a document tells."""
    lists = {key: tuple(document.get(key) or ()) for key in ("problems", "files")}
    return Outcome(**{**document, **lists})


def row_of(new: NewJob, digest: str) -> dict[str, Any]:
    """Return the row of a new job, with an id of its own.

    Parameters
    ----------
    digest
        Its fingerprint.
    """
    return {
        "id": secrets.token_hex(8),
        "user": new.user,
        "role": new.role,
        "kind": new.kind,
        "name": new.name,
        "spec": new.spec,
        "bytes": len(new.spec.encode("utf-8", "surrogatepass")),
        "media_type": new.media_type,
        "sha256": digest,
        "options": json.dumps(asdict(new.options), default=dict),
        "runner": new.runner,
        "why": new.why,
        "expected": json.dumps(dict(new.expected)),
        "state": QUEUED,
        "created_at": now(),
        "retry_of": new.retry_of,
        "idempotency_key": new.idempotency_key,
    }


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as the database keeps it."""
    return json.dumps(asdict(outcome), default=dict)
