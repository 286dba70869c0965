"""What a batch script is called with: the spec of the task, the engine, the kind of job; and what is refused."""

from __future__ import annotations

import pytest

from dsgrid.cluster import batch as module
from dsgrid.cluster.batch import read_batch
from dsgrid.cluster.ending import ADDRESS, USAGE, EndingError
from dsgrid.cluster.site import Site
from dsgrid.errors import ClusterError

ENVIRONMENT = {
    "SLURM_JOB_ID": "12",
    "SLURM_JOB_NODELIST": "n1",
    "SLURM_JOB_CPUS_PER_NODE": "4",
    "SLURM_MEM_PER_NODE": "4000",
    "SLURM_SUBMIT_DIR": "/home/ada",
}
TWO = ENVIRONMENT | {"SLURM_JOB_NODELIST": "n[1-2]", "SLURM_JOB_CPUS_PER_NODE": "4(x2)"}
ARRAY = ENVIRONMENT | {"SLURM_ARRAY_JOB_ID": "11", "SLURM_ARRAY_TASK_ID": "1"}


@pytest.fixture(autouse=True)
def nodes(monkeypatch):
    fields = {"NodeAddr": "127.0.0.1", "RealMemory": "4000"}
    monkeypatch.setattr(module.slurm, "node_fields", lambda _names: {"n1": fields, "n2": fields})
    monkeypatch.setattr(module.slurm, "job_fields", lambda _job: {})
    monkeypatch.setattr(module, "own_memory_limit", lambda: None)
    return fields


def refused(kind, arguments, environment=ENVIRONMENT, site=None):
    with pytest.raises(EndingError) as caught:
        read_batch(kind, arguments, environment, site or Site())
    return caught.value


def test_what_a_job_has_of_the_one_that_it_was_submitted_from_is_not_its_own(monkeypatch):
    outer = {"SLURM_ARRAY_JOB_ID": "9", "SLURM_ARRAY_TASK_ID": "3", "SLURM_RESTART_COUNT": "1"}
    environment = ENVIRONMENT | outer | {"SLURM_MEM_PER_CPU": "500"}
    mine = {"JobId": "12", "MinMemoryCPU": "500M", "Restarts": "0"}
    monkeypatch.setattr(module.slurm, "job_fields", lambda _job: mine)
    batch = read_batch("single", ["a.toml"], environment, Site())
    assert (batch.name, batch.folder.path.name, batch.granted.head.memory) == ("12", "dsgrid-12", 2000)
    assert not {"SLURM_MEM_PER_NODE", *outer} & set(batch.environment)
    mine |= {"ArrayTaskId": "3", "Restarts": "1", "MinMemoryNode": "4000M"}
    del mine["MinMemoryCPU"]
    batch = read_batch("single", ["a.toml"], environment, Site())
    assert (batch.name, batch.folder.path.name, batch.granted.head.memory) == ("9_3", "dsgrid-12.r1", 4000)


def test_where_slurm_says_nothing_of_a_job_its_environment_counts(monkeypatch):
    def silent(_job):
        raise ClusterError("the controller is down")

    monkeypatch.setattr(module.slurm, "job_fields", silent)
    assert read_batch("single", ["a.toml"], ARRAY, Site()).name == "11_1"
    monkeypatch.setattr(module.slurm, "job_fields", lambda _job: {"JobId": "12"})
    assert read_batch("single", ["a.toml"], ENVIRONMENT, Site()).granted.head.memory == 4000


def test_the_number_of_nodes_says_whether_there_is_a_cluster():
    assert read_batch("single", ["a.toml"], ENVIRONMENT, Site()).kind == "single"
    assert read_batch("cluster", ["a.toml"], ENVIRONMENT, Site()).kind == "single"
    assert read_batch("cluster", ["a.toml"], TWO, Site()).kind == "cluster"
    assert read_batch("array", ["a.toml", "b.toml"], TWO | ARRAY | TWO, Site()).kind == "cluster"
    assert "for a cluster: slurm/spark_job.sbatch" in refused("single", ["a.toml"], TWO).reason


def test_each_task_of_an_array_has_its_spec_and_the_options_of_all():
    arguments = ["a.toml", "b.toml", "c.toml", "--set", "year=2030"]
    batch = read_batch("array", arguments, ARRAY, Site())
    assert batch.arguments == ("b.toml", "--set", "year=2030")
    assert batch.name == "11_1"
    assert batch.id == "12"
    last = refused("array", arguments, ARRAY | {"SLURM_ARRAY_TASK_ID": "3"})
    assert last.reason == "there is no spec for task 3: 3 specs are tasks 0 to 2"
    assert "sbatch --array=0-2" in refused("array", arguments).reason


def test_the_engine_is_the_batch_scripts_matter_and_not_passed_on():
    for arguments in (["a.toml", "--engine", "sail", "--quiet"], ["a.toml", "--engine=sail", "--quiet"]):
        batch = read_batch("single", arguments, ENVIRONMENT, Site())
        assert (batch.engine, batch.arguments) == ("sail", ("a.toml", "--quiet"))
    assert read_batch("single", ["a.toml"], ENVIRONMENT, Site()).engine == "spark"
    assert read_batch("single", ["a.toml"], ENVIRONMENT, Site(engine="sail")).engine == "sail"
    assert "Sail is for one node" in refused("cluster", ["a.toml", "--engine", "sail"], TWO).reason
    assert 'no engine "duck"' in refused("single", ["a.toml", "--engine", "duck"]).reason


def test_an_interactive_job_takes_no_spec():
    assert read_batch("interactive", [], TWO, Site()).connect
    batch = read_batch("interactive", ["--no-connect"], TWO, Site())
    assert (batch.connect, batch.arguments, batch.kind) == (False, (), "interactive")
    assert read_batch("interactive", [], ENVIRONMENT, Site()).kind == "interactive"
    assert 'takes no "a.toml"' in refused("interactive", ["a.toml"]).reason


@pytest.mark.parametrize("arguments", [[], ["--quiet", "a.toml"]])
def test_the_spec_comes_first(arguments):
    error = refused("cluster", arguments)
    assert error.code == USAGE
    assert "the spec has to come first" in error.reason


def test_outside_of_a_job_it_says_how_to_get_into_one():
    error = refused("cluster", ["a.toml"], {})
    assert error.code == USAGE
    assert "sbatch SCRIPT SPEC" in error.reason


def test_a_node_without_an_address_is_named(nodes):
    nodes["NodeAddr"] = "no.such.host.invalid"
    error = refused("cluster", ["a.toml"])
    assert error.code == ADDRESS
    assert "n1" in error.reason
