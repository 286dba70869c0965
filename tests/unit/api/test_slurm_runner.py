"""Jobs that Slurm has: what became of them, by what Slurm says and what they have left; nothing is made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.api.attempts import made_attempt

from dsgrid.api.job import Attempt
from dsgrid.api.jobs.attempt_folder import read_outcome
from dsgrid.api.jobs.claim import STARTED
from dsgrid.api.runners import slurm_job
from dsgrid.api.runners.attempt import carry_out
from dsgrid.api.runners.slurm_job import SlurmRunner
from dsgrid.api.runners.slurm_submission import RUNS, read_submitted, write_submitted
from dsgrid.cluster import ledger, slurm, standing
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import Standing
from dsgrid.errors import ClusterError

SPEC = 'spec_version = 1\njob = "query"\nname = "q"\nproject = "p"\ndatasets = ["d"]\n'


class Slurm:
    """A Slurm that a test tells what to say."""

    def __init__(self) -> None:
        self.jobs: list[Standing] | None = []
        self.asked = 0
        self.cancelled: list[str] = []

    def ask(self) -> list[Standing]:
        self.asked += 1
        if self.jobs is None:
            raise ClusterError("squeue did not answer")
        return self.jobs


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Slurm:
    made = Slurm()
    monkeypatch.setattr(standing, "ask", made.ask)
    monkeypatch.setattr(slurm, "cancel", made.cancelled.append)
    monkeypatch.setattr(slurm_job, "PAUSE", 0.0)
    monkeypatch.setattr(slurm_job, "PATIENCE", 0.0)
    return made


@pytest.fixture
def runner(settings) -> SlurmRunner:
    return SlurmRunner(settings)


@pytest.fixture
def attempt(settings) -> Attempt:
    return made_attempt(settings, SPEC, "slurm")


@pytest.fixture
def submitted(attempt) -> Callable[[], Entry]:
    """Writes down that Slurm has the attempt as job 12."""

    def made() -> Entry:
        runs = attempt.folder / RUNS
        runs.mkdir()
        entry = Entry("12", ledger.now(), script=str(runs / "x.sbatch"), run=str(runs / "dsgrid-job-12"))
        entry = Entry(**{**entry.__dict__, "output": str(runs / "x-12.out"), "folder": str(attempt.folder)})
        write_submitted(attempt.folder, entry)
        return entry

    return made


def job(entry: Entry, state: str, **more: object) -> Standing:
    return Standing(entry.id, state, submitted=entry.submitted, command=entry.script, **more)


def test_what_nobody_has_begun_can_be_queued_again(runner, attempt, told):
    assert runner.look(attempt).reason == "never begun"
    assert carry_out(attempt.folder) is None, "and nobody begins it any more"


def test_a_job_is_found_again_whose_submission_was_interrupted_when_slurm_had_it(runner, attempt, told):
    runs = attempt.folder / RUNS
    runs.mkdir()
    (runs / "x.sbatch").touch()
    (attempt.folder / STARTED).write_text('{"pid": 1, "process": "long ago", "host": "elsewhere"}')
    told.jobs = [
        Standing("7", "RUNNING", command="/other/x.sbatch"),
        Standing("12", "RUNNING", command=f"{runs}/x.sbatch"),
    ]
    assert runner.look(attempt) is None
    assert read_submitted(attempt.folder)[0].id == "12"


def test_an_interrupted_submission_that_slurm_does_not_know_is_lost_and_never_done_twice(runner, attempt, told):
    runs = attempt.folder / RUNS
    runs.mkdir()
    (runs / "x.sbatch").touch()
    (attempt.folder / STARTED).write_text('{"pid": 1, "process": "long ago", "host": "elsewhere"}')
    told.jobs = None
    assert runner.look(attempt) is None, "Slurm is silent: nobody knows"
    told.jobs = []
    outcome = runner.look(attempt)
    assert (outcome.state, outcome.code) == ("failed", 11)
    assert outcome.reason.startswith("lost: ")


def test_a_job_that_ended_well_has_its_result_and_what_it_printed(runner, attempt, told, submitted):
    entry = submitted()
    (attempt.folder / "output.txt").write_text("submitted job 12\n")
    write_submitted(attempt.folder, entry)
    Path(entry.output).write_text("planning\n")
    told.jobs = [job(entry, "RUNNING")]
    assert runner.look(attempt) is None
    Path(entry.output).write_text("planning\ndone\n")
    (attempt.folder / "log.jsonl").write_text(json.dumps({"event": "run_ended", "outcome": "succeeded"}) + "\n")
    told.jobs = [job(entry, "COMPLETED")]
    outcome = runner.look(attempt)
    assert (outcome.state, outcome.code) == ("succeeded", 0)
    assert (attempt.folder / "output.txt").read_text() == "submitted job 12\nplanning\ndone\n"
    assert read_outcome(attempt.folder) == outcome


@pytest.mark.parametrize(
    ("state", "more", "code", "reason"),
    [
        ("FAILED", {"code": 4}, 4, "the rows are wrong"),
        ("TIMEOUT", {}, 124, "the rows are wrong"),
        ("OUT_OF_MEMORY", {}, 137, "the rows are wrong"),
    ],
)
def test_a_job_that_failed_says_what_its_run_said(runner, attempt, told, submitted, state, more, code, reason):
    entry = submitted()
    line = {"event": "run_ended", "outcome": "failed", "error": "the rows are wrong"}
    (attempt.folder / "log.jsonl").write_text(json.dumps(line) + "\n")
    told.jobs = [job(entry, state, **more)]
    outcome = runner.look(attempt)
    assert (outcome.state, outcome.code, outcome.reason) == ("failed", code, reason)


def test_a_job_is_cancelled_in_slurm_and_ends_when_slurm_says_so(runner, attempt, told, submitted):
    entry = submitted()
    told.jobs = [job(entry, "PENDING")]
    runner.cancel(attempt)
    assert told.cancelled == ["12"]
    assert runner.look(attempt) is None
    told.jobs = [job(entry, "CANCELLED")]
    outcome = runner.look(attempt)
    assert (outcome.state, outcome.code, outcome.reason) == ("cancelled", 143, "ended on request")


def test_a_job_that_slurm_has_forgotten_is_told_as_lost(runner, attempt, told, submitted):
    submitted()
    assert runner.look(attempt).reason.startswith("lost: Slurm does not know job 12 any more")


def test_while_slurm_is_silent_nothing_is_said_of_a_job(runner, attempt, told, submitted):
    submitted()
    told.jobs = None
    assert runner.look(attempt) is None


def test_slurm_is_asked_once_for_all_jobs(runner, settings, told, monkeypatch, attempt, submitted):
    submitted()
    monkeypatch.setattr(slurm_job, "PAUSE", 60.0)
    monkeypatch.setattr(slurm_job, "PATIENCE", 60.0)
    for _ in range(5):
        assert runner.look(attempt) is None
    assert told.asked == 1
