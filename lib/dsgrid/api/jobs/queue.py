"""The queue: what the database knows of jobs, and the only place where their states change.

Each transition is one update that names the state before, so that of two who want it one gets it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.api.job import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job, NewJob, Outcome
from dsgrid.api.jobs.claim import NEVER_BEGUN
from dsgrid.api.jobs.rows import COLUMNS, fingerprint, job_of, outcome_text, row_of
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.state.database import State, now

TRANSITIONS: Final = frozenset(
    {
        (QUEUED, RUNNING),
        (QUEUED, CANCELLED),
        (QUEUED, FAILED),  # the server no longer has its runner
        (RUNNING, QUEUED),  # its attempt has never begun
        (RUNNING, SUCCEEDED),
        (RUNNING, FAILED),
        (RUNNING, CANCELLED),
    }
)
# Jobs that are read at once where all are gone through.
AT_ONCE: Final = 200
BUSY_RETRY: Final = {"Retry-After": "10"}

_OLDEST: Final = f"""
SELECT {COLUMNS} FROM jobs
WHERE state = 'queued' AND runner = :runner
  AND (SELECT count(*) FROM jobs AS here WHERE here.state = 'running' AND here.runner = :runner) < :slots
  AND user NOT IN (
    SELECT user FROM jobs WHERE state = 'running' GROUP BY user HAVING count(*) >= :running
  )
