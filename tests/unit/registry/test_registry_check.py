"""A check finds what is wrong, says what to do, and `fix` removes garbage and nothing else."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from registry_published import contents, published_registry
from registry_values import example_project, register
from tests.faults import KilledError, Steps
from tests.old_registry import old_registry

from dsgrid.errors import RegistryError, UsageError
from dsgrid.operations.check_registry import CheckedRegistry, check_registry, examine, read_age
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_registry(tmp_path_factory.mktemp("clean") / "registry")


@pytest.fixture
def registry(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "registry"))


def spoil(registry: Path, *statements: str) -> None:
    """Change the database behind dsgrid's back; what guards registered rows is put back."""
    connection = sqlite3.connect(registry / "registry.db")
    guards = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
    for name in guards:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount, statement
    for sql in guards.values():
        connection.execute(sql)
    connection.commit()
    connection.close()


def folder_of(registry: Path, dataset: str) -> Path:
    return next((registry / "data" / dataset).iterdir())


def age(path: Path, hours: float = 48) -> None:
    """Make a folder and everything in it look old."""
    then = time.time() - hours * 3600
    for each in [*path.rglob("*"), path]:
        os.utime(each, (then, then))


def kinds(found: CheckedRegistry) -> list[str]:
    return [each.kind for each in found.problems]


def make_garbage(registry: Path) -> list[Path]:
    """Leave behind what a killed job leaves."""
    orphan = registry / "data/comstock/1.0.0-0000beef"
    staging = registry / "data/other/.1.0.0-0000beef.staging"
    for folder in (orphan, staging):
        (folder / "facts").mkdir(parents=True)
        (folder / "facts/part-0.parquet").write_bytes(b"half")
        age(folder)
    probe = registry / ".lock-probe-1234"
    probe.write_bytes(b"")
    age(probe)
    return [orphan, staging, probe]


def test_a_registry_that_is_whole_is_clean(clean: Path) -> None:
    found = examine(clean, checksums=True)
    assert found.is_clean
    assert found.counts["datasets"] == 2
    assert found.counts["files"] == 4
    assert "is whole: 2 versions of datasets, 4 files" in found.report()


def test_a_registry_of_the_first_schema_is_clean(tmp_path: Path) -> None:
    folder = old_registry(tmp_path / "registry")
    assert examine(folder, checksums=True).problems == ()
    assert examine(folder, fix=True).is_clean, "the same once its schema is new"


