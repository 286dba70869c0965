"""The nodes of an allocation are examined together; srun and scontrol are small scripts here that start the probes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dsgrid.cluster import examination, probe, remote
from dsgrid.cluster.examination import allocated, connections, examine_cluster
from dsgrid.cluster.remote import Place, step_command, step_environment
from dsgrid.errors import ClusterError, NotFoundError, UsageError

SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do
    case $1 in --nodelist=*) export SLURMD_NODENAME=${1#*=} ;; esac
    shift
done
echo "a greeting of the node"
AS_NODE
exec "$@"
"""
SCONTROL = """#!/bin/bash
case $2 in
hostnames) printf '%s\\n' ${3//,/ } ;;
node) for name in ${3//,/ }; do echo "NodeName=$name NodeAddr=127.0.0.1${name#n} State=IDLE"; done ;;
esac
"""
JAVA = """#!/bin/sh
case $SLURMD_NODENAME in n2) version=11.0.20 ;; *) version=17.0.15 ;; esac
echo "openjdk version \\"$version\\"" >&2
"""


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    """Make the allocation of a job, in which a node does first what `as_node` says; return the folder of work."""
    programs = tmp_path / "bin"
    programs.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "disk").mkdir()
    monkeypatch.chdir(work)
    for name in ("DSGRID_SITE", "DSGRID_PYTHON", "DSGRID_REGISTRY", "DSGRID_RUN_ROOT", "SLURM_HET_SIZE", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "SLURM_JOB_ID": "77",
        "SLURM_SUBMIT_DIR": str(work),
        "DSGRID_SCRATCH": str(tmp_path / "disk/${SLURMD_NODENAME}"),
    }

    def make(names: str, as_node: str = "") -> Path:
        for name, text in (("srun", SRUN.replace("AS_NODE", as_node)), ("scontrol", SCONTROL), ("java", JAVA)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        for name, value in {**settings, "SLURM_JOB_NODELIST": names}.items():
            monkeypatch.setenv(name, value)
        return work

    return make


def lines(**more):
    return {
        (line[:2], line[4:14].strip()): line[16:]
        for line in examine_cluster(bytes_=1 << 20, **more).report().splitlines()
    }


def test_equal_nodes_pass_every_check_and_nothing_stays(nodes, tmp_path):
    work = nodes("n1,n3")
    found = examine_cluster(bytes_=1 << 20)
    whats = [finding.what for finding in found.findings]
    assert whats[:5] == ["site", "nodes", "Python", "dsgrid", "pyspark"]
    assert whats[-8:] == ["Java", "scratch", "clocks", "addresses", "network", "files", "locks", "file locks"]
    assert found.is_healthy, found.report()
    weak = [finding.what for finding in found.findings if finding.advice]
    assert set(weak) <= {"scratch"}, "the disk of this machine may be slow or small"
    assert list(work.iterdir()) == []
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_node_with_another_java_and_one_that_is_down_are_named(nodes):
    nodes("n1,n2,n3", 'if [[ $SLURMD_NODENAME == n3 ]]; then echo "srun: error: n3 is down" >&2; exit 1; fi')
    found = lines()
    assert "17.0.15" in found["NO", "Java"]
    assert "on n1; 11.0.20" in found["NO", "Java"]
    assert "Spark needs Java 17 or 21 on n2" in found["NO", "Java"]
    assert found["ok", "nodes"] == "2 answer: n1, n2"
    assert found["NO", "nodes"].startswith("n3 does not answer (n3 is down): leave it out with --exclude=n3")
    assert ("ok", "locks") in found, "the others are examined nevertheless"


def test_nodes_that_are_asked_by_many_at_once_answer_each(nodes):
    nodes("n1")
    with remote.probes([Place("n1")], remote.probe_command(sys.executable)) as started, ThreadPoolExecutor(8) as pool:
        node = started["n1"]
        folders = [f"/nowhere/{number}" for number in range(24)]
        answers = list(pool.map(lambda folder: node.ask("see", 20, texts={folder: "x"}, patience=0.0), folders))
    assert [answer["unseen"] for answer in answers] == [[folder] for folder in folders]


def test_a_node_that_says_nothing_is_waited_for_only_so_long(nodes, monkeypatch):
    monkeypatch.setattr(remote, "_END", 0.2)
    ask = remote.Remote.ask

    def ask_shortly(self, order, timeout, **values):
        # The other node may need its time, whatever else this machine does.
        short = timeout == examination._FIRST and self.place.node == "n3"
        return ask(self, order, 1.0 if short else timeout, **values)

    monkeypatch.setattr(remote.Remote, "ask", ask_shortly)
    nodes("n1,n3", "if [[ $SLURMD_NODENAME == n3 ]]; then exec sleep 60; fi")
    found = lines()
    assert found["NO", "nodes"].startswith("n3 does not answer (no answer to 'hello' within 1 s)")


def test_a_node_on_which_an_order_fails_is_asked_no_more_and_says_why(nodes, tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/sitecustomize.py").write_text("import sys\nsys.modules['dsgrid.bundle'] = None\n")
    nodes("n1,n3", f"if [[ $SLURMD_NODENAME == n3 ]]; then export PYTHONPATH={tmp_path}/odd; fi")
    found = lines()
    assert found["NO", "nodes"].startswith("n3 does not answer ('hello' failed: ModuleNotFoundError: ")
    assert ("ok", "files") in found


def test_many_nodes_need_more_open_files_than_a_shell_allows(nodes, monkeypatch):
    names = [f"n{number}" for number in range(1, 9)]
    nodes(",".join(names))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, hard))
    try:
        with remote.probes(map(Place, names), [sys.executable, "-c", ""]) as started:
            assert list(started) == names
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, hard))
        monkeypatch.setattr(remote, "_allow_files", lambda count: None)
        said = r"srun cannot be started for n\d, number \d of 8 nodes: .*open files"
        with pytest.raises(ClusterError, match=said), remote.probes(map(Place, names), [sys.executable, "-c", ""]):
            pytest.fail("so many files cannot be open")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_node_that_ends_in_the_middle_is_asked_no_more(nodes, monkeypatch):
    nodes("n1,n3")
    ask = remote.Remote.ask

    def ask_and_kill(self, order, timeout, **values):
        if order == "listen" and self.place.node == "n3":
            self._process.kill()
            self._process.wait()
        return ask(self, order, timeout, **values)

    monkeypatch.setattr(remote.Remote, "ask", ask_and_kill)
    found = lines()
    assert found["NO", "nodes"].startswith("n3 does not answer (srun ended with exit code -9)")
    assert ("ok", "files") in found


