"""A registry with annual sales that follow the hourly course of another dataset, which no project has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from registry_published import publish
from registry_values import example_project, example_submission, register

from dsgrid.registry.model import Coverage, Dataset, Project, Requirement, Submission
from dsgrid.registry.registry import Registry
from dsgrid.time.dimension import AnnualTime
from dsgrid.time.rules import TimeRules

YEARS = AnnualTime("year", (2018,), "total")
SUBMISSION = "submission conus_2022/sales@1.0.0+1.0.0"


def shaped_project(id_: str = "conus_2022", **changes: object) -> Project:
    """Return the example project, which expects the sales, too."""
    plain = example_project(id_)
    requirements = (*plain.requirements, Requirement("sales", Coverage({})))
    return replace(plain, requirements=requirements, **changes)  # type: ignore[arg-type]


def shaped_submission(project: str = "conus_2022", shape: str = "course@1.0.0", **rules: bool | str) -> Submission:
    """Return the submission of the sales."""
    return replace(example_submission(project, "sales"), time=TimeRules(shape=shape, **rules))  # type: ignore[arg-type]


def shaped_registry(folder: Path) -> Path:
    """Make a registry with the project, ``sales`` submitted to it, and ``course``; return its folder."""
    with Registry.create(folder) as registry:
        register(registry, shaped_project())
        publish(registry, "course", b"hours")
        publish(registry, "sales", b"years", time=YEARS)
        register(registry, shaped_submission())
    return folder


def newer_course(registry: Registry) -> Dataset:
    """Register another version of the course: its description is another one."""
    changed = replace(registry.dataset("course"), description="A better one")
    with registry.registration("a newer course") as registration:
        registration.write(registry.proposals.dataset(changed, ()))
    return registry.dataset("course")
