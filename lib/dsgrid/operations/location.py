"""Which registry is meant: the argument, else the spec, else ``DSGRID_REGISTRY``, else the user's configuration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dsgrid.errors import UsageError
from dsgrid.operations.configuration import read_configuration
from dsgrid.registry.home import database_folder
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec
from dsgrid.spec.node import Node

VARIABLE = "DSGRID_REGISTRY"


@dataclass(frozen=True)
class Place:
    """Where a registry is, and who says so.

    Parameters
    ----------
    folder
        Its folder.
    whence
        The environment variable or the file that names it; empty when the user did so just now: in the command line,
        the call or the spec.
    """

    folder: Path
    whence: str = ""

    def __str__(self) -> str:
        return f"{self.folder} (from {self.whence})" if self.whence else str(self.folder)


def registry_folder(spec: Spec | None = None, registry: str | Path | Registry | None = None) -> Path:
    """Return the registry's folder.

    Raises
    ------
    UsageError
        If nothing names one.
    """
    return registry_place(spec, registry).folder


def registry_place(spec: Spec | None = None, registry: str | Path | Registry | None = None) -> Place:
    """Return the registry's folder and who names it. In each case the ``registry.db`` inside may be named instead.

    Raises
    ------
    UsageError
        If nothing names one.
    SpecError
        If the user's configuration would have to, and cannot be read.
    """
    if isinstance(registry, Registry):
        return Place(registry.folder)
    if registry is not None:
        return Place(_folder(Path(registry)))
    if spec is not None and (node := spec.root.get("registry")) is not None:
        return Place(_folder(folder_of(node)))
    if os.environ.get(VARIABLE):
        return Place(_folder(Path(os.environ[VARIABLE])), VARIABLE)
    configuration = read_configuration()
    if "registry" in configuration.values:
        return Place(_folder(Path(configuration.values["registry"])), str(configuration.path))
    raise UsageError(
        f'no registry is named; write registry = "..." in the file, give --registry, set {VARIABLE}, '
        "or `dsgrid config set registry FOLDER`"
    )


def folder_of(node: Node) -> Path:
    """Return the folder of a registry that a spec names."""
    place = node.resolve()
    if not isinstance(place, Path):
        raise node.error(_on_a_disk(place))
    return Path(os.path.normpath(place))


def _on_a_disk(place: object) -> str:
    return (
        f"found {place}; a registry is a folder on a disk, where processes can lock it; "
        'its data may be elsewhere: create_registry with data_root = "s3://bucket/prefix"'
    )


def _folder(path: Path) -> Path:
    if str(path).startswith("s3:/"):
        raise UsageError(_on_a_disk(str(path).replace("s3:/", "s3://", 1)))
    return database_folder(path)
