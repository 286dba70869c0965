"""A registry with the project of two counties and a submitted dataset, and short ways to edit their specs."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import PROJECT, SUBMISSION, dataset

from dsgrid.errors import DsgridError, Problem
from dsgrid.operations.apply import Applied, apply
from dsgrid.operations.plan import Planned, plan
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry

Spec = dict[str, Any]


def job(name: str, spec: Spec, **change: str) -> Spec:
    """Return a spec with its head, and perhaps a ``[change]``."""
    return {"spec_version": 1, "job": name, **spec, **({"change": change} if change else {})}


def edited(spec: Spec, edit: Callable[[Spec], object]) -> Spec:
    """Return a copy of a spec that `edit` has worked on."""
    copy = deepcopy(spec)
    edit(copy)
    return copy


@dataclass(frozen=True)
class Bench:
    """A registry to change."""

    folder: Path

    @classmethod
    def new(cls, folder: Path) -> Bench:
        """Make it: the project, the dataset without data, and its submission."""
        Registry.create(folder).close()
        bench = cls(folder)
        bench.add_dataset("offices")
        register_project(PROJECT, registry=folder)
        submit_dataset(SUBMISSION, registry=folder)
        return bench

    def add_dataset(self, id_: str) -> None:
        """Register a dataset like that of the specs, without data."""
        with Registry.open(self.folder, write=True) as registry, registry.registration("data") as registration:
            registration.add_dataset(replace(dataset(), id=id_))

    def plan_project(self, edit: Callable[[Spec], object] = lambda spec: None, allow: str | None = None) -> Planned:
        return plan(job("register_project", edited(PROJECT, edit)), registry=self.folder, allow=allow)

    def apply_project(self, edit: Callable[[Spec], object] = lambda spec: None, allow: str | None = None) -> Applied:
        return apply(job("register_project", edited(PROJECT, edit)), registry=self.folder, allow=allow)

    def apply_submission(self, edit: Callable[[Spec], object] = lambda spec: None, allow: str | None = None) -> Applied:
        return apply(job("submit_dataset", edited(SUBMISSION, edit)), registry=self.folder, allow=allow)

    def open(self) -> Registry:
        return Registry.open(self.folder)

    def version(self, id_: str = "two_counties") -> str:
        """Return the newest version of something."""
        with self.open() as registry:
            rows = [*registry.projects(), *registry.datasets(), *registry.dimensions(), *registry.mappings()]
        return next(row["version"] for row in rows if row["id"] == id_)

    def contents(self) -> tuple[int, ...]:
        """Return how many rows each table of versions and submissions has."""
        with self.open() as registry:
            return (
                len(registry.projects(all_versions=True)),
                len(registry.dimensions(all_versions=True)),
                len(registry.mappings(all_versions=True)),
                len(registry.datasets(all_versions=True)),
                len(registry.submissions()),
                len(registry.registrations()),
            )


def refused(make: Callable[[], object]) -> list[Problem]:
    """Return what is wrong, of something that has to be refused."""
    with pytest.raises(DsgridError) as caught:
        make()
    return list(caught.value.problems)


def planned_lines(bench: Bench, spec: dict[str, Any]) -> list[str]:
    """Return what a plan of the spec of a submission says, but for its first line."""
    return plan(job("submit_dataset", spec), registry=bench.folder).report().splitlines()[1:]
