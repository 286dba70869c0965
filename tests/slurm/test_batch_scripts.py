"""The batch scripts on a real Slurm: same results, secrets kept, nothing left, exit codes kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from tests.demo_project import small_demo

pytestmark = pytest.mark.slurm
ROOT = Path(__file__).resolve().parents[2]
QUERY = "specs/demo/annual_by_state.toml"
SMALL = ("--cpus-per-task=2", "--mem=2600M", "--time=5")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A small demo project with everything registered, and the query's result by the embedded engine."""
    specs = small_demo(tmp_path_factory.mktemp("project"), days=2)
    names = (
        *("create_registry", "register_project", "register_commercial", "register_residential"),
        *("submit_commercial", "submit_residential", "annual_by_state"),
    )
    arguments = [str(specs / f"{name}.toml") for name in names]
    subprocess.run([sys.executable, "-m", "dsgrid", "run", *arguments], check=True, timeout=300)
    return specs.parents[1]


def result(project):
    folder = project / "build/demo/results/annual_by_state"
    run = folder / json.loads((folder / "current.json").read_text())["run"]
    table = pd.concat(map(pd.read_parquet, sorted(run.rglob("*.parquet"))))
    keys = [name for name in table.columns if name != "value"]
    return run, table.sort_values(keys).reset_index(drop=True)[[*keys, "value"]]


@pytest.mark.parametrize(("script", "nodes"), [("single_node", 1), ("spark_job", 2)])
def test_a_query_by_sbatch_gives_what_the_embedded_engine_gives(slurm, project, script, nodes):
    embedded_run, embedded = result(project)
    job = slurm.wait(slurm.submit(*SMALL, f"--nodes={nodes}", ROOT / f"slurm/{script}.sbatch", QUERY, cwd=project), 240)
    assert (job.state, job.exit_code) == ("COMPLETED", "0:0"), job.output
    assert f"on {'node1 node2' if nodes == 2 else 'node1'}: 2 cores" in job.output
    run, table = result(project)
    assert run != embedded_run
    assert len(table) > 10
    pd.testing.assert_frame_equal(table, embedded, check_exact=False, rtol=1e-12)
    assert json.loads((run / "manifest.json").read_text())["engine"]["name"] == "spark"
    assert list((slurm.folder / "scratch").iterdir()) == [], "nothing stays on the nodes' disks"
    assert not (project / f"dsgrid-{job.id}").exists(), "nothing stays of a job that went well"


def test_the_exit_code_of_a_job_is_the_exit_code_of_dsgrid(slurm, project):
    (project / "wrong.toml").write_text('spec_version = 1\njob = "query"\nregistri = "build/registry"\n')
    job = slurm.wait(slurm.submit(*SMALL, ROOT / "slurm/single_node.sbatch", "wrong.toml", cwd=project), 60)
    assert (job.state, job.exit_code) == ("FAILED", "2:0"), job.output
    assert "registri" in job.output


def test_a_job_that_asks_for_too_little_memory_is_told_what_to_ask_for(slurm, project):
    job = slurm.wait(slurm.submit(*SMALL, "--mem=900M", ROOT / "slurm/spark_job.sbatch", QUERY, cwd=project), 60)
    assert (job.state, job.exit_code) == ("FAILED", "64:0"), job.output
    assert "ask for --mem=2024M or more" in job.output


def test_a_cluster_keeps_its_secret_and_a_cancelled_job_leaves_nothing(slurm, project):
    id_ = slurm.submit(*SMALL, ROOT / "slurm/spark_job.sbatch", QUERY, cwd=project)
    run = project / f"dsgrid-{id_}"
    output = Path(slurm.fields(id_)["StdOut"])
    wait_until(lambda: output.is_file() and f"] spec {QUERY} on node1 node2" in output.read_text())
    conf = run / "conf/spark-defaults.conf"
    secret = next(line.split()[1] for line in conf.read_text().splitlines() if "authenticate.secret" in line)
    assert (run / "conf").stat().st_mode & 0o077 == 0
    assert conf.stat().st_mode & 0o077 == 0
    wait_until(lambda: any("SparkSubmit" in command for command in commands(id_)))
    assert not [command for command in commands() if secret in command]
    assert 6066 not in listening_ports(), "the port for submissions by REST, which knows no secret"
    slurm.call("scancel", str(id_))
    job = slurm.wait(id_, 60)
    assert job.state == "CANCELLED"
    wait_until(lambda: not commands(id_))
    wait_until(lambda: not list((slurm.folder / "scratch").iterdir()))
    assert not (run / "conf").exists()
    assert "exit code 143 (cancelled)" in output.read_text()


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def commands(job=None):
    """The command lines of all processes, or of those that a job has started, on whichever node."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if job is None or f"SLURM_JOB_ID={job}".encode() in environment:
            found.append(line)
    return found


def listening_ports():
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == "0A"}
