"""Clusters that wait for their user: a Spark Connect server, and drivers that attach to a Master."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
from tests.slurm.clusters import SLURM, cluster
from tests.slurm.processes import all_processes
from tests.slurm.queries import QUERY, assert_new_and_the_same, result
from tests.slurm.slurm_client import wait_until

from dsgrid.cluster.connect import read_connection
from dsgrid.remote import TOKEN

pytestmark = pytest.mark.slurm
DSGRID = (sys.executable, "-m", "dsgrid")


def test_a_connect_server_is_used_with_its_token_and_ends_with_its_job(slurm, project, tmp_path):
    before = result(project)
    state = {"DSGRID_STATE": str(tmp_path / "state")}
    arguments = ("--nodes=1", "--cpus-per-task=2", "--mem=3500M", "--time=10", SLURM / "interactive.sbatch")
    job = slurm.submit(*arguments, cwd=tmp_path, **state)
    output = slurm.wait_for_output(job, r"dsgrid jobs cancel \d+", 90)
    run = tmp_path / f"dsgrid-jobs/dsgrid-{job}"
    connection = read_connection(run)
    assert stat.S_IMODE((run / "connect.json").stat().st_mode) == 0o600

    said = slurm.call(*DSGRID, "jobs", "connect", str(job), **state)
    assert re.search(rf"^export {TOKEN}={connection.token}$", said, re.MULTILINE)
    tunnel = rf"ssh -N -L 15002:127.0.0.1:{connection.port} -J \S+ \S+@node1"
    assert re.search(tunnel, said)
    assert re.search(tunnel, output)

    holders = [path.name for path in run.rglob("*") if path.is_file() and connection.token in path.read_text("latin-1")]
    assert holders == ["connect.json"], "in no log, no configuration, no event log"
    assert connection.token not in output
    assert connection.token not in slurm.call("scontrol", "show", "job", "--details", str(job))
    assert not [each.command for each in all_processes() if connection.token in each.command]

    def run_query(token, **more):
        engine = f"sc://localhost:{connection.port}"
        return slurm.ask(*DSGRID, "run", QUERY, "--engine", engine, cwd=project, timeout=120, **{TOKEN: token}, **more)

    began = time.monotonic()
    refused = run_query(wrong := "x" * len(connection.token))
    assert time.monotonic() - began < 20
    assert refused.returncode == 7, refused.stderr
    assert "the server does not take this token" in refused.stderr
    assert wrong not in refused.stdout + refused.stderr
    done = run_query(connection.token)
    assert done.returncode == 0, done.stderr
    assert_new_and_the_same(before, result(project), "connect")

    slurm.call(*DSGRID, "jobs", "cancel", str(job), **state)
    assert slurm.wait(job, 40).state == "CANCELLED"
    assert not (run / "connect.json").exists()
    assert not (run / "conf").exists()
    wait_until(lambda: not slurm.leftovers(job), 20, "no leftovers")


@pytest.mark.slow
def test_a_driver_attaches_with_the_folder_of_configuration_of_the_cluster(slurm, project, tmp_path):
    before = result(project)
    with cluster(slurm, tmp_path, "--mem=4000M") as found:
        client = found.run / "client"
        assert stat.S_IMODE(client.stat().st_mode) == 0o700
        assert f"export SPARK_CONF_DIR={client}" in slurm.output(found.job)
        command = (*DSGRID, "run", QUERY, "--master", found.master)
        done = slurm.ask(*command, cwd=project, timeout=180, SPARK_CONF_DIR=str(client))
        assert done.returncode == 0, done.stderr
        assert_new_and_the_same(before, result(project), "spark")

        began = time.monotonic()
        refused = slurm.ask(*command, "--no-cache", cwd=project, timeout=60, SPARK_CONF_DIR=str(tmp_path))
        assert time.monotonic() - began < 30
        assert refused.returncode == 7, refused.stderr
        assert "the cluster refuses this client, which shows it no secret" in refused.stdout + refused.stderr
        assert found.workers() == ["127.0.0.11", "127.0.0.12"], "the cluster is there for the next one"
        assert not [each.command for each in all_processes() if found.secret in each.command]
    assert not client.exists()


@pytest.mark.slow
def test_a_client_whose_cluster_ends_under_it_ends_too(slurm, project, tmp_path):
    """A cluster ends with its job; PySpark would ask for it for ten minutes."""
    arguments = ("--nodes=1", "--cpus-per-task=2", "--mem=3500M", "--time=10", SLURM / "interactive.sbatch")
    job = slurm.submit(*arguments, cwd=tmp_path)
    slurm.wait_for_output(job, r"dsgrid jobs cancel \d+", 90)
    connection = read_connection(tmp_path / f"dsgrid-jobs/dsgrid-{job}")
    client = subprocess.Popen(
        [*DSGRID, "run", QUERY, "--no-cache", "--engine", f"sc://localhost:{connection.port}"],
        env={**slurm.environment, TOKEN: connection.token},
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = line = client.stdout.readline()
        while line and "reading" not in line:
            said += (line := client.stdout.readline())
        assert line, said
        os.kill(client.pid, signal.SIGSTOP)
        slurm.cancel(job)
        slurm.wait(job, 40)
        os.kill(client.pid, signal.SIGCONT)
        rest, _ = client.communicate(timeout=200)
    finally:
        client.kill()
    assert client.returncode == 7, said + rest
    assert "the engine's server does not answer any more" in rest
    assert connection.token not in said + rest
