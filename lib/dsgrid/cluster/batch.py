"""A job on Slurm as its first node sees it: what was asked for, what was granted, where things are."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsgrid.cluster import ending, slurm
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import Folder, run_folder, scratch_folder
from dsgrid.cluster.granted import Granted, granted
from dsgrid.cluster.inherited import own_environment
from dsgrid.cluster.kinds import ARRAY, CLUSTER, INTERACTIVE, KINDS, SINGLE
from dsgrid.cluster.limit import own_memory_limit
from dsgrid.cluster.node_names import address_of
from dsgrid.errors import ClusterError, DsgridError, UsageError, did_you_mean
from dsgrid.operations.launch import QUICK, spark_home

if TYPE_CHECKING:
    from dsgrid.cluster.site import Site

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Batch:
    """A job, and how it is to be done.

    Parameters
    ----------
    id
        As Slurm calls it in its files, a number.
    name
        As people call it: ``12``, or ``12_3`` of an array.
    kind
        `SINGLE`, `CLUSTER` or `INTERACTIVE`.
    arguments
        What ``dsgrid run`` is called with, the spec first; empty where the job is interactive.
    engine
        ``spark`` or ``sail``.
    connect
        Of an interactive job: whether it has a Spark Connect server.
    scratch
        On this node's own disk.
    driver_pages
        Address and port of the pages of the driver, where it shows some.
    """

    id: str
    name: str
    kind: str
    arguments: tuple[str, ...]
    engine: str
    granted: Granted
    site: Site
    folder: Folder
    scratch: Path
    environment: Mapping[str, str] = field(repr=False)
    connect: bool = True
    driver_pages: str = ""

    @property
    def spec(self) -> str | None:
        """The spec's file."""
        return self.arguments[0] if self.arguments else None

    @property
    def job_of_steps(self) -> str:
        """The number that Slurm has for the workers' part of the job; each group of a heterogeneous one has its own."""
        group = self.granted.het_group
        return self.id if group is None else self.environment.get(f"SLURM_JOB_ID_HET_GROUP_{group}") or self.id

    @property
    def java_flags(self) -> str:
        """More options of every JVM."""
        return self.environment.get("DSGRID_JVM_FLAGS", "")

    @property
    def has_pages(self) -> bool:
        """Whether Spark's pages are shown to people; else only the lead reads those of the Master."""
        return self.site.ui != "off"

    def pages_of(self, address: str) -> str:
        """Return the address that the pages of a node are bound to."""
        return address if self.site.ui == "node" else LOOPBACK

    def free_pages(self) -> str:
        """Return an address and a free port for the pages of the driver."""
        address = self.pages_of(self.granted.head.address)
        with socket.socket() as found:
            found.bind((address, 0))
            return f"{address}:{found.getsockname()[1]}"

    def number(self, name: str) -> int | None:
        """Return a number that the environment says, such as ``DSGRID_DRIVER_MB``; None where it says nothing.

        Raises
        ------
        EndingError
            It is no number.
        """
        text = self.environment.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit()):
            raise EndingError(ending.USAGE, f'{name} is "{text}"; it has to be a whole number')
        return int(text) if text else None

    def processes_environment(self) -> dict[str, str]:
        """Return the environment of Spark's processes on this node."""
        return {
            **self.environment,
            "SPARK_HOME": str(spark_home()),
            "SPARK_CONF_DIR": str(self.folder.conf),
            "SPARK_LOG_DIR": str(self.folder.log),
            "SPARK_LOCAL_DIRS": str(self.scratch / "driver"),
            "SPARK_LAUNCHER_OPTS": self.java_flags or QUICK,
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "TMPDIR": str(self.scratch / "tmp"),
        }


def read_batch(kind: str, arguments: Sequence[str], environment: Mapping[str, str], site: Site) -> Batch:
    """Return the job that this process leads.

    Parameters
    ----------
    kind
        One of `KINDS`: what the batch script says.
    arguments
        What it was called with.

    Raises
    ------
    EndingError
        It was called wrongly, or what Slurm granted cannot be told.
    """
    if kind not in KINDS:
        raise EndingError(ending.USAGE, f'no kind of job "{kind}"{did_you_mean(kind, KINDS)}')
    job = environment.get("SLURM_JOB_ID")
    if not job:
        raise EndingError(ending.USAGE, "this is a batch script: sbatch SCRIPT SPEC; without Slurm: dsgrid run SPEC")
    environment = own_environment(environment, _fields(job))
    try:
        got = granted(environment, _nodes(environment), address_of, limit=own_memory_limit())
        folder = run_folder(environment, site.runs)
        scratch = scratch_folder(environment, site.scratch)
    except UsageError as error:
        raise EndingError(ending.USAGE, str(error)) from None
    except DsgridError as error:
        raise EndingError(ending.ADDRESS, str(error)) from None
    arguments, engine = _without_engine(list(arguments), site.engine)
    batch = Batch(
        id=job,
        name=_name(environment),
        kind=kind,
        arguments=tuple(arguments),
        engine=engine,
        granted=got,
        site=site,
        folder=folder,
        scratch=scratch,
        environment=dict(environment),
    )
    return _settled(batch)


