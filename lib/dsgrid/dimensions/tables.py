"""Small tables that a spec names or holds: CSV, Parquet, or an inline array. Cells of CSV files are text, always."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, overload

from dsgrid.errors import DataError, Problem, did_you_mean, listing
from dsgrid.spec.node import Node, shown
from dsgrid.storage.location import Location, arrow_input, storage_errors

# Beyond this, more of the same problems do not help the reader.
SHOWN_PROBLEMS = 20
# How much larger a table is than its Parquet file may be.
_UNPACKED: Final = 8


@dataclass(frozen=True)
class Table:
    """Rows of cells, and where each row stands.

    Parameters
    ----------
    rows
        For each row its cells in the order of `columns`. Text cells are stripped; a cell that an inline row does not
        have, and a Parquet NULL, is None.
    places
        For each row ``file:line``, the row of a Parquet file, or the place in the spec.
    where
        The file, or the place of the inline array.
    key
        The key path in the spec.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    places: Sequence[str]
    where: str
    key: str

    def column(self, name: str) -> Iterator[Any]:
        """Return the cells of one column."""
        index = self.columns.index(name)
        return (row[index] for row in self.rows)


class Lines(Sequence[str]):
    """``file:line`` of each row, made when it is asked for: of a million rows few have a problem.

    Parameters
    ----------
    before, after
        What stands on both sides of the number, such as ``mappings/shares.csv:`` and nothing.
    numbers
        The numbers of the rows.
    """

    def __init__(self, before: str, numbers: Sequence[int], after: str = "") -> None:
        self._before, self._after = before, after
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return Lines(self._before, self._numbers[index], self._after)
        return f"{self._before}{self._numbers[index]}{self._after}"


class Problems:
    """Problems of one table, reported together."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, message: str, where: str, key: str = "", detail: str = "") -> None:
        """Remember a problem."""
        self._found.append(Problem(message, where, key, detail))

    def raise_any(self) -> None:
        """Raise a `DataError` with the first problems and the number of the others; do nothing without any."""
        if not self._found:
            return
        problems = self._found[:SHOWN_PROBLEMS]
        if len(self._found) > SHOWN_PROBLEMS:
            last = self._found[-1]
            problems.append(Problem(f"and {len(self._found) - SHOWN_PROBLEMS} more problems", last.where.split(":")[0]))
        raise DataError(problems)


class LargeTableError(DataError):
    """A table is larger than what may be read here."""


_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def tables_of_at_most(size: int) -> Iterator[None]:
    """Read tables of so many bytes in all inside, and no more: as in a server, whose memory is everybody's."""
    before = _left.set([size])
    try:
        yield
    finally:
        _left.reset(before)


def _take(node: Node, path: Location) -> None:
    left = _left.get()
    if left is None:
        return
    size = path.stat().st_size * (_UNPACKED if path.suffix.lower() == ".parquet" else 1)
    if size > left[0]:
        raise LargeTableError(node.problem(f'"{node.value}" is too large to be read before a job runs'))
    left[0] -= size


def read_table(node: Node, ids: tuple[str, ...] = ("id",)) -> Table:
    """Read the table that a node names (a path relative to the spec) or holds (an array of tables).

    Parameters
    ----------
    ids
        Columns that hold ids: they have to be text in Parquet files and in inline rows.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If the file cannot be read as a table: not UTF-8, ragged rows, a header that is empty or repeats a name, an id
        column of numbers. A `LargeTableError` inside `tables_of_at_most`.
    """
    if not isinstance(node.value, str):
        return _inline(node, ids)
    path = node.file()
    if path.is_dir():
        raise DataError(node.problem(f'"{node.value}" is a folder, not a CSV or Parquet file'))
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise DataError(node.problem(f'a table is a ".csv" or ".parquet" file, not "{path.name}"'))
    _take(node, path)
    return readers[path.suffix.lower()](path, ids)


def require_columns(table: Table, required: tuple[str, ...]) -> None:
    """Raise a `DataError` that names every required column the table does not have."""
    absent = [name for name in required if name not in table.columns]
    if not absent:
        return
    if len(absent) == 1:
        message = f'there is no column "{absent[0]}"{did_you_mean(absent[0], table.columns)}'
    else:
        message = f"there are no columns {listing(absent)}; there are: {listing(table.columns)}"
    raise DataError(Problem(message, table.where, table.key))


