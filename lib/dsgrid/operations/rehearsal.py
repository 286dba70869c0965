"""Specs run in thought, one after the other: on a copy of the registry's database, and without data.

So a submission is checked against a project that an earlier spec is going to register. What is left to the real run are
the data themselves, and queries of datasets that are not there yet.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dsgrid.errors import DsgridError, NotFoundError, Problem, RegistryError
from dsgrid.operations.create_registry import is_registry
from dsgrid.operations.resuming import QUERIES
from dsgrid.operations.steps import Step
from dsgrid.registry.home import DATABASE
from dsgrid.registry.proposal import Remark
from dsgrid.registry.registry import Registry


@dataclass
class _Stage:
    """A registry and its copy, and whether the copy holds already what the registry does not."""

    registry: Path
    copy: Path
    is_set: bool = False
    is_ahead: bool = False


def rehearse(steps: Sequence[Step]) -> tuple[str, ...]:
    """Check specs as they would run one after the other; nothing is changed, and no engine is started.

    Ends, without a complaint, before the first spec whose job changes a registry in a way that cannot be tried on a
    copy of its database.

    Returns
    -------
    tuple
        What is to be known of specs that can run, each behind the spec's name: what mappings leave out, say. The copy
        has no data, so records are counted, and no shares of totals are known.

    Raises
    ------
    DsgridError
        What the first spec that cannot run would raise.
    """
    with tempfile.TemporaryDirectory(prefix="dsgrid-rehearsal-") as temporary:
        stages: dict[Path, _Stage] = {}
        made: set[str] = set()
        told: list[str] = []
        for step in steps:
            part = _PARTS.get(step.spec.job)
            if part is None:
                break
            if part is _nothing or step.registry is None:
                continue
            stage = stages.setdefault(step.registry, _Stage(step.registry, Path(temporary) / str(len(stages))))
            try:
                if not stage.is_set:
                    _copy(step, stage)
                # What an earlier query writes may be the data of a dataset.
                if part is _dataset and not made & QUERIES:
                    _require_files(step)
                told.extend(f"{step.name}: {remark}" for remark in part(step, stage) or ())
            except DsgridError as error:
                raise type(error)([_real(problem, step, stage) for problem in error.problems]) from error
            made.add(step.spec.job)
    return tuple(told)


def _copy(step: Step, stage: _Stage) -> None:
    """Copy the database of the registry; there is none yet when it is about to be created."""
    if step.spec.job != "create_registry" or is_registry(stage.registry):
        with Registry.open(stage.registry) as opened:
            stage.copy.mkdir()
            opened.database.copy_to(stage.copy / DATABASE)
    stage.is_set = True


def _real(problem: Problem, step: Step, stage: _Stage) -> Problem:
    """Return a problem as the real run would tell it: of the real registry, and with a place."""
    message = problem.message.replace(str(stage.copy), str(stage.registry))
    return replace(problem, message=message, where=problem.where or step.name)


def _create(step: Step, stage: _Stage) -> None:
    if (stage.copy / DATABASE).exists():
        raise RegistryError(f"{stage.registry} is a registry already; nothing was changed")
    Registry.create(stage.copy).close()
    stage.is_ahead = True


def _run(step: Step, stage: _Stage) -> tuple[Remark, ...]:
    operation = getattr(importlib.import_module(f"dsgrid.operations.{step.spec.job}"), step.spec.job)
    done = operation(step.spec, registry=stage.copy)
    stage.is_ahead = True
    return getattr(done, "remarks", ())


def _require_files(step: Step) -> None:
    from dsgrid.operations.validate import absent_files

    absent = absent_files(step.spec.root["data"])
    if absent:
        raise NotFoundError(absent)


def _dataset(step: Step, stage: _Stage) -> tuple[Remark, ...]:
    from dsgrid.operations.register_and_submit_dataset import draft_submission
    from dsgrid.operations.register_dataset import draft_dataset
    from dsgrid.operations.told_losses import told

    root = step.spec.root
    with Registry.open(stage.copy, write=True) as opened:
        draft = draft_dataset(root, opened)
        submission = draft_submission(root, draft, opened) if "submission" in root else None
        with opened.registration("rehearsal") as registration:
            registration.add_dataset(draft)
            if submission is not None:
                registration.add_submission(submission)
    stage.is_ahead = True
    return () if submission is None else told(root["submission"], draft, submission)


def _query(step: Step, stage: _Stage) -> None:
    from dsgrid.operations.asking import is_of_dataset, read_asked
    from dsgrid.operations.explain import explain

    if not stage.is_ahead:
        explain(step.spec, registry=stage.registry)
        return
    asked = read_asked(step.spec)
    with Registry.open(stage.copy, at=asked.at) as opened:
        # What is asked may have no data yet, but it is there.
        (opened.dataset if is_of_dataset(asked) else opened.project)(asked.project)


def _nothing(_step: Step, _stage: _Stage) -> None:
    """It changes no registry, and is looked at when it runs."""


_PARTS: Final[dict[str, Callable[[Step, _Stage], tuple[Remark, ...] | None]]] = {
    "create_registry": _create,
    "register_project": _run,
    "register_dimensions": _run,
    "register_mappings": _run,
    "submit_dataset": _run,
    "register_dataset": _dataset,
    "register_and_submit_dataset": _dataset,
    **dict.fromkeys(QUERIES, _query),
    **dict.fromkeys(("dump", "generate_project", "generate_dataset", "create_derived_dataset"), _nothing),
}
