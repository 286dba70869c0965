"""What Slurm is asked, and what is made of its answers."""

from __future__ import annotations

import pytest

from dsgrid.cluster import slurm
from dsgrid.errors import ClusterError


@pytest.fixture
def said(monkeypatch):
    """What was called, and what Slurm answers."""
    called: list[tuple[str, ...]] = []
    answers: dict[str, str | ClusterError] = {}

    def call(*command, **_options):
        called.append(command)
        answer = answers.get(command[0], "")
        if isinstance(answer, ClusterError):
            raise answer
        return answer

    monkeypatch.setattr(slurm, "call", call)
    return called, answers


def test_jobs_are_unfinished_until_slurm_says_that_they_are_over(said):
    _, answers = said
    answers["squeue"] = "7 RUNNING\n8 COMPLETED\n9 PENDING\n9 PENDING\n10 OUT_OF_MEMORY\n11 STATE_OF_NEXT_YEAR\n\n"
    assert slurm.unfinished() == ["7", "9", "11"]
    answers["squeue"] = ClusterError("squeue: the controller is down")
    assert slurm.unfinished() is None


def test_a_thousand_steps_are_told_in_one_call_and_none_in_no_call(said):
    called, _ = said
    slurm.signal_steps([f"12.{number}" for number in range(1000)], "USR1")
    slurm.signal_steps([], "USR1")
    assert [command[:3] for command in called] == [("scancel", "--signal=USR1", "12.0")]
    assert len(called[0]) == 1002
