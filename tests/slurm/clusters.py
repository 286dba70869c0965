"""Clusters without a spec, for tests: up in seconds, cancelled when the test is over."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.slurm.processes import Process
from tests.slurm.slurm_client import ENDED, Job, Slurm, wait_until

from dsgrid.cluster.conf import Secrets

SLURM = Path(__file__).resolve().parents[2] / "slurm"
SMALL = ("--cpus-per-task=2", "--mem=4000M", "--time=10")
UP = r"the cluster is there"


@dataclass(frozen=True)
class Cluster:
    """A job that is a Spark cluster."""

    slurm: Slurm
    job: int
    run: Path

    def settings(self, name: str = "daemons/spark-defaults.conf") -> dict[str, str]:
        """Return what a file of its configuration says."""
        lines = (self.run / "conf" / name).read_text().splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    @property
    def secret(self) -> str:
        return self.settings()["spark.authenticate.secret"]

    @property
    def page_key(self) -> str:
        return self.settings()["spark.org.apache.spark.ui.JWSFilter.param.secretKey"]

    @property
    def account(self) -> dict[str, Any]:
        """Return what the job says of itself."""
        return json.loads((self.run / "job.json").read_text())

    @property
    def master(self) -> str:
        """The Master's address, spark://host:port."""
        return self.account["master"]

    def log(self, name: str) -> str:
        file = self.run / "log" / name
        return file.read_text(errors="replace") if file.exists() else ""

    def page(self) -> str:
        """Return the address of the Master's pages."""
        port = self.log("master.log").partition("MasterWebUI to ")[2].partition("://")[2].split()[0].rpartition(":")[2]
        return f"http://127.0.0.1:{port}"

    def state(self) -> dict[str, Any]:
        """Return what the Master says to the one who knows the key of its pages."""
        known = Secrets("", base64.urlsafe_b64decode(self.page_key))
        request = urllib.request.Request(f"{self.page()}/json/", headers={"Authorization": known.header})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def workers(self) -> list[str]:
        """Return the addresses of the workers that are registered and alive."""
        return sorted(each["host"] for each in self.state()["workers"] if each["state"] == "ALIVE")

    def process(self, kind: str, node: str) -> Process:
        """Return the JVM of a "Master" or "Worker" on a node."""
        found = [
            each for each in self.slurm.processes_of(self.job, node) if f"deploy.{kind.lower()}.{kind}" in each.command
        ]
        assert len(found) == 1, f"{kind} on {node}: {found}"
        return found[0]

    def wait(self, seconds: float = 40) -> Job:
        return self.slurm.wait(self.job, seconds)


@contextmanager
def cluster(
    slurm: Slurm, folder: Path, *options: str | Path, nodes: int = 2, up: bool = True, **environment: str
) -> Iterator[Cluster]:
    """Start a cluster; wait until it is there, unless it shall not come up.

    Parameters
    ----------
    folder
        Where `sbatch` is called.
    options
        Of sbatch; the script comes behind them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [*SMALL, f"--nodes={nodes}", *options, SLURM / "interactive.sbatch", "--no-connect"]
    job = slurm.submit(*arguments, cwd=folder, **environment)
    try:
        if up:
            slurm.wait_for_output(job, UP, 90)
        yield Cluster(slurm, job, folder / "dsgrid-jobs" / f"dsgrid-{job}")
    finally:
        slurm.ask("scancel", str(job))
        wait_until(lambda: slurm.fields(job)["JobState"] in ENDED, 40, f"the end of job {job}")
