"""The part of a cluster on one node: what it does where it is told nothing, or not in time."""

from __future__ import annotations

import os
import signal

import pytest

from dsgrid.cluster import worker
from dsgrid.cluster.folder import Folder, write_json
from dsgrid.cluster.worker import work
from dsgrid.errors import ClusterError

MINE = {"address": "127.0.0.1", "granted_cores": 2, "granted_memory": 100}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    monkeypatch.setenv("DSGRID_SCRATCH", str(tmp_path / "disk"))
    for name in ("adopt_orphans", "kill_descendants"):
        monkeypatch.setattr(worker.processes, name, lambda: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    made = Folder(tmp_path / "runs/dsgrid-12")
    made.make()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_node_that_does_not_see_the_run_says_what_is_wrong(folder, tmp_path):
    with pytest.raises(ClusterError, match=r"node n1 does not see .*: DSGRID_RUN_ROOT"):
        work(tmp_path / "elsewhere", "n1")
    write_json(folder.orders, {"workers": {"n1": MINE}})
    with pytest.raises(ClusterError, match=r"node n2 does not see .*, or is not in it"):
        work(folder.path, "n2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_an_end_before_the_worker_has_started_leaves_nothing_on_the_disk(folder, tmp_path, monkeypatch, number):
    write_json(folder.orders, {"workers": {"n1": MINE}, "scratch": None, "watched": "n1", "unfinished": ["12"]})
    (tmp_path / "disk/dsgrid-11/x").mkdir(parents=True)
    swept = worker.sweep

    def late(*arguments):
        swept(*arguments)
        assert (tmp_path / "disk/dsgrid-12/worker-n1/work").is_dir()
        os.kill(os.getpid(), number)

    monkeypatch.setattr(worker, "sweep", late)
    assert work(folder.path, "n1") == 0
    assert list((tmp_path / "disk").iterdir()) == []
