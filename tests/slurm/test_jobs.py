"""`dsgrid jobs` on a real Slurm: what it says of jobs is so, and what it is told to do with them is done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.slurm.slurm_client import Slurm, wait_until

from dsgrid.cluster import ledger
from dsgrid.cluster.ledger import Entry

pytestmark = pytest.mark.slurm
ROOT = Path(__file__).resolve().parents[2]
LEAD = Path(__file__).with_name("leading_a_sleep.py")
SMALL = ("--ntasks=1", "--cpus-per-task=1", "--mem=50M", "--time=5")


class Jobs:
    """Jobs that sleep, in a ledger of the test's own, and `dsgrid jobs` for them."""

    def __init__(self, slurm: Slurm, folder: Path) -> None:
        self.slurm = slurm
        self.folder = folder
        self.submitted: list[str] = []

    def submit(self, seconds: float = 60, code: int = 0, *options: str, known: bool = True) -> str:
        script = self.folder / "sleep.sbatch"
        script.write_text(f'#!/bin/bash\nexec {sys.executable} {LEAD} {self.folder} "$@"\n')
        options = (*SMALL, "--open-mode=append", *options)
        id_ = str(self.slurm.submit(*options, script, str(seconds), str(code), cwd=self.folder))
        self.submitted.append(id_)
        if known:
            run = str(self.folder / f"dsgrid-{id_}")
            output = str(self.folder / f"slurm-{id_}.out")
            ledger.record(Entry(id_, ledger.now(), spec="/specs/a.toml", run=run, output=output, by="sbatch"))
        return id_

    def dsgrid(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return self.slurm.ask(sys.executable, "-m", "dsgrid", "jobs", *arguments, cwd=self.folder, **options)

    def rows(self, *arguments: str) -> dict[str, dict[str, object]]:
        done = self.dsgrid(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        # Slurm tells of the jobs of other tests, too.
        return {job["id"]: job for job in json.loads(done.stdout) if job["id"].partition("_")[0] in self.submitted}

    def until(self, id_: str, state: str, seconds: float = 30) -> None:
        wait_until(lambda: self.slurm.fields(id_)["JobState"] == state, seconds, f"job {id_} to be {state}")

    def until_it_leads(self, id_: str) -> None:
        wait_until((self.folder / f"dsgrid-{id_}/job.json").exists, 30, f"job {id_} to begin")


@pytest.fixture
def jobs(slurm, tmp_path, monkeypatch) -> Iterator[Jobs]:
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path / "state"))
    slurm.environment["DSGRID_STATE"] = str(tmp_path / "state")
    made = Jobs(slurm, tmp_path)
    yield made
    slurm.environment["DSGRID_STATE"] = os.devnull
    for id_ in made.submitted:
        slurm.ask("scancel", id_)


def test_jobs_are_listed_as_they_stand_and_waiting_for_them_gives_their_codes(jobs):
    fails = jobs.submit(0, 7)
    runs = jobs.submit(60)
    waits = jobs.submit(60, 0, f"--dependency=afterok:{runs}")
    never = jobs.submit(60, 0, f"--dependency=afterok:{fails}")
    held = jobs.submit(60, 0, "--hold")
    array = jobs.submit(0, 0, "--array=3-4")
    hetero = jobs.submit(0, 0, *SMALL, ":", *SMALL)
    waited = jobs.dsgrid("wait", fails, array, hetero, "--timeout", "40s")
    assert waited.returncode == 7, waited.stderr
    jobs.until_it_leads(runs)
    found = jobs.rows()
    assert {id_: job["state"] for id_, job in found.items()} == {
        fails: "failed",
        runs: "running",
        waits: "waiting",
        never: "waiting",
        held: "waiting",
        f"{array}_3": "done",
        f"{array}_4": "done",
        hetero: "done",
    }
    assert (found[fails]["exit_code"], found[fails]["nodes"]) == (7, "node1")
    assert found[waits]["remark"] == "waits for another job to end"
    assert found[held]["remark"] == f"held by you: scontrol release {held}"
    assert found[hetero]["remark"] == "1 loss on the way; /results/a", "which Slurm calls COMPLETED"
    assert len(str(found[hetero]["nodes"]).split(",")) == 2 or found[hetero]["nodes"] == "node1,node1"
    assert set(jobs.rows("--state", "waiting")) == {waits, never, held}

    hopeless = jobs.dsgrid("wait", never)
    assert (hopeless.returncode, hopeless.stderr.count("will never start")) == (11, 2), hopeless.stderr
    late = jobs.dsgrid("wait", runs, "--timeout", "0.2s")
    assert (late.returncode, late.stdout.strip()) == (75, f"job {runs}: running")
    jobs.slurm.call("scancel", waits)
    assert jobs.dsgrid("wait", waits).returncode == 143


