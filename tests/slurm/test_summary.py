"""What a job's state in Slurm hides, its closing summary says: what it used, and what it lost on the way."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from tests.slurm.queries import QUERY
from tests.slurm.slurm_client import Slurm, wait_until

from dsgrid.cluster.aftermath import Aftermath, ask_slurm
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.losses import losses
from dsgrid.cluster.usage import read_usages

pytestmark = pytest.mark.slurm
SCRIPTS = Path(__file__).resolve().parents[2] / "slurm"
HOG = "import sys, time; x = bytearray(int(sys.argv[1]) << 20); x[::4096] = b'1' * len(x[::4096]); time.sleep(2)"
WATCHED = """
import subprocess, sys
from pathlib import Path
from dsgrid.cluster.usage import Watch

watch = Watch(node="cg1", cores=2, memory=600)
watch.start(Path("usage/cg1.json"))
step = ["srun", "--overlap", "--mem=0", "--ntasks=1", sys.executable, "-c", {hog!r}]
subprocess.run([*step, "250"], check=True)
# As a worker with its executors does, the step goes on.
subprocess.run([*step[:4], "bash", "-c", 'echo "code $(("$@" >&2); echo $?)"; sleep 6', "step", *step[4:], "1500"])
watch.stop()
"""


def account(folder: Path, job: int | str) -> dict:
    return json.loads((folder / f"dsgrid-jobs/dsgrid-{job}/job.json").read_text())


def told(text: str, label: str) -> str:
    found = re.search(rf"^  {label} +(.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def test_a_job_that_failed_says_how_what_it_used_and_what_to_do(slurm: Slurm, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('spec_version = 1\njob = "query"\nregistri = "build/registry"\n')
    options = ("--cpus-per-task=2", "--mem=1800M", "--time=10")
    arguments = (*options, SCRIPTS / "single_node.sbatch", "wrong.toml", "--engine", "sail")
    job = slurm.wait(slurm.submit(*arguments, cwd=tmp_path), 60)
    summary = job.output[job.output.index(f"\njob {job.id}\n") + 1 :]
    assert told(summary, "ended").startswith("exit code 2: wrong.toml:1:1: missing key ")
    assert told(summary, "nodes") == "1 x 2 cores (node1)"
    assert told(summary, "output") == job.fields["StdOut"]
    assert told(summary, "next") == f"dsgrid jobs logs {job.id} --which all"
    assert told(summary, "lost") == ""
    kept = account(tmp_path, job.id)
    assert summary.strip().startswith(kept["summary"])
    (usage,) = kept["usage"]
    # At least the job's own process; the spec's may be over before anybody has looked.
    assert 10 << 20 < usage["peak"] < 1 << 30
    assert 0.1 < usage["cpu"] < 60
    assert (usage["cores"], usage["memory"]) == (2, 1800)


@pytest.mark.slow
def test_an_executor_that_was_killed_is_told_though_the_job_went_well(slurm: Slurm, project: Path) -> None:
    options = ("--nodes=2", "--cpus-per-task=2", "--mem=4000M", "--time=10")
    job = slurm.submit(*options, SCRIPTS / "spark_job.sbatch", QUERY, "--no-cache", cwd=project)

    def executors() -> list:
        found = slurm.processes_of(job, "node2")
        return [each for each in found if "CoarseGrainedExecutorBackend" in each.command]

    wait_until(executors, 90, "an executor on node2")
    time.sleep(2)  # until it has registered: before, it is only one that did not start
    executors()[0].kill()
    ended = slurm.wait(job, 240)
    assert ended.state == "COMPLETED", ended.output
    assert told(ended.output, "ended") == "well, in spite of losses"
    assert told(ended.output, "lost").startswith("node2: an executor ended (exit code 137: killed)")
    assert Path(told(ended.output, "result")).exists()
    used = {each["node"]: each for each in account(project, job)["usage"]}
    assert set(used) == {"node1", "node2"}
    assert all(each["cpu"] > 3 and each["peak"] > 200 << 20 for each in used.values()), used


@pytest.mark.slow
def test_a_kill_for_memory_and_the_peak_before_it_are_counted(cg: Slurm, tmp_path: Path) -> None:
    """A process of the second step takes more memory than the job has: only that one is killed."""
    script = tmp_path / "watched.py"
    script.write_text(WATCHED.format(hog=HOG))
    python = cg.environment["DSGRID_PYTHON"]
    # The daemons of the tests know nothing of this folder.
    options = ("--cpus-per-task=2", "--mem=600M", "--time=10", f"--wrap=exec {python} {script}")
    job = cg.wait(cg.submit(*options, cwd=tmp_path, PYTHONPATH=str(SCRIPTS.parent / "lib")), 60)
    assert "code 137" in job.output, job.output
    (usage,) = read_usages(tmp_path / "usage")
    assert usage.by == "cgroup", job.output
    assert usage.oom_kills == 1
    assert 250 << 20 < usage.peak <= 600 << 20
    assert 0.1 < usage.cpu < usage.seconds * 2 + 1
    (loss,) = losses(Folder(tmp_path), names={"127.0.0.11": "cg1"}, head="cg1", slurm=told_by(cg, job.id))
    assert (loss.node, loss.what, loss.count) == ("cg1", "a process was killed because the job's memory was full", 1)


def told_by(cg: Slurm, job: int | str) -> Aftermath:
    """Return what Slurm says, whose commands find it by this process's environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", cg.environment["SLURM_CONF"])
        found = ask_slurm(str(job), ["cg1"])
    # Slurm has seen it, too, but does not say where.
    assert found == Aftermath(memory=("",))
    return found
