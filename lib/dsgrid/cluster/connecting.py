"""How to use the Spark Connect server of an interactive job, from wherever its owner is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.cluster.job import Job
from dsgrid.cluster.kinds import INTERACTIVE
from dsgrid.cluster.known import chosen_one, known_jobs
from dsgrid.errors import ClusterError, NotFoundError
from dsgrid.operations.reported import Reported

if TYPE_CHECKING:
    from dsgrid.cluster.connect import Connection


@dataclass(frozen=True, repr=False)
class HowToConnect(Reported):
    """What its owner has to type.

    Parameters
    ----------
    connection
        Where the server is, and its token; None where there is none, and drivers attach to the cluster.
    """

    job: Job
    connection: Connection | None

    def report(self) -> str:
        """Return the lines; the token is in them."""
        from dsgrid.cluster.connect import attach_lines, connect_report

        if self.connection is not None:
            return connect_report(self.connection)
        account = self.job.account
        return attach_lines(account.text("master"), account.folder.client, self.job.id) if account is not None else ""


def how_to_connect(id_: str) -> HowToConnect:
    """Return how to use the cluster of a job: by its Spark Connect server, or by drivers of one's own.

    Raises
    ------
    NotFoundError
        There is no such job, or it has no such server.
    ClusterError
        It is over, or its server is not there yet.
    """
    from dsgrid.cluster.connect import read_connection

    job = chosen_one(id_, known_jobs())
    if job.is_over:
        raise ClusterError(f"job {job.id} is over ({job.state}): sbatch slurm/interactive.sbatch starts another one")
    kind = job.account.text("kind") if job.account is not None else job.entry.kind
    if kind not in ("", INTERACTIVE):
        raise NotFoundError(f"job {job.id} has no Spark Connect server; only those of slurm/interactive.sbatch do")
    connection = None if job.account is None else read_connection(job.account.folder.path)
    if connection is None and job.account is not None and job.account.folder.client.is_dir():
        return HowToConnect(job, None)
    if connection is None:
        state = f"{job.state}: {job.remark}" if job.remark else job.state
        raise ClusterError(f"the Spark Connect server of job {job.id} is not there (the job is {state})")
    return HowToConnect(job, connection)
