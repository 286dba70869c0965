"""All that a registry says and holds, as one value: two registries with equal states answer alike."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

# Counters, moments and random names: they differ between two runs that do the same.
VARYING = frozenset(
    {
        *("key", "registered_at", "removed_at", "applied_at", "finished", "spec_sha256", "bundle_sha256"),
        *("manifest_sha256", "run", "log_message", "submitter", "dsgrid_version", "folder"),
    }
)
# Who did what when, in how many attempts.
HISTORY = frozenset({"registrations", "schema_migrations", "sqlite_sequence", "removals", "settings"})


def state(folder: Path) -> dict[str, Any]:
    """Return the contents of all tables without what varies, every foreign key replaced by what it refers to.

    The rows of ``dataset_files`` stand for the data.
    """
    connection = sqlite3.connect(folder / "registry.db")
    connection.row_factory = sqlite3.Row
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    reader = _Reader(connection)
    found = {table: sorted(reader.rows(table)) for table in tables if table not in HISTORY}
    connection.close()
    return {table: rows for table, rows in found.items() if rows}


def files(folder: Path) -> dict[str, str]:
    """Return the checksum of every file of a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class _Reader:
    """Reads rows as texts; a reference to a row of another table is replaced by a hash of that row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, Any], str] = {}
        self._keys: dict[str, dict[str, str]] = {}

    def rows(self, table: str) -> list[str]:
        return [self._text(table, row) for row in self._connection.execute(f'SELECT * FROM "{table}"')]

    def _text(self, table: str, row: sqlite3.Row) -> str:
        references = self._references(table)
        parts = []
        for column in row.keys():  # noqa: SIM118 (a Row iterates over its values)
            if column in references and row[column] is not None:
                parts.append(f"{column}={self._referred(references[column], row[column])}")
            elif table == "dataset_files" and column == "path":
                parts.append(f"path in {Path(row[column]).parent}")  # an engine gives its files random names
            elif column not in VARYING:
                parts.append(f"{column}={row[column]!r}")
        return f"{table}({', '.join(parts)})"

    def _references(self, table: str) -> dict[str, str]:
        if table not in self._keys:
            found = self._connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
            single = [row["id"] for row in found]
            self._keys[table] = {row["from"]: row["table"] for row in found if single.count(row["id"]) == 1}
            # Keys of several columns begin with one that is named after the table it leads to.
            parts = {row["from"] for row in found if single.count(row["id"]) > 1}
            self._keys[table] |= {column: f"{column}s" for column in parts & {"record_table", "project_version"}}
        return self._keys[table]

    def _referred(self, table: str, key: Any) -> str:
        if table in HISTORY:
            return ""
        if (table, key) not in self._known:
            row = self._connection.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (key,)).fetchone()
            text = "nothing" if row is None else self._text(table, row)
            self._known[table, key] = hashlib.sha256(text.encode()).hexdigest()[:12]
        return self._known[table, key]