ORDER BY number LIMIT 1
"""
_POSITION: Final = """
SELECT count(*) FROM jobs WHERE state = 'queued' AND runner = ? AND number <= ?
"""


@dataclass(frozen=True)
class Asked:
    """Which jobs somebody wants to see; the newest come first.

    Parameters
    ----------
    user
        Only those of one; None for all.
    before
        Only those with smaller numbers: the next page.
    """

    user: str | None = None
    states: Sequence[str] = ()
    kind: str | None = None
    before: int | None = None
    limit: int = 100


class JobStore:
    """The jobs of a server."""

    def __init__(self, state: State, limits: Limits | None = None) -> None:
        self._state = state
        self._limits = limits or Limits()

    def add(self, new: NewJob) -> tuple[Job, bool]:
        """Put a job into the queue.

        Returns
        -------
        Job, bool
            The job, and whether it is new: the same request under the same idempotency key is the same job.

        Raises
        ------
        ApiError
            The key was used for something else (422), or too many jobs wait (429).
        """
        digest = fingerprint(new)
        with self._state.atomic() as connection:
            found = _same(connection, new, digest)
            if found is not None:
                return found, False
            self._refuse_too_many(connection, new.user)
            self._refuse_too_large(connection, new)
            job = _insert(connection, new, digest)
        return job, True

    def known(self, new: NewJob) -> Job | None:
        """Return the job that the same request under the same idempotency key has become; None for a new request.

        Raises
        ------
        ApiError
            The key was used for something else (422).
        """
        if new.idempotency_key is None:
            return None
        with self._state.read() as connection:
            return _same(connection, new, fingerprint(new))

    def _refuse_too_many(self, connection: sqlite3.Connection, user: str) -> None:
        waiting = dict(
            connection.execute(
                "SELECT user = ?, count(*) FROM jobs WHERE state = 'queued' GROUP BY 1", (user,)
            ).fetchall()
        )
        if waiting.get(1, 0) >= self._limits.queued:
            detail = f"{waiting[1]} jobs of {user} wait already, and {self._limits.queued} may (limits.queued)"
            raise ApiError(429, "too many requests", detail, headers=BUSY_RETRY)
        if sum(waiting.values()) >= self._limits.queued_all:
            detail = f"{sum(waiting.values())} jobs wait already, and {self._limits.queued_all} may (limits.queued_all)"
            raise ApiError(429, "too many requests", detail, headers=BUSY_RETRY)

    def _refuse_too_large(self, connection: sqlite3.Connection, new: NewJob) -> None:
        kept = connection.execute("SELECT coalesce(sum(bytes), 0) FROM jobs WHERE user = ?", (new.user,)).fetchone()[0]
        if kept + len(new.spec) > self._limits.specs:
            detail = (
                f"the specs of the jobs of {new.user} have {kept:,} bytes, and with this one more than may be kept "
                f"({self._limits.specs:,}, limits.specs); remove jobs that are not needed any more: DELETE /v1/jobs/ID"
            )
            raise ApiError(429, "too many requests", detail, headers=BUSY_RETRY)

    def get(self, job: str) -> Job | None:
        """Return a job; None where there is none with this id."""
        with self._state.read() as connection:
            found = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
        return None if found is None else job_of(found)

    def list(self, asked: Asked) -> tuple[Job, ...]:
        """Return jobs, the newest first."""
        where, values = ["true"], list[Any]()
        for condition, value in (("user = ?", asked.user), ("kind = ?", asked.kind), ("number < ?", asked.before)):
            if value is not None:
                where.append(condition)
                values.append(value)
        if asked.states:
            where.append(f"state IN ({', '.join('?' * len(asked.states))})")
            values.extend(asked.states)
        sql = f"SELECT {COLUMNS} FROM jobs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
        with self._state.read() as connection:
            return tuple(job_of(row) for row in connection.execute(sql, (*values, asked.limit)).fetchall())

    def in_state(self, state: str) -> tuple[Job, ...]:
        """Return all jobs in a state, the oldest first."""
        with self._state.read() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM jobs WHERE state = ? ORDER BY number", (state,)
            ).fetchall()
        return tuple(job_of(row) for row in rows)

    def ended(self) -> Iterator[Job]:
        """Yield all jobs that have ended, those first that ended first; a few at a time, and without their specs."""
        last = ("", -1)
        columns = COLUMNS.replace(" spec,", " '' AS spec,")
        while True:
            with self._state.read() as connection:
                rows = connection.execute(
                    f"SELECT {columns} FROM jobs WHERE ended_at IS NOT NULL AND (ended_at, number) > (?, ?) "
                    "ORDER BY ended_at, number LIMIT ?",
                    (*last, AT_ONCE),
                ).fetchall()
            if not rows:
                return
            yield from map(job_of, rows)
            last = (rows[-1]["ended_at"], rows[-1]["number"])

    def positions(self, jobs: Iterable[Job]) -> Mapping[str, int]:
        """Return the place in the queue of its runner of each job that waits; 1 is the next."""
        waiting = [job for job in jobs if job.state == QUEUED]
        if not waiting:
            return {}
        with self._state.read() as connection:
            return {job.id: connection.execute(_POSITION, (job.runner, job.number)).fetchone()[0] for job in waiting}

    def counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each state."""
        with self._state.read() as connection:
            return dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())

    def claim(self, runner: str, slots: int) -> Job | None:
        """Take the oldest job that may run now, for a new attempt; None where there is none.

        A user who has as many running ones as allowed is passed over; nobody else is.
        """
        wanted = {"runner": runner, "slots": slots, "running": self._limits.running}
        with self._state.read() as connection:
            # Most of the time there is nothing, and writers have not to wait for that answer.
            if connection.execute(_OLDEST, wanted).fetchone() is None:
                return None
        with self._state.atomic() as connection:
            found = connection.execute(_OLDEST, wanted).fetchone()
            if found is None:
                return None
            began, attempt = now(), found["attempt"] + 1
            _move(connection, found["id"], QUEUED, RUNNING, started_at=began, attempt=attempt)
            connection.execute(
                "INSERT INTO attempts (job, number, runner, began_at) VALUES (?, ?, ?, ?)",
                (found["id"], attempt, runner, began),
            )
            return _get(connection, found["id"])

    def cancel_queued(self, job: str, by: str) -> bool:
        """End a job that waits; return whether it did wait."""
        with self._state.atomic() as connection:
            reason = f"cancelled by {by} before it began"
            return _move(
                connection,
                job,
                QUEUED,
                CANCELLED,
                ended_at=now(),
                cancelled_by=by,
                reason=reason,
                outcome=outcome_text(Outcome(CANCELLED, reason=reason)),
            )

    def fail_queued(self, job: str, reason: str) -> bool:
        """End a job that nobody can carry out any more; return whether it did wait."""
        with self._state.atomic() as connection:
            outcome = outcome_text(Outcome(FAILED, 1, reason))
            return _move(connection, job, QUEUED, FAILED, ended_at=now(), reason=reason, outcome=outcome)

    def wish_cancelled(self, job: str, by: str) -> bool:
        """Write down that somebody wants a running job to end; return whether it runs. The first one is kept."""
        with self._state.atomic() as connection:
            done = connection.execute(
                "UPDATE jobs SET cancelled_by = coalesce(cancelled_by, ?) WHERE id = ? AND state = 'running'", (by, job)
            )
            return done.rowcount == 1

    def finish(self, job: str, attempt: int, outcome: Outcome) -> bool:
        """Write down how an attempt ended; return False where that was known already."""
        with self._state.atomic() as connection:
            moved = _finish(connection, job, attempt, outcome)
            if moved:
                _end_attempt(connection, job, attempt, outcome.state)
            return moved

    def never_began(self, job: str, attempt: int) -> bool:
        """Put a job back to its place, or end it where somebody wants that; return False where it was known already.

        Parameters
        ----------
        attempt
            Which has not begun, and never will.
        """
        with self._state.atomic() as connection:
            found = _get(connection, job)
            if found is None or found.cancelled_by is None:
                moved = _move(connection, job, RUNNING, QUEUED, attempt=attempt, started_at=None)
            else:
                outcome = Outcome(CANCELLED, reason=f"cancelled by {found.cancelled_by} before it began")
                moved = _finish(connection, job, attempt, outcome)
            if moved:
                _end_attempt(connection, job, attempt, NEVER_BEGUN)
            return moved

    def remove(self, job: str) -> bool:
        """Forget a job that has ended; return whether it had."""
        with self._state.atomic() as connection:
            done = connection.execute("DELETE FROM jobs WHERE id = ? AND ended_at IS NOT NULL", (job,))
            return done.rowcount == 1

    def results_removed(self, job: str) -> bool:
        """Write down that the results of a job are gone; return whether they were there."""
        with self._state.atomic() as connection:
            done = connection.execute(
                "UPDATE jobs SET results_removed_at = ? "
                "WHERE id = ? AND ended_at IS NOT NULL AND results_removed_at IS NULL",
                (now(), job),
            )
            return done.rowcount == 1


