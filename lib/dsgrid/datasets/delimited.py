"""CSV input, read by pyarrow with the type of each column given by name.

Types are never guessed: ``06037`` stays what it is, and a word among numbers is an error that names its line.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from dsgrid.datasets.compressed import arrow_stream, binary_file, text_file, unpacking
from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from dsgrid.storage.location import Location

_BAD_CELL = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?.*conversion error to (\w+).*value '(.*)'", re.S)
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_KINDS = {"double": "a number", "int64": "an integer"}


def header(path: Location) -> tuple[str, ...]:
    """Return the column names in a file's first line."""
    try:
        with text_file(path, newline="") as file:
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise DataError(_no_text(path)) from None
    if not names or not any(name.strip() for name in names):
        raise DataError(Problem("the first line names no columns", shown(path)))
    if len(names) == 1:
        for separator, word in _SEPARATORS.items():
            if separator in names[0]:
                raise DataError(Problem(f"cells are separated by {word}; a CSV table has commas", f"{shown(path)}:1"))
    return tuple(names)


def _no_text(path: Location) -> Problem:
    """Return what is wrong with a file that is no UTF-8 text, with the first line that is none."""
    with binary_file(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith(b"PAR1"):
                return Problem("the file is Parquet, not CSV; its name has to end in .parquet", shown(path))
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                return Problem("the file is UTF-16; save it as UTF-8", shown(path))
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                message = f"the line is not UTF-8 (byte 0x{line[error.start]:02x}); save the file as UTF-8"
                return Problem(message, f"{shown(path)}:{number}")
    return Problem("the file is no UTF-8 text; save it as UTF-8", shown(path))


def batches(path: Location, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """Yield the columns in `types`; an empty cell is NULL and nothing else is.

    Raises
    ------
    DataError
        For a cell that is not of its column's type and for a line with too many or too few cells, with the line.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    # One thread: only then does the reader know the line that it refuses. Parsing is not what takes time.
    reading = pc.ReadOptions(use_threads=False, block_size=8 << 20)
    converting = pc.ConvertOptions(
        column_types=dict(types),
        include_columns=list(types),
        null_values=[""],
        strings_can_be_null=True,
        timestamp_parsers=[],
    )
    parsing = pc.ParseOptions(newlines_in_values=False)
    try:
        with unpacking(path):
            yield from pc.open_csv(
                arrow_stream(path), read_options=reading, parse_options=parsing, convert_options=converting
            )
    except pa.ArrowInvalid as error:
        raise DataError(_problem(path, str(error))) from None


def _problem(path: Location, message: str) -> Problem:
    if found := _BAD_CELL.search(message):
        column, row, type_, value = found.groups()
        names = header(path)
        index = int(column)
        name = names[index] if index < len(names) else f"#{column}"
        where = f"{shown(path)}:{row}" if row else shown(path)
        return Problem(f'column "{name}": "{value}" is not {_KINDS.get(type_, "a " + type_)}', where)
    if "invalid UTF8" in message:
        return _no_text(path)
    if found := _RAGGED.search(message):
        row, expected, got = found.groups()
        return Problem(f"the line has {got} cells, the header has {expected}", f"{shown(path)}:{row}")
    return Problem(message.splitlines()[0].rstrip("."), shown(path))
