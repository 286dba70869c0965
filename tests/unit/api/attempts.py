"""Attempts for tests: jobs with a folder, as the dispatcher makes them."""

from __future__ import annotations

import json
import secrets
from typing import Any

from dsgrid.api.job import Attempt, Job, Options
from dsgrid.api.jobs.attempt_folder import write_request
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import open_state


def made_attempt(
    settings: Settings, spec: dict[str, Any] | str, runner: str = "warm", kind: str = "query", **options: Any
) -> Attempt:
    """Make an attempt of a new job of anna's, whose spec is TOML if it is a text."""
    open_state(settings.state).close()
    is_text = isinstance(spec, str)
    job = Job(
        user="anna",
        role="admin",
        kind=kind,
        name="",
        spec=spec if is_text else json.dumps({"spec_version": 1, "job": kind, **spec}),
        media_type="application/toml" if is_text else "application/json",
        runner=runner,
        id=f"j{secrets.token_hex(6)}",
        options=Options(**options),
    )
    attempt = Attempt(job, 1, settings.state / "jobs" / job.id / "1")
    write_request(attempt, settings)
    return attempt
