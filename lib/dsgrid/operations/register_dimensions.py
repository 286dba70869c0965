"""The operation `register_dimensions`: dimensions that several projects and datasets share, all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.operations.definitions import Gathered, own_dimension
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.registry.proposal import Proposal
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.load import load_time


@dataclass(frozen=True)
class OwnedDimensions:
    """The dimensions and time dimensions of one owner that one spec defines."""

    owner: str
    dimensions: tuple[Dimension, ...]
    times: tuple[TimeDimension, ...]


@dataclass(frozen=True, repr=False)
class RegisteredDimensions(Reported):
    """Dimensions that are registered now."""

    registered: OwnedDimensions
    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        found = self.registered
        lines = [f"registered {_count(len(found.dimensions) + len(found.times))} of {found.owner} in {self.folder}"]
        lines += [f"  {each.id}@{each.version}: {len(each.records)} records" for each in found.dimensions]
        lines += [f"  {each.id}@{each.version}: time" for each in found.times]
        return "\n".join(lines)


def register_dimensions(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> RegisteredDimensions:
    """Register dimensions that belong to no project and no dataset, in one transaction.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong with the spec and the tables that it names.
    RegistryError
        If one of them is registered already.
    """
    loaded = load_spec(spec, "register_dimensions", variables)
    folder = registry_folder(loaded, registry)
    found = build_dimensions(loaded.root)
    with (
        Registry.open(folder, write=True) as opened,
        registering(opened, loaded, f"Register dimensions of {found.owner}") as registration,
    ):
        registered = registration.add_dimensions(found.owner, found.dimensions, found.times)
    return RegisteredDimensions(OwnedDimensions(found.owner, *registered), folder)


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`."""
    found = build_dimensions(spec.root)
    return registry.proposals.dimensions(found.owner, (*found.dimensions, *found.times))


def build_dimensions(root: Node) -> OwnedDimensions:
    """Return the dimensions that a spec defines, still without ids and versions.

    Raises
    ------
    DsgridError
        With the problems of all of them.
    """
    tables = {key: dict(root[key].items()) if key in root else {} for key in ("dimension", "time")}
    gathered = Gathered()
    dimensions = gathered.each(
        partial(own_dimension, node, name, node.string("type")) for name, node in tables["dimension"].items()
    )
    times = gathered.each(partial(load_time, node, name) for name, node in tables["time"].items())
    for name in tables["time"]:
        if name in tables["dimension"]:
            gathered.problems.append(tables["time"][name].problem(f"there is a [dimension.{name}] too; rename one"))
    if not any(tables.values()):
        gathered.problems.append(root.problem("nothing to register; write [dimension.NAME] or [time.NAME]"))
    gathered.raise_any()
    return OwnedDimensions(root["owner"].value, dimensions, times)


def _count(number: int) -> str:
    return f"{number} dimension{'s' if number != 1 else ''}"
