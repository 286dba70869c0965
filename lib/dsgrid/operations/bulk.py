"""The operation `bulk`: many specs in order, with a journal, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.engine import Engine
from dsgrid.errors import DsgridError, SpecError, UsageError
from dsgrid.operations.journal import SUFFIX, Entry, Journal, open_journal
from dsgrid.operations.progress import tell, within
from dsgrid.operations.rehearsal import rehearse
from dsgrid.operations.reported import Reported
from dsgrid.operations.resuming import HELD, before, finished
from dsgrid.operations.steps import Step, read_steps
from dsgrid.spec.load import Spec, load_spec

Progress = Callable[[str], None]


@dataclass(frozen=True)
class StepDone:
    """What became of one spec.

    Parameters
    ----------
    report
        What it had to say, or why it was skipped.
    """

    name: str
    report: str
    is_skipped: bool = False


@dataclass(frozen=True, repr=False)
class BulkDone(Reported):
    """A bulk that is done."""

    steps: tuple[StepDone, ...]

    def report(self) -> str:
        """Return what to tell the user."""
        lines = [f"{step.name}: {step.report}" for step in self.steps]
        skipped = sum(step.is_skipped for step in self.steps)
        ran = len(self.steps) - skipped
        return "\n".join([*lines, f"ran {_specs(ran)}" + (f", skipped {skipped} that were done" if skipped else "")])


def bulk(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    variables: Mapping[str, str] | None = None,
) -> BulkDone:
    """Run many specs in order.

    All are checked before the first one runs. When one fails, or the run is killed, those before it are done, and the
    same call goes on from there: nothing is done twice. One engine serves all of them, and none is started when no spec
    needs one.

    Raises
    ------
    DsgridError
        What a spec that cannot run, or that failed, raises.
    RegistryError
        If a spec was changed after it ran, or the journal is in use.
    """
    loaded = load_spec(spec, "bulk", variables)
    say = progress or (lambda _: None)
    steps = read_steps(loaded, registry)
    with open_journal(_journal(loaded)) as journal:
        skipped = finished(steps, journal, say)
        for entry in skipped.values():
            if entry.key in journal.entries and journal.entries[entry.key] != entry:
                journal.record(entry)
        left = [step for step in steps if step.key not in skipped]
        if left:
            say(f"checking {_specs(len(left))}")
            for remark in rehearse(left):
                tell(say, remark)
        done = []
        for number, step in enumerate(steps, start=1):
            if step.key in skipped:
                at = skipped[step.key].at
                done.append(StepDone(step.name, f"skipped, {f'done at {at}' if at else HELD}", is_skipped=True))
                continue
            where = f"{step.name} ({number} of {len(steps)})"
            try:
                report = _run(step, journal, engine, within(say, where))
            except DsgridError as error:
                raise _stopped(error, number, len(steps), where) from error
            except BaseException:
                tell(say, f"stopped in {where}; run the bulk again to go on from there")
                raise
            done.append(StepDone(step.name, report))
        journal.remove()
    return BulkDone(tuple(done))


def check_bulk(spec: Spec, registry: str | Path | None = None) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Check a bulk as it is checked before its first spec runs.

    Returns
    -------
    tuple
        The specs that are left to run, and what is to be known of them.
    """
    steps = read_steps(spec, registry)
    done = finished(steps, Journal(_journal(spec)), lambda _: None)
    left = tuple(step for step in steps if step.key not in done)
    return left, rehearse(left)


def _journal(spec: Spec) -> Path:
    node = spec.root.get("journal")
    if node is not None:
        place = node.resolve()
        if not isinstance(place, Path):
            raise node.error("a journal is a file on a disk")
        return place
    if spec.path is None:
        raise UsageError('a bulk that is made in Python has no file to keep its journal beside; give it "journal"')
    return spec.path.absolute().with_name(spec.path.stem + SUFFIX)


def _run(step: Step, journal: Journal, engine: Engine | None, say: Progress) -> str:
    """Run one spec between two entries of the journal, and return its report."""
    spec = step.spec
    begun = Entry(step.name, spec.variables, spec.job, spec.sha256, journal.relative(step.registry), before(step))
    journal.record(begun)
    # By name: each operation imports what it needs, and only those that are called are imported.
    operation = getattr(importlib.import_module(f"dsgrid.operations.{spec.job}"), spec.job)
    report: str = operation(spec, registry=step.registry, engine=engine, progress=say).report()
    journal.record(replace(begun, is_done=True))
    tell(say, report.splitlines()[0])
    return report


def _stopped(error: DsgridError, number: int, total: int, where: str) -> DsgridError:
    """Return the error of one spec with what became of the others."""
    *others, last = error.problems
    note = f"stopped in {where}; {number - 1} of {total} are done; run the bulk again to go on from there"
    # "Nothing was run" would be wrong, which is how errors of specs end.
    kind = UsageError if isinstance(error, SpecError) else type(error)
    return kind([*others, replace(last, detail="\n".join(part for part in (last.detail, note) if part))])


def _specs(number: int) -> str:
    return f"{number} spec{'s' if number != 1 else ''}"