def test_a_folder_of_its_own_on_each_node_is_found_out(nodes, monkeypatch):
    as_root = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
    if not as_root:
        pytest.skip("only root may give a process mounts of its own (unshare)")
    monkeypatch.setattr(probe, "PATIENCE", 0.5)
    work = nodes(
        "n1,n3",
        "if [[ $SLURMD_NODENAME == n3 && -z $OWN ]]; then OWN=1 exec unshare --mount bash -c "
        '\'mount -t tmpfs none "$SLURM_SUBMIT_DIR" && exec "$@"\' bash "$@"; fi',
    )
    found = examine_cluster(bytes_=1 << 20)
    assert not found.is_healthy
    report = found.report()
    assert f"n3 does not see in {work}/dsgrid-jobs what n1 and this machine wrote" in report.replace(
        ", this", " and this"
    )
    assert "NO  locks" in report
    assert "for n3: unable to open database file" in report
    assert list(work.iterdir()) == []


def test_the_locks_of_the_registry_are_tried_where_one_is_named(nodes, tmp_path, monkeypatch):
    nodes("n1,n3")
    registry = tmp_path / "registry"
    registry.mkdir()
    assert f"in {registry}" in lines(registry=registry)["ok", "locks"]
    assert list(registry.iterdir()) == []
    assert examination._lock_folder(None) is None
    monkeypatch.setenv("DSGRID_REGISTRY", str(registry))
    assert examination._lock_folder(None) == registry
    monkeypatch.setenv("DSGRID_REGISTRY", str(tmp_path / "gone"))
    assert examination._lock_folder(None) is None
    with pytest.raises(NotFoundError, match='--registry: no file "registri"'):
        examine_cluster(registry=tmp_path / "registri")


