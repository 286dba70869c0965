"""From checked specs, and what they ask for, to everything that a batch script says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from dsgrid.cluster.checked import Checked
from dsgrid.cluster.folder import RUNS
from dsgrid.cluster.kinds import CLUSTER
from dsgrid.cluster.rendering import Plan, Task, job_name
from dsgrid.cluster.site import Site
from dsgrid.cluster.wanted import Wanted
from dsgrid.cluster.wish import Wish
from dsgrid.datasets.offenders import counted
from dsgrid.errors import UsageError
from dsgrid.operations.asking import ASKING
from dsgrid.registry.registration import SUBMITTER
from dsgrid.spec.assets import asset_path
from dsgrid.spec.fence import VARIABLE as FENCE

# What decides how a job runs is written into its script: what ran can be read there.
_KEPT: Final = (
    *("DSGRID_SCRATCH", "DSGRID_WORKERS_WAIT", "DSGRID_WORKERS_MIN", "DSGRID_DRIVER_MB", "DSGRID_JVM_FLAGS"),
    # Of a job of a server: which files it may name, and whose it is. It does not depend on what sbatch passes on.
    *(FENCE, SUBMITTER),
)


def from_environment(name: str) -> str | None:
    """Return what the user has set for all jobs; to Slurm it goes before what a script says."""
    return os.environ.get(f"SBATCH_{name}") or None


def run_root(site: Site) -> Path:
    """Return the folder for run folders and scripts; jobs look there too, see `dsgrid.cluster.folder.run_folder`."""
    named = os.environ.get("DSGRID_RUN_ROOT") or site.runs
    return Path(os.path.abspath(Path(named) if named else Path(RUNS)))


def compose(
    checked: Sequence[Checked], wishes: Sequence[Wish], best: Wish, wanted: Wanted, site: Site, root: Path
) -> Plan:
    """Return everything that the batch script of these specs says.

    Parameters
    ----------
    wishes
        Of each spec, in their order.
    best
        What is enough for all of them.
    root
        The folder for run folders and scripts.
    """
    folder = asset_path("slurm")
    if folder is None:
        raise UsageError("dsgrid runs from a zip, which Slurm's nodes cannot read scripts from; install it")
    name = job_name(wanted.name or _named(checked))
    several = len(checked) > 1
    # To Slurm a percent sign in the name of a file begins a pattern.
    output = str(root).replace("%", "%%") + f"/{name}-" + ("%A_%a" if several else "%j") + ".out"
    exports = {
        "DSGRID_PYTHON": os.environ.get("DSGRID_PYTHON") or str(site.python or sys.executable),
        "DSGRID_RUN_ROOT": str(root),
    }
    if site.path is not None:
        exports["DSGRID_SITE"] = os.path.abspath(site.path)
    requeue = site.requeue if wanted.requeue is None else wanted.requeue
    exports["DSGRID_REQUEUE"] = str(requeue)
    exports |= {key: os.environ[key] for key in _KEPT if os.environ.get(key)}
    return Plan(
        name=name,
        tasks=tuple(
            Task(one.path, _arguments(one, its, best, wanted)) for one, its in zip(checked, wishes, strict=True)
        ),
        wish=best,
        output=output,
        folder=folder.resolve(),
        exports=exports,
        account=wanted.account or from_environment("ACCOUNT") or site.account,
        qos=from_environment("QOS") or site.qos,
        constraint=from_environment("CONSTRAINT") or site.constraint,
        options=site.options,
        after=wanted.after,
        requeue=requeue,
        at_once=site.array_limit if several else None,
    )


def _arguments(one: Checked, its: Wish, best: Wish, wanted: Wanted) -> tuple[str, ...]:
    engine = best.engine if best.kind == CLUSTER else its.engine
    return wanted.arguments(one.path, None if one.named else one.registry, its.parts, engine)


def _named(checked: Sequence[Checked]) -> str:
    if len(checked) > 1:
        return "dsgrid-array"
    spec = checked[0].spec
    name = spec.root.value.get("name") if spec.job in ASKING else None
    return name if isinstance(name, str) else checked[0].path.stem


def said_of(checked: Sequence[Checked], best: Wish, site: Site) -> Iterator[tuple[str, str]]:
    """Yield what the job does and asks for, each with a word for what it is about."""
    if len(checked) == 1:
        yield "work", checked[0].demand.says
    else:
        yield "work", f"{counted(len(checked), 'spec')}, each in a task of its own; the largest says how large they are"
    yield from best.why
    if site.path is not None:
        yield "site", str(site.path)


def free_name(root: Path, name: str) -> Path:
    """Return a file for a batch script, named after the job and this second, that is not there yet."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    names = (f"{name}-{stamp}{f'-{number}' if number else ''}.sbatch" for number in range(1_000))
    return next(root / each for each in names if not (root / each).exists())
