"""The tests of Slurm see what they look for: what a job leaves, on which node, and the end of all at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.slurm.private_slurm import missing
from tests.slurm.processes import all_processes
from tests.slurm.slurm_client import wait_until

pytestmark = pytest.mark.slurm


def test_what_a_job_leaves_on_a_node_is_seen(slurm, tmp_path):
    script = tmp_path / "leave.sh"
    script.write_text('#!/bin/bash\nsetsid --fork sleep 300 >/dev/null 2>&1\nmkdir "$1/dsgrid-0"\n')
    job = slurm.submit("--nodelist=node2", script, slurm.scratch("node2"), cwd=tmp_path)
    assert slurm.wait(job, 20).state == "COMPLETED"
    left = slurm.leftovers(job)
    assert left == [f"node2: process {slurm.processes_of(job)[0].pid} sleep 300"], left
    assert slurm.leftovers() == [*left, str(slurm.scratch("node2") / "dsgrid-0")]
    assert slurm.processes_of(job, "node1") == []
    slurm.processes_of(job)[0].kill()
    (slurm.scratch("node2") / "dsgrid-0").rmdir()
    wait_until(lambda: slurm.leftovers() == [], 5)


def test_nothing_of_a_slurm_outlives_whoever_started_it(tmp_path):
    if reason := missing():
        pytest.skip(reason)
    script = tmp_path / "hold.py"
    script.write_text(
        "import time, pathlib, sys\n"
        "from tests.slurm.private_slurm import PrivateSlurm\n"
        "with PrivateSlurm(pathlib.Path(sys.argv[1])) as slurm:\n"
        "    supplies = [node.supply.pid for node in slurm.nodes.values()]\n"
        "    print(*supplies, flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, script, tmp_path / "slurm"]
    (tmp_path / "slurm").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        try:
            supplies = [int(word) for word in holder.stdout.readline().split()]
            conf = {**os.environ, "SLURM_CONF": str(tmp_path / "slurm/slurm.conf")}
            run = ["sbatch", "--nodes=3", "--output=/dev/null", "--wrap=srun sleep 600"]
            subprocess.run(run, env=conf, check=True, timeout=20, capture_output=True)
            wait_until(lambda: len(below(tmp_path)) == 3, 20, "a task on each node")
        finally:
            holder.kill()
    wait_until(lambda: not below(tmp_path) and not [pid for pid in supplies if alive(pid)], 15, "the end of all")


def below(folder):
    """The tasks `sleep 600` of the Slurm in a folder."""
    conf = str(folder / "slurm/slurm.conf")
    sleeping = (each for each in all_processes() if each.command.endswith("sleep 600") and "srun" not in each.command)
    return [each for each in sleeping if each.environment.get("SLURM_CONF") == conf]


def alive(pid):
    return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes()
