"""What batch scripts share, in the shell: which Python they take, and a signal before it is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SLURM = Path(__file__).parents[3] / "slurm"
SCRIPT = f"set -euo pipefail; DSGRID_SLURM={SLURM}; source {SLURM}/cluster.sh; lead single a.toml"


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DSGRID_", "SLURM_"))}
    return {**kept, **more}


def ran(script=SCRIPT, **more):
    command = ["bash", "-c", script]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=30, check=False)


def test_a_python_that_was_asked_for_is_not_replaced_by_another(tmp_path):
    for wrong in (str(tmp_path / "none/python"), "/bin/false"):
        done = ran(DSGRID_PYTHON=wrong)
        assert done.returncode == 64
        assert done.stderr.startswith(f"error: DSGRID_PYTHON is {wrong}, which is no Python with dsgrid")


def test_the_right_python_gets_the_spec(tmp_path):
    done = ran(DSGRID_PYTHON=sys.executable)
    assert (done.returncode, "this is a batch script" in done.stderr) == (64, True)


def test_a_time_limit_that_is_near_before_python_is_there_is_told(tmp_path):
    slow = tmp_path / "python"
    slow.write_text("#!/bin/bash\necho began >&2\nsleep 0.5\n")
    slow.chmod(0o755)
    with subprocess.Popen(
        ["bash", "-c", SCRIPT.replace("lead single", "echo up; lead single")],
        env=environment(DSGRID_PYTHON=str(slow)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGUSR1)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 124
    assert "error: the time limit is near, and nothing has begun yet" in said


@pytest.mark.parametrize("script", sorted(SLURM.glob("*.sbatch")), ids=lambda script: script.stem)
def test_a_batch_script_without_slurm_says_what_it_is(script):
    done = subprocess.run(["bash", script, "a.toml"], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "this is a batch script: sbatch" in done.stderr
