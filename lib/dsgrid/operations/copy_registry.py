"""The operation `copy_registry`: a second registry with the same contents, or a part of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.operations.location import folder_of, registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.copying import Copied, copy
from dsgrid.registry.data_root import named_root
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node


class CopiedRegistry(Reported, Copied):
    """A registry that is a copy of another one."""

    def report(self) -> str:
        """Return what to tell the user."""
        reused = f", {self.reused:,} were there already" if self.reused else ""
        return (
            f"copied registry {self.source}: {self.files:,} files, {self.bytes / 1e6:,.1f} MB{reused}\nin {self.folder}"
        )


def copy_registry(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> CopiedRegistry:
    """Copy a registry, or some of its projects and datasets with everything that they need.

    The copy is what the registry was at one moment. An interrupted copy is no registry; copying again finishes it.

    Raises
    ------
    NotFoundError
        If there is no such project or dataset.
    RegistryError
        If the target holds something else, or a file of the registry is damaged or missing.
    """
    loaded = load_spec(spec, "copy_registry", variables)
    root = loaded.root
    folder = registry_folder(loaded, registry)
    with Registry.open(folder) as opened:
        check_ids(root, opened)
    target = folder_of(root["target"])
    found = copy(
        folder,
        target,
        projects=tuple(root.scalar("projects", ())),
        datasets=tuple(root.scalar("datasets", ())),
        link=root.string("data") == "link",
        data=named_root(root["data_root"], target) if "data_root" in root else "",
        progress=progress or (lambda _: None),
    )
    return CopiedRegistry(found.folder, found.source, found.files, found.bytes, found.reused)


def check_ids(root: Node, registry: Registry) -> None:
    """Refuse ids that the registry does not have, each at its place in the spec."""
    problems = []
    for key, rows in (("projects", registry.projects()), ("datasets", registry.datasets())):
        known = [row["id"] for row in rows]
        problems += [
            node.problem(
                f'no {key[:-1]} "{node.value}" in the registry {registry.folder}{did_you_mean(node.value, known)}'
            )
            for node in (root.get(key) or ())
            if node.value not in known
        ]
    if problems:
        raise NotFoundError(problems)
