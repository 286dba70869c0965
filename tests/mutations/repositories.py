"""The repositories that are edited: real ones, and a small one of our own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.mutations.tree import Tree

# Folders in ../shared/data, with the folder of their data where it is another one.
REAL: Final[Mapping[str, tuple[str, str]]] = {
    "std": ("std/project", "std/data"),
    "efs": ("efs", ""),
    "aeo": ("aeo", ""),
    "full": ("standard-scenarios-full", ""),
}


@cache
def real(shared: Path, name: str) -> Tree:
    return Tree.of(shared / "data" / REAL[name][0])


def data_of(shared: Path, name: str) -> dict[str, str]:
    """Return the keys of the import that say where the data are."""
    folder = REAL[name][1]
    return {"data": str(shared / "data" / folder)} if folder else {}
