"""The steps of a bulk: its specs in order, loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import DsgridError, Problem, UsageError
from dsgrid.operations.journal import entry_key
from dsgrid.operations.location import registry_folder
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node

# These look at files; a registry only helps them.
WITHOUT_REGISTRY: Final = frozenset({"generate_project", "generate_dataset"})
# These name what they make themselves; only a registry that the bulk names for all may take its place.
IMPORTS: Final = frozenset({"import_project", "import_registry"})


@dataclass(frozen=True)
class Step:
    """One spec of a bulk.

    Parameters
    ----------
    name
        The spec's file, as the bulk names it.
    registry
        The folder of the registry that it works on; None when nothing names one, and its job needs none.
    """

    name: str
    spec: Spec
    registry: Path | None

    @property
    def key(self) -> str:
        """What names the step in the journal."""
        return entry_key(self.name, self.spec.variables)


def read_steps(spec: Spec, registry: str | Path | None = None) -> tuple[Step, ...]:
    """Return the specs of a bulk, loaded; the problems of all are raised at once.

    Parameters
    ----------
    registry
        The registry of all; without it (and none in the bulk's spec) each spec names its own.
    """
    root = spec.root
    shared = registry_folder(spec, registry) if registry is not None or "registry" in root else None
    problems: list[Problem] = []
    kinds: list[type[DsgridError]] = []
    steps: dict[str, Step] = {}
    for node, name, values in _named(root):
        try:
            path = node.file()
            if not isinstance(path, Path):
                raise node.error("a spec is a file on a disk")
            # As the user named the bulk: relative paths stay short in messages.
            loaded = load_spec(_as_named(path, spec), None, values)
            if loaded.job == "bulk":
                raise node.error(f"{name} is a bulk itself; list its specs here")
            step = Step(name, loaded, _folder(loaded, shared))
            if step.key in steps:
                raise node.error(f"{name} is listed twice; a spec runs once, or once for each value of its variables")
            steps[step.key] = step
        except DsgridError as error:
            problems.extend(error.problems)
            kinds.append(type(error))
    if problems:
        raise kinds[0](problems)
    return tuple(steps.values())


def _folder(spec: Spec, shared: Path | None) -> Path | None:
    if spec.job in IMPORTS:
        return shared
    try:
        return Path(os.path.abspath(registry_folder(spec, shared)))
    except UsageError:
        if spec.job in WITHOUT_REGISTRY:
            return None
        raise


def _named(root: Node) -> Iterator[tuple[Node, str, dict[str, str]]]:
    if "specs" in root:
        for node in root["specs"]:
            yield node, node.value, {}
    else:
        for table in root["spec"]:
            yield table["path"], table["path"].value, dict(table.scalar("variables", {}))


def _as_named(path: Path, bulk_spec: Spec) -> Path:
    if bulk_spec.path is None or bulk_spec.path.is_absolute():
        return path
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
