"""What tests do with a running Slurm: submit, wait, look at nodes and processes, break things."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.slurm.private_slurm import PrivateSlurm
from tests.slurm.processes import Process, process

JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # half the CPU of a short job
ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
}


@dataclass(frozen=True)
class Job:
    """How a job ended."""

    id: int | str
    state: str
    exit_code: str
    output: str
    fields: dict[str, str] = field(repr=False, default_factory=dict)


class Slurm:
    """The commands of a running Slurm."""

    def __init__(self, private: PrivateSlurm) -> None:
        self.private = private
        self.folder = private.folder
        self.nodes = private.names
        self.environment = {**os.environ, "SLURM_CONF": str(private.conf), "DSGRID_PYTHON": sys.executable}

    # ---- commands

    def call(self, *command: str | Path, cwd: Path | None = None, timeout: float = 60, **environment: str) -> str:
        """Run a command that has to succeed; return what it prints."""
        done = self.ask(*command, cwd=cwd, timeout=timeout, **environment)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(
        self, *command: str | Path, cwd: Path | None = None, timeout: float = 60, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail."""
        return subprocess.run(
            [str(part) for part in command],
            env={**self.environment, **environment},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @property
    def site(self) -> dict[str, str]:
        """What jobs of tests have in their environment: each node has a scratch folder of its own."""
        return {"DSGRID_SCRATCH": str(self.folder / "scratch/${SLURMD_NODENAME}"), "DSGRID_JVM_FLAGS": JVM}

    def submit(self, *arguments: str | Path, cwd: Path, **environment: str) -> int:
        """Give arguments to `sbatch`; return the job's number."""
        said = self.call("sbatch", "--parsable", *arguments, cwd=cwd, **{**self.site, **environment})
        return int(said.partition(";")[0])

    def signal(self, job: int | str, name: str) -> None:
        """Send a signal to the batch script alone, as Slurm does ahead of the time limit."""
        self.call("scancel", "--batch", f"--signal={name}", str(job))

    def cancel(self, job: int | str) -> None:
        self.call("scancel", str(job))

    # ---- jobs

    def fields(self, job: int | str) -> dict[str, str]:
        """Return what Slurm knows of a job (of the first part of one with several)."""
        line = self.call("scontrol", "show", "job", "--details", "--oneliner", str(job)).splitlines()[0]
        parts = re.split(r"(?:^|\s)([A-Z][A-Za-z/_:]*)=", line)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def output(self, job: int | str) -> str:
        """Return what a job has printed so far."""
        return _text(self.fields(job))

    def wait(self, job: int | str, timeout: float) -> Job:
        """Poll, because `sbatch --wait` looks ever more rarely, and for ever when a node is down."""
        end = time.monotonic() + timeout
        fields: dict[str, str] = {}
        while time.monotonic() < end:
            fields = self.fields(job)
            if fields["JobState"] in ENDED:
                return Job(job, fields["JobState"], fields["ExitCode"], _text(fields), fields)
            time.sleep(0.2)
        self.cancel(job)
        raise AssertionError(f"job {job} did not end in {timeout} s: {fields}\n{_text(fields)}")

    def wait_for_output(self, job: int | str, pattern: str, timeout: float = 60) -> str:
        """Wait until a running job has printed what matches a pattern; return all that it has printed."""
        end = time.monotonic() + timeout
        while not re.search(pattern, text := self.output(job)):
            state = self.fields(job)["JobState"]
            if state in ENDED or time.monotonic() > end:
                raise AssertionError(f"job {job} ({state}) has not printed {pattern!r}:\n{text}")
            time.sleep(0.1)
        return text

    def steps(self, job: int | str) -> dict[str, str]:
        """Return the names of a job's running steps, by their numbers."""
        lines = self.call("squeue", "--steps", "--noheader", f"--job={job}", "--format=%i %j").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    # ---- nodes and what runs on them

    def processes_on(self, node: str) -> list[Process]:
        """Return what jobs run on a node: all that its daemon has started, without Slurm's own processes."""
        found = (process(pid) for pid in self.private.nodes[node].processes())
        return [each for each in found if each is not None and not re.match(SLURMS_OWN, each.command)]

    def processes_of(self, job: int | str, node: str | None = None) -> list[Process]:
        """Return what runs of a job, on one node or on all, even if it has left the job's process tree."""
        nodes = self.nodes if node is None else (node,)
        return [each for name in nodes for each in self.processes_on(name) if each.job == str(job)]

    def scratch(self, node: str) -> Path:
        """Return the folder for scratch files on a node's own disk."""
        return self.folder / "scratch" / node

    def leftovers(self, job: int | str | None = None) -> list[str]:
        """Return in words what is left of a job (of all jobs) on the nodes: processes, and folders on their disks."""
        found = [
            f"{node}: process {each.pid} {each.command[:150]}"
            for node in self.nodes
            for each in self.processes_on(node)
            if job is None or each.job == str(job)
        ]
        pattern = "*" if job is None else f"dsgrid-{job}*"
        return found + [str(path) for node in self.nodes for path in self.scratch(node).glob(pattern)]

    def kill_node(self, name: str, *, told: bool = False) -> None:
        """Cut a node's power: nothing on it can say goodbye, and it does not come back by itself.

        Parameters
        ----------
        told
            Whether somebody tells Slurm; by itself it finds out after half a minute.
        """
        self.private.nodes[name].cut_power()
        if told:
            self.call("scontrol", "update", f"nodename={name}", "state=down", "reason=power")

    def restore_node(self, name: str) -> None:
        """Switch a node on again, with empty disks, and wait until it takes work."""
        self.private.start_node(name)
        wait_until(
            lambda: self.private.states().get(name) in ("idle", "mixed", "allocated"), 60, f"{name} to come back"
        )


SLURMS_OWN = r"(\S*/)?(slurmd\s|slurmstepd|unshare --net)"


def wait_until(condition: Callable[[], object], seconds: float = 60, what: str = "a condition") -> None:
    """Wait until a condition holds; the test fails when it does not in so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


def _text(fields: dict[str, str]) -> str:
    output = Path(fields.get("StdOut", "/nowhere"))
    return output.read_text(errors="replace") if output.is_file() else ""
