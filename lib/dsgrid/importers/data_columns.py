"""Whether data files have the columns that their configuration says they have."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, listing
from dsgrid.importers.dimensions import rows_of
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import remark
from dsgrid.importers.translation import Remark

_VALUE: Final = "value"


def unlike_columns(spec: dict[str, Any], document: Entry) -> tuple[Remark, ...]:
    """Return a remark when the value columns of a dataset's table are others than its spec says.

    Only the head of the file is read. Everything else about the data is found out when they are registered.
    """
    data = spec.get("data", {})
    path = Path(str(data.get("table", "")))
    columns = read_columns(path)
    place = document.get("data_layout") or document
    if not columns:
        if path.suffix == ".json" or not path.is_file():
            return ()
        return (remark("decide", place, f"the columns of {path} cannot be read", "data", "table"),)
    pivot = data.get("pivot")
    if pivot is None:
        if _VALUE in columns:
            return ()
        message = f'the table has no column "{_VALUE}", but {listing(columns, 5)}: is it pivoted?'
        return (remark("decide", place, message, "data", "table"),)
    ids = set(_ids(spec.get("dimension", {}).get(pivot, {})))
    if not ids or ids & set(columns):
        return ()
    message = f"no column of the table is a record of {pivot}; its columns are {listing(columns, 5)}: is it stacked?"
    return (remark("decide", place, message, "data", "pivot"),)


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names of a table's columns; nothing where they cannot be told from the head of a file."""
    try:
        if path.is_dir():
            first = next(iter(sorted(each for each in path.rglob("*") if each.suffix == path.suffix)), None)
            return () if first is None else read_columns(first)
        if not path.is_file():  # a pipe would be waited for
            return ()
        if path.suffix == ".parquet":
            import pyarrow.parquet

            return tuple(pyarrow.parquet.read_schema(path).names)
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as stream:
                return tuple(cell.strip() for cell in next(csv.reader([stream.readline(1_000_000)]), ()))
    except (OSError, ValueError, csv.Error):  # pyarrow's errors are of these; registering says what is wrong
        return ()
    return ()


def _ids(table: dict[str, Any]) -> Iterator[str]:
    try:
        for row in rows_of(table["records"]) if "records" in table else ():
            yield str(row.get("id", ""))
    except (DsgridError, OSError, ValueError):  # it was read before; registering says what is wrong
        return
