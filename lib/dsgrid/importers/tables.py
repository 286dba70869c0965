"""Record and mapping tables as rows of text."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from dsgrid.errors import NotFoundError, Problem

Row = dict[str, str]


def read_csv(path: Path) -> list[Row]:
    """Read a CSV file as text; a mark of byte order and blanks around cells are taken off.

    Ragged rows are not looked at here: they are found, with their line, when the table is registered.
    """
    if not path.is_file():
        raise NotFoundError(Problem("the file does not exist", where=str(path)))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        header = [cell.strip() for cell in next(rows, [])]
        return [dict(zip(header, (cell.strip() for cell in row), strict=False)) for row in rows if any(row)]


def selector_members(path: Path) -> dict[str, list[str]]:
    """Return the ids of each selector of a subset's table: those with anything in the selector's column."""
    rows = read_csv(path)
    selectors = [column for column in (rows[0] if rows else {}) if column != "id"]
    return {selector: [row["id"] for row in rows if row.get(selector)] for selector in selectors}


def write_csv(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write rows as a CSV file; the columns are those of all rows, in order of first appearance."""
    table = list(rows)
    columns = list(dict.fromkeys(column for row in table for column in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