def test_nodes_are_examined_in_the_environment_that_the_site_gives_to_jobs(nodes, tmp_path):
    nodes("n1,n3")
    java = tmp_path / "jdk/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text(JAVA.replace("17.0.15", "21.0.4"))
    java.chmod(0o755)
    Path("../mine.toml").write_text('name = "mine"\njava = "jdk"\npython = "no/python"\n')
    found = lines(site="../mine.toml")
    assert found["ok", "site"] == f"mine ({tmp_path}/mine.toml)"
    assert "this Python is not on the node" in found["NO", "nodes"]
    Path("../mine.toml").write_text('java = "jdk"\n')
    assert lines(site="../mine.toml")["ok", "Java"] == f"21.0.4 ({java})"


def test_a_module_that_is_not_on_a_node_is_told(nodes):
    nodes("n1")
    Path("../mine.toml").write_text('modules = ["java/99"]\n')
    found = lines(site="../mine.toml")
    assert "n1 does not answer" in found["NO", "nodes"]
    assert "the site asks for module java/99" in found["NO", "nodes"]
    assert "`modules` in the site's file names one that is not there" in found["NO", "nodes"]


def test_runs_that_nobody_may_write_are_told(nodes, tmp_path, monkeypatch):
    nodes("n1,n3")
    (tmp_path / "file").touch()
    monkeypatch.setenv("DSGRID_RUN_ROOT", str(tmp_path / "file/runs"))
    found = lines()
    assert f"cannot write to {tmp_path}/file/runs: Not a directory" in found["NO", "files"]
    assert "cannot be tried" in found["--", "locks"]


def test_outside_of_an_allocation_it_is_said_how_to_get_one(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(UsageError, match="salloc --nodes=2 --time=10 dsgrid doctor --cluster"):
        examine_cluster()


def test_the_nodes_of_a_heterogeneous_job_have_their_groups():
    environment = {"SLURM_JOB_NODELIST": "n1", "SLURM_JOB_NODELIST_HET_GROUP_0": "n1", "SLURM_HET_SIZE": "2"}
    environment["SLURM_JOB_NODELIST_HET_GROUP_1"] = "n1,n2"
    unfold = lambda text: text.split(",")  # noqa: E731
    assert allocated(environment, unfold) == (Place("n1", 0), Place("n2", 1))
    assert allocated({"SLURM_JOB_NODELIST": "n1,n2"}, unfold) == (Place("n1"), Place("n2"))
    assert "--het-group=1" in step_command(Place("n2", 1), ["true"])
    assert not any(part.startswith("--het") for part in step_command(Place("n2"), ["true"]))


def test_what_the_job_was_asked_for_with_does_not_bind_the_probes():
    given = {
        "SLURM_MEM_PER_CPU": "100",
        "SLURM_NTASKS": "8",
        "SLURM_CPUS_PER_TASK": "4",
        "SLURM_JOB_ID": "7",
        "PATH": "/bin",
    }
    assert step_environment(given) == {"SLURM_JOB_ID": "7", "PATH": "/bin"}


def test_the_first_node_is_connected_with_all_both_ways_and_each_with_its_neighbour():
    assert connections([]) == []
    assert connections(["a"]) == []
    assert set(connections(["a", "b"])) == {("a", "b"), ("b", "a")}
    assert set(connections("abcd")) == {*(("a", x) for x in "bcd"), *((x, "a") for x in "bcd"), ("b", "c"), ("c", "d")}


def test_what_srun_complains_of_is_the_same_for_nodes_with_the_same_trouble():
    def complaints(node):
        ended = f"srun: error: {node}: task 0: Exited with exit code 2"
        return [ended, f"slurmstepd-{node}: error: execve(): /x: No such file or directory", ""]

    assert remote.told(complaints("n1")) == remote.told(complaints("n2")) == "execve(): /x: No such file or directory"
    assert remote.told(complaints("n1")[:1]) == "n1: task 0: Exited with exit code 2"
