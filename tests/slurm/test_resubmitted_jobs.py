"""A job that runs out of time: what is finished is kept, and the same spec submitted again goes on with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.slurm.queries import OTHER, assert_new_and_the_same, result
from tests.slurm.slurm_client import wait_until

pytestmark = pytest.mark.slurm
SCRIPT = Path(__file__).resolve().parents[2] / "slurm/single_node.sbatch"
SMALL = ("--cpus-per-task=2", "--mem=2000M", "--time=10")
IN_PARTS = ("--engine", "sail", "--no-cache", "--parts", "50")


def held(slurm, project):
    """Return a job that is held when it has finished a part, and its driver; they take a tenth of a second each."""
    for _ in range(5):
        id_ = slurm.submit(*SMALL, SCRIPT, OTHER, *IN_PARTS, cwd=project)
        output = Path(slurm.fields(id_)["StdOut"])
        wait_until(lambda output=output: output.is_file() and "part 2 of" in output.read_text(), 60, "the second part")
        drivers = [each.pid for each in slurm.processes_of(id_) if "-m dsgrid run" in each.command]
        for pid in drivers:
            os.kill(pid, signal.SIGSTOP)
        if drivers and "publishing" not in output.read_text():
            return id_, drivers
        for pid in drivers:
            os.kill(pid, signal.SIGCONT)
        slurm.wait(id_, 60)
    raise AssertionError("it was over each time before it could be held")


def test_what_is_finished_when_the_time_is_over_is_not_computed_again(slurm, project):
    id_, drivers = held(slurm, project)
    before = result(project, OTHER)
    slurm.signal(id_, "USR1")
    slurm.wait_for_output(id_, "the time limit is near", 30)
    for pid in drivers:
        os.kill(pid, signal.SIGCONT)
    job = slurm.wait(id_, 60)
    assert (job.state, job.exit_code) == ("FAILED", "124:0"), job.output
    assert "goes on with what is finished" in job.output
    assert slurm.leftovers(id_) == []
    assert result(project, OTHER)[0] == before[0], "nothing half is published"

    again = slurm.wait(slurm.submit(*SMALL, SCRIPT, OTHER, *IN_PARTS, cwd=project), 60)
    assert (again.state, again.exit_code) == ("COMPLETED", "0:0"), again.output
    assert "were finished by an earlier run" in again.output or "was finished by an earlier run" in again.output
    assert "part 1 of" in again.output
    assert_new_and_the_same(before, result(project, OTHER), "sail")
