"""A real registry of another system with random edits of its database, its models and its data folder."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.mutations.in_registry import DATABASE
from tests.mutations.registry_imports import import_spoilt

if TYPE_CHECKING:
    from tests.conftest import Engines

SMALL: Final = (
    "aeo2021_reference_residential_energy_use_growth_factors",
    "aeo2021_reference_commercial_energy_use_growth_factors",
)


def _until(shared: Path, folder: Path, registration: int) -> Path:
    """Copy the registry as it was after one of its first registrations."""
    folder.mkdir()
    shutil.copyfile(shared / "data/existing-registry" / DATABASE, folder / DATABASE)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute("DELETE FROM models WHERE registration_id > ?", (registration,))
        connection.execute("DELETE FROM registrations WHERE id > ?", (registration,))
        models = "(SELECT id FROM models)"
        connection.execute(f"DELETE FROM contains WHERE parent_id NOT IN {models} OR child_id NOT IN {models}")
        connection.execute(f"DELETE FROM current_versions WHERE current_id NOT IN {models}")
        connection.commit()
        connection.execute("VACUUM")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", range(100))
def test_a_spoilt_registry_of_a_real_project_is_imported_or_says_why_not(
    shared: Path, tmp_path: Path, number: int
) -> None:
    import_spoilt(_until(shared, tmp_path / "old", 1), tmp_path, f"project-{number}")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_a_spoilt_registry_with_real_data_is_imported_or_says_why_not(
    shared: Path, tmp_path: Path, engines: Engines, number: int
) -> None:
    source = _until(shared, tmp_path / "old", 5)
    for name in SMALL:
        shutil.copytree(shared / "data/existing-registry/data/data" / name, source / "data/data" / name)
    for path in source.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    import_spoilt(source, tmp_path, f"data-{number}", engines.start("sail"))
