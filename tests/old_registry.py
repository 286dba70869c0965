"""Registries of older schemas, made as folders: that of the first is kept in ``tests/fixtures``."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from dsgrid.registry.database import Database
from dsgrid.registry.migrations import MIGRATIONS, prepare

FIXTURE = Path(__file__).parent / "fixtures/registry_schema_1"


def old_registry(folder: Path, schema: int = 1) -> Path:
    """Make a registry of an older schema in a folder that is absent, with its data; return the folder."""
    shutil.copytree(FIXTURE / "data", folder / "data")
    connection = sqlite3.connect(folder / "registry.db")
    connection.executescript((FIXTURE / "registry.sql").read_text("utf-8"))
    connection.close()
    if schema > 1:
        database = Database(folder / "registry.db", write=True)
        prepare(database, migrations=MIGRATIONS[:schema])
        database.close()
    return folder
