"""The database: creation, migration, foreign files, locks, read-only folders."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from registry_processes import run
from registry_values import register
from tests.faults import KilledError

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.registry.database import Database, statements
from dsgrid.registry.migrations import MIGRATIONS, Migration, prepare
from dsgrid.registry.registry import Registry

# Creation ------------------------------------------------------------------------------------------------------------


def test_creating_on_a_registry_is_refused(folder: Path) -> None:
    with pytest.raises(RegistryError, match=r"registry is a registry already$"):
        Registry.create(folder)
    with Registry.open(folder) as registry:
        assert len(registry.projects()) == 1


def test_creating_in_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    with pytest.raises(RegistryError, match=r"is not empty \(data\.csv\)"):
        Registry.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_creating_on_a_file_or_another_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError, match="is a file"):
        Registry.create(tmp_path / "file")
    (tmp_path / "other").mkdir()
    connection = sqlite3.connect(tmp_path / "other/registry.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(RegistryError, match="an SQLite database of another program"):
        Registry.create(tmp_path / "other")


def test_a_killed_creation_leaves_no_registry_and_can_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    execute, left = Database.execute, [0]

    def killed(self: Database, *arguments: object) -> None:
        if left[0] == 0:
            self.connection.rollback()  # what SQLite does on the next open after a kill
            raise KilledError
        left[0] -= 1
        execute(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "execute", killed)
    steps = len(list(statements(MIGRATIONS[0].script)))
    for step in (0, 1, steps // 2, steps, steps + 1):
        left[0] = step
        with pytest.raises(KilledError):
            Registry.create(folder)
        with pytest.raises(RegistryError, match="its creation was interrupted; create it again"):
            Registry.open(folder)
    monkeypatch.undo()
    with Registry.create(folder) as registry:
        assert registry.projects() == []


def test_a_process_killed_while_it_creates_leaves_no_registry(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from dsgrid.registry import database
from dsgrid.registry.registry import Registry
insert = database.Database.insert
def killed(self, *arguments, **values):
    os.kill(os.getpid(), signal.SIGKILL)
database.Database.insert = killed
Registry.create(sys.argv[1])
"""
    folder = tmp_path / "registry"
    assert run(script, str(folder)).returncode == -9
    with pytest.raises(RegistryError, match="its creation was interrupted"):
        Registry.open(folder, write=True)
    Registry.create(folder).close()


# Files that are no registry ------------------------------------------------------------------------------------------


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no registry .*; `dsgrid registry create FOLDER` makes one"):
        Registry.open(tmp_path / "nowhere")
    with pytest.raises(NotFoundError, match="is no registry; `dsgrid registry create FOLDER` makes one"):
        Registry.open(tmp_path)


@pytest.mark.parametrize("write", [False, True])
def test_a_file_that_is_no_database_is_refused(folder: Path, write: bool) -> None:
    (folder / "registry.db").write_bytes(b"This is no database. " * 500)
    with pytest.raises(RegistryError, match=r"registry\.db is no registry: it is no SQLite database"):
        Registry.open(folder, write=write)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_truncated_database_is_refused(folder: Path, kept: float, write: bool) -> None:
    file = folder / "registry.db"
    os.truncate(file, int(file.stat().st_size * kept))
    with pytest.raises(RegistryError, match="cut short"):
        Registry.open(folder, write=write)


def test_a_database_of_another_program_is_refused(folder: Path) -> None:
    execute(folder, "PRAGMA application_id = 7")
    with pytest.raises(RegistryError, match="an SQLite database of another program"):
        Registry.open(folder)


def test_a_registry_from_the_future_is_refused(folder: Path) -> None:
    execute(folder, "PRAGMA user_version = 99")
    with pytest.raises(RegistryError, match=r"has schema 99, made by a newer dsgrid; this one knows 7"):
        Registry.open(folder)


# Migrations ----------------------------------------------------------------------------------------------------------


class Another(Migration):
    script = "CREATE TABLE notes (text TEXT) STRICT;\nALTER TABLE registrations ADD COLUMN host TEXT;\n"


NEWEST = MIGRATIONS[-1].version
MORE = (*MIGRATIONS, Another(NEWEST + 1, "notes", ""))


def test_a_migration_and_its_record_are_one_transaction(folder: Path) -> None:
    database = Database(folder / "registry.db", write=True)
    prepare(database, migrations=MORE)
    assert database.value("PRAGMA user_version") == NEWEST + 1
    rows = database.rows("SELECT version, name FROM schema_migrations ORDER BY version")
    assert [tuple(row) for row in rows] == [(each.version, each.name) for each in MORE]
    assert database.value("SELECT host FROM registrations") is None
    database.close()


def test_a_failing_migration_leaves_the_old_schema(folder: Path) -> None:
    class Broken(Migration):
        script = "CREATE TABLE notes (text TEXT) STRICT;\nCREATE TABLE registrations (x INTEGER);\n"

    database = Database(folder / "registry.db", write=True)
    with pytest.raises(sqlite3.OperationalError):
        prepare(database, migrations=(*MIGRATIONS, Broken(NEWEST + 1, "broken", "")))
    assert database.value("PRAGMA user_version") == NEWEST
    assert database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'notes'") == 0
    database.close()


