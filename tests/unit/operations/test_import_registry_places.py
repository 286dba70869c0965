"""The other registry is only read: the new one lies neither in its place nor among its data."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.foreign_registry import ForeignRegistry

from dsgrid.errors import RegistryError
from dsgrid.operations.import_registry import import_registry


@pytest.mark.parametrize("place", [".", "data/data", "data/data/new", "link/new"])
def test_a_registry_is_not_made_inside_of_the_other_one(tmp_path: Path, place: str) -> None:
    foreign = ForeignRegistry(tmp_path / "old")
    foreign.started()
    (foreign.folder / "link").symlink_to(foreign.data)
    before = sorted(foreign.folder.rglob("*"))
    with pytest.raises(RegistryError, match=r"target: .* is (|inside the data of )the other registry"):
        import_registry({"source": foreign.file, "target": foreign.folder / place})
    assert sorted(foreign.folder.rglob("*")) == before