def test_what_runs_is_cancelled_in_order_and_what_waits_at_once(jobs):
    runs = jobs.submit(60)
    waits = jobs.submit(60, 0, f"--dependency=afterok:{runs}")
    other = jobs.submit(60, known=False)
    jobs.until_it_leads(runs)
    done = jobs.dsgrid("cancel", runs, waits)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"job {runs}: cancelled", f"job {waits}: cancelled (before it began)"]
    assert "\nended with 130\n" in jobs.slurm.output(runs), "it had the time to tear down"
    assert jobs.slurm.fields(runs)["JobState"] == jobs.slurm.fields(waits)["JobState"] == "CANCELLED"
    again = jobs.dsgrid("cancel", runs)
    assert (again.returncode, again.stdout) == (0, f"job {runs} was over already: cancelled\n")

    refused = jobs.dsgrid("cancel", other)
    assert (refused.returncode, refused.stderr) == (
        2,
        f"job {other} is none of dsgrid's; --force cancels it all the same\n",
    )
    assert jobs.slurm.fields(other)["JobState"] in ("RUNNING", "PENDING")
    assert jobs.dsgrid("cancel", other, "--force").stdout.startswith(f"job {other}: cancelled")
    unknown = jobs.dsgrid("cancel", "999999")
    assert (unknown.returncode, unknown.stderr.startswith('you have no job "999999"; there are: ')) == (3, True)


def test_a_task_of_an_array_that_is_cancelled_before_it_begins_is_known_as_cancelled(jobs):
    array = jobs.submit(60, 0, "--array=0-2", "--hold", known=False)
    for task in range(3):
        ledger.record(Entry(f"{array}_{task}", ledger.now(), spec=f"/specs/{task}.toml"))
    done = jobs.dsgrid("cancel", f"{array}_[1-2]")
    assert done.stdout.splitlines() == [f"job {array}_{task}: cancelled (before it began)" for task in (1, 2)]
    assert f"{array}_1" not in jobs.slurm.call("squeue", "--states=all", "--array", "--noheader", "--format=%i")
    found = {id_: job["state"] for id_, job in jobs.rows("list").items()}
    assert found == {f"{array}_0": "waiting", f"{array}_1": "cancelled", f"{array}_2": "cancelled"}
    assert jobs.dsgrid("wait", f"{array}_1").returncode == 143


def test_logs_are_followed_until_the_job_ends_and_everything_is_shown(jobs):
    id_ = jobs.submit(1, 4)
    followed = jobs.dsgrid("logs", "--follow", "latest")
    lines = followed.stdout.splitlines()
    assert (followed.returncode, lines[0], lines[-1]) == (0, "began", "ended with 4"), followed.stderr
    assert lines.count("tick") > 3
    assert followed.stderr.splitlines()[-1].startswith(f"job {id_}: failed: exit code 4")
    master = jobs.dsgrid("logs", id_, "--which", "master")
    assert (master.stdout, master.stderr) == ("the Master\n", "")
    shown = _shown(jobs.dsgrid("show", id_))
    assert (shown["run folder"], shown["state"]) == (f"{jobs.folder}/dsgrid-{id_}", "failed (FAILED)")


def test_a_job_that_goes_back_into_the_queue_is_the_same_job(jobs):
    id_ = jobs.submit(60, 0, "--requeue")
    jobs.until_it_leads(id_)
    before = jobs.slurm.fields(id_)["SubmitTime"]
    wait_until(lambda: _second(jobs) > before, 5)
    jobs.slurm.call("scontrol", "requeue", id_)
    jobs.until(id_, "PENDING")
    assert jobs.slurm.fields(id_)["SubmitTime"] > before, "by which one might take it for another one"
    found = jobs.rows()
    assert (list(found), found[id_]["state"], found[id_]["restarts"]) == ([id_], "waiting", 1)
    assert str(found[id_]["remark"]).startswith("started again once")
    assert jobs.dsgrid("cancel", id_).stdout == f"job {id_}: cancelled (started again once)\n"


def _shown(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    lines = (re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


def _second(jobs: Jobs) -> str:
    return jobs.slurm.call("date", "+%Y-%m-%dT%H:%M:%S").strip()


def test_a_job_of_our_scripts_records_itself_and_its_own_code_is_told(jobs):
    """Without `dsgrid submit`: it is known while it waits, and when Slurm has forgotten it."""
    script = ROOT / "slurm/single_node.sbatch"
    options = ("--hold", "--cpus-per-task=1", "--mem=1800M", "--time=5")
    id_ = str(jobs.slurm.submit(*options, script, "nowhere.toml", "--engine", "sail", cwd=jobs.folder))
    jobs.submitted.append(id_)
    assert (jobs.rows()[id_]["state"], jobs.rows()[id_]["spec"]) == ("waiting", str(jobs.folder / "nowhere.toml"))
    jobs.slurm.call("scontrol", "release", id_)
    waited = jobs.dsgrid("wait", "latest", "--timeout", "60s")
    assert waited.returncode == 3, (waited.stderr, jobs.slurm.output(id_))
    assert 'exit code 3: no file "nowhere.toml"' in waited.stdout
    found = jobs.rows()[id_]
    assert (found["submitted_by"], found["kind"], found["arguments"]) == ("sbatch", "single", [])
    away = jobs.dsgrid("show", id_, PATH="/nowhere")
    assert (away.returncode, _shown(away)["exit code"]) == (0, "3"), away.stderr
    assert "Slurm is not on this machine" in away.stdout


def test_a_list_of_jobs_answers_at_once(jobs):
    jobs.submit(0)
    used = os.times()
    assert jobs.dsgrid().returncode == 0
    after = os.times()
    # The processor's time, squeue's included; a machine at work does not make it longer.
    seconds = after.children_user + after.children_system - used.children_user - used.children_system
    assert seconds < 0.6
