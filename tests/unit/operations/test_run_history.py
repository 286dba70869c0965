"""The history of runs: whatever happens to the file, to its disk or to a process, no run fails and none is made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import DataError, NotFoundError, UsageError
from dsgrid.operations import run_history
from dsgrid.operations.past_runs import lines_of, moment, past_runs, show_run
from dsgrid.operations.progress import Progress, stage
from dsgrid.operations.recording import HANDED_ON, know, recording
from dsgrid.operations.run_history import (
    BEGIN,
    END,
    LONGEST_LINE,
    NAME,
    OLDER,
    append,
    beginning,
    line,
    read_runs,
    state_folder,
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("DSGRID_STATE", str(folder))
    return folder


def add(id_: str, *, end: bool = True, ago: timedelta = timedelta(), **values: Any) -> None:
    """Add a run to the history."""
    began = (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
    known = beginning("query", "/a/spec.toml") | {"started": began} | values
    append(BEGIN, id_, known)
    if end:
        append(END, id_, {"outcome": "succeeded", "exit_code": 0, "seconds": 1.0} | known)


def outcomes() -> dict[str, str]:
    return {run["id"]: run["outcome"] for run in read_runs()}


# Where it is kept ----------------------------------------------------------------------------------------------------


def test_the_history_is_where_the_user_says_else_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/a")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("DSGRID_STATE", raising=False)
    assert state_folder() == Path("/home/a/.local/state/dsgrid")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == Path("/home/a/.local/state/dsgrid")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder() == Path("/state/dsgrid")
    monkeypatch.setenv("DSGRID_STATE", "~/mine")
    assert state_folder() == Path("/home/a/mine")


@pytest.mark.parametrize("place", [os.devnull, "/proc/nothing/here", "/dev/full"])
def test_where_nothing_can_be_written_there_is_no_history_and_no_error(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSGRID_STATE", place)
    with recording("query") as run:
        run.begin()
    assert read_runs() == []
    assert past_runs().report().startswith("no such runs in ")


def test_a_full_disk_and_a_file_that_may_not_be_written_are_no_matter(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with recording("query") as run:
        run.begin()
    assert read_runs() == []


# Lines ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 3_000, 100_000])
def test_a_line_is_short_enough_to_be_written_at_once_and_keeps_its_numbers(size: int) -> None:
    values = {"error": "ü" * size, "spec": "/x" * size, "result": "r" * size, "rows": 36, "job": "query"}
    made = line(END, "12345678", values)
    assert len(made) <= LONGEST_LINE
    assert made.endswith(b"\n")
    found = json.loads(made)
    assert (found["rows"], found["job"], found["id"]) == (36, "query", "12345678")
    assert found["spec"].startswith("/x")


def test_a_line_that_cannot_be_cut_keeps_the_id() -> None:
    assert json.loads(line(END, "1", {"work": list(range(10_000))})) == {"kind": END, "id": "1"}


def test_a_file_name_that_is_no_text_comes_back_as_it_was(state: Path) -> None:
    add("1", spec=os.fsdecode(b"/a/\xff.toml"))
    assert os.fsencode(read_runs()[0]["spec"]) == b"/a/\xff.toml"


def test_damaged_lines_are_skipped(state: Path) -> None:
    add("1")
    with (state / NAME).open("ab") as file:
        file.write(b'{"kind": "begin", "id": 7}\nnull\n[]\n\xff\xfe\n{"kind": "end", "id": "2"}\n{"kind": "beg')
    add("3")
    assert outcomes() == {"1": "succeeded", "3": "succeeded"}


def test_a_line_that_was_cut_short_does_not_spoil_the_next(state: Path) -> None:
    add("1")
    path = state / NAME
    path.write_bytes(path.read_bytes()[:-20])
    add("2", end=False)
    assert outcomes()["2"] == "running"


def test_many_at_once_lose_nothing(state: Path) -> None:
    def write(worker: int) -> None:
        for number in range(40):
            append(END, f"{worker}-{number}", {**beginning("query", None), "outcome": "succeeded", "x": "y" * 2_000})

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes()) == 320


def test_the_file_does_not_grow_for_ever(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_history, "LARGEST_FILE", 10_000)
    for number in range(100):
        add(str(number))
    # The last line may have been the one that makes the file the older one.
    sizes = [path.stat().st_size for path in (state / NAME, state / OLDER) if path.exists()]
    assert sizes
    assert max(sizes) < 12_000
    # The newest are there, and those before them.
    assert list(outcomes())[-10:] == [str(number) for number in range(90, 100)]
    assert 10 <= len(outcomes()) < 100


def test_an_end_whose_beginning_has_gone_is_enough(state: Path) -> None:
    append(END, "1", {**beginning("query", "/a/spec.toml"), "outcome": "failed", "exit_code": 4})
    (run,) = read_runs()
    assert (run["outcome"], run["spec"]) == ("failed", "/a/spec.toml")


# Outcomes ------------------------------------------------------------------------------------------------------------


def test_a_run_without_an_end_runs_while_its_process_does(state: Path) -> None:
    add("1", end=False)
    assert outcomes() == {"1": "running"}


def test_a_run_without_an_end_was_killed_if_its_process_is_gone(state: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    add("1", end=False, pid=process.pid)
    assert outcomes() == {"1": "killed"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell when processes began")
def test_another_process_of_the_same_number_is_another_process(state: Path) -> None:
    add("1", end=False, process="an earlier one")
    assert outcomes() == {"1": "killed"}


def test_of_another_machine_nothing_is_claimed(state: Path) -> None:
    add("1", end=False, host="elsewhere", pid=1)
    assert outcomes() == {"1": "unknown"}


@pytest.mark.parametrize(
    ("error", "outcome", "code", "said"),
    [
        (DataError("a value is missing\nin row 7"), "failed", 4, "a value is missing"),
        (KeyboardInterrupt(), "stopped", 130, "interrupted"),
        (OSError(28, "No space left on device"), "failed", 9, "[Errno 28] No space left on device"),
        (ZeroDivisionError("a defect"), "failed", 1, "a defect"),
    ],
    ids=["data", "Ctrl-C", "full disk", "defect"],
)
def test_a_run_ends_with_its_error_and_its_code(
    state: Path, error: BaseException, outcome: str, code: int, said: str
) -> None:
    def fail() -> None:
        with recording("query", "spec.toml") as run:
            run.begin()
            raise error

    with pytest.raises(type(error)):
        fail()
    (found,) = read_runs()
    assert (found["outcome"], found["exit_code"], found["error"]) == (outcome, code, said)
    assert found["spec"] == os.path.abspath("spec.toml")
    assert found["seconds"] >= 0


# Recording -----------------------------------------------------------------------------------------------------------


def test_a_working_folder_that_is_gone_is_no_matter(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with recording("query", "spec.toml") as run:
        run.begin()
    assert [one["spec"] for one in read_runs()] == ["spec.toml"]


def test_what_is_known_while_it_runs_is_in_the_history(state: Path) -> None:
    with recording("query") as run:
        run.begin()
        know(rows=36, engine="sail")
    (found,) = read_runs()
    assert (found["rows"], found["engine"], found["outcome"]) == (36, "sail", "succeeded")
    know(keep=True, rows=1)  # where nothing is recorded nobody is told
    assert read_runs() == [found]


def test_what_was_known_before_it_was_killed_is_in_the_history(state: Path) -> None:
    with recording("query") as run:
        know(keep=True, engine="spark")
        assert read_runs() == []
        run.begin()
        know(keep=True, engine="sail")
        assert [(one["outcome"], one["engine"]) for one in read_runs()] == [("running", "sail")]


def test_an_operation_takes_part_in_the_run_of_its_own_job(state: Path) -> None:
    with recording("") as outer:
        outer.know(job="query")
        outer.begin()
        with recording("query") as inner:
            inner.begin()
            inner.know(rows=36)
        assert inner is outer
    assert [run.get("rows") for run in read_runs()] == [36]


def test_a_query_of_a_bulk_is_a_run_of_its_own(state: Path) -> None:
    with recording("bulk") as outer:
        outer.begin()
        for rows in (1, 2):
            with recording("query") as inner:
                inner.begin()
                inner.know(rows=rows)
    assert [(run["job"], run.get("rows")) for run in read_runs()] == [("bulk", None), ("query", 1), ("query", 2)]


def test_a_query_after_a_query_is_a_run_of_its_own(state: Path) -> None:
    with recording("query") as outer:
        outer.begin()
        with recording("query") as first, recording("query") as second:
            second.begin()
        assert first is outer
        assert second is not outer
    assert len(read_runs()) == 2


def test_who_did_not_begin_says_nothing(state: Path) -> None:
    with recording("query"):
        pass
    assert read_runs() == []


def test_what_was_refused_before_it_began_is_in_the_history(state: Path) -> None:
    with pytest.raises(UsageError), recording("query"):
        raise UsageError("no such engine")
    assert [(run["outcome"], run["error"]) for run in read_runs()] == [("failed", "no such engine")]


def test_a_run_that_another_process_does_is_one_run(state: Path) -> None:
    with recording("query") as outer:
        # As the process does that is started here.
        with outer.handed_on(), recording("other") as other:
            assert other.id == outer.id
            other.begin()
        outer.ended_elsewhere(0)
    assert HANDED_ON not in os.environ
    assert [run["outcome"] for run in read_runs()] == ["succeeded"]


@pytest.mark.parametrize(("code", "outcome"), [(137, "killed"), (1, "failed")])
def test_a_process_that_could_not_say_how_it_ended_has_ended_so(state: Path, code: int, outcome: str) -> None:
    with recording("query", "spec.toml") as run:
        run.ended_elsewhere(code)
    (found,) = read_runs()
    assert (found["outcome"], found["exit_code"], found["job"]) == (outcome, code, "query")


def test_what_a_process_has_said_of_its_end_is_kept(state: Path) -> None:
    with recording("query") as run:
        append(END, run.id, {**beginning("query", None), "outcome": "failed", "exit_code": 4, "error": "wrong"})
        run.ended_elsewhere(4)
    assert [(found["exit_code"], found["error"]) for found in read_runs()] == [(4, "wrong")]


def test_the_log_begins_and_ends_with_the_run(state: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    ids: list[str] = []

    def fail() -> None:
        with recording("query", "a.toml", heard.append, tmp_path / "log.jsonl") as run:
            ids.append(run.id)
            run.begin()
            run.know(query="by_state", rows=3)
            _work(run.progress)
            raise DataError("wrong")

    with pytest.raises(DataError):
        fail()
    entries = [json.loads(one) for one in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [one["event"] for one in entries] == [
        "run_begun",
        "stage_begun",
        "stage_done",
        "stage_begun",
        "stage_failed",
        "run_ended",
    ]
    last = entries[-1]
    assert (last["outcome"], last["exit_code"], last["error"], last["rows"]) == ("failed", 4, "wrong", 3)
    assert (last["query"], last["level"], last["run"]) == ("by_state", "error", ids[0])
    assert heard == ["planning", "writing"]


def _work(progress: Progress) -> None:
    with stage(progress, "planning"):
        pass
    progress("writing")


def test_a_run_inside_another_logs_in_that_one(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSGRID_LOG", str(tmp_path / "log.jsonl"))
    with recording("bulk") as outer:
        outer.begin()
        with recording("query", None, outer.progress) as inner:
            inner.begin()
            _work(inner.progress)
    entries = [json.loads(one) for one in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {one["run"] for one in entries} == {outer.id}
    assert sum(one["event"] == "stage_begun" for one in entries) == 2


# Looking back --------------------------------------------------------------------------------------------------------


@pytest.fixture
def some(state: Path) -> None:
    add("aa11", query="old", project="west@1.0.0", ago=timedelta(days=3), rows=10, bytes=2_000, engine="sail")
    add("aa22", query="new", project="west@2.0.0", ago=timedelta(hours=2), reused="answered from the cache", rows=1_000)
    add("bb33", job="register_dataset", outcome="failed", exit_code=4, error="wrong", ago=timedelta(hours=1))
    add("cc44", query="new", project="east@1.0.0", outcome="stopped", exit_code=130)


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        ({}, ["cc44", "bb33", "aa22", "aa11"]),
        ({"project": "west"}, ["aa22", "aa11"]),
        ({"project": "west@1.0.0"}, ["aa11"]),
        ({"query": "new"}, ["cc44", "aa22"]),
        ({"job": "register_dataset"}, ["bb33"]),
        ({"failed": True}, ["cc44", "bb33"]),
        ({"since": "90min"}, ["cc44", "bb33"]),
        ({"since": "2d", "query": "new", "failed": True}, ["cc44"]),
        ({"since": "2000-01-01", "limit": 2}, ["cc44", "bb33"]),
        ({"project": "nowhere"}, []),
    ],
)
def test_runs_are_listed_newest_first_if_they_pass_all_filters(choice: dict[str, Any], ids: list[str]) -> None:
    assert [run["id"] for run in past_runs(**choice).runs] == ids


@pytest.mark.usefixtures("some")
def test_a_row_says_what_ran_how_long_how_large_and_how_it_ended() -> None:
    rows = {row["id"]: row for row in past_runs().rows()}
    assert rows["aa11"] | {"when": ""} == {
        "id": "aa11",
        "when": "",
        "job": "query",
        "what": "old",
        "time": "1.0 s",
        "rows": 10,
        "size": "2.0 kB",
        "engine": "sail",
        "outcome": "succeeded",
        "error": "",
    }
    assert rows["aa22"]["engine"] == "cache"
    add("dd55", reused="3 parts of an earlier run", engine="sail")
    assert past_runs(limit=1).rows()[0]["engine"] == "sail"
    assert (rows["bb33"]["what"], rows["bb33"]["error"]) == ("spec.toml", "wrong")
    assert past_runs(limit=2).report() == "5 runs, the newest 2 shown"


@pytest.mark.usefixtures("some")
def test_a_run_is_shown_by_the_first_digits_of_its_id() -> None:
    assert show_run("bb")["error"] == "wrong"
    shown = lines_of(show_run("bb33"))
    assert (shown["outcome"], shown["exit code"], shown["error"]) == ("failed", 4, "wrong")
    with pytest.raises(NotFoundError, match='there is no run "cc45"; did you mean "cc44"'):
        show_run("cc45")
    with pytest.raises(NotFoundError, match='2 runs begin with "aa": aa11, aa22'):
        show_run("aa")
    with pytest.raises(NotFoundError, match='there is no run ""'):
        show_run("")


@pytest.mark.parametrize("text", ["yesterday", "2 fortnights", "", "-3d", "2026-13-01"])
def test_what_is_neither_an_age_nor_a_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is neither an age such as"):
        moment(text)


@pytest.mark.parametrize("text", ["999999w", "99999d", "0001-01-01"])
def test_an_age_may_reach_back_before_all_time(text: str) -> None:
    assert moment(text) < datetime.now(UTC)


def test_what_an_old_or_a_strange_version_has_written_is_listed_all_the_same(state: Path) -> None:
    odd = {"seconds": "long", "rows": None, "bytes": "many", "seconds_of": 3, "work": [], "engine": 7}
    odd["started"] = "then"
    append(END, "1", {**beginning("query", None), **odd})
    assert past_runs().rows()[0]["outcome"] == "unknown"
    assert lines_of(show_run("1"))["id"] == "1"
    assert past_runs(since="1d").total == 1


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test leaves a run open for the next."""
    yield
    with recording("probe") as run:
        assert run.job == "probe"
