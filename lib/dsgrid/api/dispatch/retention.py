"""What is kept for how long: results, jobs with their logs, the audit log; and what a crash has left behind.

Nothing is touched of a job that has not ended. A file that is being sent goes on until its end: it is only unlinked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from dsgrid.api.job import Job
from dsgrid.api.jobs.attempt_folder import FILES, FORMS, RESULTS
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.limits import Limits
from dsgrid.api.state.database import State, moment
from dsgrid.api.state.spare_room import keep_spare_room, with_spare_room

REMOVED: Final = (RESULTS, FILES, FORMS)


@dataclass(frozen=True)
class Tidied:
    """What was removed."""

    results: int = 0
    jobs: int = 0
    folders: int = 0
    audit: int = 0

    def __bool__(self) -> bool:
        return bool(self.results or self.jobs or self.folders or self.audit)

    def __str__(self) -> str:
        named = {
            "results of jobs": self.results,
            "jobs": self.jobs,
            "folders without a job": self.folders,
            "lines of the audit log": self.audit,
        }
        return ", ".join(f"{number} {name}" for name, number in named.items() if number)


class Retention:
    """What a server keeps of jobs that have ended."""

    def __init__(self, state: State, store: JobStore, limits: Limits) -> None:
        self._state = state
        self._store = store
        self._limits = limits

    def run(self, stops: Callable[[], bool] = lambda: False) -> Tidied:
        """Remove what is kept no longer.

        Parameters
        ----------
        stops
            Says whether to stop in between.
        """
        now = datetime.now(UTC)
        jobs = sum(self._forget(job) for job in self._ended_before(now, self._limits.job_days, stops))
        results = sum(self.remove_results(job) for job in self._ended_before(now, self._limits.result_days, stops))
        results += sum(self.remove_results(job) for job in self._too_much(stops))
        leftovers = self._leftovers(stops)
        keep_spare_room(self._state.folder)
        return Tidied(results, jobs, leftovers, self._audit(now))

    def remove_results(self, job: Job) -> bool:
        """Remove what a job wrote, but not its log; return whether there was something."""
        # The row first: who reads it from now on is told that they are gone, and not a part of them.
        if job.results_removed_at is not None:
            return False
        if not with_spare_room(self._state, lambda: self._store.results_removed(job.id)):
            return False
        return _remove_results(self._state.jobs_folder / job.id)

    def _forget(self, job: Job) -> bool:
        done = with_spare_room(self._state, lambda: self._store.remove(job.id))
        if done:
            remove_folder(self._state.jobs_folder / job.id)
        return done

    def _ended_before(self, now: datetime, days: float, stops: Callable[[], bool]) -> Iterator[Job]:
        before = moment(now - timedelta(days=days))
        for job in self._store.ended():
            if stops() or job.ended_at is None or job.ended_at > before:
                return
            yield job

    def _too_much(self, stops: Callable[[], bool]) -> Iterator[Job]:
        """Yield the jobs whose results go so that the others have room; the oldest go first."""
        sizes = []
        for job in self._store.ended():
            if stops():
                return
            if job.results_removed_at is None:
                sizes.append((job, size_of(self._state.jobs_folder / job.id)))
        left = sum(size for _, size in sizes)
        for job, size in sizes:
            if left <= self._limits.results:
                return
            if size:
                left -= size
                yield job

    def _leftovers(self, stops: Callable[[], bool]) -> int:
        """Remove folders without a job, and results that a crash kept from going."""
        removed = 0
        for folder in _folders(self._state.jobs_folder):
            if stops():
                break
            job = self._store.get(folder.name)
            if job is None:
                removed += remove_folder(folder)
            elif job.results_removed_at is not None:
                _remove_results(folder)
        return removed

    def _audit(self, now: datetime) -> int:
        with self._state.atomic() as connection:
            before = moment(now - timedelta(days=self._limits.audit_days))
            return connection.execute("DELETE FROM audit WHERE at < ?", (before,)).rowcount


def size_of(job_folder: Path) -> int:
    """Return the bytes of the results of a job; what nobody can look at counts nothing."""
    total = 0
    for attempt in _folders(job_folder):
        for name in REMOVED:
            for folder, _, files in os.walk(attempt / name):
                for file in files:
                    with contextlib.suppress(OSError):
                        told = os.lstat(os.path.join(folder, file))
                        total += told.st_blocks * 512
    return total


def remove_folder(folder: Path) -> bool:
    """Remove a folder with all that is in it; return whether it is gone. What stays is tried again later."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _remove_results(job_folder: Path) -> bool:
    """Remove all that the attempts of a job made, besides what tells of them."""
    done = False
    for attempt in _folders(job_folder):
        for name in REMOVED:
            if (attempt / name).exists():
                done = True
                shutil.rmtree(attempt / name, ignore_errors=True)
    return done


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(each.path) for each in entries if each.is_dir(follow_symlinks=False))
    except OSError:
        return []
