"""Record tables and association tables: what their checksums are, and which of them nothing uses."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from dsgrid.registry.database import Database

# Part of the checksum of associations: another number would give every table another checksum.
CHUNK: Final = 50_000

# Rows that mean something only while others refer to them: what is registered stands in other tables.
CONTENTS: Final = ("record_tables", "association_tables", "dimensions", "mappings", "projects", "datasets")


def records_sha256(columns: Sequence[str], plain: Sequence[Sequence[Any]], attributes: Iterable[Sequence[Any]]) -> str:
    """Return the checksum of a record table.

    Parameters
    ----------
    columns
        The names of the attributes.
    plain
        Position, id and name of every record.
    attributes
        Record, column (both positions), type and value of every attribute, in any order.
    """
    cells = sorted(attributes, key=lambda cell: (cell[0], cell[1]))
    return hashlib.sha256(json.dumps([columns, plain, cells]).encode()).hexdigest()


def associations_sha256(associations: Iterable[tuple[str, str | None, float]]) -> str:
    """Return the checksum of associations, given as from, to and fraction in their order."""
    digest = hashlib.sha256()
    rows = iter(associations)
    while chunk := list(islice(rows, CHUNK)):
        sources, targets, fractions = zip(*chunk, strict=True)
        digest.update(json.dumps([sources, targets]).encode())
        # SQLite keeps no -0.0 in a REAL column.
        digest.update(struct.pack(f"<{len(chunk)}d", *(fraction + 0.0 for fraction in fractions)))
    return digest.hexdigest()


def stored_records_sha256(database: Database, table: int) -> tuple[int, str]:
    """Return how many records a stored table has, and the checksum of what is stored."""
    columns = [row["name"] for row in database.select("record_columns", "name", record_table=table)]
    plain = [tuple(row) for row in database.select("records", "position, id, name", record_table=table)]
    cells = [
        tuple(row)
        for row in database.select(
            "record_attributes", "record, column, type, value", order="record, column", record_table=table
        )
    ]
    return len(plain), records_sha256(columns, plain, cells)


def stored_associations_sha256(database: Database, table: int) -> tuple[int, str]:
    """Return how many associations a stored table has, and the checksum of what is stored."""
    count = 0

    def counted() -> Iterator[tuple[str, str | None, float]]:
        nonlocal count
        for from_id, to_id, fraction in database.stream(
            "SELECT from_id, to_id, fraction FROM associations WHERE association_table = ? ORDER BY position", (table,)
        ):
            count += 1
            yield from_id, to_id, fraction

    sha256 = associations_sha256(counted())
    return count, sha256


def unused(database: Database) -> dict[str, int]:
    """Return how many rows of each table of contents, and how many ids, nothing uses; tables without any are absent."""
    counts = {
        table: int(database.value(f"SELECT count(*) FROM {table} WHERE {is_unused(database, table)}"))
        for table in CONTENTS
    }
    return {table: count for table, count in counts.items() if count}


def remove_unused(database: Database) -> None:
    """Remove contents and ids that nothing uses, inside a transaction."""
    for table in CONTENTS:
        database.execute(f"DELETE FROM {table} WHERE {is_unused(database, table)}")


def is_unused(database: Database, table: str) -> str:
    """Return the condition that nothing refers to a row of a table, its own parts (which go with it) aside."""
    users = [
        (row["name"], row["from"])
        for row in database.rows(
            'SELECT t.name, f."from" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f '
            "WHERE t.type = 'table' AND f.\"table\" = ? AND f.on_delete = 'NO ACTION'",
            (table,),
        )
    ]
    return " AND ".join(f"NOT EXISTS (SELECT 1 FROM {user} u WHERE u.{column} = {table}.key)" for user, column in users)
