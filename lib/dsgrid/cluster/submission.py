"""Submitting: specs to a batch script that fits them, to Slurm, and to the list of jobs."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster import ledger, slurm
from dsgrid.cluster.checked import check_specs, places, remarks
from dsgrid.cluster.composing import compose, free_name, from_environment, run_root, said_of
from dsgrid.cluster.durations import slurm_time
from dsgrid.cluster.fitting import check_size, fitted, largest
from dsgrid.cluster.folder import PREFIX
from dsgrid.cluster.partitions import SINFO_FORMAT, Partition, completed, of_site, parse_sinfo
from dsgrid.cluster.refusals import explained, is_unsure
from dsgrid.cluster.rendering import Plan, options_of, render
from dsgrid.cluster.seen import unseen
from dsgrid.cluster.site import Site, load_site
from dsgrid.cluster.wanted import Wanted
from dsgrid.cluster.wish import Wish
from dsgrid.datasets.offenders import counted
from dsgrid.errors import ClusterError, UsageError
from dsgrid.operations.reported import Reported
from dsgrid.operations.run_history import state_folder

_ID: Final = re.compile(r"\d+")


@dataclass(frozen=True, repr=False)
class Submission(Reported):
    """A job that Slurm has, or would have.

    Parameters
    ----------
    id
        Its number; None where nothing was submitted.
    text
        The batch script.
    script
        The file that it is in; of a rehearsal the one that it would be in.
    output, run
        The file of the job's output, and its run folder. Where Slurm has yet to choose a number there is a ``%j``.
    results
        Where the results of queries go.
    said
        What is read, and what is asked for, with the reasons.
    warnings
        What may go wrong.
    """

    id: str | None
    text: str
    script: Path
    output: str
    run: str
    results: tuple[str, ...]
    said: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    wish: Wish
    name: str
    tasks: int = 1

    def report(self) -> str:
        """Return what to tell the user."""
        if self.id is None:
            lines = [*_aligned(self.said), *self._warned(), "", f"{self.script} would be:", "", self.text.rstrip()]
            return "\n".join([*lines, "", "nothing was submitted (--dry-run)"])
        what = f"{self.name} on {shape(self.wish)}"
        tasks = f", {self.tasks} tasks" if self.tasks > 1 else ""
        where = [("output", self.output), ("run", self.run), *(("results", place) for place in self.results)]
        where.append(("script", str(self.script)))
        return "\n".join(
            [
                f"submitted job {self.id}: {what}{tasks}",
                *_aligned([*self.said, *where, ("next", f"dsgrid jobs wait {self.id}")]),
                *self._warned(),
            ]
        )

    def _warned(self) -> list[str]:
        return [f"warning: {one}" for one in self.warnings]


def submit(
    specs: str | Path | Sequence[str | Path],
    wanted: Wanted | None = None,
    *,
    site: str | Path | Site | None = None,
    dry_run: bool = False,
    **more: Any,
) -> Submission:
    """Check specs, size a job for them, and submit it to Slurm.

    Parameters
    ----------
    specs
        One or several; several become an array, each in a task of its own.
    wanted
        The size of the job where it is not to be found out, and the options of the run.
    site
        The site's file; see `dsgrid.cluster.site.load_site`.
    dry_run
        Say what would be submitted; this needs no Slurm.
    more
        Fields of `wanted`.

    Raises
    ------
    DsgridError
        What is wrong with a spec, with the options, or with the registry: nothing is submitted.
    ClusterError
        There is no Slurm here, or it refuses the job.
    """
    wanted = replace(wanted or Wanted(), **more)
    wanted.check()
    if not dry_run and not slurm.is_here():
        raise ClusterError(
            "there is no sbatch here, so this machine is no login node of a Slurm cluster; `dsgrid run SPEC` runs a "
            "spec here, --dry-run shows the batch script"
        )
    known = site if isinstance(site, Site) else load_site(site)
    if not dry_run and wanted.after is not None:
        _know(wanted.after)
    given = wanted.given(from_environment("PARTITION"))
    checked = check_specs([specs] if isinstance(specs, str | Path) else specs, wanted)
    partitions = _partitions(known)
    default = known.default_partition
    wishes = [
        fitted(one.demand, partitions, given, engine=wanted.engine, usual=known.engine, default=default)
        for one in checked
    ]
    best = largest(wishes)
    check_size(best, known.memory_headroom)
    root = run_root(known)
    plan = compose(checked, wishes, best, wanted, known, root)
    seen = [("the folder for runs", root), *places(checked)]
    warnings = [*best.warnings, *remarks(checked), *unseen(seen, known.scratch)]
    said = tuple(said_of(checked, best, known))
    text = render(plan, ["Written by `dsgrid submit`:", *_aligned(said)])
    script = free_name(root, plan.name)
    submission = Submission(
        id=None,
        text=text,
        script=script,
        output=plan.output,
        run=str(root / f"{PREFIX}%j"),
        results=tuple(dict.fromkeys(str(one.demand.place) for one in checked if one.demand.place is not None)),
        said=said,
        warnings=tuple(dict.fromkeys(warnings)),
        wish=best,
        name=plan.name,
        tasks=len(checked),
    )
    return submission if dry_run else _submitted(submission, plan, known)


def _know(jobs: str) -> None:
    """Raise an error where Slurm does not know a job that is to be waited for: it would not wait at all."""
    for job in jobs.split(":"):
        try:
            slurm.job_fields(job)
        except ClusterError as error:
            if "Invalid job id" not in str(error):
                raise
            advice = "where it has ended well, leave out --after; `dsgrid jobs` lists jobs"
            raise UsageError(f'Slurm does not know a job "{job}", or not any more; {advice}') from None


def _partitions(site: Site) -> tuple[Partition, ...]:
    """Return the partitions of the site's file and of Slurm; where Slurm is not here, or silent, those of the file."""
    told: tuple[Partition, ...] = ()
    if slurm.is_here():
        with contextlib.suppress(ClusterError):
            told = parse_sinfo(slurm.call("sinfo", "--noheader", f"--format={SINFO_FORMAT}"))
    return completed(of_site(site), told)


