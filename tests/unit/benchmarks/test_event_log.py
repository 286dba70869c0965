"""What is read out of Spark's event log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.event_log import Work, read_work, settings, work_of


def event(kind: str, **more: Any) -> str:
    return json.dumps({"Event": f"SparkListener{kind}", **more}, separators=(",", ":")) + "\n"


def task(written: int) -> str:
    metrics = {"Shuffle Write Metrics": {"Shuffle Bytes Written": written, "Shuffle Records Written": 7}}
    return event("TaskEnd", **{"Stage ID": 1, "Task Metrics": metrics})


LOG = [
    event("LogStart", **{"Spark Version": "4.2.1"}),
    event("JobStart", **{"Job ID": 0}),
    task(100),
    task(20),
    event("JobEnd", **{"Job ID": 0}),
    event("JobStart", **{"Job ID": 1}),
    event("StageCompleted", Accumulables="SparkListenerJobStart"),
    task(3),
]


def test_jobs_are_counted_and_bytes_of_tasks_added() -> None:
    assert work_of(LOG) == Work(jobs=2, shuffle_bytes=123)


def test_a_task_that_was_killed_has_shuffled_nothing() -> None:
    assert work_of([event("TaskEnd", **{"Stage ID": 1}), *LOG]) == work_of(LOG)


def test_logs_of_a_folder_are_added(tmp_path: Path) -> None:
    (tmp_path / "local-1").write_text("".join(LOG))
    (tmp_path / "local-2").write_text(task(1000))
    (tmp_path / ".local-1.crc").write_bytes(b"\xff\x00")
    assert read_work(tmp_path) == Work(jobs=2, shuffle_bytes=1123)


def test_a_run_without_a_log_has_no_work(tmp_path: Path) -> None:
    assert read_work(tmp_path) is None


def test_the_log_goes_to_the_folder_in_one_plain_file(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found["spark.eventLog.dir"] == f"file://{tmp_path}"
    assert found["spark.eventLog.compress"] == found["spark.eventLog.rolling.enabled"] == "false"
