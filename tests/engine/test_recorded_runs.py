"""Runs of real jobs: what the history, the log and the estimates say of them, whoever started them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK

from dsgrid.errors import DsgridError, SpecError
from dsgrid.operations.bulk import bulk
from dsgrid.operations.explain import explain
from dsgrid.operations.past_runs import past_runs
from dsgrid.operations.progress import Event, Listener
from dsgrid.operations.query import query
from dsgrid.operations.run_history import read_runs
from dsgrid.operations.task import How

if TYPE_CHECKING:
    from dsgrid.query.result import Result

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
spec_version = 1
job = "query"
name = "check"
project = "three_states_2018"
datasets = ["commercial_2018"]

[[step]]
by = ["county", "fuel", "scenario", "hourly"]

[result]
path = "results"
unit = "MWh"
"""
ANEW = How(cache=False)


@pytest.fixture
def asked(commercial_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a dataset and a query, and with a history of its own."""
    (commercial_desk.folder / "query.toml").write_text(SPEC, "utf-8")
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path / "state"))
    return commercial_desk


def run(desk: Desk, text: str = "", **choice: Any) -> Result:
    if text:
        (desk.folder / "query.toml").write_text(text, "utf-8")
    choice = {"how": ANEW, **choice}
    return query(desk.folder / "query.toml", registry=desk.registry, engine=desk.engine, **choice)


class Heard(Listener):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        self.events.append(event)


def test_a_query_is_in_the_history_with_what_it_read_and_made(asked: Desk) -> None:
    result = run(asked)
    (found,) = read_runs()
    scan = result.manifest["stages"][0]
    assert (found["job"], found["query"], found["project"]) == ("query", "check", "three_states_2018@1.0.0")
    assert found["spec"] == str(asked.folder / "query.toml")
    assert (found["outcome"], found["exit_code"], found["engine"]) == ("succeeded", 0, asked.engine.name)
    assert (found["work"]["rows_read"], found["work"]["rows"]) == (scan["rows"], result.rows)
    assert (found["rows"], found["bytes"]) == (result.rows, result.path.stat().st_size)
    assert found["result"] == str(result.folder)
    assert 0 < found["seconds_of"]["running"] < found["seconds"]


def test_a_query_tells_its_stages_with_their_times_and_rows(asked: Desk) -> None:
    heard = Heard()
    result = run(asked, progress=heard)
    told = [(event.kind, event.text.partition(":")[0]) for event in heard.events]
    assert told == [
        ("begun", "planning"),
        ("estimate", "expected"),
        ("begun", "reading 1 dataset"),
        ("done", "reading 1 dataset"),
        ("begun", "publishing"),
    ]
    begun, done = (event for event in heard.events if event.text == "reading 1 dataset")
    assert begun.detail[0].startswith("commercial_2018: scan ")
    assert done.rows == result.rows
    assert done.seconds is not None
    assert done.seconds > 0


@SLOW_ON_SPARK
def test_every_further_result_is_a_stage_of_its_own(asked: Desk) -> None:
    heard = Heard()
    more = '\n[results.by_state]\n[[results.by_state.step]]\nby = ["state", "fuel", "scenario"]\n'
    result = run(asked, SPEC + more, progress=heard)
    made = {event.text: event.rows for event in heard.events if event.kind == "done" and event.rows is not None}
    assert sorted(made.values()) == sorted([result.rows, result.results["by_state"].rows])
    (found,) = read_runs()
    assert found["rows"] == result.rows + result.results["by_state"].rows


@SLOW_ON_SPARK
def test_a_query_that_fails_is_in_the_history_with_its_error(asked: Desk) -> None:
    heard = Heard()
    nothing = 'expression = "commercial_2018 / (commercial_2018 - commercial_2018)"'
    zero = SPEC.replace('datasets = ["commercial_2018"]', nothing).replace('unit = "MWh"\n', "")
    zero = zero.replace("[[step]]", '[[step]]\nfunction = "mean"')
    with pytest.raises(DsgridError) as caught:
        run(asked, zero, progress=heard)
    (found,) = read_runs()
    assert (found["outcome"], found["exit_code"]) == ("failed", caught.value.exit_code)
    assert found["error"].startswith("a value was divided by 0")
    assert (found["engine"], found["query"]) == (asked.engine.name, "check")
    last = heard.events[-1]
    assert (last.kind, last.text) == ("failed", "reading 3 datasets")


@SLOW_ON_SPARK
def test_a_query_that_is_refused_is_in_the_history(asked: Desk) -> None:
    with pytest.raises(SpecError):
        run(asked, SPEC.replace("county", "conty"))
    assert [(one["outcome"], one["exit_code"]) for one in read_runs()] == [("failed", 2)]


@SLOW_ON_SPARK
def test_an_answer_from_the_cache_is_told_as_such_and_estimates_do_not_rest_on_it(
    asked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DSGRID_ENGINE", asked.engine.name)
    run(asked, how=None)
    run(asked, how=None)
    again, first = past_runs().runs
    assert "reused" not in first
    assert again["reused"].startswith("answered from the cache")
    (time,) = explain(asked.folder / "query.toml", registry=asked.registry).document()["expected"]["time"]
    assert (time["runs"], time["says"]) == (1, "as in 1 past run of this size")


@SLOW_ON_SPARK
def test_a_query_of_a_bulk_is_a_run_besides_that_of_the_bulk(asked: Desk) -> None:
    (asked.folder / "bulk.toml").write_text(
        f'spec_version = 1\njob = "bulk"\nregistry = "{asked.registry}"\nspecs = ["query.toml"]\n', "utf-8"
    )
    heard = Heard()
    bulk(asked.folder / "bulk.toml", engine=asked.engine, progress=heard)
    assert [(one["job"], one.get("query")) for one in read_runs()] == [("query", "check")]
    assert any(event.kind == "done" and event.text.endswith("(1 of 1): reading 1 dataset") for event in heard.events)


@pytest.mark.parametrize("format_", ["parquet", "csv", "arrow"])
@SLOW_ON_SPARK
def test_the_size_that_is_foretold_is_about_that_of_the_file(asked: Desk, format_: str) -> None:
    spec = SPEC.replace('unit = "MWh"', f'unit = "MWh"\nformat = "{format_}"')
    result = run(asked, spec)
    expected = explain(asked.folder / "query.toml", registry=asked.registry).document()["expected"]
    assert expected["rows"] == result.rows
    assert 0.4 < expected["bytes"] / result.path.stat().st_size < 2.5


# Processes -----------------------------------------------------------------------------------------------------------


def _job(asked: Desk, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "jobs/query.py"), str(asked.folder / "query.toml")]
    return subprocess.run(
        [*command, "--registry", str(asked.registry), "--engine", "sail", *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("engine", ["sail"], indirect=True, scope="session")
def test_a_job_logs_what_it_does_to_a_file_and_shows_nothing_where_it_is_to_be_quiet(
    asked: Desk, tmp_path: Path
) -> None:
    done = _job(asked, "--quiet", "--log", str(tmp_path / "log.jsonl"))
    assert (done.returncode, done.stderr) == (0, "")
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [entries[0]["event"], entries[-1]["event"]] == ["run_begun", "run_ended"]
    begun = [one["stage"] for one in entries if one["event"] == "stage_begun"]
    ended = [one["stage"] for one in entries if one["event"] == "stage_done"]
    assert begun == ended == ["planning", "starting the engine", "reading 1 dataset", "publishing"]
    (run_,) = read_runs()
    assert {one["run"] for one in entries} == {run_["id"]}
    assert entries[-1]["rows"] == run_["rows"] > 0


@pytest.mark.parametrize("engine", ["sail"], indirect=True, scope="session")
def test_a_job_that_is_killed_is_told_as_killed(asked: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log.jsonl")
    command = [sys.executable, str(ROOT / "jobs/query.py"), str(asked.folder / "query.toml")]
    command += ["--registry", str(asked.registry), "--engine", "sail", "--log", str(tmp_path / "log.jsonl")]
    process = subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.DEVNULL)
    with (tmp_path / "log.jsonl").open(encoding="utf-8") as log:
        while "planning" not in log.readline():
            pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [one["outcome"] for one in read_runs()] == ["killed"]
    assert past_runs(failed=True).total == 1


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sail"], indirect=True, scope="session")
def test_a_job_that_spark_submit_runs_is_one_run(asked: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dsgrid", "run", str(asked.folder / "query.toml"), "--engine", "spark"]
    command += ["--registry", str(asked.registry), "--master", "local[1]", "--log", str(tmp_path / "log.jsonl")]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = read_runs()
    assert (found["outcome"], found["engine"]) == ("succeeded", "spark")
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert {one["run"] for one in entries} == {found["id"]}
