"""Damaged registries and full disks: what is left is never taken for nothing, and the message names the place."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from registry_values import example_dataset

from dsgrid.errors import NotFoundError, RegistryError, StorageError
from dsgrid.registry import disk
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import DataFile
from dsgrid.registry.registry import Registry


@pytest.fixture
def damaged(folder: Path) -> Path:
    """Return a registry with data."""
    kept = folder / "data" / "comstock" / "1.0.0-0f0f0f0f"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "manifest.json").write_text("{}")
    return folder


def test_a_lost_database_is_to_be_restored_not_created_anew(damaged: Path) -> None:
    database = damaged / "registry.db"
    database.write_bytes(b"")
    with pytest.raises(RegistryError, match=r"registry\.db is empty, though there are datasets in data/: restore it"):
        Registry.open(damaged)
    with pytest.raises(RegistryError, match=r"data is not empty \(comstock\); .*registry\.db is empty"):
        Registry.create(damaged)
    database.unlink()
    with pytest.raises(NotFoundError, match=r"registry\.db is missing, though there are datasets in data/: restore it"):
        Registry.open(damaged)
    with pytest.raises(RegistryError, match=r"registry\.db is missing"):
        Registry.create(damaged)
    assert not database.exists()
    assert list(damaged.glob("data/*/*/manifest.json"))


def test_no_registry_takes_the_files_of_somebody_for_its_data(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "offices.csv").write_text("mine")
    with pytest.raises(RegistryError, match=r"data is not empty \(offices\.csv\); a registry's data are in a place of"):
        Registry.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_creation_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "registry.db").write_bytes(b"")
    with pytest.raises(RegistryError, match="its creation was interrupted; create it again"):
        Registry.open(tmp_path)
    with Registry.create(tmp_path) as created:
        assert created.projects() == []


def test_of_the_files_of_a_dataset_the_first_that_is_lost_is_named_and_the_others_counted(tmp_path: Path) -> None:
    files = tuple(DataFile(f"facts/{number}.parquet", "facts", 3, 1, "") for number in range(3))
    dataset = replace(example_dataset(), folder="comstock/1.0.0-ab", version="1.0.0", files=files)
    facts = tmp_path / dataset.folder / "facts"
    facts.mkdir(parents=True)
    for number in range(3):
        (facts / f"{number}.parquet").write_bytes(b"PAR")
    assert stored_files(tmp_path, dataset, "facts", "lookup") == [facts / f"{number}.parquet" for number in range(3)]
    (facts / "1.parquet").write_bytes(b"P")
    with pytest.raises(RegistryError, match=r"1\.parquet: the file has 1 bytes instead of 3 \(dataset comstock@1\.0"):
        stored_files(tmp_path, dataset, "facts")
    shutil.rmtree(facts)
    with pytest.raises(RegistryError, match=r"0\.parquet: the file is missing \(dataset .*, and 2 more are not as"):
        stored_files(tmp_path, dataset, "facts")
    assert stored_files(tmp_path, dataset, "lookup") == []


def test_a_table_that_somebody_dropped_is_damage_and_no_defect(folder: Path) -> None:
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.execute("DROP VIEW current_submissions")
    with (
        Registry.open(folder) as registry,
        pytest.raises(RegistryError, match=r"registry\.db is damaged \(no such table: current_submissions\); `ds"),
    ):
        registry.submissions()


def test_a_registry_without_a_version_of_its_schema_is_damage_and_no_defect(folder: Path) -> None:
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(RegistryError, match="its schema has no version; restore it from a copy"):
        Registry.open(folder)


def test_a_database_of_another_program_is_named_by_its_number(folder: Path) -> None:
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.execute("PRAGMA application_id = 42")
    with pytest.raises(RegistryError, match="its application_id is 42, that of a registry 1685284722"):
        Registry.open(folder)


def test_of_a_full_disk_the_place_is_named_that_is_written_to(folder: Path, tmp_path: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        before = registry.registrations()
        registry.database.execute("PRAGMA max_page_count = 1")  # fails in the same way
        with (
            pytest.raises(StorageError, match=rf"{folder} cannot be written: database or disk is full; nothing of"),
            registry.registration("long" * 100_000),
        ):
            pass
        assert registry.registrations() == before

        class FullError(sqlite3.OperationalError):
            sqlite_errorcode = sqlite3.SQLITE_FULL

        def backup(*_arguments: object, **_options: object) -> None:
            raise FullError("database or disk is full")

        whole, registry.database.connection = registry.database.connection, SimpleNamespace(backup=backup)
        with pytest.raises(StorageError, match=rf"^the database cannot be copied to {tmp_path}: database or disk is"):
            registry.database.copy_to(tmp_path / "copy.db")
        registry.database.connection = whole


def test_a_file_is_no_folder_to_make_one_in(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=f"Not a directory: '{tmp_path / 'file'}'"):
        disk.make_folder(tmp_path / "file" / "copy")


def test_a_file_that_finds_no_room_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_bytes(_path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(OSError, match=r"No space left on device: '.*table\.csv'"):
        disk.write_file(tmp_path / "table.csv", b"id")
