"""Where the generated datasets lie in their registry, for the plans that do without dsgrid's query."""

from __future__ import annotations

from pathlib import Path

from dsgrid.registry.publish import read_manifest


def files(folder: Path, role: str, dataset: str) -> list[str]:
    """Return the stored files of one role, through the manifest."""
    (data,) = (folder / "registry" / "data" / dataset).iterdir()
    return [str(data / file.path) for file in read_manifest(data).of_role(role)]