def _fields(job: str) -> dict[str, str]:
    with contextlib.suppress(ClusterError):
        return slurm.job_fields(job)
    return {}


def _nodes(environment: Mapping[str, str]) -> Callable[[str], Mapping[str, str]]:
    """Return what tells of a node, having asked for all at once: there may be a thousand."""
    lists = (environment.get(f"SLURM_JOB_NODELIST{group}") for group in ("", "_HET_GROUP_0", "_HET_GROUP_1"))
    names = ",".join(dict.fromkeys(filter(None, lists)))
    known = slurm.node_fields(names) if names else {}
    return lambda name: known.get(name, {})


def _settled(batch: Batch) -> Batch:
    """Return the job with its kind and arguments as they are meant."""
    several = batch.granted.het_group is not None or len(batch.granted.workers) > 1
    if batch.kind == INTERACTIVE:
        unknown = [each for each in batch.arguments if each != "--no-connect"]
        if unknown:
            raise EndingError(ending.USAGE, f'interactive.sbatch takes no "{unknown[0]}", only --no-connect')
        return replace(batch, arguments=(), connect="--no-connect" not in batch.arguments)
    if batch.kind == ARRAY:
        batch = replace(batch, arguments=of_task(batch.arguments, batch.environment))
    if not batch.arguments or batch.arguments[0].startswith("-"):
        usage = "sbatch [OPTIONS OF sbatch] SCRIPT SPEC [OPTIONS OF dsgrid run]"
        raise EndingError(ending.USAGE, f"the spec has to come first: {usage}")
    if batch.engine == "sail" and several:
        raise EndingError(ending.USAGE, "Sail is for one node: sbatch slurm/single_node.sbatch SPEC --engine sail")
    if batch.kind == SINGLE and several:
        nodes = len(batch.granted.workers)
        raise EndingError(ending.USAGE, f"single_node.sbatch got {nodes} nodes; for a cluster: slurm/spark_job.sbatch")
    # On one node a cluster would only cost two JVMs more.
    return replace(batch, kind=CLUSTER if several else SINGLE)


def of_task(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the spec of this task of an array, and the options, which are the same for all.

    Parameters
    ----------
    arguments
        The specs, then the options: the first task has the first spec.
    """
    count = next((i for i, each in enumerate(arguments) if each.startswith("-")), len(arguments))
    specs, options = arguments[:count], arguments[count:]
    task = environment.get("SLURM_ARRAY_TASK_ID")
    if task is None:
        advice = f"sbatch --array=0-{max(count - 1, 0)} slurm/array.sbatch SPEC..."
        raise EndingError(ending.USAGE, f"this is the script of an array: {advice}")
    index = int(task)
    if index >= count:
        raise EndingError(ending.USAGE, f"there is no spec for task {index}: {_tasks(count)}")
    return (specs[index], *options)


def _tasks(count: int) -> str:
    """Return which tasks so many specs are."""
    if count < 2:
        return "the only spec is task 0" if count else "no spec is named, and specs come before options"
    return f"{count} specs are tasks 0 to {count - 1}"


def _without_engine(arguments: list[str], default: str) -> tuple[list[str], str]:
    """Return the arguments without ``--engine``, and the engine."""
    engine = default
    left: list[str] = []
    rest = iter(arguments)
    for each in rest:
        if each == "--engine":
            engine = next(rest, "")
        elif each.startswith("--engine="):
            engine = each.partition("=")[2]
        else:
            left.append(each)
    if engine not in ("spark", "sail"):
        raise EndingError(ending.USAGE, f'no engine "{engine}" in a batch script; there are spark and sail')
    return left, engine


def _name(environment: Mapping[str, str]) -> str:
    task = environment.get("SLURM_ARRAY_TASK_ID")
    return f"{environment.get('SLURM_ARRAY_JOB_ID')}_{task}" if task else environment["SLURM_JOB_ID"]