def _read_csv(path: Location, ids: tuple[str, ...]) -> Table:
    where = shown(path)
    problems = Problems()
    header: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = []
    lines = array("q")
    try:
        with path.open("r", encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
            plain = _plain_rows(text)
            if plain is not None:
                _check_header(plain[0], f"{where}:1", problems)
                problems.raise_any()
                return Table(plain[0], tuple(plain[1:]), Lines(f"{where}:", range(2, len(plain) + 1)), where, "")
            reader = csv.reader(io.StringIO(text, newline=""), strict=True)
            end = 0
            for cells in reader:
                begin, end = end + 1, reader.line_num  # a quoted cell may have several lines
                if not any(cells):
                    continue
                row = tuple(map(str.strip, cells))
                if header is None:
                    header = row
                    _check_header(header, f"{where}:{begin}", problems)
                    problems.raise_any()
                elif len(row) != len(header):
                    message = f"{len(row)} cells where the header has {len(header)}"
                    problems.add(message, f"{where}:{begin}", detail=",".join(row))
                else:
                    rows.append(row)
                    lines.append(begin)
    except UnicodeDecodeError as error:
        raise DataError(
            Problem(f"the file is not UTF-8 (byte 0x{error.object[error.start]:02x}); save it as UTF-8", where)
        ) from None
    except csv.Error as error:
        raise DataError(Problem(f"the file is no CSV table: {error}", f"{where}:{reader.line_num}")) from None
    if header is None:
        raise DataError(Problem("the file is empty; a table has at least a header", where))
    problems.raise_any()
    return Table(header, tuple(rows), Lines(f"{where}:", lines), where, "")


def _plain_rows(text: str) -> list[tuple[str, ...]] | None:
    """Return the rows of a text without quotes, white space and empty lines, as large mappings are; None for others."""
    lines = text.removesuffix("\n").split("\n")
    if '"' in text or lines != text.split():
        return None
    rows = [tuple(line.split(",")) for line in lines]
    width = len(rows[0])
    if set(map(len, rows)) != {width} or "," * (width - 1) in lines:
        return None
    return rows


def _check_header(header: tuple[str, ...], where: str, problems: Problems) -> None:
    if len(header) == 1:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in header[0]:
                problems.add(f"cells are separated by {name}; a CSV table has commas", where)
                return
    for index, name in enumerate(header):
        if not name:
            problems.add(f"column {index + 1} has no name", where)
        elif name in header[:index]:
            problems.add(f'column "{name}" occurs twice', where)


def _read_parquet(path: Location, ids: tuple[str, ...]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = shown(path)
    try:
        # From the file itself: a name such as `state=CA` in the path must not become a column.
        with storage_errors(path), pq.ParquetFile(arrow_input(path)) as file:
            table = file.read()
    except pa.ArrowInvalid as error:
        raise DataError(Problem(f"the file is no Parquet table: {error}", where)) from None
    problems = Problems()
    for field in table.schema:
        if field.name not in ids:
            continue
        type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if not (pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)):
            problems.add(
                f'column "{field.name}" holds {type_}: as numbers, ids such as 06037 lose their leading zeros; '
                "store it as text",
                where,
            )
    problems.raise_any()
    columns = [
        [cell.strip() if isinstance(cell, str) else cell for cell in column.to_pylist()] for column in table.columns
    ]
    rows = tuple(zip(*columns, strict=True)) if columns else ()
    places = Lines(f"{where} (row ", range(1, len(rows) + 1), ")")
    return Table(tuple(table.column_names), rows, places, where, "")


def _inline(node: Node, ids: tuple[str, ...]) -> Table:
    problems = Problems()
    if not isinstance(node.value, (list, tuple)) or not all(isinstance(row, dict) for row in node.value):
        raise DataError(node.problem('a table is a path, or an array of tables such as [{ id = "com", name = "..." }]'))
    columns = tuple(dict.fromkeys(name for row in node.value for name in row))
    for row in node:
        for name in ids:
            cell = row.value.get(name)
            if cell is not None and not isinstance(cell, str):
                problems.add(f'an id is text: write {name} = "{cell}"', row.where, row[name].key)
    problems.raise_any()
    rows = tuple(
        tuple(cell.strip() if isinstance(cell := row.get(name), str) else cell for name in columns)
        for row in node.value
    )
    places = tuple(row.where or row.key for row in node)
    return Table(columns, rows, places, node.where, node.key)
