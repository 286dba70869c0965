"""Edits of a registry of the existing system: of its database, of what its models say, and of its data folder."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.mutations.edit import Edit
from tests.mutations.in_values import VALUES, Raw, at, shown, walk, written

DATABASE: Final = "registry.db"
_TABLES: Final = ("key_value", "registrations", "models", "current_versions", "contains")
# What a column says that is there, and what it may say by mistake.
_CELLS: Final[tuple[Any, ...]] = (
    None,
    "",
    "x",
    0,
    -1,
    10**12,
    1.5,
    b"\xff\x00",
    "../..",
    "1.0",
    "v1.0.0",
    "2.0.0",
    "[]",
)


@dataclass(frozen=True)
class Folder:
    """A copy of a registry that may be spoilt."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / DATABASE

    def tables(self) -> list[Path]:
        return sorted(path for path in self.path.rglob("*.parquet") if path.is_file())


Change = Callable[[Folder, Random], Edit | None]


def _in_the_database(change: Callable[[sqlite3.Connection, Random], Edit | None]) -> Change:
    def edit(folder: Folder, random: Random) -> Edit | None:
        try:
            with closing(sqlite3.connect(folder.database)) as connection:
                connection.execute("PRAGMA foreign_keys = OFF")
                done = change(connection, random)
                connection.commit()
        except (sqlite3.Error, OSError, ValueError):
            return None  # what is broken already is not edited any more
        return done

    return edit


def _a_row(connection: sqlite3.Connection, random: Random, table: str) -> int | None:
    rows = [row for (row,) in connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]
    return random.choice(rows) if rows else None


def _without_rows(connection: sqlite3.Connection, random: Random) -> Edit | None:
    table = random.choice(_TABLES)
    row = _a_row(connection, random, table)
    if row is None:
        return None
    if random.random() < 0.2:
        connection.execute(f"DELETE FROM {table}")
        return Edit("has no rows", DATABASE, table)
    connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
    return Edit(f"lacks row {row}", DATABASE, table)


def _with_another_cell(connection: sqlite3.Connection, random: Random) -> Edit | None:
    table = random.choice(_TABLES)
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    row = _a_row(connection, random, table)
    if row is None or not columns:
        return None
    column, value = random.choice(columns), random.choice(_CELLS)
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))
    return Edit(f"is {value!r} in row {row}", DATABASE, f"{table}.{column}")


def _without_a_table(connection: sqlite3.Connection, random: Random) -> Edit | None:
    table = random.choice(_TABLES)
    connection.execute(f"DROP TABLE {table}")
    return Edit("is dropped", DATABASE, table)


def _with_another_schema(connection: sqlite3.Connection, random: Random) -> Edit | None:
    table = random.choice(_TABLES)
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    if not columns:
        return None
    column = random.choice(columns)
    connection.execute(f'ALTER TABLE {table} RENAME COLUMN {column} TO "{column}s"')
    return Edit("is called otherwise", DATABASE, f"{table}.{column}")


def _in_a_model(change: Callable[[str, Random], tuple[str | bytes, Edit] | None]) -> Change:
    def edit(connection: sqlite3.Connection, random: Random) -> Edit | None:
        # Projects and datasets are few, dimensions many.
        found = connection.execute("SELECT DISTINCT model_type FROM models")
        kinds = sorted({kind for (kind,) in found if isinstance(kind, str)})
        if not kinds:
            return None
        kind = random.choice(kinds)
        rows = connection.execute("SELECT id, model FROM models WHERE model_type = ? ORDER BY id", (kind,)).fetchall()
        row, model = random.choice(rows)
        done = change(model, random) if isinstance(model, str) else None
        if done is None:
            return None
        connection.execute("UPDATE models SET model = ? WHERE id = ?", (done[0], row))
        return Edit(done[1].what, DATABASE, f"models {row} ({kind}) {done[1].place}".strip())

    return _in_the_database(edit)


def _cut_model(model: str, random: Random) -> tuple[str, Edit]:
    return model[: random.randrange(len(model) or 1)], Edit("is cut off", "")


def _odd_model(model: str, random: Random) -> tuple[str | bytes, Edit]:
    odd = random.choice(["", "null", "[]", "{}", "17", '"x"', "{", "[" * 50_000, b"\x00\xff\xfe", "NaN", model + "}"])
    return odd, Edit(f"is {odd[:10]!r}", "")


def _other_value(model: str, random: Random) -> tuple[str, Edit] | None:
    root = _parsed(model)
    path = walk(root, random)
    if path is None:
        return None
    what, make = random.choice(VALUES)
    value = make()
    at(root, path[:-1])[path[-1]] = value
    text = written(root)
    return (text, Edit(f"is {what}", "", shown(path))) if isinstance(value, Raw) or text else None


def _without_value(model: str, random: Random) -> tuple[str, Edit] | None:
    root = _parsed(model)
    path = walk(root, random)
    if path is None:
        return None
    del at(root, path[:-1])[path[-1]]
    return written(root), Edit("is deleted", "", shown(path))


