"""Specs on their way to Slurm: right, as far as can be told, and with what they demand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dsgrid.cluster.demand import Demand, demand
from dsgrid.cluster.wanted import Wanted
from dsgrid.errors import DsgridError, UsageError
from dsgrid.operations.asking import ASKING
from dsgrid.operations.job import WITHOUT_REGISTRY
from dsgrid.operations.location import registry_folder
from dsgrid.operations.steps import WITHOUT_REGISTRY as HELPED
from dsgrid.operations.validate import validate
from dsgrid.spec.load import Spec, load_spec

MOST: Final = 1_000


@dataclass(frozen=True)
class Checked:
    """A spec that is right, and what it demands.

    Parameters
    ----------
    registry
        The registry that it works on; None where it needs none.
    named
        Whether the spec says itself which that is.
    """

    spec: Spec
    path: Path
    demand: Demand
    registry: Path | None
    named: bool


def check_specs(specs: Sequence[str | Path], wanted: Wanted) -> list[Checked]:
    """Return the specs with what they demand; the errors of all are raised at once."""
    if not specs:
        raise UsageError("a spec is needed: dsgrid submit SPEC")
    if len(specs) > MOST:
        raise UsageError(f"found {len(specs):,} specs, expected at most {MOST:,}; a bulk spec runs many in one job")
    found: list[Checked] = []
    failed: list[DsgridError] = []
    for spec in specs:
        try:
            found.append(_check(Path(spec), wanted))
        except DsgridError as error:
            failed.append(error)
    if failed:
        problems = [problem for error in failed for problem in error.problems]
        raise type(failed[0])(problems)
    return found


def _check(path: Path, wanted: Wanted) -> Checked:
    if wanted.at is None:
        spec = validate(path, registry=wanted.registry, variables=wanted.variables).spec
    else:
        # The registry of today need not have what it asks; that of then is read below.
        spec = load_spec(path, None, wanted.variables)
        if spec.job not in ASKING:
            raise UsageError(f"{path} is a {spec.job} spec; only a query looks back (--at)")
    needed = demand(spec, registry=wanted.registry, at=wanted.at)
    if not wanted.resume:
        needed = replace(needed, begun={})
    named = wanted.registry is None and "registry" in spec.root
    return Checked(spec, Path(os.path.abspath(path)), needed, _registry(spec, wanted), named)


def _registry(spec: Spec, wanted: Wanted) -> Path | None:
    if wanted.registry is None and spec.job in WITHOUT_REGISTRY:
        return None
    try:
        return Path(os.path.abspath(registry_folder(spec, wanted.registry)))
    except UsageError:
        if spec.job in HELPED:
            return None
        raise


def places(checked: Sequence[Checked]) -> Iterator[tuple[str, Path]]:
    """Yield each place that the job needs to see, with what it is."""
    for one in checked:
        yield "the spec", one.path
        if one.registry is not None:
            yield "the registry", one.registry
        if isinstance(one.demand.place, Path):
            yield "the folder of results", one.demand.place


def remarks(checked: Sequence[Checked]) -> Iterator[str]:
    """Yield what is to be known of several specs."""
    if sum(one.spec.job not in ASKING for one in checked) > 1 and len(checked) > 1:
        yield "the tasks of an array run in any order, and at the same time; a bulk spec runs specs in order"
