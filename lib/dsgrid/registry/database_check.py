"""Is the database whole, and does everything in it agree with everything else?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Final

from dsgrid.errors import RegistryError
from dsgrid.registry import contents
from dsgrid.registry.database import Database, statements
from dsgrid.registry.findings import CONTENT, DATABASE, REFERENCE, SCHEMA, UNUSED, Finding
from dsgrid.registry.migrations import MIGRATIONS, script

MANY: Final = 1_000_000
SHOWN: Final = 100
RESTORE: Final = "restore the registry from a copy"
REPORT: Final = "nothing in dsgrid writes this: restore the registry from a copy, or register it again"


def check_file(database: Database) -> Iterator[Finding]:
    """Yield what is wrong with the database's file; when it is not whole, nothing else can be asked of it."""
    yield from (Finding(DATABASE, str(database.path), message, RESTORE) for message in _broken(database))


def check_database(database: Database) -> Iterator[Finding]:
    """Yield where the contents of a database that is whole contradict each other or the schema."""
    where = str(database.path)
    for row in database.rows("PRAGMA foreign_key_check"):
        message = f"row {row['rowid']} of {row['table']} refers to a row of {row['parent']} that is not there"
        yield Finding(DATABASE, where, message, RESTORE)
    if database.value("PRAGMA journal_mode") == "wal":
        remedy = f"sqlite3 {where} 'PRAGMA journal_mode = DELETE'"
        yield Finding(DATABASE, where, "it is in WAL mode, which network filesystems do not support", remedy)
    yield from _schema(database)
    yield from _contents(database)
    for rule in statements(script("rules.sql")):
        yield from (Finding(REFERENCE, place, message, REPORT) for place, message in database.rows(rule))


def _broken(database: Database) -> list[str]:
    """Return what SQLite says is wrong with the file."""
    try:
        messages = dict.fromkeys(str(message) for (message,) in database.stream(f"PRAGMA integrity_check({MANY})"))
        return [message for message in messages if message != "ok" and not _is_false_alarm(database, message)][:SHOWN]
    except RegistryError as error:
        return [problem.message for problem in error.problems]


def _is_false_alarm(database: Database, message: str) -> bool:
    """Tell whether SQLite takes a column for NULL that is not.

    Up to 3.40 it does so for every row of a table WITHOUT ROWID whose key is not its first columns.
    """
    found = re.fullmatch(r"NULL value in (\w+)\.(\w+)", message)
    # `IS NULL` would not look: SQLite believes that a column that is declared NOT NULL never is.
    return found is not None and not database.rows(
        f"SELECT 1 FROM {found[1]} WHERE typeof({found[2]}) = 'null' LIMIT 1"
    )


def find_unused(database: Database) -> Iterator[Finding]:
    """Yield what nothing uses any more."""
    for table, count in contents.unused(database).items():
        yield Finding(
            UNUSED, str(database.path), f"{count} of {table} are used by nothing", "--fix removes them", is_garbage=True
        )


def _schema(database: Database) -> Iterator[Finding]:
    """Compare tables, indexes, triggers and views with those of a new registry; what users added is theirs."""
    expected = sqlite3.connect(":memory:")
    try:
        for migration in MIGRATIONS:
            for statement in statements(migration.script):
                expected.execute(statement)
        wanted = dict(expected.execute("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    finally:
        expected.close()
    found = {row[0]: row[1] for row in database.rows("SELECT type || ' ' || name, sql FROM sqlite_schema")}
    for name, sql in wanted.items():
        if name not in found:
            yield Finding(SCHEMA, str(database.path), f"the {name} is missing", RESTORE)
        elif found[name] != sql:
            yield Finding(SCHEMA, str(database.path), f"the {name} is not what dsgrid made", RESTORE)


def _contents(database: Database) -> Iterator[Finding]:
    """Compare counts and checksums of records and associations with what is stored."""
    for table, count, stored in (
        ("record_tables", "records", contents.stored_records_sha256),
        ("association_tables", "associations", contents.stored_associations_sha256),
    ):
        for row in database.select(table, f"key, sha256, {count} AS count", order="key"):
            user = _user(database, table, row["key"])
            if user is None:
                continue
            found, sha256 = stored(database, row["key"])
            where = f"{database.path}: {user}"
            if found != row["count"]:
                yield Finding(CONTENT, where, f"it has {found} {count} instead of {row['count']}", RESTORE)
            elif sha256 != row["sha256"]:
                yield Finding(CONTENT, where, f"its {count} are not those that were registered", RESTORE)


def _user(database: Database, table: str, key: int) -> str | None:
    """Return the first thing that uses a table of contents."""
    kind, column = {"record_tables": ("dimension", "record_table")}.get(table, ("mapping", "association_table"))
    return database.value(
        f"SELECT min(a.id || '@' || a.version) FROM all_{kind}s a JOIN {kind}_versions v ON v.key = a.key "
        f"WHERE v.{column} = ?",
        (key,),
    )
