"""The operation `remove`: take versions out of a registry, with what belongs to them and what may have to go, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import DsgridError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.registry import disk
from dsgrid.registry.graph import Node
from dsgrid.registry.registry import Registry
from dsgrid.registry.removal import Removal
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node as SpecNode


@dataclass(frozen=True, repr=False)
class Removed(Reported):
    """What is gone now.

    Parameters
    ----------
    removal
        The versions, submissions and queries.
    folder
        The registry's folder.
    data
        The data folders that were removed.
    left
        Those that could not be removed, and why; nothing refers to them.
    """

    removal: Removal
    folder: Path
    data: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()

    def report(self) -> str:
        """Return what to tell the user."""
        lines = [f"removed from {self.folder}:", *listed(self.removal)]
        if self.data:
            lines.append(f"data folders removed: {', '.join(self.data)}")
        lines += [
            f"data folder {folder} could not be removed ({why}); nothing refers to it any more, and check_registry "
            "--fix removes it"
            for folder, why in self.left
        ]
        return "\n".join(lines)


def remove(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    agree: Callable[[Removal], None] | None = None,
) -> Removed:
    """Remove projects, datasets, dimensions, mappings or submissions; all of what is asked for, or nothing.

    The rows go in one transaction, the data folders after it. The registrations stay, and so does a note of every
    version that went: its number is never given again.

    Parameters
    ----------
    agree
        Called with what would go; it raises to stop.

    Raises
    ------
    NotFoundError
        If something is not there.
    RegistryError
        If something else needs it, and the spec does not say `cascade = true`.
    """
    loaded = load_spec(spec, "remove", variables)
    folder = registry_folder(loaded, registry)
    say = progress or (lambda _: None)
    references, cascade = _wanted(loaded.root)
    with Registry.open(folder, write=True) as opened:
        removal = removal_of(loaded.root, opened)
        if agree is not None:
            agree(removal)
        with registering(opened, loaded, f"Remove {_summary(removal)}") as registration:
            folders = registration.remove(references, cascade, removal)
        if folders:
            say(f"removing {len(folders)} data folder{'s' if len(folders) > 1 else ''}")
        refused = dict(_remove_data(opened, folders))
    gone = tuple(each for each in folders if each not in refused)
    return Removed(removal, folder, gone, tuple(refused.items()))


def removal_of(root: SpecNode, registry: Registry) -> Removal:
    """Return what a spec would remove, or raise what the job would."""
    return registry.removal(*_wanted(root))


def listed(removal: Removal) -> list[str]:
    """Return a line for everything that goes, and why."""
    return [
        *(f"  {node}" for node in removal.asked),
        *(f"  {node} (needs what goes)" for node in removal.users),
        *(f"  {node} (belongs to what goes)" for node in removal.parts),
    ]


def _wanted(root: SpecNode) -> tuple[list[str], bool]:
    return list(root["ids"].value), bool(root.get("cascade") is not None and root["cascade"].value)


def _summary(removal: Removal) -> str:
    """Return what goes in a line; the registry keeps the whole list."""
    more = len(removal.nodes) - len(removal.asked)
    return f"{_named(removal.asked)}{f' and {more} more that need it or belong to it' if more else ''}"


def _named(nodes: Iterable[Node]) -> str:
    return ", ".join(str(node) for node in nodes)


def _remove_data(registry: Registry, folders: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Remove data folders; yield those that could not be removed. They are gone from the registry already."""
    for folder in folders:
        place = registry.data / folder
        try:
            disk.remove_folder(place)
        except (OSError, DsgridError) as error:
            yield folder, str(getattr(error, "strerror", None) or error)
        else:
            disk.remove_empty_folder(place.parent)