def _submitted(submission: Submission, plan: Plan, site: Site) -> Submission:
    try:
        script = _written(submission)
    except OSError as error:
        raise ClusterError(
            f"{submission.script}: {error.strerror or error}; `runs` of the site's file, or DSGRID_RUN_ROOT, names a "
            "folder that you can write to and that all nodes see"
        ) from None
    try:
        # On the command line as well: there they win over what the environment of the user says.
        job = slurm.sbatch(script, *options_of(plan))
    except ClusterError as error:
        if not is_unsure(str(error)):
            script.unlink(missing_ok=True)
        raise ClusterError(explained(str(error), plan, site)) from None
    if not _ID.fullmatch(job):
        raise ClusterError(
            f'sbatch took {script} and said "{job}", which is no number of a job; `squeue --me` lists jobs'
        )
    done = replace(submission, id=job, script=script)
    if not plan.is_array:
        output = submission.output.removesuffix("%j.out").replace("%%", "%") + f"{job}.out"
        done = replace(done, output=output, run=submission.run.replace("%j", job))
    if not ledger.record(*_entries(done, plan)):
        told = f"`dsgrid jobs` cannot keep it in {state_folder() or 'a file'}; DSGRID_STATE names another folder"
        done = replace(done, warnings=(*done.warnings, told))
    return done


def _written(submission: Submission) -> Path:
    script = submission.script
    script.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with contextlib.suppress(FileExistsError):  # another submission of this second has taken the name
            with os.fdopen(os.open(script, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(submission.text)
            return script
        script = free_name(script.parent, submission.name)


def _entries(done: Submission, plan: Plan) -> Iterator[ledger.Entry]:
    submitted, cluster = ledger.now(), slurm.cluster_name()
    for number, task in enumerate(plan.tasks):
        output = (
            done.output.replace("%A_%a", f"{done.id}_{number}").replace("%%", "%") if plan.is_array else done.output
        )
        yield ledger.Entry(
            id=f"{done.id}_{number}" if plan.is_array else str(done.id),
            submitted=submitted,
            cluster=cluster,
            spec=str(task.spec),
            arguments=task.arguments,
            folder=os.getcwd(),
            # Of a task the folder has another number, which it tells when it begins.
            run="" if plan.is_array else done.run,
            output=output,
            script=str(done.script),
            kind=plan.wish.kind,
            nodes=plan.wish.nodes,
        )


def shape(asked: Wish) -> str:
    """Return the size of a job in words."""
    memory = f"{asked.memory / 1024:,.3g} GiB" if asked.memory else "all memory"
    cores = f"{asked.cores} core{'s' if asked.cores != 1 else ''}"
    each = " each" if asked.nodes > 1 else ""
    where = f" of {asked.partition}" if asked.partition else ""
    return f"{counted(asked.nodes, 'node')}{where}, {cores} and {memory}{each}, for {slurm_time(asked.time)} at most"


def _aligned(lines: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in lines), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in lines]
