"""Where in the user's files something stands that the stored facts only say by value: looked up when it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets import delimited, json_lines, parquet
from dsgrid.datasets.files import TableFiles
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from dsgrid.storage.location import Location


@dataclass(frozen=True)
class Origin:
    """The files that a table was read from.

    Parameters
    ----------
    columns
        The columns in the files, by dimension type; a type that is not there is a column of its own name.
    """

    files: TableFiles
    columns: Mapping[str, str]

    def column(self, type_: str) -> str:
        """Return what the files call the column of a type."""
        return self.columns.get(type_, type_)

    def place(self, type_: str, value: str | None) -> str:
        """Return where a value (None: none) stands for the first time; the files as a whole when it does not."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.column(type_)
        for path in self.files.paths:
            partition = self.files.partition(path)
            if column in partition:
                if partition[column] == value:
                    return shown(path)
                continue
            start = 0
            for batch in _texts(self.files.format, path, column):
                cells = batch.column(0).cast(pa.string())
                is_it = pc.is_null(cells) if value is None else pc.equal(cells, value)
                found = pc.indices_nonzero(pc.fill_null(is_it, False))
                if len(found):
                    return place_of_row(self.files.format, path, start + found[0].as_py())
                start += batch.num_rows
        return self.files.name


def place_of_row(format_: str, path: Location, row: int) -> str:
    """Return where a row stands, counted from 0: the line of a text file, where no record spans two."""
    if format_ == "parquet":
        return f"{shown(path)} (row {row + 1:,})"
    return f"{shown(path)}:{row + (2 if format_ == 'csv' else 1)}"


def _texts(format_: str, path: Location, column: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    if format_ == "parquet":
        return parquet.batches(path, [column])
    if format_ == "csv":
        return delimited.batches(path, {column: pa.string()})
    return json_lines.batches(path, {column: pa.string()}, frozenset({column}))
