"""Event logs are found in all run folders of a job; the history server is started on links to them, on the loopback."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from submitted import Slurm, account, row, submitted

from dsgrid.cluster import history
from dsgrid.cluster.history import event_logs, serve_history
from dsgrid.cluster.known import chosen_all, known_jobs
from dsgrid.errors import EngineError, NotFoundError, UsageError

SERVER = f"""#!{sys.executable}
import os, sys
settings = dict(line.split(" ", 1) for line in open(sys.argv[3]).read().splitlines())
logs = settings["spark.history.fs.logDirectory"].removeprefix("file://")
with open(os.environ["SEEN"], "w") as file:
    for name in sorted(os.listdir(logs)):
        print(name, os.path.isdir(os.path.join(logs, name)), file=file)
    for name in ("SPARK_LOCAL_IP", "SPARK_CONF_DIR", "SPARK_HISTORY_OPTS"):
        print(name, os.environ.get(name), file=file)
    print(sys.argv[1], settings["spark.history.ui.port"], file=file)
{{ending}}
"""
STARTS = """
import time
print("INFO HistoryServer: Bound HistoryServer to 127.0.0.1, and started at http://localhost:4711", flush=True)
time.sleep(0.3)
"""


@pytest.fixture
def spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Spark whose server says that it has started, and ends."""
    home = tmp_path / "spark home"
    (home / "bin").mkdir(parents=True)
    for name in ("spark-class", "spark-submit"):
        path = home / "bin" / name
        path.write_text(SERVER.format(ending=STARTS))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("SPARK_HOME", str(home))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("SPARK_HISTORY_OPTS", "-Dmine=1")
    monkeypatch.setattr(history, "require_java", lambda: None)
    return home


@pytest.fixture
def runs(queued: Slurm, tmp_path: Path) -> Path:
    for number in ("12", "13"):
        submitted(number, run=str(tmp_path / f"run-{number}"))
        for again in ("", ".r1"):
            events = account(tmp_path / f"run-{number}{again}") / "events"
            (events / f"eventlog_v2_app-1{again}").mkdir(parents=True)
            (events / ".hidden").touch()
    queued.queue(row("12", "COMPLETED"), row("13", "COMPLETED"))
    return tmp_path


def test_the_logs_of_all_tries_of_all_jobs_are_shown(runs: Path, spark: Path) -> None:
    said: list[str] = []
    with pytest.raises(EngineError, match="the history server ended: "):
        serve_history(["12", "13"], said.append)
    seen = (runs / "seen").read_text().splitlines()
    names = ["eventlog_v2_app-1", "eventlog_v2_app-1.r1", "eventlog_v2_app-1.r1_2", "eventlog_v2_app-1_2"]
    assert seen[:4] == [f"{name} True" for name in names], "also two of the same name"
    assert seen[4] == "SPARK_LOCAL_IP 127.0.0.1"
    assert not Path(seen[5].split()[1]).exists(), "its folder is removed"
    assert seen[6:] == ["SPARK_HISTORY_OPTS None", "org.apache.spark.deploy.history.HistoryServer 0"]
    assert said[:2] == ["4 event logs of job 12, 13", "http://127.0.0.1:4711"]
    assert any(line.startswith("  ssh -N -L 18080:127.0.0.1:4711 ") for line in said)
    assert all(log.is_dir() for log in event_logs(chosen_all(["12", "13"], known_jobs()))), "the logs are still there"


def test_a_server_that_does_not_start_is_told_with_what_it_said(runs: Path, spark: Path) -> None:
    (spark / "bin/spark-class").write_text(SERVER.format(ending='sys.exit("Address already in use")'))
    with pytest.raises(EngineError, match=r"the history server ended at once: (.|\n)*Address already in use"):
        serve_history(["12"], pytest.fail)


def test_a_job_without_event_logs_is_told(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "run"))
    submitted("13")
    queued.queue(row("12"), row("13", "PENDING"))
    with pytest.raises(NotFoundError, match=r"job 12 has no event logs in .*/run/events; only Spark writes them"):
        serve_history(["12"], pytest.fail)
    with pytest.raises(NotFoundError, match="job 13 has no event logs: it has not begun"):
        serve_history(["13"], pytest.fail)
    with pytest.raises(UsageError, match="port 70000 is no port"):
        serve_history(["12"], pytest.fail, port=70_000)


def test_a_folder_that_cannot_be_read_has_no_logs(runs: Path) -> None:
    (runs / "run-12/events").rename(runs / "away")
    (runs / "run-12/events").write_text("no folder")
    assert len(event_logs(chosen_all(["12"], known_jobs()))) == 1