def _with_unknown_key(model: str, random: Random) -> tuple[str, Edit] | None:
    root = _parsed(model)
    path = walk(root, random, dict)
    if path is None:
        return None
    at(root, path)["zebra_key"] = "x"
    return written(root), Edit("has an unknown key", "", shown(path))


def _parsed(model: str) -> Any:
    """Return what a model says; nothing when it is spoilt already, or nested too deep to be written again."""
    try:
        return None if "[" * 100 in model else json.loads(model)
    except (ValueError, RecursionError):
        return None


def _bytes_flipped(folder: Folder, random: Random) -> Edit | None:
    content = bytearray(folder.database.read_bytes())
    if not content:
        return None
    places = [random.randrange(len(content)) for _ in range(random.choice([1, 10, 500]))]
    for place in places:
        content[place] ^= 1 << random.randrange(8)
    folder.database.write_bytes(content)
    return Edit(f"has {len(places)} bits flipped", DATABASE)


def _header_spoilt(folder: Folder, random: Random) -> Edit:
    content = bytearray(folder.database.read_bytes())
    content[random.randrange(100) : 100] = random.randbytes(8)
    folder.database.write_bytes(content)
    return Edit("has another header", DATABASE)


def _truncated(folder: Folder, random: Random) -> Edit:
    content = folder.database.read_bytes()
    folder.database.write_bytes(content[: random.choice([0, 1, 50, 100, 4096, random.randrange(len(content) or 1)])])
    return Edit("is cut off", DATABASE)


def _no_database(folder: Folder, random: Random) -> Edit:
    folder.database.unlink()
    return Edit("is removed", DATABASE)


def _folder_for_database(folder: Folder, random: Random) -> Edit:
    folder.database.unlink()
    folder.database.mkdir()
    return Edit("is a folder", DATABASE)


def _journal_beside(folder: Folder, random: Random) -> Edit:
    suffix = random.choice(["-journal", "-wal", "-shm"])
    folder.database.with_name(DATABASE + suffix).write_bytes(random.choice([b"", random.randbytes(700)]))
    return Edit(f"has a {suffix[1:]} beside it", DATABASE)


def _without_table(folder: Folder, random: Random) -> Edit | None:
    tables = folder.tables()
    if not tables:
        return None
    table = random.choice(tables)
    gone = random.choice([table, table.parent, table.parent.parent])
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    return Edit("is removed", gone.relative_to(folder.path).as_posix())


def _spoilt_table(folder: Folder, random: Random) -> Edit | None:
    tables = folder.tables()
    if not tables:
        return None
    table = random.choice(tables)
    content = table.read_bytes()
    what, spoilt = random.choice(
        [
            ("is empty", b""),
            ("is cut off", content[: len(content) // 2]),
            ("is no Parquet", b"a,b\n1,2\n"),
            ("has a letter more", content + b"x"),
        ]
    )
    table.write_bytes(spoilt)
    return Edit(what, table.relative_to(folder.path).as_posix())


def _renamed_table(folder: Folder, random: Random) -> Edit | None:
    tables = folder.tables()
    if not tables:
        return None
    table = random.choice(tables)
    new = table.with_name(random.choice(["load_data.parquet", "table", "table.csv", "Table.parquet"]))
    table.rename(new)
    return Edit(f"is called {new.name}", table.relative_to(folder.path).as_posix())


def _without_data(folder: Folder, random: Random) -> Edit:
    for path in list(folder.path.iterdir()):
        if path.is_dir() and path.name != DATABASE:
            shutil.rmtree(path)
    return Edit("is removed", "data")


IN_ROWS: Final[tuple[Change, ...]] = (
    *(_in_the_database(_without_rows),) * 2, *(_in_the_database(_with_another_cell),) * 4,
    _in_the_database(_without_a_table), _in_the_database(_with_another_schema),
)  # fmt: skip
IN_MODELS: Final[tuple[Change, ...]] = (
    _in_a_model(_cut_model), _in_a_model(_odd_model), *(_in_a_model(_other_value),) * 5,
    *(_in_a_model(_without_value),) * 3, _in_a_model(_with_unknown_key),
)  # fmt: skip
IN_FILES: Final[tuple[Change, ...]] = (
    _bytes_flipped, _bytes_flipped, _header_spoilt, _truncated, _journal_beside, _without_table, _spoilt_table,
    _renamed_table, _without_data, _no_database, _folder_for_database,
)  # fmt: skip
CHANGES: Final[tuple[Change, ...]] = (*IN_ROWS, *IN_MODELS, *IN_FILES)


def spoilt(folder: Folder, random: Random, number: int) -> list[Edit]:
    """Do so many edits to a copy of a registry, and return them; none once the database is gone."""
    done: list[Edit] = []
    for _ in range(number * 20):
        if len(done) == number or not folder.database.is_file():
            break
        edit = random.choice(CHANGES)(folder, random)
        if edit is not None:
            done.append(edit)
    return done
