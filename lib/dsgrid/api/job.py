"""A job of the server: a spec on its way to an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

QUEUED: Final = "queued"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
STATES: Final = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
ENDED: Final = frozenset({SUCCEEDED, FAILED, CANCELLED})

WARM: Final = "warm"
EMBEDDED: Final = "embedded"
SPARK: Final = "spark"
SLURM: Final = "slurm"
RUNNERS: Final = (WARM, EMBEDDED, SPARK, SLURM)


@dataclass(frozen=True)
class Options:
    """How a job is carried out; none of it is ever part of a command line.

    Parameters
    ----------
    variables
        What ``${NAME}`` in the spec stands for.
    at
        A version or a date for a query.
    apply, allow
        Change what is registered already, and how far.
    cache, resume, parts
        Of a query; see `dsgrid.operations.task.How`.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    apply: bool = False
    allow: str | None = None
    cache: bool = True
    resume: bool = True
    parts: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Parameters
    ----------
    state
        ``succeeded``, ``failed`` or ``cancelled``.
    code
        The exit code, see `dsgrid.errors`.
    reason
        In one line, for people: what failed, or who ended it. ``lost`` begins one where nobody knows.
    report
        What the operation tells the user.
    problems
        Of a failed one: documents with ``message``, ``where``, ``key`` and ``detail``.
    result
        The folder of the run with the result, relative to the attempt's folder.
    files
        Other files that were written, relative to the attempt's folder.
    seconds
        What it took.
    """

    state: str
    code: int = 0
    reason: str = ""
    report: str = ""
    problems: tuple[Mapping[str, Any], ...] = ()
    result: str | None = None
    files: tuple[str, ...] = ()
    seconds: float | None = None


def failed(code: int, reason: str, error: str, detail: str = "") -> Outcome:
    """Return the outcome of what has failed of one thing.

    Parameters
    ----------
    error
        The class of `dsgrid.errors` that it is an error of.
    detail
        More lines.
    """
    problem = {"message": reason, "where": "", "key": "", "detail": detail, "error": error}
    return Outcome(FAILED, code, reason, problems=(problem,))


@dataclass(frozen=True)
class NewJob:
    """What somebody wants to be done, checked: the spec passes its schema, and the user may do it."""

    user: str
    role: str
    kind: str
    name: str
    spec: str
    media_type: str
    runner: str
    options: Options = field(default_factory=Options)
    why: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True)
class Job(NewJob):
    """A job that the server has; the columns of the table ``jobs``."""

    id: str = ""
    number: int = 0
    state: str = QUEUED
    reason: str = ""
    attempt: int = 0
    created_at: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    cancelled_by: str | None = None
    outcome: Outcome | None = None
    results_removed_at: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED


@dataclass(frozen=True)
class Attempt:
    """One try to carry out a job, with a folder of its own.

    Parameters
    ----------
    folder
        ``<state>/jobs/<job id>/<number>``; holds ``request.json``, ``spec.toml`` or ``spec.json``, ``log.jsonl``,
        ``output.txt``, ``started.json``, ``outcome.json``, and what the job writes: ``results/``, ``files/``.
    """

    job: Job
    number: int
    folder: Path
