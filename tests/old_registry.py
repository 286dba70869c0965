"""The registry of the first schema that is kept in ``tests/fixtures``, made as a folder."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

FIXTURE = Path(__file__).parent / "fixtures/registry_schema_1"


def old_registry(folder: Path) -> Path:
    """Make a registry of schema 1 in a folder that is absent, with its data; return the folder."""
    shutil.copytree(FIXTURE / "data", folder / "data")
    connection = sqlite3.connect(folder / "registry.db")
    connection.executescript((FIXTURE / "registry.sql").read_text("utf-8"))
    connection.close()
    return folder
