"""An attempt: whatever becomes of a job is an outcome in its folder, and nothing else changes in the process."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.project_specs import PROJECT
from tests.unit.api.attempts import made_attempt

import dsgrid.operations.job
from dsgrid.api.job import Outcome
from dsgrid.api.jobs import attempt_folder
from dsgrid.api.jobs.attempt_folder import read_outcome, read_request, reserve, write_outcome
from dsgrid.api.jobs.claim import claim
from dsgrid.api.runners.attempt import _escaped, carry_out, run_ended
from dsgrid.api.settings import Settings
from dsgrid.errors import DataError, Problem
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.job import Outcome as Done
from dsgrid.operations.request import Request
from dsgrid.spec.fence import active
from dsgrid.spec.load import load_spec

QUERY = {
    "name": "q",
    "project": "two_counties",
    "datasets": ["nothing"],
    "step": [{"function": "sum", "by": ["state"]}],
}


@pytest.fixture(autouse=True)
def _signals_as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path / "runs"))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def perform(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Request], Any]], None]:
    """Puts a function in the place of what carries out requests."""

    def put(does: Callable[[Request], Any]) -> None:
        monkeypatch.setattr(dsgrid.operations.job, "perform", lambda request, _progress: does(request))

    return put


def test_what_is_wrong_is_told_with_its_place_in_the_spec_that_was_sent(settings):
    attempt = made_attempt(settings, QUERY)
    outcome = carry_out(attempt.folder)
    assert outcome == read_outcome(attempt.folder)
    (problem,) = outcome.problems
    assert (outcome.state, outcome.code) == ("failed", 3)
    assert (problem["where"].partition(":")[0], problem["key"]) == ("spec.json", "datasets[0]")
    assert problem["error"] == "NotFoundError"
    assert 'no dataset "nothing"' in outcome.reason
    assert outcome.reason in (attempt.folder / "output.txt").read_text()


def test_who_registers_is_the_user_of_the_job_and_the_registry_is_the_servers(settings, tmp_path):
    registry = tmp_path / "own"
    create_registry({"registry": str(registry)})
    own = Settings(registry=registry, state=settings.state)
    spec = PROJECT | {"registry": "elsewhere", "log_message": "first"}
    outcome = carry_out(made_attempt(own, spec, kind="register_project").folder)
    assert outcome.state == "succeeded", outcome
    assert "registered project two_counties@1.0.0" in outcome.report
    with sqlite3.connect(registry / "registry.db") as database:
        assert database.execute("SELECT submitter, log_message FROM registrations").fetchall() == [("anna", "first")]


def test_files_of_a_job_are_found_in_its_own_folder(settings):
    attempt = made_attempt(settings, {"output": "specs", "ids": ["two_counties"]}, kind="dump")
    outcome = carry_out(attempt.folder)
    assert outcome.state == "succeeded", outcome
    assert len(outcome.files) > 1
    assert all(name.startswith("files/specs/") for name in outcome.files)
    assert all((attempt.folder / name).is_file() for name in outcome.files)


def test_an_attempt_that_somebody_has_claimed_is_left_alone(settings, perform):
    called = []
    perform(called.append)
    attempt = made_attempt(settings, QUERY)
    assert claim(attempt.folder)
    assert carry_out(attempt.folder) is None
    assert not called
    assert read_outcome(attempt.folder) is None


def test_only_the_servers_user_can_read_an_attempt_and_its_request_comes_back_as_it_was(settings):
    attempt = made_attempt(settings, QUERY, variables={"a": "b"}, at="2020-01-01", parts=3)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (attempt.folder, *attempt.folder.iterdir())}
    assert modes == {"1": 0o700, "request.json": 0o600, "spec.json": 0o600}
    order = read_request(attempt.folder)
    assert (order.options, order.registry, order.user) == (attempt.job.options, settings.registry, "anna")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"options": {}}'])
def test_a_damaged_request_fails_the_job(settings, damage):
    attempt = made_attempt(settings, QUERY)
    (attempt.folder / "request.json").write_text(damage)
    outcome = carry_out(attempt.folder)
    assert (outcome.state, outcome.code) == ("failed", 1)


def test_a_signal_cancels_what_runs(settings, perform):
    def ended(_: Request) -> Done:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("never reached")

    perform(ended)
    outcome = carry_out(made_attempt(settings, QUERY).folder)
    assert (outcome.state, outcome.code) == ("cancelled", 143)


def test_a_signal_that_comes_when_all_is_done_takes_nothing_back(settings, perform):
    attempt = made_attempt(settings, QUERY)

    def done(request: Request) -> Done:
        line = {"event": "run_ended", "outcome": "succeeded", "result": str(attempt.folder / "results/q/1")}
        request.log.write_text(json.dumps(line) + "\n")
        os.kill(os.getpid(), signal.SIGTERM)
        return Done()

    perform(done)
    outcome = carry_out(attempt.folder)
    assert (outcome.state, outcome.result) == ("succeeded", "results/q/1")


def test_want_of_memory_is_told_as_that(settings, perform):
    def hungry(_: Request) -> Done:
        raise MemoryError

    perform(hungry)
    outcome = carry_out(made_attempt(settings, QUERY).folder)
    assert (outcome.code, outcome.problems[0]["error"]) == (7, "EngineError")
    assert "memory" in outcome.reason


def test_a_defect_shows_its_inside_to_nobody_but_the_servers_user(settings, perform):
    def broken(_: Request) -> Done:
        raise KeyError("/secret/place")

    perform(broken)
    attempt = made_attempt(settings, QUERY)
    outcome = carry_out(attempt.folder)
    assert (outcome.code, outcome.reason) == (1, "a defect in dsgrid: KeyError")
    assert "secret" not in json.dumps(outcome.problems)
    assert "Traceback" not in (attempt.folder / "output.txt").read_text()
    assert "/secret/place" in (attempt.folder / "defect.txt").read_text()


def test_all_problems_come_with_their_rows(settings, perform):
    def wrong(_: Request) -> Done:
        raise DataError([Problem("one", "a.csv:1", "x", "rows"), Problem("two")])

    perform(wrong)
    outcome = carry_out(made_attempt(settings, QUERY).folder)
    assert [problem["message"] for problem in outcome.problems] == ["one", "two"]
    assert outcome.problems[0]["detail"] == "rows"
    assert outcome.reason == "a.csv:1: x: one"


def test_what_a_job_prints_goes_to_its_output_and_nothing_of_the_process_changes(settings, perform, capfd):
    def noisy(request: Request) -> Done:
        os.write(1, b"by an engine\n")
        os.write(2, b"an engine's error\n")
        assert Path.cwd() == request.spec.parent
        assert os.environ["DSGRID_SUBMITTER"] == "anna"
        assert active() is not None
        return Done(report="the report\n")

    perform(noisy)
    before, here = dict(os.environ), Path.cwd()
    attempt = made_attempt(settings, QUERY)
    outcome = carry_out(attempt.folder)
    assert outcome.report == "the report\n"
    assert (attempt.folder / "output.txt").read_text() == "by an engine\nan engine's error\nthe report\n"
    assert capfd.readouterr() == ("", "")
    assert (dict(os.environ), Path.cwd(), active()) == (before, here, None)


def test_a_job_of_spark_gets_nothing_of_a_client_on_its_command_line(settings, perform):
    asked: list[Request] = []

    def taken(request: Request) -> Done:
        asked.append(request)
        spec = load_spec(request.spec, "query")
        os.write(1, b"[   0.5 s] planning\nq: 3 rows\n")
        assert spec.root.value["name"] == "of_anna"
        assert spec.root.value["at"] == "2020-01-01"
        return Done(0)

    perform(taken)
    spec = {**QUERY, "name": "${who}"}
    attempt = made_attempt(settings, spec, runner="spark", variables={"who": "of_anna"}, at="2020-01-01")
    outcome = carry_out(attempt.folder)
    assert outcome.state == "succeeded", outcome
    assert outcome.report == "q: 3 rows\n"
    assert (asked[0].variables, asked[0].at, asked[0].engine) == ({}, None, "spark")


def test_a_job_of_spark_that_fails_says_what_of(settings, perform):
    def failed(request: Request) -> Done:
        os.write(1, b"[   0.5 s] planning\nspec.json: the facts are gone\nmore of it\n")
        return Done(7)

    perform(failed)
    outcome = carry_out(made_attempt(settings, QUERY, runner="spark").folder)
    assert (outcome.state, outcome.code, outcome.reason) == ("failed", 7, "spec.json: the facts are gone")
    assert outcome.problems[0]["error"] == "EngineError"
    assert "more of it" in outcome.problems[0]["detail"]


TEXTS = st.text(alphabet="${}a", max_size=12)
VALUES = st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(VALUES)
def test_what_is_filled_once_is_read_as_it_is(value):
    from dsgrid.spec.node import Node, Source
    from dsgrid.spec.variables import fill

    escaped = {"x": _escaped(value)}
    filled, problems = fill(Node(escaped, (), Source(None, "", Path("/"))), {})
    assert (filled.value, problems) == ({"x": value}, [])


def full_disk(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("report", ["short", "long " * 10_000])
def test_an_outcome_can_be_told_on_a_full_disk(tmp_path, monkeypatch, report):
    reserve(tmp_path)
    monkeypatch.setattr(attempt_folder, "_open_private", full_disk)
    problems = tuple({"message": "m" * 3_000} for _ in range(9))
    write_outcome(tmp_path, Outcome("failed", 9, "the disk is full", report, problems))
    told = read_outcome(tmp_path)
    assert (told.state, told.code, told.reason) == ("failed", 9, "the disk is full")
    assert [path.name for path in tmp_path.iterdir()] == ["outcome.json"]


def test_an_outcome_is_there_whole_and_leaves_nothing_beside_it(tmp_path):
    outcome = Outcome("succeeded", 0, "", "done", ({"message": "ü\udc80"},), "results/a", ("files/b",), 1.5)
    reserve(tmp_path)
    write_outcome(tmp_path, outcome)
    assert [path.name for path in tmp_path.iterdir()] == ["outcome.json"]
    told = read_outcome(tmp_path)
    assert (told.result, told.files, told.seconds) == (outcome.result, outcome.files, outcome.seconds)


def test_an_outcome_that_cannot_be_read_is_no_success(tmp_path):
    (tmp_path / "outcome.json").write_text('{"state": "succeeded"')
    told = read_outcome(tmp_path)
    assert told.state == "failed"
    assert told.reason.startswith("lost: ")


def test_the_last_end_in_a_log_counts_and_other_lines_do_not(tmp_path):
    lines = ['{"event": "run_ended", "outcome": "failed"}', '{"event": "message", "message": "\\"run_ended\\""}']
    (tmp_path / "log.jsonl").write_text("\n".join([*lines, '{"event": "run_ended", "outcome": "succeeded"', ""]))
    assert run_ended(tmp_path)["outcome"] == "failed"
    assert run_ended(tmp_path / "nowhere") == {}
