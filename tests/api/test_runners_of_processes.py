"""Runners and real processes: each job has one end, which is true, whatever becomes of the process that has it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.api.attempts import made_attempt

from dsgrid.api.job import Attempt, Outcome
from dsgrid.api.jobs.attempt_folder import write_outcome
from dsgrid.api.runners import warm
from dsgrid.api.runners.process import ProcessRunner
from dsgrid.api.runners.runner import Runner
from dsgrid.api.runners.warm import WarmRunner
from dsgrid.api.settings import Runners, Settings
from dsgrid.api.state.database import open_state
from dsgrid.query.result import open_result

# A worker without an engine, which does what a file in the attempt's folder says.
WORKER = """
import json, os, signal, sys, time
from pathlib import Path
from dsgrid.api.job import Outcome
from dsgrid.api.jobs.attempt_folder import write_outcome
from dsgrid.api.jobs.claim import claim

def say(**told):
    print(json.dumps(told), flush=True)

if Path("never").exists():
    sys.exit(3)
say(ready=True, memory=1_000)
for line in sys.stdin:
    folder = Path(json.loads(line))
    does = (folder / "does").read_text()
    if does == "die before":
        sys.exit(3)
    claim(folder)
    if does == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if does == "hang on":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if does.startswith("hang"):
        (folder / "hangs").touch()
        time.sleep(60)
    if does != "full disk":
        # As a real one does, whole or not at all: who looks at the wrong moment would take half of it for a failure.
        write_outcome(folder, Outcome("succeeded", report=str(os.getpid())))
        if does == "say so late":
            time.sleep(0.5)
        say(done=str(folder), memory=2_000)
    else:
        say(done=str(folder), memory=2_000, code=9, reason="the disk is full")
