"""On a Slurm that enforces memory limits: what was killed is told, with the node, whatever the state of the job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.slurm.clusters import cluster
from tests.slurm.slurm_client import wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

HOG = """
import pathlib, sys
pathlib.Path(sys.argv[1]).write_text("0")  # into the cgroup of the step
held = [bytearray(50_000_000) for _ in range(200)]
"""


def cgroup_of(pid: int, controller: str) -> Path:
    """Return the folder of a process's cgroup."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == controller:
            return Path(f"/sys/fs/cgroup/{controller}{path}")
    raise AssertionError(f"{pid} has no cgroup of {controller}")


def test_a_worker_has_no_more_memory_than_its_job(cg, tmp_path):
    with cluster(cg, tmp_path) as it:
        step = cgroup_of(it.process("Worker", "cg2").pid, "memory")
        assert f"job_{it.job}" in step.parts
        stat = dict(line.split() for line in (step / "memory.stat").read_text().splitlines())
        assert int(stat["hierarchical_memory_limit"]) <= 4000 << 20, "what Slurm has set for the step, or above it"
        # What a task of an executor might do.
        hog = subprocess.run([sys.executable, "-c", HOG, str(step / "cgroup.procs")], check=False, timeout=60)
        assert hog.returncode == -9
        assert it.workers() == ["127.0.0.11", "127.0.0.12"], "the largest one was killed, not the worker"
        cg.signal(it.job, "USR1")
        job = it.wait(30)
    said = job.output.partition("end:")[2] or job.output
    assert "cg2" in said, job.output
    assert "memory" in said, job.output
    assert any("memory" in str(loss) and "cg2" in str(loss) for loss in it.account["losses"]), it.account
    assert cg.leftovers(it.job) == []


def test_a_process_that_leaves_its_step_ends_with_the_job(cg, tmp_path):
    with cluster(cg, tmp_path) as it:
        runaway = subprocess.Popen(["sleep", "300"], start_new_session=True)
        try:
            step = cgroup_of(it.process("Worker", "cg2").pid, "freezer")
            (step / "cgroup.procs").write_text(str(runaway.pid))
            cg.cancel(it.job)
            assert it.wait(30).state == "CANCELLED"
            wait_until(lambda: runaway.poll() is not None, 20, "the end of a process outside the process tree")
        finally:
            runaway.kill()
            runaway.wait()
