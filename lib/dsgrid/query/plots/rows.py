"""The rows of a result, read piece by piece: only the columns and the row groups that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.parquet import schema
from dsgrid.errors import DataError, NotFoundError, Problem
from dsgrid.query import arrow_files, csv_files
from dsgrid.query.literals import arrow_type
from dsgrid.query.plots.columns import CLOCK, UNIT, Column, value_columns
from dsgrid.query.plots.condition import Condition, mask
from dsgrid.storage.location import Location, arrow_input, is_url, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result

PIECE: Final = 1 << 18  # rows
KEPT: Final = 1_000_000  # rows of a result that is kept in memory after it was read


class Rows:
    """The rows of a result.

    Parameters
    ----------
    result
        Whose table it is.
    columns
        What its manifest says of its columns.
    """

    def __init__(self, result: Result, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._path = result.path
        if not result.path.exists():
            raise NotFoundError(f"the table of this result is gone: {result.path}; run its query again")
        self._files = result.files
        self._small = result.rows <= KEPT
        self._kept: list[pa.Table] | None = None

    def pieces(
        self,
        names: Sequence[str],
        conditions: Sequence[Condition] = (),
        shifts: Mapping[str, int] = MappingProxyType({}),
    ) -> Iterator[pa.Table]:
        """Yield pieces of the table with the named columns, of rows that pass conditions.

        Parameters
        ----------
        shifts
            By column of instants: what the drawn clock is ahead of the table's timestamps, in microseconds.
        """
        wanted = list(dict.fromkeys([*names, *(one.column for one in conditions if self._has(one.column))]))
        if self._small and self._kept is None:
            self._kept = list(self._read([one.name for one in self._columns], ()))
        pieces = self._read(wanted, conditions) if self._kept is None else (one.select(wanted) for one in self._kept)
        for piece in pieces:
            yield mask(piece, conditions, shifts).select(list(dict.fromkeys(names)))

    def names_beside(self, names: Sequence[str]) -> list[str]:
        """Return names together with those of the columns that say how their values are to be read."""
        own = [one.name for one in self._columns if one.role in (CLOCK, UNIT)]
        return list(dict.fromkeys([*names, *own, *(one.name for one in value_columns(self._columns))]))

    def _has(self, name: str) -> bool:
        return any(one.name == name for one in self._columns)

    def _read(self, names: Sequence[str], conditions: Sequence[Condition]) -> Iterator[pa.Table]:
        import pyarrow as pa

        if not self._files:
            raise NotFoundError(f"the table of this result has no files: {self._path}; run its query again")
        for path in self._files:
            try:
                with storage_errors(path):
                    if path.suffix == ".parquet":
                        yield from self._parquet(path, names, conditions)
                    elif path.suffix == ".arrow":
                        for piece in arrow_files.pieces(path):
                            self._checked(path, piece.column_names)
                            yield piece.select(names)
                    else:
                        types = {one.name: arrow_type(one.holds) for one in self._columns}
                        for piece in csv_files.pieces(path, types, list(types)):
                            yield piece.select(names)
            except (pa.ArrowInvalid, KeyError) as error:
                told = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
                raise DataError(Problem(f"the table of this result is damaged ({told})", str(path))) from None

    def _checked(self, path: Location, found: Sequence[str]) -> None:
        for one in self._columns:
            if one.name not in found:
                raise DataError(
                    Problem(f'the table has no column "{one.name}", which its manifest describes', str(path))
                )

    def _parquet(self, path: Location, names: Sequence[str], conditions: Sequence[Condition]) -> Iterator[pa.Table]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._checked(path, schema(path).names)
        texts = [one.name for one in self._columns if one.holds == "string" and one.name in names]
        with pq.ParquetFile(arrow_input(path), read_dictionary=texts, pre_buffer=is_url(path)) as file:
            groups = [number for number in range(file.num_row_groups) if _may_have(file.metadata, number, conditions)]
            for batch in file.iter_batches(batch_size=PIECE, row_groups=groups, columns=list(names)):
                yield pa.Table.from_batches([batch]).select(list(names))


def _may_have(metadata: Any, group: int, conditions: Sequence[Condition]) -> bool:
    """Tell whether a row group may hold rows that pass: its footer says between which texts or numbers they are."""
    for one in conditions:
        if not one.values or any(value is None for value in one.values):
            continue
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.path_in_schema != one.column or not column.is_stats_set or not column.statistics.has_min_max:
                continue
            least, most = column.statistics.min, column.statistics.max
            if isinstance(least, type(one.values[0])) and not any(least <= value <= most for value in one.values):
                return False
    return True