"""
QUERY = 'spec_version = 1\njob = "query"\nname = "q"\nproject = "p"\ndatasets = ["d"]\n'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    open_state(tmp_path / "state").close()
    return Settings(registry=tmp_path / "registry", state=tmp_path / "state", runners=Runners(memory="1g"))


@pytest.fixture
def runner(settings, tmp_path) -> Iterator[WarmRunner]:
    made = WarmRunner(settings, (sys.executable, "-P", "-c", WORKER))
    yield made
    made.close()
    for worker in made._workers:
        worker.process.kill()


@pytest.fixture
def attempt(settings) -> Callable[[str], Attempt]:
    def made(does: str = "") -> Attempt:
        found = made_attempt(settings, QUERY)
        (found.folder / "does").write_text(does)
        return found

    return made


def ended(runner: Runner, attempt: Attempt, seconds: float = 60) -> Outcome:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        outcome = runner.look(attempt)
        if outcome is not None:
            return outcome
        time.sleep(0.005)
    raise AssertionError("it does not end")


def until(is_so: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_an_engine_stays_for_the_next_job_and_its_end_is_told_at_once(runner, attempt):
    told: list[str] = []
    runner.on_end = told.append
    attempts = [attempt(), attempt()]
    by = []
    for each in attempts:
        runner.start(each)
        by.append(ended(runner, each).report)
    assert by[0] == by[1]
    until(lambda: told == [each.job.id for each in attempts])


def test_an_engine_that_has_ended_a_job_has_the_next_one_before_it_says_so(runner, attempt):
    """Whoever looks just then would start one engine more than there are to be, which would stay."""
    told: list[str] = []
    runner.on_end = told.append
    one, other = attempt("say so late"), attempt()
    runner.start(one)
    by = [ended(runner, one).report]
    assert told == []
    runner.start(other)
    by.append(ended(runner, other).report)
    assert by[0] == by[1]
    assert len(runner._workers) == 1
    until(lambda: told == [one.job.id, other.job.id])
    assert runner._workers[0].jobs == 2


def test_the_job_of_an_engine_that_dies_has_failed_and_the_next_one_has_another_engine(runner, attempt):
    one, other = attempt("die"), attempt()
    runner.start(one)
    outcome = ended(runner, one)
    assert (outcome.state, outcome.code) == ("failed", 137)
    assert outcome.reason == "the engine was ended by SIGKILL: by somebody, or for want of memory"
    runner.start(other)
    outcome = ended(runner, other)
    assert outcome.state == "succeeded", outcome


def test_a_job_that_had_not_begun_when_its_engine_died_is_given_to_another_one(runner, attempt):
    one = attempt("die before")
    runner.start(one)
    until(lambda: not runner._handed[one.folder].worker.is_free and runner._handed[one.folder].worker.process.poll())
    (one.folder / "does").write_text("")
    assert ended(runner, one).state == "succeeded"


def test_a_job_ends_where_no_engine_starts(runner, attempt, settings):
    (settings.state / "never").touch()
    one = attempt()
    runner.start(one)
    outcome = ended(runner, one)
    assert (outcome.state, outcome.code) == ("failed", 7)
    assert outcome.reason == "no engine starts: 3 have ended before they began"


@pytest.mark.parametrize(("does", "code"), [("hang", 143), ("hang on", 137)])
def test_a_cancelled_job_has_ended_only_when_its_process_has(runner, attempt, monkeypatch, does, code):
    monkeypatch.setattr(runner._endings, "_grace", 0.2)
    one = attempt(does)
    runner.start(one)
    until((one.folder / "hangs").exists)
    pid = runner._handed[one.folder].worker.process.pid
    runner.cancel(one)
    outcome = ended(runner, one)
    assert (outcome.state, outcome.code) == ("cancelled", code)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    other = attempt()
    runner.start(other)
    outcome = ended(runner, other)
    assert outcome.state == "succeeded", outcome


def test_an_outcome_that_could_not_be_written_is_taken_from_what_was_told(runner, attempt):
    one = attempt("full disk")
    runner.start(one)
    outcome = ended(runner, one)
    assert (outcome.state, outcome.code, outcome.reason) == ("failed", 9, "the disk is full")


def test_a_closed_runner_lets_its_job_end_and_another_runner_sees_how(runner, attempt, settings):
    one = attempt("hang")
    runner.start(one)
    until((one.folder / "hangs").exists)
    runner.close()
    later = WarmRunner(settings)
    assert later.look(one) is None, "it is alive"
    write_outcome(one.folder, Outcome("succeeded", report="late"))
    assert later.look(one).report == "late"
    os.kill(runner._handed[one.folder].worker.process.pid, signal.SIGKILL)


def test_another_server_can_end_a_job(runner, attempt, settings):
    one, later = attempt("hang"), WarmRunner(settings)
    runner.start(one)
    until((one.folder / "hangs").exists)
    later.cancel(one)
    outcome = ended(later, one)
    assert (outcome.state, outcome.code) == ("cancelled", 143)


def test_another_server_says_what_it_does_not_know(runner, attempt, settings):
    one, later = attempt("hang"), WarmRunner(settings)
    runner.start(one)
    until((one.folder / "hangs").exists)
    os.kill(runner._handed[one.folder].worker.process.pid, signal.SIGKILL)
    outcome = ended(later, one)
    assert (outcome.state, outcome.reason) == ("failed", "lost: the engine ended, and nobody knows how")


def test_an_engine_that_has_had_many_jobs_makes_room_for_a_new_one(runner, attempt, monkeypatch):
    monkeypatch.setattr(warm, "JOBS", 2)
    by = []
    for _ in range(3):
        one = attempt()
        runner.start(one)
        by.append(ended(runner, one).report)
        until(lambda: all(worker.attempt is None and not worker.ending for worker in runner._workers))
    assert by[0] == by[1] != by[2]


def test_engines_end_with_their_server(runner, attempt):
    runner.open()
    until(lambda: runner._workers and runner._workers[0].is_ready)
    process = runner._workers[0].process
    runner.close()
    assert process.wait(10) == 0


def test_nothing_of_a_client_is_in_a_command_line_or_an_environment(settings, monkeypatch):
    seen: list[tuple[list[str], dict[str, str]]] = []

    class RefusedError(Exception):
        pass

    def popen(command: list[str], **given: object) -> None:
        seen.append((command, given["env"]))
        raise RefusedError

    monkeypatch.setattr("subprocess.Popen", popen)
    monkeypatch.setenv("DSGRID_TOKEN", "dsg_secret")
    monkeypatch.delenv("DSGRID_CACHE", raising=False)
    one = made_attempt(settings, QUERY.replace('"q"', '"canary"'), variables={"canary": "canary"})
    with pytest.raises(RefusedError):
        ProcessRunner(settings).start(one)
    command, environment = seen[0]
    assert command == [sys.executable, "-P", "-m", "dsgrid.api.runners.attempt", str(one.folder)]
    assert not [name for name, value in environment.items() if "canary" in value or "dsg_secret" in value]
    assert environment["DSGRID_CACHE"] == str(settings.state / "cache")


# The same by real engines, on the demo


@pytest.fixture(scope="module")
def served(demo_registry, tmp_path_factory) -> Settings:
    state = tmp_path_factory.mktemp("runners") / "state"
    open_state(state).close()
    return Settings(registry=demo_registry, state=state)


@pytest.fixture(scope="module")
def warm_runner(served) -> Iterator[WarmRunner]:
    made = WarmRunner(served)
    made.open()
    yield made
    made.close()


def query(served: Settings, name: str) -> str:
    return (served.registry.parents[2] / "specs/demo" / f"{name}.toml").read_text()


def test_a_query_gives_the_same_by_a_warm_engine_and_by_a_process_of_its_own(served, warm_runner):
    found = []
    for runner in (warm_runner, ProcessRunner(served)):
        one = made_attempt(served, query(served, "annual_by_state"), runner.name, cache=False)
        runner.start(one)
        outcome = ended(runner, one, 60)
        assert outcome.state == "succeeded", outcome
        assert outcome.result.startswith("results/annual_by_state/")
        table = open_result(one.folder / outcome.result).to_pandas()
        found.append(table.sort_values([*table.columns[:-1]]).reset_index(drop=True))
        log = (one.folder / "log.jsonl").read_text()
        assert log.count('"run_ended"') == 1
    assert len(found[0]) > 10
    assert found[0].equals(found[1])


def test_a_query_that_is_cancelled_at_any_moment_leaves_no_process(served, warm_runner):
    process_runner = ProcessRunner(served)
    for runner, pause in ((process_runner, 0.0), (process_runner, 0.4), (process_runner, 1.0), (warm_runner, 0.1)):
        one = made_attempt(served, query(served, "hourly_by_state"), runner.name, cache=False)
        runner.start(one)
        time.sleep(pause)
        runner.cancel(one)
        outcome = ended(runner, one)
        assert outcome.state in ("cancelled", "succeeded"), outcome
        results = [*one.folder.glob("results/*/current.json")]
        assert bool(results) == (outcome.state == "succeeded")
