"""Whatever ends a cluster, everything of it is gone, and the exit code and Slurm's state say what it was."""

from __future__ import annotations

import signal

import pytest
from tests.slurm.clusters import cluster
from tests.slurm.slurm_client import wait_until

pytestmark = pytest.mark.slurm


def kill_the_master(it):
    it.process("Master", "node1").kill()


def kill_the_lead(it):
    """As the kernel does when memory is short."""
    lead = [each for each in it.slurm.processes_of(it.job, "node1") if "dsgrid.cluster lead" in each.command]
    assert len(lead) == 1
    lead[0].kill()


def scancel(it):
    it.slurm.cancel(it.job)


def out_of_time(it):
    """As Slurm does ahead of the time limit; signals that come during the teardown shall change nothing."""
    it.slurm.signal(it.job, "USR1")
    for name in ("INT", "TERM", "USR1"):
        it.slurm.ask("scancel", "--batch", f"--signal={name}", str(it.job))


def cancel_in_order(it):
    """As `dsgrid jobs cancel` does."""
    it.slurm.signal(it.job, "INT")


@pytest.mark.parametrize(
    ("end", "state", "code", "says"),
    [
        (out_of_time, "FAILED", 124, "time limit"),
        (cancel_in_order, "CANCELLED", 130, "cancelled"),
        (scancel, "CANCELLED", 143, "exit code 143"),
        (kill_the_master, "FAILED", 71, "Master ended with exit code 137"),
    ],
    ids=["out of time", "cancelled in order", "scancel", "dead Master"],
)
def test_nothing_is_left_of_a_cluster(slurm, tmp_path, end, state, code, says):
    with cluster(slurm, tmp_path) as it:
        secret = it.secret
        assert len(slurm.processes_of(it.job, "node2")) >= 2, "a worker and what looks after it"
        assert all(list(slurm.scratch(node).glob(f"dsgrid-{it.job}")) for node in ("node1", "node2"))
        end(it)
        job = it.wait(30)
        assert job.state == state, job.output
        if state == "FAILED":  # of one that was cancelled, Slurm has no code of its own
            assert job.exit_code == f"{code}:0", job.output
        wait_until(lambda: not slurm.leftovers(it.job), 15, f"the end of {slurm.leftovers(it.job)}")
        assert says in slurm.output(it.job)
        assert not (it.run / "conf").exists()
        assert not (it.run / "client").exists()
        assert not [path for path in it.run.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        assert (it.account["state"], it.account["exit_code"]) == ("ended", code)
        assert "log" in {path.name for path in it.run.iterdir()}, "what happened can be looked up"


def test_the_next_job_on_a_node_sweeps_what_a_killed_one_has_left(slurm, tmp_path):
    with cluster(slurm, tmp_path) as it:
        kill_the_lead(it)
        job = it.wait(40)
        assert job.state == "FAILED"
        assert job.fields["ExitCode"] == f"0:{int(signal.SIGKILL)}", job.fields["ExitCode"]
        wait_until(lambda: not slurm.processes_of(it.job), 20, str(slurm.leftovers(it.job)))
    old = {node: slurm.scratch(node) / f"dsgrid-{it.job}" for node in ("node1", "node2")}
    old["node2"].mkdir(exist_ok=True)  # whether or not the worker there still had time to remove it
    (old["node2"] / "file").write_text("left")
    assert old["node1"].is_dir()
    foreign = slurm.scratch("node2") / "dsgrid-notes"
    foreign.mkdir()
    with cluster(slurm, tmp_path):
        assert not [path for path in old.values() if path.exists()]
        assert foreign.is_dir(), "only what is a job's"
    foreign.rmdir()
