"""Rows for people and for other programs: a readable table, CSV, JSON, or a file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from dsgrid.errors import UsageError, did_you_mean
from dsgrid.registry import disk

if TYPE_CHECKING:
    import pyarrow as pa

FILES: Final = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".arrow": "arrow"}
_DIGITS: Final = 6
_LARGE: Final = 10**15
_GAP: Final = "  "
_NARROW: Final = 8


@dataclass(frozen=True)
class Rows:
    """Rows that are read while they are taken.

    Parameters
    ----------
    schema
        Their columns.
    pieces
        Gives them, table by table.
    labels
        Columns of numbers that are labels and no quantities, such as years.
    sums
        What the values add up to, or their units.
    caption
        What else stands below a table.
    total
        How many rows there are in all, where that is known; `pieces` may be the first of them only.
    """

    schema: pa.Schema
    pieces: Callable[[], Iterator[pa.Table]]
    labels: frozenset[str] = frozenset()
    sums: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    total: int | None = None

    def first(self, count: int) -> pa.Table:
        """Return the first rows as one table."""
        import pyarrow as pa

        found: list[pa.Table] = [self.schema.empty_table()]
        for piece in self.pieces():
            found.append(piece)
            if sum(one.num_rows for one in found) >= count:
                break
        return pa.concat_tables(found).slice(0, count)

    def limited(self, count: int | None) -> Iterator[pa.Table]:
        """Yield the rows piece by piece, at most so many; None means all."""
        left = count
        for piece in self.pieces():
            if left is None:
                yield piece
                continue
            yield piece.slice(0, left)
            left -= min(left, piece.num_rows)
            if not left:
                return


def text_table(rows: Rows, count: int, width: int | None = None) -> str:
    """Return the first rows as an aligned table, with what there is to say about them below.

    Parameters
    ----------
    width
        Of the terminal: columns that have no room are left out, and named below.
    """
    table = rows.first(count)
    names = [name for name in table.column_names if name != "unit" or _several(table, name)]
    unit = _only_unit(table) if "unit" not in names else ""
    columns = {name: _cells(table, name, rows.labels) for name in names}
    heads = {name: f"value ({unit})" if name == "value" and unit else name for name in names}
    sizes = {name: max(len(heads[name]), *(len(cell) for cell in columns[name][0]), 1) for name in names}
    shown, left_out = _fitting(names, sizes, width)
    lines = []
    if shown:
        body = [[columns[name][0][index] for name in shown] for index in range(table.num_rows)]
        for cells in ([heads[name] for name in shown], ["-" * sizes[name] for name in shown], *body):
            parts = [
                cell.rjust(sizes[name]) if columns[name][1] else cell.ljust(sizes[name])
                for name, cell in zip(shown, cells, strict=True)
            ]
            lines.append(_GAP.join(parts).rstrip())
    said = [*_more(rows, table.num_rows), *rows.sums]
    if unit and "value" not in names and not any(unit in one for one in rows.sums):
        said.append(f"in {unit}")
    lines += [", ".join(said)] if said else []
    if left_out:
        lines.append(f"no room for {len(left_out)} columns: {', '.join(left_out[:_NARROW])}{_and_more(left_out)}")
    return "\n".join([*lines, *rows.caption])


def write_csv(rows: Rows, file: IO[str], count: int | None = None) -> int:
    """Write rows as CSV, times as ``2018-07-01 07:00:00Z`` or with an offset; return how many rows there were."""
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(rows.schema.names)
    written = 0
    for piece in rows.limited(count):
        columns = [_plain(piece, name) for name in piece.column_names]
        writer.writerows([["" if cell is None else cell for cell in row] for row in zip(*columns, strict=True)])
        written += piece.num_rows
    return written


def write_json(rows: Rows, file: IO[str], count: int | None = None) -> int:
    """Write rows as a JSON array, an object a line; what is no number in JSON (NaN) is null."""
    file.write("[")
    written = 0
    for piece in rows.limited(count):
        columns = [_plain(piece, name) for name in piece.column_names]
        for row in zip(*columns, strict=True):
            document = {
                name: None if isinstance(cell, float) and not math.isfinite(cell) else cell
                for name, cell in zip(piece.column_names, row, strict=True)
            }
            file.write(f"{',' if written else ''}\n{json.dumps(document, ensure_ascii=False)}")
            written += 1
    file.write("\n]\n" if written else "]\n")
    return written


def write_file(rows: Rows, path: Path, form: str = "", count: int | None = None, *, force: bool = False) -> int:
    """Write rows to a file; it is there as a whole or not at all.

    Parameters
    ----------
    form
        ``csv``, ``json``, ``parquet`` or ``arrow``; by default what the name of the file ends with.
    force
        Overwrite a file that is there.

    Raises
    ------
    UsageError
        If the name says no format, or there is no room for the file.
    """
    form = check_file(path, form, force=force)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if form in ("csv", "json"):
            with new.open("w", encoding="utf-8", newline="") as file:
                written = (write_csv if form == "csv" else write_json)(rows, file, count)
        else:
            written = _write_arrow(rows, new, form, count)
        disk.swap_file(path, new)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return written


def check_file(path: Path, form: str = "", *, force: bool = False) -> str:
    """Return the format of a file that is to be written, or raise what is against it."""
    found = form or FILES.get(path.suffix.lower(), "")
    if not found:
        hint = did_you_mean(path.suffix, FILES) if path.suffix else f"; there are: {', '.join(FILES)}"
        raise UsageError(f'"{path}" says no format by its ending{hint}')
    if path.is_dir():
        raise UsageError(f"{path} is a folder; expected the name of a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    return found


def _write_arrow(rows: Rows, path: Path, form: str, count: int | None) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    written = 0
    with path.open("wb") as sink:
        if form == "parquet":
            writer: Any = pq.ParquetWriter(sink, rows.schema, compression="zstd")
        else:
            writer = pa.ipc.new_file(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
        with writer:
            for piece in rows.limited(count):
                writer.write_table(piece.cast(rows.schema))
                written += piece.num_rows
    return written


def _plain(table: pa.Table, name: str) -> list[Any]:
    """Return a column as values that CSV and JSON have; times are texts."""
    import pyarrow as pa

    column = table.column(name)
    if not pa.types.is_temporal(column.type):
        return list(column.to_pylist())
    if not pa.types.is_timestamp(column.type):
        return [None if one is None else str(one) for one in column.to_pylist()]
    if column.type.tz in (None, "UTC"):
        mark = "" if column.type.tz is None else "Z"
        column = column.cast(pa.timestamp("us"))
        return [None if one is None else f"{one:%Y-%m-%d %H:%M:%S}{mark}" for one in column.to_pylist()]
    import numpy as np

    from dsgrid.query.timestamps import texts_in

    stamps = column.cast(pa.timestamp("us", column.type.tz)).combine_chunks().cast(pa.int64())
    known = stamps.drop_null().unique()
    texts = dict(zip(known.to_pylist(), texts_in(column.type.tz, np.asarray(known)), strict=True))
    return [texts.get(one) for one in stamps.to_pylist()]


def _cells(table: pa.Table, name: str, labels: frozenset[str]) -> tuple[list[str], bool]:
    """Return the texts of a column's cells, and whether they stand to the right."""
    import pyarrow as pa

    type_ = table.schema.field(name).type
    cells = _plain(table, name)
    if pa.types.is_floating(type_):
        return numbers(cells), True
    if pa.types.is_integer(type_):
        mark = "" if name in labels else ","
        return ["" if cell is None else f"{cell:{mark}}" for cell in cells], True
    return ["" if cell is None else str(cell) for cell in cells], False