def test_a_new_registry_goes_through_all_migrations(tmp_path: Path) -> None:
    database = Database(tmp_path / "registry.db", write=True)
    prepare(database, create=True, migrations=MORE)
    assert database.value("SELECT count(*) FROM schema_migrations") == len(MORE)
    database.close()


def test_who_may_only_read_an_older_registry_sees_it_in_the_newest_schema_and_the_file_stays(folder: Path) -> None:
    before = (folder / "registry.db").read_bytes()
    database = Database(folder / "registry.db")
    prepare(database, migrations=MORE)
    assert database.value("PRAGMA user_version") == NEWEST + 1
    assert database.value("SELECT count(*) FROM notes") == 0
    with pytest.raises(RegistryError, match="was opened for reading only"), database.atomic():
        pass
    database.close()
    assert (folder / "registry.db").read_bytes() == before


def test_the_script_is_split_at_its_statements() -> None:
    script = "CREATE TABLE a (x); -- one\nCREATE TRIGGER t BEFORE UPDATE ON a\nBEGIN SELECT 1; END;\nPRAGMA x;\n"
    assert len(list(statements(script))) == 3


# Immutability and dependencies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE project_versions SET name = 'other'",
        "UPDATE dimension_versions SET major = 2",
        "UPDATE records SET name = 'other'",
        "UPDATE associations SET fraction = 2",
        "UPDATE registrations SET log_message = 'other'",
    ],
)
def test_what_is_registered_never_changes(folder: Path, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"never changes?$"):
        execute(folder, sql)


@pytest.mark.parametrize("table", ["dimension_versions", "mapping_versions", "project_versions", "dataset_versions"])
def test_what_something_needs_cannot_be_deleted(folder: Path, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        execute(folder, f"DELETE FROM {table}")


def test_dependencies_are_walked_both_ways(folder: Path) -> None:
    database = Database(folder / "registry.db")
    down = database.select("dependencies", "child_id", order="child_id", parent_kind="submission")
    assert [row["child_id"] for row in down] == [
        "comstock",
        "conus_2022",
        "conus_2022/comstock/comstock_geography:county",
    ]
    up = database.select("dependencies", "parent_kind, parent_id", order="1, 2", child_id="conus_2022/county")
    assert [tuple(row) for row in up] == [
        ("mapping", "conus_2022/comstock/comstock_geography:county"),
        ("mapping", "conus_2022/county:state"),
        ("project", "conus_2022"),
    ]
    database.close()


# Reading only, moving ------------------------------------------------------------------------------------------------


def test_a_registry_opened_for_reading_refuses_writes(folder: Path) -> None:
    with Registry.open(folder) as registry, pytest.raises(RegistryError, match="was opened for reading only"):
        register(registry)


def test_a_read_only_folder_can_be_read(folder: Path) -> None:
    (folder / "registry.db").chmod(0o444)
    folder.chmod(0o555)
    script = """
import os, sys
from dsgrid.registry import locks  # what is imported later, the other user may not be allowed to read
from dsgrid.registry.registry import Registry
from dsgrid.errors import RegistryError
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere
with Registry.open(sys.argv[1]) as registry:
    assert registry.project("conus_2022").name == "CONUS 2022"
try:
    Registry.open(sys.argv[1], write=True)
except RegistryError as error:
    assert "nothing can be written to the registry" in str(error), error
    assert str(error).endswith(": no right to, or the filesystem is read-only"), error
else:
    sys.exit("it could be opened for writing")
"""
    for parent in folder.relative_to(tempfile.gettempdir()).parents:  # another user has to get here
        if parent != Path():
            (tempfile.gettempdir() / parent).chmod(0o755)
    result = run(script, str(folder))
    assert result.returncode == 0, result.stderr
    folder.chmod(0o755)


def test_a_registry_works_when_moved_copied_or_linked(folder: Path, tmp_path: Path) -> None:
    copy, link = tmp_path / "copy of it #1?", tmp_path / "link"
    shutil.copytree(folder, copy)
    link.symlink_to(folder)
    for place in (copy, link, folder.rename(tmp_path / "moved")):
        if place == link:
            continue
        with Registry.open(place, write=True) as registry:
            assert registry.project("conus_2022").version == "1.0.0"
    link.unlink()
    link.symlink_to(tmp_path / "moved")
    with Registry.open(link) as registry:
        assert registry.data == link / "data"


def test_opening_for_reading_imports_no_heavy_library(folder: Path) -> None:
    script = """
import sys
from dsgrid.registry.registry import Registry
with Registry.open(sys.argv[1]) as registry:
    registry.projects()
    registry.project("conus_2022")
heavy = {"pandas", "pyarrow", "pyspark", "numpy", "jsonschema", "pint"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    result = run(script, str(folder))
    assert result.returncode == 0, result.stderr


def execute(folder: Path, sql: str) -> None:
    connection = sqlite3.connect(folder / "registry.db")
    connection.execute("PRAGMA foreign_keys = ON")
    try:
        connection.execute(sql)
        connection.commit()
    finally:
        connection.close()
