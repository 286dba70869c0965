"""Which runner carries out a job: as it was asked for, else by how much it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.api.job import EMBEDDED, RUNNERS, SLURM, SPARK, WARM
from dsgrid.api.settings import Runners, Settings
from dsgrid.datasets.offenders import counted
from dsgrid.errors import UsageError, did_you_mean, listing
from dsgrid.operations.asking import ASKING
from dsgrid.operations.job import NEEDS_ENGINE

AUTO: Final = "auto"
# What `expected` has of a query: the keys of `dsgrid.query.size.Work`.
VALUES: Final = "values_read"
# Up to so many rows of results a warm engine takes; they are written by one process.
ROWS: Final = 20_000_000
_WITH_ENGINE: Final = NEEDS_ENGINE | {"bulk"}


@dataclass(frozen=True)
class Choice:
    """A runner, and why it is that one, in a sentence."""

    runner: str
    why: str


def choose(kind: str, expected: Mapping[str, Any], wanted: str, settings: Settings) -> Choice:
    """Return what carries out a job.

    Parameters
    ----------
    kind
        The job of the spec.
    expected
        What is foretold of a query: ``values_read`` and ``rows``, as `dsgrid.query.size.Work` has them; empty where
        nothing is known.
    wanted
        ``auto``, or one of `dsgrid.api.job.RUNNERS`.

    Raises
    ------
    UsageError
        What is wanted is turned off, or is nothing for a job of this kind.
    """
    there = allowed(kind, settings.runners)
    if wanted != AUTO:
        return _wanted(kind, wanted, there, settings.runners)
    if not there:
        raise UsageError(f"this server carries out no {kind} jobs: no runner for them is on")
    if kind not in _WITH_ENGINE:
        return Choice(there[0], f"a {kind} job needs no engine")
    values = expected.get(VALUES)
    if kind not in ASKING or not isinstance(values, int):
        runner = _large(there, settings.runners)
        return Choice(runner, f"a {kind} job goes to {_named(runner)}")
    return _by_size(values, expected.get("rows"), there, settings.runners)


def allowed(kind: str, runners: Runners) -> tuple[str, ...]:
    """Return the runners that are on and may carry out jobs of a kind, the one first that is asked first."""
    on = {WARM: runners.warm, EMBEDDED: runners.embedded, SPARK: runners.spark, SLURM: runners.slurm}
    if kind in ASKING:
        fit: tuple[str, ...] = RUNNERS
    elif kind in _WITH_ENGINE:
        # What registers may take long, and is not ended after two minutes.
        fit = (EMBEDDED, SPARK, SLURM)
    else:
        fit = (EMBEDDED, WARM)
    return tuple(name for name in fit if on[name])


def _wanted(kind: str, wanted: str, there: tuple[str, ...], runners: Runners) -> Choice:
    if wanted in there:
        return Choice(wanted, "it was asked for")
    if wanted not in RUNNERS:
        raise UsageError(f'no runner "{wanted}"{did_you_mean(wanted, [AUTO, *there])}')
    others = f"; there are: {listing([AUTO, *there])}" if there else ""
    if getattr(runners, wanted):
        raise UsageError(f"the runner {wanted} carries out no {kind} jobs{others}")
    raise UsageError(f"the runner {wanted} is turned off on this server{others}")


def _by_size(values: int, rows: Any, there: tuple[str, ...], runners: Runners) -> Choice:
    reads = f"reads {counted(values, 'value')}"
    if SLURM in there and runners.slurm_values is not None and values >= runners.slurm_values:
        return Choice(SLURM, f"{reads}; {counted(runners.slurm_values, 'value')} or more go to Slurm")
    makes = rows if isinstance(rows, int) else 0
    if WARM in there and values <= runners.warm_values and makes <= ROWS:
        return Choice(WARM, f"{reads}; at most {counted(runners.warm_values, 'value')} go to the warm engine")
    runner = _large(there, runners)
    if WARM in there and values <= runners.warm_values:
        return Choice(runner, f"makes {counted(makes, 'row')}; more than {counted(ROWS, 'row')} go to {_named(runner)}")
    if WARM in there:
        limit = counted(runners.warm_values, "value")
        return Choice(runner, f"{reads}; more than {limit} go to {_named(runner)}")
    return Choice(runner, f"{reads}; it goes to {_named(runner)}")


def _large(there: tuple[str, ...], runners: Runners) -> str:
    """Return what takes what is not small: what the settings say, else what there is, the warm engine last."""
    return next(name for name in (runners.large, EMBEDDED, SPARK, SLURM, WARM) if name in there)


def _named(runner: str) -> str:
    names = {WARM: "the warm engine", EMBEDDED: "an embedded engine of its own", SPARK: "Spark", SLURM: "Slurm"}
    return names[runner]
