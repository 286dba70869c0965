"""The batch scripts on a real Slurm: the same results on every way, exit codes kept, nothing left, helpful refusals."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.slurm.queries import OTHER, QUERY, assert_new_and_the_same, result

pytestmark = pytest.mark.slurm
SCRIPTS = Path(__file__).resolve().parents[2] / "slurm"
SMALL = ("--cpus-per-task=2", "--mem=4000M", "--time=10")
GROUPS = ("--nodes=1", "--cpus-per-task=1", "--mem=2000M", "--time=10", ":", "--nodes=2", *SMALL)


@pytest.mark.parametrize(
    ("script", "options", "arguments", "computes"),
    [
        pytest.param("single_node", SMALL, ["--engine", "sail"], "sail", id="one node, embedded engine"),
        pytest.param("single_node", SMALL, [], "spark", id="one node", marks=pytest.mark.slow),
        pytest.param("spark_job", (*SMALL, "--nodes=2"), [], "spark", id="two nodes"),
        pytest.param("het_job", GROUPS, [], "spark", id="a small node and two", marks=pytest.mark.slow),
    ],
)
def test_a_query_by_sbatch_gives_what_the_embedded_engine_gives(slurm, project, script, options, arguments, computes):
    before = result(project)
    job = slurm.wait(slurm.submit(*options, SCRIPTS / f"{script}.sbatch", QUERY, *arguments, cwd=project), 240)
    assert (job.state, job.exit_code) == ("COMPLETED", "0:0"), job.output
    assert_new_and_the_same(before, result(project), computes)
    assert slurm.leftovers(job.id) == []
    run = project / f"dsgrid-jobs/dsgrid-{job.id}"
    account = json.loads((run / "job.json").read_text())
    assert (account["state"], account["exit_code"], account["engine"]) == ("ended", 0, computes)
    assert not (run / "conf").exists()
    assert (list((run / "events").iterdir()) != []) == (computes == "spark"), "event logs for the history server"


def test_the_workers_of_a_job_with_a_small_first_node_are_in_the_second_group(slurm, tmp_path):
    arguments = (*GROUPS, SCRIPTS / "interactive.sbatch", "--no-connect")
    job = slurm.submit(*arguments, cwd=tmp_path)
    try:
        slurm.wait_for_output(job, "the cluster is there", 60)
        assert [each.command for each in slurm.processes_of(job, "node1") if "deploy.master.Master" in each.command]
        part = str(job + 1)  # the number of the second group
        workers = {
            node: [each.command for each in slurm.processes_on(node) if "deploy.worker.Worker" in each.command]
            for node in slurm.nodes
        }
        assert {node: len(found) for node, found in workers.items()} == {"node1": 0, "node2": 1, "node3": 1}, part
    finally:
        slurm.cancel(job)
        slurm.wait(job, 30)
    assert slurm.leftovers() == []


def test_each_task_of_an_array_has_its_own_spec_and_exit_code(slurm, project):
    """The third task has a spec that is wrong, and there is none for the fourth."""
    before = result(project), result(project, OTHER)
    (project / "wrong.toml").write_text('spec_version = 1\njob = "query"\nregistri = "build/registry"\n')
    specs = (QUERY, OTHER, "wrong.toml")
    small = ("--cpus-per-task=2", "--mem=1800M", "--time=10", "--array=0-3")
    array = slurm.submit(*small, SCRIPTS / "array.sbatch", *specs, "--engine", "sail", cwd=project)
    jobs = [slurm.wait(f"{array}_{task}", 60) for task in range(4)]
    codes = [(job.state, job.exit_code) for job in jobs]
    assert codes == [("COMPLETED", "0:0"), ("COMPLETED", "0:0"), ("FAILED", "2:0"), ("FAILED", "64:0")], jobs
    assert "registri" in jobs[2].output
    assert "there is no spec for task 3: 3 specs are tasks 0 to 2" in jobs[3].output
    for query, old in zip((QUERY, OTHER), before, strict=True):
        assert_new_and_the_same(old, result(project, query), "sail")
    assert slurm.leftovers() == []


def test_the_exit_code_of_a_job_is_the_exit_code_of_dsgrid(slurm, project):
    (project / "wrong.toml").write_text('spec_version = 1\njob = "query"\nregistri = "build/registry"\n')
    arguments = (*SMALL, SCRIPTS / "single_node.sbatch", "wrong.toml", "--engine", "sail")
    job = slurm.wait(slurm.submit(*arguments, cwd=project), 60)
    assert (job.state, job.exit_code) == ("FAILED", "2:0"), job.output
    assert "registri" in job.output
    assert slurm.leftovers(job.id) == []


@pytest.mark.parametrize(
    ("script", "options", "arguments", "advice"),
    [
        ("spark_job", ("--mem=700M", "--nodes=2"), [QUERY], "ask for"),
        ("single_node", ("--mem=200M",), [QUERY], "ask for"),
        ("spark_job", ("--nodes=2",), [], "the spec has to come first: sbatch [OPTIONS OF sbatch] SCRIPT SPEC"),
        ("spark_job", ("--nodes=2",), ["--quiet", QUERY], "the spec has to come first"),
        (
            "single_node",
            ("--nodes=2",),
            [QUERY],
            "single_node.sbatch got 2 nodes; for a cluster: slurm/spark_job.sbatch",
        ),
        ("spark_job", ("--nodes=2",), [QUERY, "--engine", "sail"], "slurm/single_node.sbatch SPEC --engine sail"),
        ("spark_job", ("--nodes=2",), [QUERY, "--engine", "presto"], 'no engine "presto"'),
        ("interactive", ("--nodes=2",), [QUERY], "only --no-connect"),
        ("array", (), [QUERY], "sbatch --array=0-0 slurm/array.sbatch SPEC..."),
    ],
)
def test_what_cannot_work_is_refused_at_once_with_advice(slurm, project, script, options, arguments, advice):
    asked = (*SMALL, *options, SCRIPTS / f"{script}.sbatch", *arguments)
    job = slurm.wait(slurm.submit(*asked, cwd=project), 30)
    assert (job.state, job.exit_code) == ("FAILED", "64:0"), job.output
    assert advice in job.output
    assert "Traceback" not in job.output
    assert slurm.leftovers(job.id) == []


def test_a_server_as_a_job_says_how_to_reach_it_answers_and_ends_in_order(slurm, project, tmp_path):
    script = (
        SCRIPTS / "api_server.sbatch",
        "--registry",
        project / "build/demo/registry",
        "--state",
        tmp_path / "state",
    )
    (tmp_path / "server.toml").write_text("[listen]\nport = 0\n[runners]\nwarm = 0\n")
    asked = (*SMALL, *script, "--config", tmp_path / "server.toml")
    job = slurm.submit(*asked, cwd=tmp_path)
    try:
        output = slurm.wait_for_output(job, "what is not small", 60)
        address = json.loads((tmp_path / "state/server.json").read_text())
        port = address["port"]
        assert f"ssh -N -L {port}:127.0.0.1:{port} node1, then http://127.0.0.1:{port}" in output
        assert f"scancel {job}" in output
        with urlopen(f"{address['url']}/v1/ready", timeout=10) as answer:
            assert json.load(answer) == {"status": "ready", "reasons": []}
    finally:
        # As at the time limit.
        slurm.signal(job, "TERM")
    ended = slurm.wait(job, 30)
    assert (ended.state, ended.exit_code) == ("COMPLETED", "0:0"), ended.output
    assert "no more requests are taken" in ended.output
    assert not (tmp_path / "state/server.json").exists()
    assert slurm.leftovers(job) == []