def numbers(cells: Sequence[float | None]) -> list[str]:
    """Return numbers as texts with thousands marks, all with the decimals that the largest has room for.

    Examples
    --------
    >>> numbers([1234567.89, 0.25, None])
    ['1,234,568', '0.25', '']
    >>> numbers([12.3456789, 0.5])
    ['12.3457', '0.5000']
    """
    finite = [abs(cell) for cell in cells if cell is not None and math.isfinite(cell)]
    largest = max(finite, default=0.0)
    if largest >= _LARGE or 0 < largest < 10**-_DIGITS:
        return ["" if cell is None else f"{cell:.{_DIGITS}g}" for cell in cells]
    whole = 1 if largest < 1 else math.floor(math.log10(largest)) + 1
    decimals = 0 if all(cell == int(cell) for cell in finite) else max(0, _DIGITS - whole)

    def text(cell: float | None) -> str:
        if cell is None:
            return ""
        # What so few decimals would make 0 is told with digits of its own.
        tiny = cell != 0 and abs(cell) < 0.5 * 10.0**-decimals * 100 and not float(cell).is_integer()
        return f"{cell:.3g}" if tiny else f"{cell:,.{decimals}f}"

    return [text(cell) for cell in cells]


def _fitting(names: Sequence[str], sizes: Mapping[str, int], width: int | None) -> tuple[list[str], list[str]]:
    """Return the columns that a line has room for, and those that are left out."""
    if width is None or sum(sizes.values()) + len(_GAP) * (len(names) - 1) <= width or len(names) < 2:
        return list(names), []
    # The value matters most; where there is none, or many, the first columns say what a row is about.
    last = [name for name in names[-1:] if name == "value"]
    room = width - sum(sizes[name] + len(_GAP) for name in last)
    shown: list[str] = []
    for name in names[: len(names) - len(last)]:
        room -= sizes[name] + (len(_GAP) if shown else 0)
        if room < 0:
            break
        shown.append(name)
    shown = [*(shown or names[:1]), *last]
    return shown, [name for name in names if name not in shown]


def _more(rows: Rows, shown: int) -> list[str]:
    if rows.total is None:
        return [] if shown else ["no rows"]
    if rows.total > shown:
        return [f"... {shown:,} of {rows.total:,} rows"]
    return [f"{rows.total:,} row{'s' if rows.total != 1 else ''}"]


def _and_more(names: Sequence[str]) -> str:
    return f" and {len(names) - _NARROW} more" if len(names) > _NARROW else ""


def _several(table: pa.Table, name: str) -> bool:
    return len(table.column(name).unique()) > 1


def _only_unit(table: pa.Table) -> str:
    if "unit" not in table.column_names or not table.num_rows:
        return ""
    return str(table.column("unit")[0].as_py() or "no unit")
