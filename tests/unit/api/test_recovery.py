"""What a server that starts finds out about the jobs that ran when the one before it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.dispatch.recovery import Orphans, standing, verdict
from dsgrid.api.job import CANCELLED, FAILED, RUNNING, SLURM, SUCCEEDED, Attempt, Job, NewJob, Outcome
from dsgrid.api.jobs import claim as claims
from dsgrid.api.jobs.attempt_folder import write_outcome
from dsgrid.api.jobs.claim import STARTED, abandon, claim, claimant, is_alive
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import open_state

NEW = NewJob("anna", "analyst", "query", "q", "{}", "application/json", "embedded")


@dataclass
class FolderRunner:
    """A runner that judges by folders; what it starts goes on for ever."""

    name: str = "embedded"
    slots: int = 1
    looked: list[str] = field(default_factory=list)
    started: list[Attempt] = field(default_factory=list)
    on_end: Any = None

    def open(self) -> None:
        pass

    def start(self, attempt: Attempt) -> None:
        self.started.append(attempt)

    def look(self, attempt: Attempt) -> Outcome | None:
        self.looked.append(attempt.job.id)
        return None if attempt in self.started else standing(attempt)

    def cancel(self, attempt: Attempt) -> None:
        Orphans(self.name).cancel(attempt)

    def close(self) -> None:
        pass


@dataclass
class Before:
    """A server that was killed, and what it left."""

    settings: Settings

    def job(self, new: NewJob = NEW) -> Attempt:
        """Leave a job that runs, with its folder."""
        store = JobStore(open_state(self.settings.state))
        store.add(new)
        job = store.claim(new.runner, 9)
        assert job is not None
        folder = self.settings.state / "jobs" / job.id / str(job.attempt)
        folder.mkdir(parents=True)
        return Attempt(job, job.attempt, folder)

    def next(self, *runners: FolderRunner) -> Dispatcher:
        """Start the next server, and let it look once."""
        some = {each.name: each for each in runners or (FolderRunner(),)}
        dispatcher = Dispatcher(open_state(self.settings.state), self.settings, some)  # type: ignore[arg-type]
        dispatcher.recover()
        dispatcher.turn()
        return dispatcher

    def state(self, attempt: Attempt) -> Job:
        found = JobStore(open_state(self.settings.state)).get(attempt.job.id)
        assert found is not None
        return found


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return Before(Settings(tmp_path, tmp_path / "state"))


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as running:
        yield running
        running.kill()


def claimed_by(folder: Path, pid: int) -> None:
    """Let another process have claimed an attempt."""
    told = {"pid": pid, "process": claims.process_start(pid), "host": claims.platform.node()}
    (folder / STARTED).write_text(json.dumps(told))


def test_one_that_never_began_is_begun_anew_from_its_place_and_the_old_attempt_never_begins(before: Before) -> None:
    attempt = before.job()
    before.next()
    found = before.state(attempt)
    assert (found.state, found.number, found.attempt) == (RUNNING, attempt.job.number, 2)
    assert not claim(attempt.folder)


def test_one_without_even_a_folder_goes_back(before: Before) -> None:
    attempt = before.job()
    attempt.folder.rmdir()
    before.next()
    assert (before.state(attempt).state, before.state(attempt).attempt) == (RUNNING, 2)


def test_a_server_that_is_killed_while_it_gives_one_up_is_no_matter(before: Before) -> None:
    attempt = before.job()
    assert abandon(attempt.folder)
    before.next()
    assert (before.state(attempt).state, before.state(attempt).attempt) == (RUNNING, 2)


def test_one_that_never_began_and_was_to_be_cancelled_is(before: Before) -> None:
    attempt = before.job()
    assert JobStore(open_state(before.settings.state)).wish_cancelled(attempt.job.id, "anna")
    before.next()
    found = before.state(attempt)
    assert (found.state, found.reason) == (CANCELLED, "cancelled by anna before it began")


def test_one_that_has_ended_meanwhile_is_taken_with_its_end(before: Before) -> None:
    attempt = before.job()
    assert claim(attempt.folder)
    write_outcome(attempt.folder, Outcome(SUCCEEDED, report="48 rows", result="results/q"))
    before.next()
    found = before.state(attempt)
    assert found.state == SUCCEEDED
    assert found.outcome is not None
    assert (found.outcome.report, found.outcome.result) == ("48 rows", "results/q")


def test_one_whose_process_lives_is_watched_to_its_end(before: Before, process: subprocess.Popen[bytes]) -> None:
    attempt = before.job()
    claimed_by(attempt.folder, process.pid)
    dispatcher = before.next()
    assert before.state(attempt).state == RUNNING
    write_outcome(attempt.folder, Outcome(SUCCEEDED))
    dispatcher.turn()
    assert before.state(attempt).state == SUCCEEDED


def test_one_whose_process_is_gone_is_lost_and_says_so(before: Before, process: subprocess.Popen[bytes]) -> None:
    attempt = before.job()
    claimed_by(attempt.folder, process.pid)
    process.kill()  # a zombie until somebody waits for it
    deadline = time.monotonic() + 5
    while is_alive(claimant(attempt.folder) or {}):
        assert time.monotonic() < deadline
    before.next()
    found = before.state(attempt)
    assert found.state == FAILED
    assert found.reason.startswith("lost: ")


def test_another_process_with_the_same_number_is_not_it(before: Before) -> None:
    attempt = before.job()
    told = {"pid": os.getpid(), "process": "0bad-1", "host": claims.platform.node()}
    (attempt.folder / STARTED).write_text(json.dumps(told))
    before.next()
    assert before.state(attempt).reason.startswith("lost: ")


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b"\xff", b'{"pid": "1"}', b'{"pid": -1}', b'{"pid": 1e99}']
)
def test_a_damaged_claim_is_a_lost_job_and_not_one_that_begins_again(before: Before, damage: bytes) -> None:
    attempt = before.job()
    (attempt.folder / STARTED).write_bytes(damage)
    before.next()
    assert before.state(attempt).state == FAILED


def test_those_of_slurm_are_left_to_their_runner(before: Before) -> None:
    attempt = before.job(replace(NEW, runner=SLURM))
    runner = FolderRunner(SLURM)
    runner.look = lambda _attempt: None  # type: ignore[method-assign]
    dispatcher = before.next(runner)
    assert before.state(attempt).state == RUNNING
    assert not (attempt.folder / STARTED).exists()
    runner.look = lambda _attempt: Outcome(FAILED, 1, "never begun: sbatch was not reached")  # type: ignore[method-assign]
    dispatcher.turn()
    assert before.state(attempt).state in (RUNNING, FAILED)


def test_one_of_a_runner_that_is_gone_is_watched_and_can_be_cancelled(
    before: Before, process: subprocess.Popen[bytes]
) -> None:
    attempt = before.job()
    claimed_by(attempt.folder, process.pid)
    dispatcher = before.next(FolderRunner("warm"))
    assert before.state(attempt).state == RUNNING
    dispatcher.cancel(attempt.job.id, "anna")
    dispatcher.turn()
    assert process.wait(5) == -signal.SIGTERM
    dispatcher.turn()
    assert before.state(attempt).state == CANCELLED


def test_a_wish_of_before_the_end_of_the_server_is_heard(before: Before, process: subprocess.Popen[bytes]) -> None:
    attempt = before.job()
    claimed_by(attempt.folder, process.pid)
    assert JobStore(open_state(before.settings.state)).wish_cancelled(attempt.job.id, "anna")
    dispatcher = before.next()
    assert process.wait(5) == -signal.SIGTERM
    dispatcher.turn()
    assert before.state(attempt).state == CANCELLED


def test_those_that_wait_for_a_runner_that_is_gone_fail_and_say_so(before: Before) -> None:
    store = JobStore(open_state(before.settings.state))
    job, _ = store.add(NEW)
    before.next(FolderRunner("warm", slots=1))
    found = store.get(job.id)
    assert found is not None
    assert found.state == FAILED
    assert "no runner embedded any more" in found.reason


def test_a_full_disk_puts_the_question_off(before: Before, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid.api.dispatch import lane

    def full(_attempt: Attempt) -> bool:
        raise OSError(28, "No space left on device")

    attempt = before.job()
    with monkeypatch.context() as patched:
        patched.setattr(lane, "never_begins", full)
        dispatcher = before.next()
        assert before.state(attempt).state == RUNNING
    dispatcher.turn()
    assert (before.state(attempt).state, before.state(attempt).attempt) == (RUNNING, 2)


def test_of_many_processes_one_gets_the_claim(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dsgrid.api.jobs.claim import claim; print(claim(Path(sys.argv[1])))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = sorted(each.communicate()[0].strip() for each in running)
    assert said == ["False", "False", "True"]
    assert [each.name for each in tmp_path.iterdir()] == [STARTED]


@pytest.mark.parametrize(
    ("outcome", "by", "overdue", "state", "reason"),
    [
        (Outcome(SUCCEEDED), "anna", "too long", SUCCEEDED, ""),
        (Outcome(CANCELLED, 143, "x"), "anna", "", CANCELLED, "cancelled by anna"),
        (Outcome(FAILED, 7, "the engine ended"), "anna", "", CANCELLED, "cancelled by anna"),
        (Outcome(CANCELLED, 143, "x"), None, "too long", FAILED, "too long"),
        (Outcome(FAILED, 4, "wrong data"), None, "", FAILED, "wrong data"),
        (Outcome(CANCELLED, 143, "x"), None, "", FAILED, "ended from outside: x"),
    ],
)
def test_the_end_of_a_job_is_the_truth(outcome: Outcome, by: str | None, overdue: str, state: str, reason: str) -> None:
    ended = verdict(outcome, cancelled_by=by, overdue=overdue)
    assert (ended.state, ended.reason) == (state, reason)