def can_be_tried_again(job: Job) -> bool:
    """Return whether a job may be handed in anew: what it was to make is not there."""
    return job.state in (FAILED, CANCELLED) or (job.has_ended and job.results_removed_at is not None)


def _same(connection: sqlite3.Connection, new: NewJob, digest: str) -> Job | None:
    """Return the job of the idempotency key of a request."""
    if new.idempotency_key is None:
        return None
    found = connection.execute(
        f"SELECT sha256, {COLUMNS} FROM jobs WHERE user = ? AND idempotency_key = ?",
        (new.user, new.idempotency_key),
    ).fetchone()
    if found is None:
        return None
    if found["sha256"] != digest:
        raise ApiError(
            422,
            "invalid",
            f"the Idempotency-Key of this request belongs to another one, job {found['id']}: "
            "a new request takes a new key",
        )
    return job_of(found)


def _insert(connection: sqlite3.Connection, new: NewJob, digest: str) -> Job:
    values = row_of(new, digest)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})", values)
    found = _get(connection, str(values["id"]))
    assert found is not None
    return found


def _get(connection: sqlite3.Connection, job: str) -> Job | None:
    found = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
    return None if found is None else job_of(found)


def _move(connection: sqlite3.Connection, job: str, old: str, new: str, **values: Any) -> bool:
    """Change the state of a job that is in the old one; its attempt is compared where the old one is running."""
    if (old, new) not in TRANSITIONS:
        raise ValueError(f"a {old} job does not become {new}")
    guard = "AND attempt = :was" if old == RUNNING else ""
    bound = {**values, "job": job, "old": old, "new": new}
    if old == RUNNING:
        bound["was"] = values.pop("attempt")
    changes = "".join(f", {name} = :{name}" for name in values)
    done = connection.execute(f"UPDATE jobs SET state = :new{changes} WHERE id = :job AND state = :old {guard}", bound)
    return done.rowcount == 1


def _finish(connection: sqlite3.Connection, job: str, attempt: int, outcome: Outcome) -> bool:
    # What file names hold that is no text has no place in the database.
    reason = outcome.reason.encode("utf-8", "backslashreplace").decode()
    return _move(
        connection,
        job,
        RUNNING,
        outcome.state,
        attempt=attempt,
        ended_at=now(),
        reason=reason,
        outcome=outcome_text(outcome),
    )


def _end_attempt(connection: sqlite3.Connection, job: str, attempt: int, ending: str) -> None:
    connection.execute(
        "UPDATE attempts SET ended_at = ?, ending = ? WHERE job = ? AND number = ?", (now(), ending, job, attempt)
    )
