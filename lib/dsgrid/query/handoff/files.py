"""The files of an export, written a table at a time: CSV, Parquet, Arrow."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dsgrid.storage.location import Location, arrow_output, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

_SPECIAL = re.compile(r'[",\r\n]')


def write_tables(
    path: Location, tables: Iterable[pa.Table], format_: str, units: Mapping[str, str], told: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Write tables with the same columns to one file; return its rows and its columns.

    Parameters
    ----------
    units
        The units of columns, which Parquet and Arrow files say.
    told
        What such files say of themselves.
    """
    rows, names = 0, list[str]()
    writer: Any = None
    with contextlib.ExitStack() as stack:
        stack.enter_context(storage_errors(path))
        for table in tables:
            if writer is None:
                schema = _schema(table.schema, units, told)
                names = schema.names
                sink = stack.enter_context(arrow_output(path))
                writer = stack.enter_context(_writer(sink, schema, format_))
            writer.write_table(table.cast(schema))
            rows += table.num_rows
    return rows, names


def _schema(schema: pa.Schema, units: Mapping[str, str], told: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    fields = [one.with_metadata({"unit": units[one.name]}) if one.name in units else one for one in schema]
    return pa.schema(fields, metadata={key: value for key, value in told.items() if value})


def _writer(sink: Any, schema: pa.Schema, format_: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if format_ == "parquet":
        return pq.ParquetWriter(sink, schema, compression="zstd")
    if format_ == "arrow":
        return pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
    return _CsvWriter(sink, schema)


class _CsvWriter:
    """CSV of which only what needs quotes has them: programs that read tables by hand do without."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        import pyarrow as pa

        self._sink = sink
        self._texts = [one.name for one in schema if pa.types.is_string(one.type)]
        header = ",".join(_quoted(name) for name in schema.names)
        sink.write(f"{header}\n".encode())

    def __enter__(self) -> _CsvWriter:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write_table(self, table: pa.Table) -> None:
        import pyarrow.csv

        special = any(_is_special(table.column(name)) for name in self._texts)
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed" if special else "none")
        pyarrow.csv.write_csv(table, self._sink, options)


def _is_special(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    return any(_SPECIAL.search(one or "") for one in pc.unique(column).to_pylist())


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text
