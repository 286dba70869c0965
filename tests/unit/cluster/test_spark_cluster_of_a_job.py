"""The cluster of a job: its steps are told to end until they do, and of many nodes a few are quoted."""

from __future__ import annotations

import subprocess
import time
from types import SimpleNamespace

import pytest

from dsgrid.cluster import spark_cluster as module
from dsgrid.cluster.conf import new_secrets
from dsgrid.cluster.ending import WORKERS, EndingError
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.spark_cluster import SparkCluster
from dsgrid.errors import ClusterError


@pytest.fixture
def cluster(tmp_path):
    """Make a cluster of some nodes, none of which has started anything."""

    def make(count):
        workers = tuple(Node(f"n{number:03}", f"127.0.1.{number}", 2, 4000) for number in range(count))
        granted = Granted("12", workers[0], workers)
        folder = Folder(tmp_path / "dsgrid-12")
        folder.make()
        batch = SimpleNamespace(granted=granted, folder=folder, job_of_steps="12")
        sizes = SimpleNamespace(executors=(1,) * count)
        return SparkCluster(batch, sizes, new_secrets(), lambda _text: None)

    return make


def test_steps_are_told_again_where_slurm_was_too_busy(cluster, monkeypatch):
    told = []

    def signal_steps(steps, name):
        told.append((tuple(steps), name))
        if len(told) == 1:
            raise ClusterError("scancel did not answer")
        for each in started:
            each.terminate()

    monkeypatch.setattr(module.slurm, "steps", lambda _job: {"spark-worker": ["12.0", "12.1"], "batch": ["12.batch"]})
    monkeypatch.setattr(module.slurm, "signal_steps", signal_steps)
    monkeypatch.setattr(module, "_AGAIN", 0.1)
    it = cluster(2)
    started = [subprocess.Popen(["sleep", "60"]) for _ in it.nodes]
    it._steps = dict(zip(it.nodes, started, strict=True))
    begun = time.monotonic()
    it.stop(10.0)
    assert time.monotonic() - begun < 5
    assert told == [(("12.0", "12.1"), "USR1")] * 2


def test_of_many_nodes_that_are_missing_all_are_named_and_the_logs_of_some_are_quoted(cluster):
    it = cluster(30)
    (it.batch.folder.log / "step-n003.log").write_text("no space left\n")
    with pytest.raises(EndingError) as caught:
        it.wait(0.0)
    end = caught.value
    assert end.code == WORKERS
    assert all(name in end.reason for name in it.nodes)
    assert "n003:\nno space left\n" in end.detail
    assert end.detail.endswith("n009:\n  it has said nothing\nand 20 more")


def test_a_cluster_without_workers_is_none_whatever_is_enough(cluster):
    with pytest.raises(EndingError, match="0 of 2 did"):
        cluster(2).wait(0.0, 0)


def test_daemons_have_threads_for_a_few_cores_and_what_the_user_says_comes_last(cluster):
    it = cluster(2)
    it.batch.java_flags = "-XX:+UseSerialGC"
    assert it._daemon_flags == "-XX:ActiveProcessorCount=2 -XX:+UseSerialGC"
    large = Node("n9", "127.0.1.9", 104, 240_000)
    it.batch.granted, it.batch.java_flags = Granted("12", large, (large,)), ""
    assert it._daemon_flags == "-XX:ActiveProcessorCount=4"
