"""Handing an attempt in to Slurm, in a process of its own: nothing that a server does in between loses the job."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from dsgrid.api.jobs.attempt_folder import LOG, OUTPUT, Order
from dsgrid.cluster import ledger, slurm
from dsgrid.cluster.folder import PREFIX
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import Standing, number
from dsgrid.cluster.submission import submit
from dsgrid.cluster.wanted import Wanted

SUBMITTED: Final = "slurm.json"
RUNS: Final = "slurm"
# What its output has before that of the job: how large that is then.
SAID: Final = "said"


def hand_in(folder: Path, order: Order, spec: Path) -> None:
    """Submit the spec of an attempt to Slurm, and write down its number.

    Parameters
    ----------
    spec
        The file, with everything filled: nothing that a client said becomes a part of a command.
    """
    runs = folder / RUNS
    runs.mkdir(mode=0o700, exist_ok=True)
    # By the environment: it goes before what the site's file says.
    os.environ["DSGRID_RUN_ROOT"] = str(runs)
    options = order.options
    wanted = Wanted(
        name=f"dsgrid-{order.job}",
        registry=order.registry,
        log=folder / LOG,
        cache=options.cache,
        resume=options.resume,
        parts=options.parts,
    )
    done = submit(spec, wanted, site=order.site)
    sys.stdout.write(f"{done.report()}\n")
    sys.stdout.flush()
    entry = Entry(
        id=str(done.id),
        submitted=ledger.now(),
        cluster=slurm.cluster_name(),
        spec=str(spec),
        folder=str(folder),
        run=done.run,
        output=done.output,
        script=str(done.script),
        kind=done.wish.kind,
        nodes=done.wish.nodes,
    )
    write_submitted(folder, entry)


def write_submitted(folder: Path, entry: Entry) -> None:
    """Write down the job that Slurm has for an attempt."""
    told = asdict(replace(entry, end={})) | {SAID: _size(folder / OUTPUT)}
    new = folder / f".{SUBMITTED}"
    with new.open("w", encoding="utf-8") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, folder / SUBMITTED)


def read_submitted(folder: Path) -> tuple[Entry, int] | None:
    """Return the job that Slurm has for an attempt, and how much of the output is not its own."""
    try:
        told: dict[str, Any] = json.loads((folder / SUBMITTED).read_bytes())
        said = int(told.pop(SAID))
        return Entry(**{**told, "arguments": tuple(told["arguments"])}), said
    except (OSError, ValueError, TypeError, KeyError):
        return None


def found_again(folder: Path, standings: list[Standing]) -> Entry | None:
    """Return the job of an attempt whose submission was interrupted; None if Slurm knows of none.

    The batch script is in the attempt's folder, so it is the job of nothing else.
    """
    runs = folder / RUNS
    for each in standings:
        script = each.command.partition(".sbatch")[0] + ".sbatch"
        if Path(script).parent == runs:
            return Entry(
                id=number(each.id),
                submitted=each.submitted or ledger.now(),
                cluster=each.cluster,
                folder=str(folder),
                run=str(runs / f"{PREFIX}{number(each.id)}"),
                output=str(_output(runs, each.id)),
                script=script,
                nodes=each.count,
            )
    # It has ended already, and Slurm has forgotten it; it has left its run folder.
    left = sorted(each for each in runs.glob(f"{PREFIX}*") if each.name.removeprefix(PREFIX).isdecimal())
    if not left:
        return None
    job = left[-1].name.removeprefix(PREFIX)
    return Entry(id=job, submitted=ledger.now(), folder=str(folder), run=str(left[-1]), output=str(_output(runs, job)))


def is_handed_in(folder: Path) -> bool:
    """Return whether a batch script was written, which Slurm may have."""
    return any((folder / RUNS).glob("*.sbatch"))


def _output(runs: Path, job: str) -> Path:
    return next(iter(runs.glob(f"*-{number(job)}.out")), runs / f"{number(job)}.out")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
