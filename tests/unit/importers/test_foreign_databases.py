"""Databases of other registries are only read, and what is none is told from what is."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from tests.foreign_registry import ForeignRegistry

from dsgrid.errors import DsgridError, NotFoundError, RegistryError
from dsgrid.importers.registry.data import data_files, data_folder
from dsgrid.importers.registry.source import database_file, read_registry
from dsgrid.registry.registry import Registry


@pytest.fixture
def foreign(tmp_path: Path) -> ForeignRegistry:
    made = ForeignRegistry(tmp_path / "old")
    made.register("Register project", submitter="anne")
    made.project(made.dimensions(), [])
    return made


def state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_registrations_are_read_in_their_order(foreign: ForeignRegistry) -> None:
    foreign.register("Another", submitter="ben")
    foreign.dimension("sector", "kinds")
    old = read_registry(foreign.file)
    assert [(each.submitter, each.log_message, len(each.models)) for each in old.registrations] == [
        ("anne", "Register project", 9),
        ("ben", "Another", 1),
    ]
    assert old.dangling == 0


def test_a_database_is_named_by_itself_its_folder_or_its_url(foreign: ForeignRegistry) -> None:
    for name in (foreign.file, foreign.folder, f"sqlite:///{foreign.file}"):
        assert database_file(name) == foreign.file
    with pytest.raises(NotFoundError, match=r"there is no database .*nowhere"):
        database_file(foreign.folder / "nowhere")


def test_a_killed_write_is_rolled_back_in_the_copy_only(foreign: ForeignRegistry) -> None:
    # A process that dies in its transaction leaves a journal, and perhaps pages of what it did not commit.
    child = os.fork()
    if not child:
        connection = sqlite3.connect(foreign.file, isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE registrations SET log_message = 'lost'")
        for number in range(2000):
            connection.execute("INSERT INTO contains (parent_id, child_id) VALUES (?, ?)", (number, number))
        os._exit(0)
    os.waitpid(child, 0)
    before = state(foreign.folder)
    assert before.keys() == {"registry.db", "registry.db-journal"}
    old = read_registry(foreign.file)
    assert [each.log_message for each in old.registrations] == ["Register project"]
    assert old.dangling == 0
    assert state(foreign.folder) == before


def test_what_stands_in_a_write_ahead_log_is_read_and_stays_there(foreign: ForeignRegistry) -> None:
    writer = sqlite3.connect(foreign.file, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE registrations SET log_message = 'in the log'")
    before = state(foreign.folder)
    assert "registry.db-wal" in before
    assert read_registry(foreign.file).registrations[0].log_message == "in the log"
    assert state(foreign.folder) == before
    writer.close()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file.write_bytes(b"no database at all, but quite some text" * 50), "no SQLite database"),
        (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), "damaged or cut short"),
        (lambda file: file.write_bytes(b""), r"has no table .*nor any other"),
    ],
    ids=["text", "half", "empty"],
)
def test_a_file_that_is_no_whole_database_is_refused(foreign: ForeignRegistry, spoil: object, message: str) -> None:
    spoil(foreign.file)  # type: ignore[operator]
    with pytest.raises(RegistryError, match=message):
        read_registry(foreign.file)


def test_databases_of_others_are_refused(foreign: ForeignRegistry, tmp_path: Path) -> None:
    with Registry.create(tmp_path / "ours"):
        pass
    with pytest.raises(RegistryError, match=r"is a registry of dsgrid itself.*dsgrid registry copy"):
        read_registry(tmp_path / "ours")
    foreign.execute("DROP TABLE contains")
    with pytest.raises(RegistryError, match='no table "contains"'):
        read_registry(foreign.file)


def test_a_model_that_is_no_json_is_kept_with_the_reason(foreign: ForeignRegistry) -> None:
    foreign.register("Broken")
    foreign.add_text("dataset", "loads", '{"dataset_id": ')
    assert "is no JSON" in next(each.broken for each in read_registry(foreign.file).models if each.kind == "dataset")


def test_links_that_removals_left_are_counted(foreign: ForeignRegistry) -> None:
    foreign.execute("INSERT INTO contains (parent_id, child_id) VALUES (1, 999)")
    assert read_registry(foreign.file).dangling == 1


def test_data_are_found_where_the_database_says_and_where_they_moved(foreign: ForeignRegistry, tmp_path: Path) -> None:
    foreign.table("loads")
    assert data_folder(read_registry(foreign.file)) == (foreign.data, "")
    foreign.execute("UPDATE key_value SET value = '/gone/data' WHERE key = 'data_path'")
    found, note = data_folder(read_registry(foreign.file))
    assert found == foreign.data
    assert note.startswith("the data path /gone/data is not there; the data are read from ")
    foreign.execute("UPDATE key_value SET value = '/gone/elsewhere' WHERE key = 'data_path'")
    (foreign.folder / "data").rename(tmp_path / "moved")
    assert data_folder(read_registry(foreign.file))[0] is None
    assert data_folder(read_registry(foreign.file), tmp_path / "moved")[0] == tmp_path / "moved/data"
    with pytest.raises(NotFoundError, match="there is no folder"):
        data_folder(read_registry(foreign.file), tmp_path / "nowhere")


def test_a_store_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    made = ForeignRegistry(tmp_path / "old", store="duckdb")
    with pytest.raises(RegistryError, match="kept in a duckdb store"):
        data_folder(read_registry(made.file))


def test_tables_under_their_former_names_are_found(foreign: ForeignRegistry) -> None:
    written = foreign.table("loads", name="load_data.parquet")
    assert data_files(foreign.data, "loads", "1.0.0").table == written
    with pytest.raises(DsgridError, match=r"no data of dataset loads@2\.0\.0"):
        data_files(foreign.data, "loads", "2.0.0")
