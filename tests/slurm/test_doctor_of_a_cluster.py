"""``dsgrid doctor --cluster`` on a real Slurm: nodes that are equal pass, and what differs is told with its node."""

from __future__ import annotations

import sys
import threading
import time

import pytest

pytestmark = pytest.mark.slurm
DOCTOR = (sys.executable, "-m", "dsgrid", "doctor", "--cluster")
SMALL = ("--quiet", "--cpus-per-task=1", "--mem=300M", "--time=5", "--immediate=30")
JAVA = """#!/bin/sh
case $SLURMD_NODENAME in node2) version=11.0.20 ;; *) version=17.0.15 ;; esac
echo "openjdk version \\"$version\\"" >&2
"""


@pytest.fixture
def examine(slurm, tmp_path, monkeypatch):
    """Have the nodes of an allocation examined; return the exit code and the report."""
    for name in ("DSGRID_SITE", "DSGRID_REGISTRY"):
        monkeypatch.delenv(name, raising=False)

    def examine(*allocation, options=(), **environment):
        given = {**slurm.site, "XDG_CONFIG_HOME": str(tmp_path / "config"), **environment}
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        done = slurm.ask("salloc", *SMALL, *allocation, *DOCTOR, *options, cwd=work, **given)
        assert list(work.iterdir()) == [], "nothing stays where it was called"
        assert slurm.leftovers() == [], "nothing stays on the nodes"
        return done.returncode, done.stdout, done.stderr

    return examine


def marks(report):
    return {line[4:14].strip(): line[:2] for line in report.splitlines()[:-1]}


def test_two_equal_nodes_pass_and_the_locks_of_the_registry_hold_between_them(examine, tmp_path):
    registry = tmp_path / "registry"
    registry.mkdir()
    code, report, complaints = examine("--nodes=2", "--nodelist=node1,node2", options=("--registry", registry))
    assert code == 0, report + complaints
    assert complaints == ""
    needed = (
        "nodes",
        "Python",
        "dsgrid",
        "pyspark",
        "Java",
        "clocks",
        "addresses",
        "network",
        "files",
        "locks",
        "file locks",
    )
    assert {marks(report)[what] for what in needed} == {"ok"}, report
    assert "2 answer: node1, node2" in report
    assert "node1 127.0.0.11, node2 127.0.0.12" in report, "the addresses that Slurm uses"
    assert "nodes reach each other (2 connections tried)" in report
    assert f"a database that one node has locked is refused to the others in {registry}" in report
    assert list(registry.iterdir()) == []


def test_a_java_that_is_another_one_on_one_node_is_told(examine, tmp_path):
    java = tmp_path / "jdk/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text(JAVA)
    java.chmod(0o755)
    code, report, _ = examine("--nodes=2", "--nodelist=node1,node2", JAVA_HOME=str(tmp_path / "jdk"))
    assert code == 1
    assert marks(report)["Java"] == "NO"
    assert f"17.0.15 ({java}) on node1; 11.0.20 ({java}) on node2: Spark needs Java 17 or 21 on node2" in report


def test_all_parts_of_a_heterogeneous_job_are_examined(examine):
    code, report, complaints = examine("--nodes=1", ":", "--nodes=2", "--cpus-per-task=1", "--mem=300M")
    assert code == 0, report + complaints
    assert "3 answer: node" in report
    assert marks(report)["locks"] == "ok"


def test_a_step_of_a_job_may_ask_too_and_a_shell_without_a_job_is_told_how(slurm, tmp_path):
    # What the job was asked for with is in the environment of its steps, and would contradict what a probe asks for.
    asked = ("salloc", "--quiet", "--nodes=2", "--ntasks=4", "--mem-per-cpu=100M", "--time=5", "--immediate=30")
    done = slurm.ask(*asked, "srun", "--nodes=1", "--ntasks=1", *DOCTOR, cwd=tmp_path, **slurm.site)
    assert "2 answer: node" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    done = slurm.ask(*DOCTOR, cwd=tmp_path)
    assert done.returncode == 2
    assert "salloc --nodes=2 --time=10 dsgrid doctor --cluster" in done.stderr


@pytest.mark.slow
def test_a_node_without_power_is_named_and_the_others_are_examined(slurm, examine, tmp_path):
    cut = tmp_path / "cut"
    # The node is there when the job begins, and gone when it is examined.
    waiting = ("bash", "-c", f'touch {cut}; while [[ -e {cut} ]]; do sleep 0.1; done; exec "$@"', "bash")

    def cut_power():
        while not cut.exists():
            time.sleep(0.05)
        slurm.kill_node("node3")
        cut.unlink()

    thread = threading.Thread(target=cut_power)
    thread.start()
    try:
        code, report, _ = examine("--nodes=3", "--no-kill", *waiting)
    finally:
        thread.join()
        slurm.restore_node("node3")
    assert code == 1
    assert "node3 does not answer" in report
    assert "2 answer: node1, node2" in report
    assert marks(report)["locks"] == "ok"


@pytest.mark.slow
def test_a_folder_that_each_node_has_for_itself_is_found_out(ns, tmp_path):
    own = f"/tmp/dsgrid-test-{tmp_path.name}"
    asked = ("salloc", *SMALL, "--nodes=2", "--nodelist=ns1,ns2", *DOCTOR)
    done = ns.ask(*asked, cwd=tmp_path, DSGRID_RUN_ROOT=own, DSGRID_SCRATCH="/tmp")
    assert done.returncode == 1, done.stdout + done.stderr
    assert marks(done.stdout)["files"] == "NO"
    assert f"does not see in {own} what" in done.stdout
    assert marks(done.stdout)["locks"] == "NO"
    assert marks(done.stdout)["network"] == "ok"


@pytest.mark.slow
def test_nodes_between_which_nothing_gets_through_are_named(ns, tmp_path):
    ns.private.pull_cable("ns2")
    try:
        asked = ("salloc", *SMALL, "--nodes=2", "--nodelist=ns1,ns2", *DOCTOR)
        done = ns.ask(*asked, cwd=tmp_path, timeout=200)
    finally:
        ns.private.plug_cable("ns2")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ns2 does not answer" in done.stdout
