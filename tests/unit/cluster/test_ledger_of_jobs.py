"""The ledger of submitted jobs: no job fails of it, no line is lost, and no two jobs with one number are mixed."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from submitted import ago, newest, submitted

from dsgrid.cluster import ledger
from dsgrid.cluster.ledger import NAME, OLDER, Entry, close, entries, moment_of_slurm, record, record_started

pytestmark = pytest.mark.usefixtures("state_folder")


def test_what_was_recorded_comes_back(state_folder: Path) -> None:
    entry = Entry(
        "12_3",
        ago(minutes=5),
        cluster="here",
        spec="/a/ü b.toml",
        arguments=("--set", "year=2030"),
        folder="/a",
        run="/a/runs/dsgrid-12",
        output="/a/%j.out",
        script="/a/x.sbatch",
        kind="cluster",
        nodes=4,
    )
    record(entry)
    assert entries() == [entry]
    assert (state_folder / NAME).stat().st_mode & 0o077 == 0, "it names folders and what is computed there"


def test_a_file_name_that_is_no_text_comes_back_as_it_was() -> None:
    submitted("1", spec=os.fsdecode(b"/a/\xff.toml"))
    assert os.fsencode(entries()[0].spec) == b"/a/\xff.toml"


@pytest.mark.parametrize("place", [os.devnull, "/proc/nothing/here", "/dev/full"])
def test_where_nothing_can_be_written_there_is_no_ledger_and_no_error(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSGRID_STATE", place)
    entry = submitted("1")
    record_started(entry)
    close([(entry, {"state": "COMPLETED"})])
    assert not record(entry)
    assert entries() == []


def test_damaged_lines_are_skipped_and_spoil_no_other(state_folder: Path) -> None:
    submitted("1")
    with (state_folder / NAME).open("ab") as file:
        file.write(b'null\n[]\n\xff\n{"job": 7}\n{"job": {"id": "8"}}\n{"job": {"id": 9, "submitted": "x"}}\n')
        file.write(b'{"ended": {}}\n' + b"[" * 100_000 + b'\n{"job": {"id": "5", "submi')
    submitted("2")
    assert [entry.id for entry in entries()] == ["1", "2"]


def test_a_value_that_is_none_of_its_kind_is_left_out(state_folder: Path) -> None:
    state_folder.mkdir()
    line = {"id": "1", "submitted": ago(minutes=1), "nodes": "many", "spec": 7, "arguments": "x", "new": 1}
    (state_folder / NAME).write_text(json.dumps({"job": line}))
    (entry,) = entries()
    assert (entry.nodes, entry.spec, entry.arguments) == (0, "", ())


def _write(worker: int) -> None:
    for number in range(25):
        record(Entry(f"{worker}-{number}", ago(minutes=1), spec="/x" * 3_000))


def test_many_processes_at_once_lose_nothing() -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write, args=(worker,)) for worker in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {entry.id for entry in entries()} == {f"{worker}-{n}" for worker in range(6) for n in range(25)}
    assert all(len(entry.spec) == 6_000 for entry in entries())


def test_the_file_does_not_grow_for_ever(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LARGEST_FILE", 5_000)
    for number in range(100):
        submitted(str(number), submitted=ago(minutes=200 - number))
    sizes = [path.stat().st_size for path in (state_folder / NAME, state_folder / OLDER) if path.exists()]
    assert max(sizes) < 6_000
    found = [entry.id for entry in entries()]
    assert found == [str(number) for number in range(100 - len(found), 100)]
    assert len(found) > 20


def test_a_lock_that_somebody_keeps_holds_nobody_up_for_long(
    state_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import fcntl

    monkeypatch.setattr(ledger, "LOCK_SECONDS", 0.05)
    state_folder.mkdir()
    with (state_folder / ledger.LOCK).open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        submitted("1")
    assert [entry.id for entry in entries()][-1] == "1"


# Which job a number means --------------------------------------------------------------------------------------------


def test_two_clusters_have_jobs_of_the_same_number() -> None:
    submitted("12", cluster="here", spec="/a.toml")
    submitted("12", cluster="there", spec="/b.toml")
    assert newest("12").spec == "/a.toml"
    assert newest("12", "there").spec == "/b.toml"


def test_a_slurm_that_counts_anew_makes_another_job() -> None:
    submitted("12", submitted=ago(days=20), spec="/old.toml")
    submitted("12", submitted=ago(minutes=3), spec="/new.toml")
    assert [entry.spec for entry in entries()] == ["/old.toml", "/new.toml"]
    assert newest("12").spec == "/new.toml"


@pytest.mark.parametrize("first", ["submit", "job"])
def test_a_job_that_begins_before_its_submission_is_written_is_there_once(first: str) -> None:
    def submit() -> None:
        submitted("12", submitted=ago(seconds=60), spec="/a.toml", script="/x.sbatch")

    def begin() -> None:
        record_started(Entry("12", ago(seconds=61), cluster="here", spec="/tmp/a.toml", run="/runs/dsgrid-12"))

    for step in (submit, begin) if first == "submit" else (begin, submit):
        step()
    (entry,) = entries()
    assert (entry.spec, entry.script, entry.by) == ("/a.toml", "/x.sbatch", "submit")
    assert entry.run == "/runs/dsgrid-12", "what only the job knows"


def test_where_it_runs_the_job_itself_knows_best() -> None:
    submitted("12", run="/runs/dsgrid-12")
    submitted("13", run="/runs/dsgrid-13")
    record_started(Entry("12", ago(seconds=61), cluster="here", run="/elsewhere/dsgrid-12"))
    record_started(Entry("13", ago(seconds=61), cluster="here", run="/runs/dsgrid-13.r2"), restarts=2)
    assert [entry.run for entry in entries()] == ["/elsewhere/dsgrid-12", "/runs/dsgrid-13"]


def test_a_job_that_knows_nothing_new_writes_nothing(state_folder: Path) -> None:
    entry = submitted("12", run="/runs/dsgrid-12")
    size = (state_folder / NAME).stat().st_size
    record_started(entry)
    assert (state_folder / NAME).stat().st_size == size


def test_a_job_that_was_put_back_into_the_queue_is_the_same_job() -> None:
    submitted("12", submitted=ago(hours=5))
    record_started(Entry("12", ago(minutes=1), cluster="here", run="/runs/dsgrid-12.r1"), restarts=1)
    record_started(Entry("12", ago(minutes=1), cluster="here", run="/runs/dsgrid-12.r2"), restarts=2)
    (entry,) = entries()
    assert entry.run == "/runs/dsgrid-12.r1"


def test_a_job_that_sbatch_submitted_records_itself() -> None:
    record_started(Entry("12", ago(minutes=1), cluster="here"))
    assert [(entry.id, entry.by) for entry in entries()] == [("12", "sbatch")]


# Ends ----------------------------------------------------------------------------------------------------------------


def test_an_end_that_was_seen_is_kept_with_its_job_and_written_once(state_folder: Path) -> None:
    submitted("12", submitted=ago(days=20))
    submitted("12")
    submitted("12", cluster="there")
    close([(newest("12"), {"state": "CANCELLED", "elapsed": "", "code": 0})])
    size = (state_folder / NAME).stat().st_size
    close([(newest("12"), {"state": "CANCELLED", "elapsed": "", "code": 0})])
    assert (state_folder / NAME).stat().st_size == size
    assert [dict(entry.end) for entry in entries() if entry.end] == [{"state": "CANCELLED", "code": 0}]
    assert newest("12").end["state"] == "CANCELLED"


@pytest.mark.parametrize("text", ["Unknown", "", "N/A", "2026-13-01T00:00:00", "0001-01-01T00:00:00"])
def test_what_is_no_moment_of_slurm_is_none(text: str) -> None:
    assert moment_of_slurm(text) in ("", "0001-01-01T00:00:00+00:00")


def test_a_moment_of_slurm_is_by_the_local_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/Denver")
    time.tzset()
    try:
        assert moment_of_slurm("2026-07-01T08:00:00") == "2026-07-01T14:00:00+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()
