"""Which state a registry is in, told without asking its database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from tests.dataless import add_dataset
from tests.project_specs import DATASET

from dsgrid.api.answers.revision import revision
from dsgrid.api.problems.problems import ApiError
from dsgrid.registry.registry import Registry


@pytest.fixture
def folder(small_registry, tmp_path):
    return shutil.copytree(small_registry, tmp_path / "registry")


def unavailable(folder) -> str:
    with pytest.raises(ApiError) as raised:
        revision(folder)
    assert raised.value.status == 503
    assert int(raised.value.headers["Retry-After"]) > 0
    assert str(folder) not in raised.value.detail
    return raised.value.detail


def test_it_stays_while_nothing_is_written(folder):
    before = revision(folder)
    with Registry.open(folder) as registry:
        registry.projects()
    assert revision(folder) == before


def test_every_registration_makes_another(folder):
    before = revision(folder)
    add_dataset(folder, {**DATASET, "dataset": {**DATASET["dataset"], "id": "other"}})
    assert revision(folder) != before


def test_a_registry_that_was_put_in_its_place_is_another(folder):
    before = revision(folder)
    shutil.copy(folder / "registry.db", folder / "copy.db")
    os.replace(folder / "copy.db", folder / "registry.db")
    assert revision(folder) != before


def test_it_does_not_take_the_locks_of_readers_away(folder):
    """To close a file drops all locks that the process has on it, those of SQLite too."""
    with sqlite3.connect(folder / "registry.db", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM registrations").fetchall()
        for _ in range(3):
            revision(folder)
        # Another process, as locks are of processes.
        program = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None);"
            "c.execute('BEGIN EXCLUSIVE')"
        )
        command = [sys.executable, "-c", program, str(folder / "registry.db")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "locked" in done.stderr
        reader.execute("COMMIT")


def test_a_registry_that_is_gone_is_unavailable(folder):
    shutil.rmtree(folder)
    assert "cannot be read" in unavailable(folder)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 100, b"SQLite format 3\x00" + bytes(200)])
def test_what_is_no_registry_is_unavailable(folder, content):
    (folder / "registry.db").unlink()
    (folder / "registry.db").write_bytes(content)
    assert "no registry" in unavailable(folder)


def test_a_folder_in_its_place_is_unavailable(folder):
    (folder / "registry.db").unlink()
    (folder / "registry.db").mkdir()
    assert unavailable(folder)


@pytest.mark.parametrize(("schema", "said"), [(3, "old schema 3"), (99, "newer dsgrid")])
def test_another_schema_is_unavailable_and_said(folder, schema, said):
    with sqlite3.connect(folder / "registry.db") as database:
        database.execute(f"PRAGMA user_version = {schema}")
    assert said in unavailable(folder)
