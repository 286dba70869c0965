"""What the associations of a mapping amount to: for each record of one side, and for parts of the whole matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.registry.database import Database, Row

COLUMNS: Final = ("id", "name", "associations", "sum", "main", "fraction", "dropped")


@dataclass(frozen=True)
class Window:
    """A part of a matrix: of its rows, the records of `from`, and of its columns, those of `to`.

    Parameters
    ----------
    top, left
        The first row and column.
    height, width
        How many; None for all that follow.
    most
        Rows and columns that are told at most: where there are more, neighbours are taken together.
    """

    top: int = 0
    left: int = 0
    height: int | None = None
    width: int | None = None
    most: int = 100


@dataclass(frozen=True)
class MappingSums:
    """What the associations of a mapping amount to.

    Parameters
    ----------
    mapping
        What is registered of it.
    sides
        From ``from`` and ``to`` to the cells of `COLUMNS` for each of their records.
    without_target
        How many associations have no target.
    fractions
        The least and the greatest fraction, and how many are exactly 1.
    """

    mapping: dict[str, Any]
    sides: dict[str, list[tuple[Any, ...]]]
    without_target: int
    fractions: dict[str, Any]


def read_sums(database: Database, key: int, sides: Sequence[str]) -> MappingSums:
    """Return the sums of one version of a mapping."""
    mapping = _mapping(database, key)
    told = database.row(
        "SELECT count(*) - count(to_id) AS without_target, min(fraction) AS least, max(fraction) AS most, "
        "total(fraction = 1) AS ones FROM associations WHERE association_table = ?",
        (mapping["association_table"],),
    )
    assert told is not None
    fractions = {"least": told["least"], "most": told["most"], "ones": int(told["ones"])}
    found = {side: _side_sums(database, mapping, side) for side in sides}
    return MappingSums(dict(mapping), found, told["without_target"], fractions)


def _mapping(database: Database, key: int) -> Row:
    """Return what is registered of one version of a mapping, with the tables of its records."""
    row = database.row(
        "SELECT a.*, v.tolerance, v.association_table, f.record_table AS from_table, t.record_table AS to_table "
        "FROM all_mappings a JOIN mapping_versions v ON v.key = a.key "
        "JOIN dimension_versions f ON f.key = v.from_dimension JOIN dimension_versions t ON t.key = v.to_dimension "
        "WHERE a.key = ?",
        (key,),
    )
    assert row is not None
    return row


def _side_sums(database: Database, mapping: Row, side: str) -> list[tuple[Any, ...]]:
    """Return the cells of `COLUMNS` for each record of one side, in the order of its dimension.

    They are: its id and name, how many associations it has, the sum of their fractions, the record of the other side
    with the largest fraction and that fraction, and how much of the sum has no target.
    """
    own, other = ("from_id", "to_id") if side == "from" else ("to_id", "from_id")
    # Of the bare column SQLite takes the row that has the maximum.
    sql = (
        f"WITH sums AS (SELECT {own} AS id, count(*) AS associations, sum(fraction) AS sum, {other} AS main, "
        "max(fraction) AS fraction, total(CASE WHEN to_id IS NULL THEN fraction END) AS dropped "
        f"FROM associations WHERE association_table = ? AND {own} IS NOT NULL GROUP BY {own}) "
        "SELECT r.id, r.name, coalesce(s.associations, 0), s.sum, s.main, s.fraction, s.dropped "
        "FROM records r LEFT JOIN sums s ON s.id = r.id WHERE r.record_table = ? ORDER BY r.position"
    )
    return list(database.stream(sql, (mapping["association_table"], mapping[f"{side}_table"])))


def read_matrix(database: Database, key: int, window: Window) -> dict[str, Any]:
    """Return a part of the matrix: what its rows and columns are, and the cells that hold something.

    A cell is a list: row, column (-1 for what has no target), associations, the sum of fractions.
    """
    mapping = _mapping(database, key)
    rows = _bins(database, mapping["from_table"], window.top, window.height, window.most)
    columns = _bins(database, mapping["to_table"], window.left, window.width, window.most)
    y, x = _places(database, mapping["from_table"], rows), _places(database, mapping["to_table"], columns)
    x[None] = -1
    # In Python: SQLite would sort all associations to take them together.
    cells: dict[tuple[int, int], list[float]] = {}
    for from_id, to_id, fraction in database.stream(
        "SELECT from_id, to_id, fraction FROM associations WHERE association_table = ?", (mapping["association_table"],)
    ):
        row, column = y.get(from_id), x.get(to_id)
        if row is None or column is None:
            continue
        cell = cells.get((row, column))
        if cell is None:
            cells[row, column] = [1, fraction]
        else:
            cell[0] += 1
            cell[1] += fraction
    found = [[*place, *cell] for place, cell in sorted(cells.items())]
    reference = f"{mapping['id']}@{mapping['version']}"
    return {"reference": reference, "rows": rows, "columns": columns, "cells": found}


def _places(database: Database, table: int, bins: Mapping[str, Any]) -> dict[str | None, int]:
    """Return in which row or column each record of a part is."""
    start, end, step = bins["start"], bins["end"], bins["step"]
    return {
        id_: (position - start) // step
        for position, id_ in database.stream(
            "SELECT position, id FROM records WHERE record_table = ? AND position >= ? AND position < ?",
            (table, start, end),
        )
    }


def _bins(database: Database, table: int, start: int, count: int | None, most: int) -> dict[str, Any]:
    """Return how the records of one side are taken together: so many neighbours each, and what they are called."""
    total = int(database.value("SELECT records FROM record_tables WHERE key = ?", (table,)))
    start = min(start, total)
    end = total if count is None else min(total, start + count)
    step = max(1, -(-(end - start) // most))
    # Of neighbours that are taken together the first and the last are told.
    known = {
        position: (id_, name)
        for position, id_, name in database.stream(
            "SELECT position, id, name FROM records WHERE record_table = ? AND position >= ? AND position < ? "
            "AND ((position - ?) % ? IN (0, ? - 1) OR position = ? - 1)",
            (table, start, end, start, step, step, end),
        )
    }
    labels = []
    for first in range(start, end, step):
        last = min(first + step, end) - 1
        (id_, name), (last_id, _) = known[first], known[last]
        labels.append({"id": id_, "name": name, "last": last_id, "records": last - first + 1})
    return {"total": total, "start": start, "end": end, "step": step, "labels": labels}
