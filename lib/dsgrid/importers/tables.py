"""Record and mapping tables as rows of text."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dsgrid.errors import NotFoundError, Problem, SpecError

Row = dict[str, str]

# What specs read as no: a selector's column may hold them where dsgrid-toolkit takes any text for a yes.
_NO: Final = ("0", "false", "no")


def read_csv(path: Path) -> list[Row]:
    """Read a CSV file as text; a mark of byte order and blanks around cells are taken off.

    Ragged rows are not looked at here: they are found, with their line, when the table is registered.

    Raises
    ------
    NotFoundError
        If there is no such file, or it must not be read.
    SpecError
        If it is no CSV in UTF-8.
    """
    if not path.is_file():
        message = "this is a folder, and no file" if path.is_dir() else "the file does not exist"
        raise NotFoundError(Problem(message, where=str(path)))
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = [cell.strip() for cell in next(rows, [])]
            found = []
            for row in rows:
                number = rows.line_num
                if any(row):
                    found.append(dict(zip(header, (cell.strip() for cell in row), strict=False)))
            return found
    except UnicodeDecodeError:
        raise SpecError(Problem("this is no text in UTF-8", where=str(path))) from None
    except csv.Error as error:
        raise SpecError(Problem(f"this is no CSV: {error}", where=f"{path}:{number + 1}")) from None
    except OSError as error:
        raise NotFoundError(Problem(f"the file cannot be read: {error.strerror}", where=str(path))) from None


def selector_members(path: Path) -> dict[str, list[str]]:
    """Return the ids of each selector of a subset's table: those with anything in the selector's column."""
    rows = read_csv(path)
    columns = list(dict.fromkeys(column for row in rows for column in row if column))
    if rows and "id" not in columns:
        raise SpecError(Problem('a table of selectors has a column "id"', where=str(path)))
    selectors = [column for column in columns if column != "id"]
    return {selector: [row["id"] for row in rows if row.get(selector)] for selector in selectors}


def says_no(path: Path) -> bool:
    """Return whether a subset's table has cells that specs read as no."""
    return any(cell.lower() in _NO for row in read_csv(path) for column, cell in row.items() if column != "id")


def write_csv(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write rows as a CSV file; the columns are those of all rows, in order of first appearance."""
    table = list(rows)
    columns = list(dict.fromkeys(column for row in table for column in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
