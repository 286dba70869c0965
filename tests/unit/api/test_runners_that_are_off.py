"""Runners that a server's file turns off while their jobs run: nothing new begins, and nothing that runs is lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.job import CANCELLED, RUNNERS, RUNNING, NewJob
from dsgrid.api.jobs import claim
from dsgrid.api.jobs.claim import STARTED
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.runners import slurm_job
from dsgrid.api.runners.kin import MARK
from dsgrid.api.runners.making import make_runners
from dsgrid.api.runners.slurm_submission import write_submitted
from dsgrid.api.settings import Runners, Settings
from dsgrid.api.state.database import State, open_state
from dsgrid.cluster import ledger, standing
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import Standing
from dsgrid.errors import ClusterError

OFF = Runners(warm=0, embedded=0, spark=0, slurm=0)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(tmp_path / "state")


@pytest.fixture
def off(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "state", runners=OFF)


@contextmanager
def begun(folder: Path, mark: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have a process that has claimed an attempt, with the mark of its processes."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True, env={**os.environ, MARK: mark}) as process:
        told = {"pid": process.pid, "process": claim.process_start(process.pid), "host": claim.platform.node()}
        (folder / STARTED).write_text(json.dumps(told))
        yield process
        process.kill()


def running(state: State, runner: str) -> tuple[JobStore, str, Path]:
    """Leave a job that runs, of a server that had the runner."""
    store = JobStore(state)
    store.add(NewJob("anna", "analyst", "query", "q", "{}", "application/json", runner))
    job = store.claim(runner, 1)
    assert job is not None
    folder = state.jobs_folder / job.id / "1"
    folder.mkdir(parents=True)
    return store, job.id, folder


def next_server(state: State, settings: Settings) -> Dispatcher:
    dispatcher = Dispatcher(state, settings, make_runners(settings))
    dispatcher.recover()
    dispatcher.turn()
    return dispatcher


def test_what_is_off_has_no_slots(off: Settings) -> None:
    assert {name: runner.slots for name, runner in make_runners(off).items()} == dict.fromkeys(RUNNERS, 0)
    one = replace(off, runners=replace(OFF, spark=2))
    assert make_runners(one)["spark"].slots == 2


def test_nothing_begins_with_it(state: State, off: Settings) -> None:
    store = JobStore(state)
    job, _ = store.add(NewJob("anna", "analyst", "query", "q", "{}", "application/json", "warm"))
    next_server(state, off)
    found = store.get(job.id)
    assert found is not None
    assert (found.state, found.attempt) == ("failed", 0)
    assert "no runner warm any more" in found.reason


@pytest.mark.parametrize("runner", ["warm", "embedded", "spark"])
def test_a_process_is_watched_and_can_be_ended(state: State, off: Settings, runner: str) -> None:
    store, job, folder = running(state, runner)
    with begun(folder, f"{job}/1") as process:
        dispatcher = next_server(state, off)
        found = store.get(job)
        assert found is not None
        assert found.state == RUNNING

        dispatcher.cancel(job, "anna")
        dispatcher.turn()
        process.wait(5)
    dispatcher.turn()

    found = store.get(job)
    assert found is not None
    assert found.state == CANCELLED


@pytest.mark.parametrize("answers", [True, False])
def test_a_job_that_slurm_has_is_not_called_lost(
    state: State, off: Settings, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    store, job, folder = running(state, "slurm")
    # The process that submitted it has ended long ago.
    (folder / STARTED).write_text(json.dumps({"pid": 2**22 + 1, "process": "gone", "host": claim.platform.node()}))
    write_submitted(folder, Entry("12", ledger.now(), cluster="c", folder=str(folder)))

    def ask() -> list[Standing]:
        if not answers:
            raise ClusterError("there is no squeue here")
        return [Standing("12", state="RUNNING", cluster="c")]

    monkeypatch.setattr(standing, "ask", ask)
    monkeypatch.setattr(slurm_job, "PAUSE", 0.0)
    monkeypatch.setattr(slurm_job, "PATIENCE", 0.0)

    next_server(state, off)

    found = store.get(job)
    assert found is not None
    assert (found.state, found.reason) == (RUNNING, "")


def test_what_was_claimed_and_never_began_waits_for_nobody(state: State, off: Settings) -> None:
    store, job, _ = running(state, "warm")

    next_server(state, off)

    found = store.get(job)
    assert found is not None
    assert (found.state, found.has_ended) == ("failed", True)
    assert "no runner warm any more" in found.reason