def test_a_read_only_registry_can_be_checked(registry: Path) -> None:
    for path in [*registry.rglob("*"), registry]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert examine(registry, checksums=True).is_clean
    finally:
        for path in [registry, *registry.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no folder": (shutil.rmtree, "missing", "the data of dataset comstock@1.0.0 are missing"),
    "no manifest": (
        lambda path: (path / "manifest.json").unlink(),
        "missing",
        "the manifest of dataset comstock@1.0.0",
    ),
    "no file": (lambda path: (path / "associations.parquet").unlink(), "missing", "the file is missing"),
    "a longer file": (
        lambda path: (path / "associations.parquet").write_bytes(b"much longer than it was before"),
        "damaged",
        "bytes instead of",
    ),
    "another manifest": (
        lambda path: (path / "manifest.json").write_text((path / "manifest.json").read_text() + " "),
        "damaged",
        "the manifest is not the one",
    ),
    "a torn manifest": (
        lambda path: (path / "manifest.json").write_text('{"format": 1, "fi'),
        "damaged",
        "damaged or cut short",
    ),
    "a flipped bit": (lambda path: flip(path / "facts/part-0.parquet"), "damaged", "checksum"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_data_are_found(registry: Path, damage: str) -> None:
    spoil_folder, kind, message = DAMAGE[damage]
    spoil_folder(folder_of(registry, "comstock"))
    found = examine(registry, checksums=True)
    assert any(each.kind == kind and message in each.message for each in found.problems)
    assert all("restore it from a copy" in each.remedy for each in found.problems)
    assert examine(registry, fix=True, older_than=0).fixed == (), "what is registered is never garbage"


def test_only_checksums_show_a_flipped_bit(registry: Path) -> None:
    flip(folder_of(registry, "comstock") / "facts/part-0.parquet")
    assert examine(registry).is_clean
    assert kinds(examine(registry, checksums=True)) == ["damaged"]


ROWS = {
    "a file's size": (
        "UPDATE dataset_files SET bytes = bytes + 1 WHERE role = 'facts'",
        "different",
        "not those of its",
    ),
    "a record's name": ("UPDATE records SET name = 'x' WHERE id = '06037'", "content", "records are not those"),
    "a fraction": (
        "UPDATE associations SET fraction = 2 WHERE to_id = 'CA'",
        "content",
        "associations are not those",
    ),
    "a record too many": ("INSERT INTO records VALUES (1, 9, 'x', 'x')", "content", "records instead of"),
    "a lost association": ("DELETE FROM associations WHERE to_id = 'CA'", "content", "associations instead of"),
    "a reference to nothing": (
        "UPDATE dataset_versions SET time = 999",
        "database",
        "refers to a row of dim",
    ),
    "a base that is not there": ("UPDATE submission_mappings SET base = 'x'", "reference", "no base dimension of that"),
    "a mapping of other ends": (
        "UPDATE mapping_versions SET to_dimension = from_dimension",
        "reference",
        'does not lead from "county" to it',
    ),
    "a type too few": ("DELETE FROM dataset_dimensions WHERE type = 'metric'", "reference", "6 record dimensions"),
    "a selector of nothing": ("UPDATE selector_records SET record_id = 'x'", "reference", "no record of"),
    "a requirement of nothing": ("UPDATE required_records SET record_id = 'x'", "reference", "no base record"),
    "a time without slots": ("DELETE FROM time_ranges", "reference", "a time of the kind datetime has not the rows"),
    "a time of another kind": ("UPDATE times SET kind = 'index'", "reference", "a time of the kind index has not the"),
    "a typical period of nothing": (
        "UPDATE times SET kind = 'representative'",
        "reference",
        "a time of the kind representative has not the rows",
    ),
    "a shape of what is no year": (
        "INSERT INTO submission_shapes SELECT 1, key FROM dataset_versions WHERE folder LIKE 'resstock%'",
        "reference",
        "its values follow the course of resstock@1.0.0, but only annual ones may",
    ),
    "a submission without status": ("DELETE FROM submission_statuses", "reference", "whether it was accepted"),
}


@pytest.mark.parametrize("row", ROWS)
def test_rows_that_contradict_each_other_are_found(registry: Path, row: str) -> None:
    statement, kind, message = ROWS[row]
    spoil(registry, statement)
    found = examine(registry)
    assert any(each.kind == kind and message in each.message for each in found.problems), found.problems
    with pytest.raises(RegistryError):
        found.raise_problems()


def test_a_missing_guard_is_found(registry: Path) -> None:
    connection = sqlite3.connect(registry / "registry.db")
    connection.execute("DROP TRIGGER records_stay")
    connection.execute("CREATE INDEX of_my_own ON records (name)")
    connection.commit()
    connection.close()
    assert [each.message for each in examine(registry).problems] == ["the trigger records_stay is missing"]


def test_a_torn_database_is_found(registry: Path) -> None:
    path = registry / "registry.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = bytes(4096)
    path.write_bytes(data)
    found = examine(registry)
    assert set(kinds(found)) == {"database"}


def test_garbage_is_found_and_removed(registry: Path) -> None:
    before = contents(registry)
    garbage = make_garbage(registry)
    found = examine(registry)
    assert {each.where for each in found.problems} == {str(path) for path in garbage}
    assert all(each.is_garbage for each in found.problems)
    assert contents(registry)["datasets"] == before["datasets"]
    fixed = examine(registry, fix=True)
    assert fixed.is_clean
    assert {each.where for each in fixed.fixed} == {str(path) for path in garbage}
    assert not any(path.exists() for path in garbage)
    assert contents(registry) == before
    assert examine(registry, fix=True).fixed == ()


def test_young_garbage_is_left_alone(registry: Path) -> None:
    folder = registry / "data/other/1.0.0-0000beef"
    (folder / "facts").mkdir(parents=True)
    (folder / "facts/part-0.parquet").write_bytes(b"half")
    age(folder)
    # A job that writes one large file for days: only that file's time moves.
    os.utime(folder / "facts/part-0.parquet")
    found = examine(registry, fix=True)
    assert found.is_clean
    assert [each.where for each in found.left_alone] == [str(folder)]
    assert folder.is_dir()
    assert "left alone" in found.report()
    assert examine(registry, fix=True, older_than=0).fixed[0].where == str(folder)


def test_a_journal_that_nobody_needs_is_left_to_sqlite(registry: Path) -> None:
    journal = registry / "registry.db-journal"
    journal.write_bytes(bytes(512))  # its header was wiped: the transaction it belonged to is over
    age(journal)
    before = contents(registry)
    assert kinds(examine(registry)) == ["leftover"]
    assert examine(registry, fix=True).is_clean
    assert not journal.exists()
    assert contents(registry) == before


def test_what_a_user_put_there_is_told_and_stays(registry: Path) -> None:
    note = registry / "data/comstock/README.txt"
    note.write_text("mine")
    age(note)
    found = examine(registry, fix=True)
    assert kinds(found) == ["stranger"]
    assert note.exists()


def test_contents_that_nothing_uses_are_removed(registry: Path) -> None:
    with Registry.open(registry, write=True) as opened, opened.registration("test"):
        opened.database.insert("record_tables", sha256="0", records=0)
        opened.database.insert("association_tables", sha256="e3b0c44298fc1c149afbf4c8996fb924", associations=0)
        opened.database.insert("mappings", id="conus_2022/a:b")
    found = examine(registry)
    assert "unused" in kinds(found)
    fixed = examine(registry, fix=True)
    assert fixed.is_clean
    assert len(fixed.fixed) == 3


@pytest.mark.slow
def test_a_kill_at_any_step_of_a_fix_loses_nothing(
    clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = contents(clean)
    steps = Steps(monkeypatch)

    def spoiled(name: str) -> Path:
        folder = Path(shutil.copytree(clean, tmp_path / name))
        make_garbage(folder)
        with Registry.open(folder, write=True) as opened, opened.database.atomic():
            opened.database.insert("record_tables", sha256="0", records=0)
        return folder

    whole = spoiled("whole")
    with steps.dying_before(None):
        examine(whole, fix=True)
    count = len(steps.names)
    assert count >= 4
    for step in range(count):
        folder = spoiled(f"killed{step}")
        with steps.dying_before(step), pytest.raises(KilledError):
            examine(folder, fix=True)
        assert contents(folder)["datasets"] == expected["datasets"]
        assert examine(folder, fix=True, checksums=True).is_clean
        assert contents(folder) == expected


def test_a_folder_that_is_registered_meanwhile_is_not_removed(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid.registry import check as module
    from dsgrid.registry.garbage import find_garbage

    make_garbage(registry)
    orphan = registry / "data/comstock/1.0.0-0000beef"

    def found_and_registered(*arguments: object) -> object:
        found = find_garbage(*arguments)  # type: ignore[arg-type]
        spoil(
            registry,
            "INSERT INTO dataset_versions (dataset, major, minor, patch, kind, description, time, two_tables, pivot, "
            "scaling_factor, null_cells, time_column, folder, manifest_sha256, registration) SELECT dataset, 1, 0, 1, "
            "kind, description, time, two_tables, pivot, scaling_factor, null_cells, time_column, "
            "'comstock/1.0.0-0000beef', '0', registration FROM dataset_versions WHERE key = 1",
        )
        monkeypatch.setattr(module, "find_garbage", find_garbage)
        return found

    monkeypatch.setattr(module, "find_garbage", found_and_registered)
    examine(registry, fix=True)
    assert orphan.is_dir()


def test_the_job_raises_everything_that_is_wrong(registry: Path) -> None:
    for dataset in ("comstock", "resstock"):
        (folder_of(registry, dataset) / "associations.parquet").unlink()
    with pytest.raises(RegistryError) as caught:
        check_registry({}, registry=registry)
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 5
    assert "; restore it from a copy of the registry" in str(caught.value)


def test_ages_are_read() -> None:
    assert [read_age(text) for text in ("90s", "30min", "24h", "2d")] == [90, 1800, 86400, 172800]
    with pytest.raises(UsageError, match='"a week" is not an age'):
        read_age("a week")


def test_versions_may_share_a_folder(registry: Path) -> None:
    spoil(
        registry,
        "INSERT INTO dataset_versions (dataset, major, minor, patch, kind, description, time, two_tables, pivot, "
        "scaling_factor, null_cells, time_column, folder, manifest_sha256, registration) SELECT dataset, 1, 0, 1, "
        "kind, 'other', time, two_tables, pivot, scaling_factor, null_cells, time_column, folder, manifest_sha256, "
        "registration FROM dataset_versions WHERE key = 1",
        "INSERT INTO dataset_dimensions SELECT (SELECT max(key) FROM dataset_versions), position, type, name, "
        "dimension FROM dataset_dimensions WHERE dataset_version = 1",
        "INSERT INTO dataset_files SELECT (SELECT max(key) FROM dataset_versions), position, path, role, bytes, rows, "
        "sha256 FROM dataset_files WHERE dataset_version = 1",
    )
    assert examine(registry, checksums=True).problems == ()


def test_a_project_without_data_is_clean(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as opened:
        register(opened, example_project())
    assert examine(tmp_path / "registry").is_clean
