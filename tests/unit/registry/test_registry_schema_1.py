"""A registry of the first schema is kept, and every later schema opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.old_registry import old_registry
from tests.orphans import orphans

from dsgrid.errors import RegistryLockedError
from dsgrid.registry.database import Database
from dsgrid.registry.migrations import MIGRATIONS
from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return old_registry(tmp_path / "registry")


def _version(folder: Path) -> int:
    connection = sqlite3.connect(folder / "registry.db")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(version)


@pytest.mark.parametrize("write", [False, True], ids=["for reading", "for writing"])
def test_everything_that_the_first_schema_held_is_read_by_the_newest(old: Path, write: bool) -> None:
    assert _version(old) == 1
    with Registry.open(old, write=write) as registry:
        project = registry.project("first_project")
        assert [dimension.name for dimension in project.base] == [
            *("county", "sector", "building_type", "end_use", "scenario", "model_year", "weather_year")
        ]
        assert {each.dimension.name for each in project.supplemental} >= {"state", "all_geographies"}
        assert project.base[0].records.ids == ("08031", "08013")
        dataset = registry.dataset("first_dataset")
        assert dataset.version == "1.0.0"
        assert dataset.layout.pivot == "metric"
        assert verify_manifest(registry.data_folder(dataset)) == ()
        assert orphans(registry) == ()
        assert registry.submission("first_project", "first_dataset").mappings["geography"].base == "county"
        assert [row["job"] for row in registry.registrations()] == [
            *("register_project", "register_dataset", "submit_dataset")
        ]
    assert _version(old) == (MIGRATIONS[-1].version if write else 1), "who reads only changes nothing"


def test_an_old_registry_in_a_read_only_folder_is_read(old: Path) -> None:
    before = (old / "registry.db").read_bytes()
    (old / "registry.db").chmod(0o444)
    old.chmod(0o555)
    try:
        with Registry.open(old) as registry:
            assert [row["id"] for row in registry.datasets()] == ["first_dataset"]
    finally:
        old.chmod(0o755)
    assert (old / "registry.db").read_bytes() == before
    assert sorted(path.name for path in old.iterdir()) == ["data", "registry.db"]


def test_who_reads_an_old_registry_that_another_process_holds_is_told_so(old: Path) -> None:
    holder = sqlite3.connect(old / "registry.db", isolation_level=None)
    reader = Database(old / "registry.db", lock_timeout=0.2)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryLockedError, match="is locked by another process"):
        reader.become_a_copy()
    reader.close()
    holder.close()


def test_a_migrated_registry_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    def shape(folder: Path) -> list[tuple[str, str]]:
        connection = sqlite3.connect(folder / "registry.db")
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
        connection.close()
        return [(name, " ".join(sql.split())) for name, sql in rows]

    Registry.open(old, write=True).close()
    Registry.create(tmp_path / "new").close()
    assert dict(shape(old)) == dict(shape(tmp_path / "new"))
