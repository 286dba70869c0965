"""The operation `create_registry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import RegistryError
from dsgrid.operations.location import registry_folder
from dsgrid.registry.registry import DATABASE, Registry
from dsgrid.spec.load import Spec, load_spec


@dataclass(frozen=True)
class CreatedRegistry:
    """A registry that is there now, and empty."""

    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        return f"created registry {self.folder}"


def create_registry(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> CreatedRegistry:
    """Create an empty registry in a folder that does not exist yet, or is empty.

    Raises
    ------
    RegistryError
        If there is a registry already, or something else is in the folder.
    """
    loaded = load_spec(spec, "create_registry", variables)
    folder = registry_folder(loaded, registry)
    if (folder / DATABASE).exists() and _is_complete(folder):
        node = loaded.root.get("registry")
        message = f"{folder} is a registry already; nothing was changed"
        raise RegistryError(node.problem(message) if node is not None and registry is None else message)
    Registry.create(folder).close()
    return CreatedRegistry(folder)


def _is_complete(folder: Path) -> bool:
    """Tell a registry from what a killed creation leaves: the latter has nothing in its database."""
    return (folder / DATABASE).stat().st_size > 0
