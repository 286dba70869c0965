"""The operation `register_mappings`: mappings between registered dimensions, all or none."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as TypingMapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.operations.definitions import Gathered, own_mapping
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.reuse import registered_dimension
from dsgrid.registry.proposal import MappingVersion, Proposal
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node


@dataclass(frozen=True)
class OwnedMapping:
    """A mapping with its id, and the versions of the dimensions that it maps; no version of its own yet."""

    mapping: Mapping
    from_: Dimension
    to: Dimension

    @property
    def ends(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Id and version of both dimensions."""
        return (self.from_.id, self.from_.version), (self.to.id, self.to.version)


@dataclass(frozen=True, repr=False)
class RegisteredMappings(Reported):
    """Mappings that are registered now."""

    owner: str
    registered: tuple[OwnedMapping, ...]
    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        number = len(self.registered)
        lines = [f"registered {number} mapping{'s' if number != 1 else ''} of {self.owner} in {self.folder}"]
        for each in self.registered:
            ends = " to ".join("@".join(end) for end in each.ends)
            lines.append(
                f"  {each.mapping.id}@{each.mapping.version}: {ends}, {len(each.mapping.associations)} associations"
            )
        return "\n".join(lines)


def register_mappings(
    spec: str | Path | TypingMapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: TypingMapping[str, str] | None = None,
) -> RegisteredMappings:
    """Register mappings that belong to no project, in one transaction.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong with the spec and the tables that it names.
    RegistryError
        If one of them is registered already.
    """
    loaded = load_spec(spec, "register_mappings", variables)
    folder = registry_folder(loaded, registry)
    owner = loaded.root["owner"].value
    with Registry.open(folder, write=True) as opened:
        found = build_mappings(loaded.root, opened)
        with registering(opened, loaded, f"Register mappings of {owner}") as registration:
            registered = tuple(
                replace(each, mapping=registration.add_mapping(each.mapping, each.ends)) for each in found
            )
    return RegisteredMappings(owner, registered, folder)


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`."""
    found = build_mappings(spec.root, registry)
    return registry.proposals.mappings(MappingVersion(each.mapping, *each.ends) for each in found)


def build_mappings(root: Node, registry: Registry | None) -> tuple[OwnedMapping, ...]:
    """Return the mappings that a spec defines, each checked against both its ends.

    Raises
    ------
    DsgridError
        With the problems of all of them.
    """
    owner = root["owner"].value
    gathered = Gathered()
    found = gathered.each(
        partial(_mapping, f"{owner}/{name}", node, registry) for name, node in root["mapping"].items()
    )
    gathered.raise_any()
    return found


def _mapping(id_: str, node: Node, registry: Registry | None) -> OwnedMapping:
    from_ = registered_dimension(node["from"], "", registry)
    to = registered_dimension(node["to"], "", registry)
    if from_.type != to.type:
        raise node["to"].error(
            f"a mapping stays within one type, but {from_.id} is of type {from_.type} and {to.id} of type {to.type}"
        )
    return OwnedMapping(replace(own_mapping(node, from_, to), id=id_), from_, to)
