"""The operation behind ``dsgrid registry records``: the table of a dimension or mapping, chosen, sorted, exported."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dsgrid.errors import UsageError
from dsgrid.operations.registry_contents import aim
from dsgrid.operations.reported import Reported
from dsgrid.registry import disk
from dsgrid.registry.conditions import Cell, parse_choice
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 50_000
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Selection:
    """Chosen rows of a table, read while they are taken; usable inside the block of `select_records` only.

    Parameters
    ----------
    reference
        ``id@version`` of the dimension or mapping.
    columns
        The names of the cells of each row.
    types
        For each column the types of its cells: some of ``text``, ``integer``, ``real``, ``boolean``.
    rows
        The rows, once.
    count
        How many rows the whole table has.
    """

    reference: str
    columns: tuple[str, ...]
    types: Callable[[], tuple[frozenset[str], ...]]
    rows: Iterator[Row]
    count: int = 0


@dataclass(frozen=True, repr=False)
class ExportedRecords(Reported):
    """A table that was written to a file."""

    reference: str
    path: Path
    count: int

    def report(self) -> str:
        """Return what to tell the user."""
        return f"wrote {self.count:,} rows of {self.reference} to {self.path}"


@contextmanager
def select_records(
    folder: str | Path,
    reference: str,
    *,
    where: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    columns: Sequence[str] = (),
    limit: int | None = None,
    at: str | None = None,
    kind: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Iterator[Selection]:
    """Open the chosen records of a dimension, or associations of a mapping, to read them row by row.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` or ``id@version``.
    where, sort, columns
        As for `dsgrid.operations.registry_contents.list_registry`.
    search
        Only rows that have this text in one of their cells; upper and lower case are the same.
    limit
        At most so many rows.
    at
        A version, or a date: the registry as it was then.
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``, where the id has to be that of one; None takes any.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        If nothing has this id or version.
    UsageError
        If it has no records; for a column or operator that there is not.
    """
    reference, moment = aim(reference, at)
    opening = Registry.open(folder, lock_timeout=lock_timeout, at=moment)
    with opening as registry, registry.records(reference, kind) as table:
        conditions, order = parse_choice(where, sort, columns, table.columns)
        shown = tuple(dict.fromkeys(columns)) or table.columns
        places = [table.columns.index(column) for column in shown]
        rows = table.rows(conditions, order, limit, search)
        if shown != table.columns:
            rows = (tuple(row[place] for place in places) for row in rows)

        def types() -> tuple[frozenset[str], ...]:
            found = table.types()
            return tuple(found[place] for place in places)

        yield Selection(table.reference, shown, types, rows, table.count)


def export_records(
    folder: str | Path, reference: str, path: str | Path, *, force: bool = False, **choice: Any
) -> ExportedRecords:
    """Write chosen records to a CSV or Parquet file, which a spec can name as its ``records``.

    Parameters
    ----------
    path
        Its ending, ``.csv`` or ``.parquet``, says which. Only Parquet keeps the types of attributes.
    force
        Overwrite a file that is there.
    choice
        See `select_records`.
    """
    path = Path(path)
    writers = {".csv": _write_csv_file, ".parquet": _write_parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UsageError(f'"{path}" says no format; expected a name that ends with .csv or .parquet')
    if path.is_dir():
        raise UsageError(f"{path} is a folder; expected the name of a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    # Beside it and then in its place: who is interrupted finds no half of a table.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with select_records(folder, reference, **choice) as selection:
            count = write(selection, new)
        disk.swap_file(path, new)
    except BaseException:
        disk.remove_file(new)
        raise
    return ExportedRecords(selection.reference, path, count)


def write_csv(selection: Selection, file: IO[str]) -> int:
    """Write rows as CSV with a heading; return how many there were."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(selection.columns)
    count = 0
    for chunk in chunks(selection.rows):
        writer.writerows([[csv_cell(cell) for cell in row] for row in chunk])
        count += len(chunk)
    return count


def write_json(selection: Selection, file: IO[str]) -> int:
    """Write rows as a JSON array with one object a line; return how many there were."""
    file.write("[")
    count = 0
    for chunk in chunks(selection.rows):
        for row in chunk:
            document = dict(zip(selection.columns, row, strict=True))
            file.write(f"{',' if count else ''}\n{json.dumps(document, ensure_ascii=False)}")
            count += 1
    file.write("\n]\n" if count else "]\n")
    return count


def chunks(rows: Iterator[Row], size: int = CHUNK) -> Iterator[list[Row]]:
    """Yield the rows in lists, so that a million of them are never held at once."""
    while chunk := list(islice(rows, size)):
        yield chunk


def _write_csv_file(selection: Selection, path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return write_csv(selection, file)


def _write_parquet(selection: Selection, path: Path) -> int:
    import pyarrow.parquet as pq

    count = 0
    schema = arrow_schema(selection)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in arrow_tables(selection, schema):
            writer.write_table(piece)
            count += piece.num_rows
    return count


def arrow_schema(selection: Selection) -> pa.Schema:
    """Return the columns of rows as Arrow has them; those that hold several types become texts."""
    import pyarrow as pa

    known = {
        frozenset({"integer"}): pa.int64(),
        frozenset({"real"}): pa.float64(),
        frozenset({"integer", "real"}): pa.float64(),
        frozenset({"boolean"}): pa.bool_(),
    }
    return pa.schema(
        [
            (column, known.get(types, pa.string()))
            for column, types in zip(selection.columns, selection.types(), strict=True)
        ]
    )


def arrow_tables(selection: Selection, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield rows as tables with the columns of `arrow_schema`."""
    import pyarrow as pa

    for chunk in chunks(selection.rows):
        arrays = [
            pa.array([_as(field.type == pa.string(), cell) for cell in cells], field.type)
            for field, cells in zip(schema, zip(*chunk, strict=True), strict=True)
        ]
        yield pa.Table.from_arrays(arrays, schema=schema)


def _as(text: bool, cell: Cell) -> Cell:
    """Return a cell as text where its column holds several types."""
    return csv_cell(cell) if text and cell is not None else cell


def csv_cell(cell: Cell) -> str:
    """Return a cell as CSV holds it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)
