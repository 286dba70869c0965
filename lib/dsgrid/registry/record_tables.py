"""The table of a dimension or a mapping, row by row: a mapping may have millions of associations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from dsgrid.dimensions.types import TIME
from dsgrid.errors import UsageError
from dsgrid.registry.conditions import Cell, Condition, sort_key, text
from dsgrid.registry.database import Database
from dsgrid.registry.searching import folded
from dsgrid.registry.values import decode

SAMPLE: Final = 10
KNOWN: Final = 100_000
# The columns of a mapping, as specs call them, and as the registry does.
_MAPPING: Final = {"from": "from_id", "to": "to_id", "fraction": "fraction"}
Row = tuple[Cell, ...]
Order = Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class RecordTable:
    """The records of a dimension or the associations of a mapping. Usable as long as its registry is open.

    Parameters
    ----------
    reference
        ``id@version`` of what it belongs to.
    columns
        Their names, as a spec's tables have them.
    count
        How many rows there are.
    types
        Gives the types of each column's cells: some of ``text``, ``integer``, ``real``, ``boolean``.
    stream
        Gives the rows in an order (of SQL, where the rows may be too many for another one).
    """

    reference: str
    columns: tuple[str, ...]
    count: int
    types: Callable[[], tuple[frozenset[str], ...]]
    stream: Callable[[Order], Iterator[Row]]

    def rows(
        self, conditions: Sequence[Condition] = (), order: Order = (), limit: int | None = None, search: str = ""
    ) -> Iterator[Row]:
        """Yield the rows that pass all conditions, and have a text in one of their cells."""
        # Of millions of cells few are different: what is known of one holds for the others.
        tests = [(self.columns.index(each.column), lru_cache(KNOWN, typed=True)(each.holds)) for each in conditions]
        rows = self.stream(order)
        if tests:
            rows = (row for row in rows if all(holds(row[index]) for index, holds in tests))
        if part := folded(search):
            has = lru_cache(KNOWN, typed=True)(lambda cell: part in folded(text(cell)))
            rows = (row for row in rows if any(map(has, row)))
        return islice(rows, limit)


def record_table(database: Database, kind: str, key: int) -> RecordTable:
    """Return the table of one version of a dimension or mapping.

    Raises
    ------
    UsageError
        For a project, a dataset, or a time dimension: those have no records.
    """
    row = database.rows(f"SELECT * FROM all_{kind}s WHERE key = ?", (key,))[0]
    reference = f"{row['id']}@{row['version']}"
    if kind not in ("dimension", "mapping"):
        raise UsageError(
            f"{reference} is a {kind} and has no records; its dimensions have: `dsgrid registry show {row['id']}` "
            "names them"
        )
    if row["type"] == TIME and kind == "dimension":
        raise UsageError(f"{reference} is a time dimension and has no records; `dsgrid registry show` says its range")
    if kind == "mapping":
        table = database.value("SELECT association_table FROM mapping_versions WHERE key = ?", (key,))
        return _associations(database, table, reference, row["associations"])
    table = database.value("SELECT record_table FROM dimension_versions WHERE key = ?", (key,))
    return _records(database, table, reference, row["records"])


def _associations(database: Database, table: int, reference: str, count: int) -> RecordTable:
    def stream(order: Order) -> Iterator[Row]:
        parts = [f"{_MAPPING[column]} {'DESC' if descending else 'ASC'}" for column, descending in order]
        return database.stream(
            "SELECT from_id, to_id, fraction FROM associations WHERE association_table = ? "
            f"ORDER BY {', '.join([*parts, 'position'])}",
            (table,),
        )

    types = (frozenset({"text"}), frozenset({"text"}), frozenset({"real"}))
    return RecordTable(reference, tuple(_MAPPING), count, lambda: types, stream)


def _records(database: Database, table: int, reference: str, count: int) -> RecordTable:
    attributes = tuple(row["name"] for row in database.select("record_columns", "name", record_table=table))
    columns = ("id", "name", *attributes)

    def stream(order: Order) -> Iterator[Row]:
        rows: Iterable[Row] = _joined(database, table, len(attributes))
        for column, descending in reversed(order):
            cell = itemgetter(columns.index(column))
            rows = sorted(rows, key=lambda row, cell=cell: sort_key(cell(row)), reverse=descending)  # type: ignore[misc]
        return iter(rows)

    def types() -> tuple[frozenset[str], ...]:
        found: list[set[str]] = [set() for _ in attributes]
        for column, type_ in database.rows(
            # A whole number that SQLite has no room for is kept as text.
            "SELECT DISTINCT column, CASE WHEN typeof(value) = 'text' THEN 'text' ELSE type END "
            "FROM record_attributes WHERE record_table = ? AND type <> 'null'",
            (table,),
        ):
            found[column].add(type_)
        return (frozenset({"text"}), frozenset({"text"}), *map(frozenset, found))

    return RecordTable(reference, columns, count, types, stream)


def _joined(database: Database, table: int, width: int) -> Iterator[Row]:
    """Yield the records with their attributes; both lie in the order of the records, so one pass is enough."""
    cells: Iterator[tuple[Any, ...]] = database.stream(
        "SELECT record, column, type, value FROM record_attributes WHERE record_table = ? ORDER BY record, column",
        (table,),
    )
    cell = next(cells, None)
    for position, id_, name in database.stream(
        "SELECT position, id, name FROM records WHERE record_table = ? ORDER BY position", (table,)
    ):
        row: list[Cell] = [None] * width
        while cell is not None and cell[0] == position:
            row[cell[1]] = decode(cell[2], cell[3])
            cell = next(cells, None)
        yield (id_, name, *row)
