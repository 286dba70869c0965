"""Nodes with a network of their own: a cable that is pulled tells nobody, and the cluster gets over it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.slurm.clusters import cluster
from tests.slurm.queries import QUERY, assert_new_and_the_same, result
from tests.slurm.slurm_client import wait_until
from tests.slurm.test_batch_scripts import SCRIPTS, SMALL

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def test_a_node_whose_cable_is_pulled_is_missed_named_and_survived(ns, tmp_path):
    with cluster(ns, tmp_path, nodes=3) as it:
        gone = ns.private.address("ns3")
        assert it.log("master.log").count(f"Registering worker {gone}") == 1
        ns.private.pull_cable("ns3")
        try:
            begun = time.monotonic()
            wait_until(lambda: "Removing worker" in it.log("master.log"), 120, "the Master to miss the worker")
            assert time.monotonic() - begun < 75
            ns.wait_for_output(it.job, "ns3 is lost", 120)
            assert ns.fields(it.job)["JobState"] == "RUNNING"
            ns.signal(it.job, "USR1")
            job = it.wait(60)
            assert job.exit_code == "124:0", job.output
            assert "ns3" in job.output.rpartition("ns3 is lost")[2], "also in the summary"
            wait_until(lambda: not ns.processes_of(it.job, "ns1") + ns.processes_of(it.job, "ns2"), 10)
        finally:
            ns.private.plug_cable("ns3")
        # Slurm ends what the node still has of the job as soon as it reaches it.
        wait_until(lambda: not ns.processes_of(it.job, "ns3"), 90, "the end of the lost node's processes")
        wait_until(lambda: ns.private.states()["ns3"] == "idle", 60)
    ns.private.wait_until_idle()
    with cluster(ns, tmp_path, nodes=3) as after:
        assert not list((ns.scratch("ns3")).glob(f"dsgrid-{it.job}*")), "the next job has swept"
        assert f"Registering worker {gone}" in after.log("master.log")


def test_a_query_is_right_although_a_node_was_switched_off(ns, tmp_path, project):
    """Its own name, address and /tmp: nothing of a cluster takes nodes to be one machine."""
    before = result(project)
    job = ns.submit(*SMALL, "--nodes=3", SCRIPTS / "spark_job.sbatch", QUERY, cwd=project)
    wait_until(lambda: executors(ns, job, "ns3"), 90, "an executor on ns3")
    ns.kill_node("ns3")
    try:
        ended = ns.wait(job, 240)
        assert (ended.state, ended.exit_code) == ("COMPLETED", "0:0"), ended.output
        assert_new_and_the_same(before, result(project), "spark")
        assert "ns3" in ended.output
        assert not ns.processes_of(job)
    finally:
        ns.restore_node("ns3")


def test_nodes_are_machines_of_their_own(ns):
    """What the tests above rest on."""
    ask = "hostname; ip -brief -4 address; pgrep -cx munged"
    said = ns.ask("srun", "--nodes=3", "--ntasks=3", "bash", "-c", ask, cwd=Path("/")).stdout
    assert {name for name in ns.nodes if f"{name}\n" in said} == set(ns.nodes)
    assert {name for name in ns.nodes if ns.private.address(name) in said} == set(ns.nodes)
    assert said.split().count("0") == 3, "no node sees what runs on the machine beside it"


def executors(slurm, job, node):
    return [each for each in slurm.processes_of(job, node) if "CoarseGrainedExecutorBackend" in each.command]
