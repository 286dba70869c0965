"""The process that leads a job: however the job ends, everything is torn down, and the exit code tells why."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest

from dsgrid.cluster import __main__ as program
from dsgrid.cluster import batch as batch_module
from dsgrid.cluster import ending
from dsgrid.cluster import lead as module
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import Folder, read_json
from dsgrid.cluster.lead import lead
from dsgrid.cluster.site import Site
from dsgrid.errors import ClusterError

NODE = {"NodeAddr": "127.0.0.1", "RealMemory": "4000"}


class Slurm:
    """Answers what the lead asks."""

    def __init__(self):
        self.fields = {"Requeue": "1"}
        self.asked = []
        self.refuses = ""

    def call(self, *command, **_options):
        self.asked.append(command)
        if self.refuses and command[:2] == ("scontrol", "requeue"):
            raise ClusterError(self.refuses)
        return ""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    fake = Slurm()
    environment = {
        "SLURM_JOB_ID": "12",
        "SLURM_JOB_NODELIST": "n1",
        "SLURM_JOB_CPUS_PER_NODE": "4",
        "SLURM_MEM_PER_NODE": "4000",
        "DSGRID_RUN_ROOT": str(tmp_path / "runs"),
        "DSGRID_SCRATCH": str(tmp_path / "disk"),
        "DSGRID_STATE": str(tmp_path / "state"),
    }
    for name in ("SLURM_RESTART_COUNT", "DSGRID_REQUEUE", "SLURM_ARRAY_TASK_ID", "SLURM_HET_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module.slurm, "call", fake.call)
    monkeypatch.setattr(module.slurm, "job_fields", lambda _job: fake.fields)
    monkeypatch.setattr(batch_module.slurm, "node_fields", lambda _names: {"n1": NODE})
    monkeypatch.setattr(batch_module, "own_memory_limit", lambda: None)
    monkeypatch.setattr(module, "load_site", lambda _path: Site())
    # What this process has started besides is not the job's.
    monkeypatch.setattr(module.processes, "kill_descendants", lambda: None)
    monkeypatch.setattr(module.processes, "adopt_orphans", lambda: None)
    before = {number: signal.getsignal(number) for number in ending._SIGNALS}
    yield fake
    for number, handler in before.items():
        signal.signal(number, handler)


def carried_out(monkeypatch, does):
    """Lead a job that does something, and return its exit code."""
    monkeypatch.setattr(module._Lead, "_carry_out", does)
    return lead("single", ["a.toml"])


def raising(error):
    def does(_self):
        raise error

    return does


def is_torn_down(tmp_path):
    folder = Folder(tmp_path / "runs/dsgrid-12")
    assert folder.log.is_dir()
    return not folder.conf.exists() and list((tmp_path / "disk").iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (EndingError(ending.WORKERS, "no worker"), 72, "no worker"),
        (ClusterError("no address"), 64, "no address"),
        (OSError(errno.EDQUOT, "x", "/runs/conf"), 9, "/runs/conf: Disk quota exceeded"),
        (ValueError("odd"), 1, "a defect in dsgrid: ValueError: odd"),
    ],
)
def test_whatever_ends_a_job_everything_is_torn_down_and_the_end_is_written(
    slurm, tmp_path, monkeypatch, capsys, error, code, reason
):
    assert carried_out(monkeypatch, raising(error)) == code
    assert is_torn_down(tmp_path)
    account = read_json(tmp_path / "runs/dsgrid-12/job.json")
    assert (account["state"], account["exit_code"], account["reason"]) == ("ended", code, reason)
    assert f"error: {reason}\n" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "reason"), [(4, "no such variable"), (137, "killed, perhaps for memory"), (0, "")])
def test_why_a_run_has_failed_is_what_it_has_logged_unless_it_was_killed(slurm, tmp_path, monkeypatch, code, reason):
    def does(self):
        log = self.batch.folder.log / "run.jsonl"
        log.write_text('{"event": "run_ended", "error": "no such variable", "rows": 3}\n')
        return code

    assert carried_out(monkeypatch, does) == code
    account = read_json(tmp_path / "runs/dsgrid-12/job.json")
    assert (account["reason"], account["rows"]) == (reason, 3)


def test_a_signal_that_comes_while_another_end_is_dealt_with_loses_no_teardown(slurm, tmp_path, monkeypatch):
    def told(_error):
        os.kill(os.getpid(), signal.SIGUSR1)

    ending.heed_signals()
    monkeypatch.setattr(module, "code_of", told)
    assert carried_out(monkeypatch, raising(ValueError("odd"))) == ending.TIME_LIMIT
    assert is_torn_down(tmp_path)


def test_an_output_that_cannot_be_written_holds_up_no_teardown(slurm, tmp_path, monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "stderr", full)
        assert carried_out(monkeypatch, raising(EndingError(ending.MASTER, "no Master", "its log"))) == ending.MASTER
    assert is_torn_down(tmp_path)


def test_a_job_that_is_out_of_time_goes_back_into_the_queue_as_often_as_was_said(slurm, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DSGRID_REQUEUE", "1")
    assert carried_out(monkeypatch, raising(EndingError(ending.TIME_LIMIT, "near"))) == ending.TIME_LIMIT
    assert ("scontrol", "requeue", "12") in slurm.asked
    assert "back into the queue, restart 1 of 1" in capsys.readouterr().out
    slurm.asked.clear()
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    carried_out(monkeypatch, raising(EndingError(ending.TIME_LIMIT, "near")))
    assert ("scontrol", "requeue", "12") not in slurm.asked


def test_a_job_that_slurm_will_not_put_back_says_so_when_it_begins(slurm, monkeypatch, capsys):
    monkeypatch.setenv("DSGRID_REQUEUE", "2")
    slurm.fields = {"Requeue": "0"}
    carried_out(monkeypatch, raising(EndingError(ending.TIME_LIMIT, "near")))
    assert ("scontrol", "requeue", "12") not in slurm.asked
    said = capsys.readouterr().out
    assert "submit it with: sbatch --requeue" in said
    assert "back into" in said.splitlines()[0]
    assert "restart 1 of" not in said


def test_what_slurm_says_to_a_job_that_wants_back_is_told(slurm, monkeypatch, capsys):
    monkeypatch.setenv("DSGRID_REQUEUE", "2")
    slurm.refuses = "scontrol: disabled"
    assert carried_out(monkeypatch, raising(EndingError(ending.TIME_LIMIT, "near"))) == ending.TIME_LIMIT
    assert "it stays out of the queue: scontrol: disabled" in capsys.readouterr().out


def test_an_interactive_cluster_is_not_started_again_because_a_site_does_so_with_jobs(slurm, monkeypatch):
    monkeypatch.setattr(module, "load_site", lambda _path: Site(requeue=2))
    monkeypatch.setattr(module._Lead, "_carry_out", raising(EndingError(ending.TIME_LIMIT, "near")))
    assert lead("interactive", []) == ending.TIME_LIMIT
    assert ("scontrol", "requeue", "12") not in slurm.asked
    assert lead("single", ["a.toml"]) == ending.TIME_LIMIT
    assert ("scontrol", "requeue", "12") in slurm.asked


def test_what_is_called_wrongly_ends_before_anything_is_made(slurm, tmp_path, capsys):
    assert program.main(["lead", "sngle", "a.toml"]) == ending.USAGE
    assert 'no kind of job "sngle"; did you mean "single"?' in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_signal_during_the_imports_is_an_end_in_order():
    code = "import os, signal, sys\nimport dsgrid.cluster.__main__ as program\n"
    code += "class Late:\n    def find_spec(self, name, *rest):\n"
    code += "        if name == 'dsgrid.cluster.lead':\n            os.kill(os.getpid(), signal.SIGUSR1)\n"
    code += "sys.meta_path.insert(0, Late())\nsys.exit(program.main(['lead', 'single', 'a.toml']))\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (ending.TIME_LIMIT, "error: the time limit is near\n")
