"""The operation `create_registry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, RegistryError, StorageError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.data_root import DATA, named_root
from dsgrid.registry.home import DATABASE
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import Location


@dataclass(frozen=True, repr=False)
class CreatedRegistry(Reported):
    """A registry that is there now, and empty."""

    folder: Path
    data: Location

    def report(self) -> str:
        """Return what to tell the user."""
        elsewhere = f", its data in {self.data}" if self.data != self.folder / DATA else ""
        return f"created registry {self.folder}{elsewhere}"


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
        If there is a registry already, or something else is in the folder, or in the place for its data.
    NotFoundError, StorageError
        If the bucket for its data is not there, or cannot be written to.
    """
    loaded = load_spec(spec, "create_registry", variables)
    folder = registry_folder(loaded, registry)
    if is_registry(folder):
        node = loaded.root.get("registry")
        message = f"{folder} is a registry already; nothing was changed"
        raise RegistryError(node.problem(message) if node is not None and registry is None else message)
    data = named_root(loaded.root["data_root"], folder) if "data_root" in loaded.root else ""
    try:
        with Registry.create(folder, data=data) as created:
            return CreatedRegistry(created.folder, created.data)
    except (NotFoundError, RegistryError, StorageError) as error:
        if not data:
            raise
        raise type(error)(loaded.root["data_root"].problem(error.problems[0].message)) from error


def is_registry(folder: Path) -> bool:
    """Tell a registry from an absent one, and from what a killed creation leaves: that has nothing in its database."""
    file = folder / DATABASE
    return file.exists() and file.stat().st_size > 0
