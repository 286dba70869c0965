"""What a server keeps, for how long, and what it never touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.dispatch.retention import Retention, size_of
from dsgrid.api.job import SUCCEEDED, Job, NewJob, Outcome
from dsgrid.api.jobs import queue
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.limits import Limits
from dsgrid.api.state.database import moment, open_state

NEW = NewJob("anna", "analyst", "query", "q", "{}", "application/json", "warm")


class Desk:
    """A state folder with jobs of a given age."""

    def __init__(self, folder: Path) -> None:
        self.state = open_state(folder)
        self.store = JobStore(self.state, Limits(running=1_000))

    def job(self, days: float | None = None, size: int = 10_000) -> Job:
        """Make a job that ended so many days ago, or still runs, with a log and a result."""
        self.store.add(NEW)
        job = self.store.claim("warm", 1_000)
        assert job is not None
        folder = self.folder(job)
        (folder / "results" / "q").mkdir(parents=True)
        (folder / "results" / "q" / "table.parquet").write_bytes(b"x" * size)
        (folder / "output.txt").write_text("said")
        if days is not None:
            self.store.finish(job.id, 1, Outcome(SUCCEEDED, result="results/q"))
            with self.state.atomic() as connection:
                ended = moment(datetime.now(UTC) - timedelta(days=days))
                connection.execute("UPDATE jobs SET ended_at = ? WHERE id = ?", (ended, job.id))
        return job

    def folder(self, job: Job) -> Path:
        return self.state.jobs_folder / job.id / "1"

    def tidy(self, **limits: Any) -> str:
        return str(Retention(self.state, self.store, replace(Limits(), **limits)).run())

    def kept(self, *jobs: Job) -> list[str]:
        """Return of each job what there is: "all", "log", "row", or "" for nothing."""
        said = []
        for job in jobs:
            folder = self.folder(job)
            there = "all" if (folder / "results").exists() else "log" if (folder / "output.txt").exists() else ""
            row = self.store.get(job.id)
            assert (row is not None) == bool(there)
            if there == "log" and row is not None:
                assert row.results_removed_at is not None
            said.append(there)
        return said


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def test_results_go_before_jobs_and_what_runs_stays(desk: Desk) -> None:
    jobs = [desk.job(days) for days in (100, 20, 1)] + [desk.job(None)]
    assert desk.tidy() == "1 results of jobs, 1 jobs"
    assert desk.kept(*jobs) == ["", "log", "all", "all"]
    assert desk.tidy() == ""


def test_where_results_take_too_much_the_oldest_go(desk: Desk) -> None:
    jobs = [desk.job(days, size=100_000) for days in (1, 3, 2)] + [desk.job(None, size=900_000)]
    desk.tidy(results=250_000)
    assert desk.kept(*jobs) == ["all", "log", "all", "all"]
    desk.tidy(results=0)
    assert desk.kept(*jobs) == ["log", "log", "log", "all"]


def test_a_file_that_is_being_sent_goes_on(desk: Desk) -> None:
    job = desk.job(20)
    with (desk.folder(job) / "results" / "q" / "table.parquet").open("rb") as file:
        desk.tidy()
        assert desk.kept(job) == ["log"]
        assert file.read() == b"x" * 10_000


def test_folders_without_a_job_go_and_nothing_beside_them(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "kept.txt").write_text("kept")
    (desk.state.jobs_folder / "0123").mkdir()
    (desk.state.jobs_folder / "0123" / "link").symlink_to(other)
    (desk.state.jobs_folder / "linked").symlink_to(other)
    job = desk.job(1)
    assert desk.tidy() == "1 folders without a job"
    assert desk.kept(job) == ["all"]
    assert (other / "kept.txt").exists()


def test_results_that_a_crash_kept_from_going_go_the_next_time(desk: Desk) -> None:
    job = desk.job(1)
    desk.store.results_removed(job.id)
    desk.tidy()
    assert desk.kept(job) == ["log"]


def test_the_audit_log_is_kept_so_long_too(desk: Desk) -> None:
    with desk.state.atomic() as connection:
        for days in (500, 1):
            connection.execute(
                "INSERT INTO audit (at, user, token, address, method, path, status) VALUES (?, '', '', '', '', '', 1)",
                (moment(datetime.now(UTC) - timedelta(days=days)),),
            )
    assert desk.tidy() == "1 lines of the audit log"


def test_what_stops_in_between_goes_on_later(desk: Desk) -> None:
    job = desk.job(20)
    Retention(desk.state, desk.store, Limits()).run(lambda: True)
    assert desk.kept(job) == ["all"]
    assert size_of(desk.state.jobs_folder / job.id) >= 10_000


def test_many_jobs_are_gone_through_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "AT_ONCE", 2)
    jobs = [desk.job(20, size=1) for _ in range(5)]
    desk.tidy()
    assert set(desk.kept(*jobs)) == {"log"}
