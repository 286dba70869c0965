"""What Slurm itself does to a job: its time limit, back into the queue, away for a more urgent one."""

from __future__ import annotations

import time

import pytest
from tests.slurm.clusters import SLURM, cluster
from tests.slurm.slurm_client import wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def test_a_job_ends_in_order_before_its_real_time_limit(slurm, tmp_path):
    """Slurm sends the signal up to a minute before the moment that was asked for."""
    with cluster(slurm, tmp_path, "--time=2", "--signal=B:USR1@30") as it:
        job = it.wait(130)
    assert (job.state, job.exit_code) == ("FAILED", "124:0"), job.output
    assert "time limit" in job.output
    assert slurm.leftovers(it.job) == []
    assert not (it.run / "conf").exists()


def test_a_job_that_may_goes_back_into_the_queue_and_runs_in_a_folder_of_its_own(slurm, tmp_path):
    with cluster(slurm, tmp_path, "--requeue", DSGRID_REQUEUE="1") as it:
        first = it.secret
        slurm.signal(it.job, "USR1")
        wait_until(lambda: slurm.fields(it.job)["Restarts"] == "1", 60, "the restart")
        again = it.run.with_name(f"{it.run.name}.r1")
        # Slurm lets it wait for two minutes, because its nodes take nothing of it that is as old as its end.
        wait_until(lambda: slurm.fields(it.job)["JobState"] == "PENDING", 30, "its place in the queue")
        time.sleep(5)
        slurm.call("scontrol", "update", f"jobid={it.job}", "starttime=now")
        wait_until(
            lambda: "the cluster is there" in slurm.output(it.job).partition("restart 1 of 1")[2], 90, "the second time"
        )
        assert not (it.run / "conf").exists()
        settings = (again / "conf/daemons/spark-defaults.conf").read_text()
        assert "spark.authenticate.secret" in settings
        assert first not in settings
        slurm.signal(it.job, "USR1")  # no third time
        job = it.wait(40)
    assert (job.state, job.exit_code) == ("FAILED", "124:0"), job.output
    assert slurm.leftovers(it.job) == []


def test_a_job_that_has_to_make_room_leaves_nothing(slurm, tmp_path):
    with cluster(slurm, tmp_path, "--exclusive", nodes=3) as it:
        urgent = slurm.submit("--partition=urgent", "--nodes=3", "--exclusive", "--wrap=srun hostname", cwd=tmp_path)
        job = it.wait(40)
        assert job.state == "PREEMPTED", job
        assert slurm.wait(urgent, 60).state == "COMPLETED"
        wait_until(lambda: not slurm.leftovers(it.job), 15, str(slurm.leftovers(it.job)))
        assert not (it.run / "conf").exists()
        assert it.account["exit_code"] == 143


def test_jobs_of_different_kinds_run_on_one_node_at_once(slurm, tmp_path):
    """Four jobs, each with a part of the node: none takes the scratch of another for an old one."""
    with cluster(slurm, tmp_path, "--nodelist=node1,node2") as it:
        small = ("--nodelist=node1", "--cpus-per-task=1", "--mem=600M")
        jobs = [
            slurm.submit(*small, SLURM / "single_node.sbatch", "no.toml", "--engine", "sail", cwd=tmp_path)
            for _ in range(2)
        ]
        for id_ in jobs:
            assert slurm.wait(id_, 30).state == "FAILED"
        for node in ("node1", "node2"):
            assert (slurm.scratch(node) / f"dsgrid-{it.job}").is_dir()
        assert it.workers() == ["127.0.0.11", "127.0.0.12"]
