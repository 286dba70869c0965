"""A query on a cluster that loses parts gives the right result, and the summary says what was lost."""

from __future__ import annotations

import pytest
from tests.slurm.queries import QUERY, assert_new_and_the_same, result
from tests.slurm.slurm_client import wait_until
from tests.slurm.test_batch_scripts import SCRIPTS, SMALL

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def process(slurm, job, part):
    found = [each for each in slurm.processes_of(job, "node2") if part in each.command]
    assert len(found) == 1, [each.command[:100] for each in slurm.processes_of(job, "node2")]
    return found[0]


def kill_the_executor(slurm, job):
    process(slurm, job, "CoarseGrainedExecutorBackend").kill()


def kill_the_worker(slurm, job):
    process(slurm, job, "deploy.worker.Worker").kill()


def kill_the_node(slurm, job):
    slurm.kill_node("node2")


@pytest.mark.parametrize("loses", [kill_the_executor, kill_the_worker, kill_the_node])
def test_a_query_survives_what_is_lost(slurm, project, loses):
    before = result(project)
    job = slurm.submit(*SMALL, "--nodes=2", SCRIPTS / "spark_job.sbatch", QUERY, cwd=project)
    wait_until(lambda: executors(slurm, job), 90, "an executor on node2")
    loses(slurm, job)
    try:
        ended = slurm.wait(job, 200)
    finally:
        if loses is kill_the_node:
            slurm.restore_node("node2")
    assert (ended.state, ended.exit_code) == ("COMPLETED", "0:0"), ended.output
    assert_new_and_the_same(before, result(project), "spark")
    assert "node2" in ended.output.rpartition("in all")[2], "the summary names the node"
    assert not slurm.processes_of(job)
    for path in slurm.scratch("node2").glob(f"dsgrid-{job}"):
        assert loses is kill_the_node, "only a node without power leaves something"
        path.rename(path.with_name("dsgrid-0"))  # as old as it gets: the next job sweeps it


def executors(slurm, job):
    return [each for each in slurm.processes_of(job, "node2") if "CoarseGrainedExecutorBackend" in each.command]
