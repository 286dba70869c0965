"""What a cluster gets over, what it does not, and that it says which node it was."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from tests.slurm.clusters import cluster
from tests.slurm.slurm_client import wait_until

pytestmark = pytest.mark.slurm


def test_a_killed_worker_is_started_again_and_a_lost_node_survived(slurm, tmp_path):
    with cluster(slurm, tmp_path, nodes=3) as it:
        there = it.workers()
        assert {"127.0.0.12", "127.0.0.13"} <= set(there)
        before = it.process("Worker", "node2")
        before.kill()
        wait_until(lambda: it.log("master.log").count("Registering worker 127.0.0.12") == 2, 20, "the worker to return")
        assert it.workers() == there
        assert it.process("Worker", "node2").pid != before.pid
        try:
            slurm.kill_node("node3", told=True)
            slurm.wait_for_output(it.job, "node3 is lost", 30)
            assert it.workers() == [address for address in there if address != "127.0.0.13"]
            assert slurm.fields(it.job)["JobState"] == "RUNNING"
            slurm.signal(it.job, "USR1")
            job = it.wait(30)
            assert job.exit_code == "124:0", job.output
        finally:
            slurm.restore_node("node3")
        assert "node2" in job.output.partition("end: exit code")[2], "the summary names the node whose worker died"
        assert slurm.leftovers(it.job) in ([], [str(slurm.scratch("node3") / f"dsgrid-{it.job}")])
        shutil.rmtree(slurm.scratch("node3") / f"dsgrid-{it.job}", ignore_errors=True)


def test_a_node_that_never_starts_its_worker_is_named_with_the_end_of_its_log(slurm, tmp_path):
    java = java_that_fails_on("node2", tmp_path)
    with cluster(slurm, tmp_path, up=False, JAVA_HOME=str(java), DSGRID_WORKERS_WAIT="60") as it:
        job = it.wait(60)
    assert (job.state, job.exit_code) == ("FAILED", "72:0"), job.output
    assert "no worker came up on node2; 1 of 2 did" in job.output
    assert "this disk has no Java" in job.output
    assert slurm.leftovers(it.job) == []


@pytest.mark.slow
def test_a_cluster_may_begin_without_a_node_if_that_is_wanted(slurm, tmp_path):
    java = java_that_fails_on("node2", tmp_path)
    wanted = {"JAVA_HOME": str(java), "DSGRID_WORKERS_MIN": "1", "DSGRID_WORKERS_WAIT": "60"}
    with cluster(slurm, tmp_path, **wanted) as it:
        assert it.workers() == ["127.0.0.11"]
        assert "going on without node2" in slurm.output(it.job)


def java_that_fails_on(node: str, folder: Path) -> Path:
    """Return a JAVA_HOME whose Java does not start on one node."""
    found = shutil.which("java")
    if found is None:
        pytest.skip("there is no Java here")
    home = os.environ.get("JAVA_HOME")
    real = Path(home, "bin/java") if home else Path(found)
    script = folder / "java/bin/java"
    script.parent.mkdir(parents=True)
    script.write_text(
        f'#!/bin/bash\nif [[ ${{SLURMD_NODENAME:-}} == {node} ]]; then echo "this disk has no Java" >&2; exit 1; fi\n'
        f'exec "{real}" "$@"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder / "java"
