"""How to use the cluster of a job is told while it can be used, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from submitted import Slurm, account, row, submitted

from dsgrid.cluster.connect import Connection, write_connection
from dsgrid.cluster.connecting import how_to_connect
from dsgrid.errors import ClusterError, NotFoundError

HERE = Connection("7", "node1", "127.0.0.1", 41917, "hush-hush", "spark://10.0.0.1:7077", "me", "login1")


@pytest.fixture
def run(queued: Slurm, tmp_path: Path) -> Path:
    """The run folder of an interactive job that runs."""
    queued.queue(row("7"))
    folder = tmp_path / "dsgrid-7"
    submitted("7", kind="interactive", run=str(folder))
    return account(folder, over=False, kind="interactive", master="spark://10.0.0.1:7077")


def test_a_server_is_told_with_its_token_to_who_asks(run: Path) -> None:
    write_connection(run, HERE)
    assert "export SPARK_CONNECT_AUTHENTICATE_TOKEN=hush-hush" in how_to_connect("7").report()


def test_a_cluster_without_a_server_is_told_with_its_folder_of_configuration(run: Path) -> None:
    (run / "client").mkdir()
    lines = how_to_connect("7").report().splitlines()
    assert lines[0].split() == ["export", f"SPARK_CONF_DIR={run / 'client'}"]
    assert lines[1].split() == ["dsgrid", "run", "SPEC", "--master", "spark://10.0.0.1:7077"]


def test_a_server_that_is_not_there_yet_is_told(run: Path) -> None:
    with pytest.raises(ClusterError, match=r"server of job 7 is not there \(the job is running"):
        how_to_connect("7")


def test_a_job_that_is_over_has_nothing_to_connect_to(run: Path, queued: Slurm) -> None:
    write_connection(run, HERE)  # as a job that was killed leaves it
    queued.queue(row("7", "CANCELLED"))
    with pytest.raises(ClusterError, match="job 7 is over"):
        how_to_connect("7")


def test_a_job_of_a_spec_has_no_server(queued: Slurm, tmp_path: Path) -> None:
    queued.queue(row("8"))
    submitted("8", kind="cluster", run=str(tmp_path / "dsgrid-8"))
    account(tmp_path / "dsgrid-8", over=False)
    with pytest.raises(NotFoundError, match="job 8 has no Spark Connect server"):
        how_to_connect("8")
