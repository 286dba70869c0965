"""What is in a table of which nothing is known: the columns, what kind of cells they have, and which values occur.

Files are read once, in batches, and only the columns whose values matter. What is kept of a column are its distinct
values, and those only up to a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets import delimited, json_lines, parquet
from dsgrid.datasets.files import TableFiles
from dsgrid.datasets.partitions import with_partition
from dsgrid.time.grid import wall

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.storage.location import Location

# A column with more distinct values is no dimension, and is not looked at any further.
MOST_VALUES: Final = 200_000
MOST_INTEGERS: Final = 20_000
MOST_LABELS: Final = 3_000_000

TEXT, INTEGER, NUMBER, LABEL, TRUTH, NOTHING = "text", "integer", "number", "label", "truth", "nothing"

_LABEL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
# 06037 is no number.
_NUMBER = re.compile(r"(?=[-+]?\.?\d)[-+]?(0|[1-9]\d*)?(\.\d*)?(e[-+]?\d+)?|-?inf|nan", re.IGNORECASE)


@dataclass(frozen=True)
class Labels:
    """The distinct labels of a column of times.

    Parameters
    ----------
    readings
        Microseconds since 1970, sorted: of UTC where the labels are instants, else of their own clock.
    instants
        The labels have an offset, or a type with a zone.
    offsets
        The offsets that stand in the file, such as ``-05:00``; none where a type says that it is UTC.
    """

    readings: tuple[int, ...]
    instants: bool
    offsets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Parameters
    ----------
    kind
        ``text``, ``integer``, ``number``, ``label`` (of a time), ``truth``, or ``nothing`` when all cells are empty.
    values
        The distinct values as texts, in order; None for numbers, and where there are too many.
    nulls
        How many cells are empty, where they were counted.
    labels
        Of a column of times.
    stored
        How the file stores it, where it says so: ``int64``, ``string``.
    """

    name: str
    kind: str
    values: tuple[str, ...] | None = None
    nulls: int = 0
    labels: Labels | None = None
    stored: str = ""


@dataclass(frozen=True)
class Contents:
    """What a table holds, by column in the order of the files."""

    files: TableFiles
    columns: dict[str, Column]

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of the columns of some kinds."""
        return tuple(name for name, column in self.columns.items() if column.kind in kinds)


def inspect(files: TableFiles) -> Contents:
    """Look at every file of a table.

    Raises
    ------
    DataError
        For files that are no tables, or not alike.
    """
    every = files.columns()
    names = tuple(name for name in every if name not in files.outside)
    outside = _of_folders(files)
    if files.format == "parquet":
        return Contents(files, {**_of_parquet(files, names), **outside})
    seen = {name: _Texts(name) for name in names}
    if files.format == "csv":
        import pyarrow as pa

        for path in files.paths:
            for batch in delimited.batches(path, dict.fromkeys(names, pa.string())):
                for name in names:
                    seen[name].see(batch.column(name))
    else:
        for path in files.paths:
            for _, row in json_lines.objects(path):
                for name in names:
                    seen[name].see_value(row.get(name))
    return Contents(files, {**{name: each.result() for name, each in seen.items()}, **outside})


def _of_folders(files: TableFiles) -> dict[str, Column]:
    """Return the columns that the names of folders hold: texts, as those of CSV files."""
    seen = {name: _Texts(name) for name in files.outside}
    for partition in files.partitions:
        for name, value in partition.items():
            if value is not None:
                seen[name].add(value)
    return {name: each.result() for name, each in seen.items()}


def distinct(files: TableFiles, names: Sequence[str]) -> set[tuple[Any, ...]]:
    """Return the combinations of some columns that occur; rows without one of them do not count.

    Cells of text files are texts, times of Parquet files microseconds since 1970.
    """
    import pyarrow as pa

    found: set[tuple[Any, ...]] = set()
    inside = [name for name in names if name not in files.outside]
    if not inside:
        found = {tuple(partition[name] for name in names) for partition in files.partitions}
        return {row for row in found if None not in row}
    for path in files.paths:
        partition = files.partition(path)
        if files.format == "json":
            rows_ = ({**row, **partition} for _, row in json_lines.objects(path))
            found.update(tuple(row.get(name) for name in names) for row in rows_)
            continue
        is_parquet = files.format == "parquet"
        batches = (
            parquet.batches(path, inside) if is_parquet else delimited.batches(path, dict.fromkeys(inside, pa.string()))
        )
        for batch in batches:
            whole = with_partition(batch, partition, list(names))
            plain = pa.table({name: _plain(whole.column(name)) for name in names})
            rows = plain.group_by(list(names)).aggregate([])
            found.update(zip(*(rows[name].to_pylist() for name in names), strict=True))
    return {row for row in found if None not in row}


def micros(value: Any) -> int:
    """Return a label, as `distinct` has it, in microseconds since 1970: of UTC where it has an offset."""
    if isinstance(value, int):
        return value
    moment = datetime.fromisoformat(value)
    return wall(moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None))


class _Texts:
    """What is known of a column of texts so far: their distinct values, and whether all can be numbers."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: set[str] | None = set()
        self._nulls = 0
        self._numeric = True
        self._type: type | None = None

    def see(self, cells: pa.Array) -> None:
        """Look at the cells of a batch."""
        import pyarrow.compute as pc

        self._nulls += cells.null_count
        if self._values is None and not self._numeric:
            return
        for value in pc.unique(cells.drop_null()).to_pylist():
            self.add(value)

    def see_value(self, value: Any) -> None:
        """Look at a value of a JSON object, whose type is known."""
        if value is None:
            self._nulls += 1
            return
        type_ = float if type(value) is int else type(value)  # 1 and 1.5 are both numbers
        self._type = type_ if self._type in (None, type_) else str
        self.add(("true" if value else "false") if isinstance(value, bool) else str(value))

    def add(self, value: str) -> None:
        """Look at a text."""
        self._numeric = self._numeric and _NUMBER.fullmatch(value) is not None
        if self._values is not None:
            self._values.add(value)
            # Numbers are seldom ids: far fewer of them are kept.
            if len(self._values) > (MOST_INTEGERS if self._numeric else MOST_LABELS):
                self._values = None

    def result(self) -> Column:
        """Return what the column is."""
        values, nulls = self._values, self._nulls
        if values is None:
            return Column(self._name, NUMBER if self._numeric else TEXT, None, nulls)
        if not values:
            return Column(self._name, NOTHING, (), nulls)
        is_text = self._type is str
        if self._numeric and not is_text:
            whole = all(_INTEGER.fullmatch(value) for value in values)
            ordered = tuple(sorted(values, key=int)) if whole else None
            return Column(self._name, INTEGER if whole else NUMBER, ordered, nulls)
        if {value.lower() for value in values} <= {"true", "false"} and not is_text:
            return Column(self._name, TRUTH, tuple(sorted(values)), nulls)
        if all(_LABEL.fullmatch(value) for value in values):
            labels = _parsed(values)
            if labels is not None:
                return Column(self._name, LABEL, None, nulls, labels)
        return Column(self._name, TEXT, _kept(values), nulls)


def _kept(values: set[str]) -> tuple[str, ...] | None:
    return tuple(sorted(values)) if len(values) <= MOST_VALUES else None


def _parsed(texts: set[str]) -> Labels | None:
    """Return labels that are written as texts; None when some are no times, or only some have an offset."""
    readings, offsets, naive = set(), set(), 0
    for text in texts:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            naive += 1
        else:
            offsets.add(moment.isoformat()[-6:])
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        readings.add(wall(moment))
    if naive and offsets:
        return None
    return Labels(tuple(sorted(readings)), bool(offsets), tuple(sorted(offsets)))


# Parquet -------------------------------------------------------------------------------------------------------------


def _of_parquet(files: TableFiles, names: tuple[str, ...]) -> dict[str, Column]:
    schemas = [parquet.schema(path) for path in files.paths]
    kinds = {name: _kind(schemas[0].field(name).type) for name in names}
    wanted = [name for name, kind in kinds.items() if kind not in (NUMBER, NOTHING)]
    most = {TEXT: MOST_VALUES, INTEGER: MOST_INTEGERS, LABEL: MOST_LABELS, TRUTH: 2}
    values: dict[str, set[Any] | None] = {name: set() for name in wanted}
    nulls = dict.fromkeys(names, 0)
    for path in files.paths:
        for batch in _batches(path, [name for name in wanted if values[name] is not None]):
            for name in batch.schema.names:
                kept = values[name]
                nulls[name] += batch.column(name).null_count
                if kept is not None:
                    kept.update(_distinct(batch.column(name)))
                    if len(kept) > most[kinds[name]]:
                        values[name] = None
    stored = {name: str(schemas[0].field(name).type) for name in names}
    return {
        name: _column(name, kinds[name], values.get(name), nulls[name], schemas[0].field(name).type, stored[name])
        for name in names
    }


def _batches(path: Location, names: list[str]) -> Iterator[pa.RecordBatch]:
    if names:
        yield from parquet.batches(path, names)


def _kind(type_: pa.DataType) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_timestamp(type_) or types.is_date(type_):
        return LABEL
    if types.is_integer(type_):
        return INTEGER
    if types.is_floating(type_) or types.is_decimal(type_):
        return NUMBER
    if types.is_boolean(type_):
        return TRUTH
    return NOTHING if types.is_null(type_) else TEXT


def _distinct(cells: pa.Array) -> list[Any]:
    import pyarrow.compute as pc

    return list(pc.unique(_plain(cells).drop_null()).to_pylist())


def _plain(cells: pa.Array) -> pa.Array:
    """Return cells without dictionaries, and times as microseconds."""
    import pyarrow as pa

    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(cells.type):
        cells = cells.cast(pa.timestamp("us", cells.type.tz), safe=False).cast(pa.int64())
    return cells


def _column(name: str, kind: str, values: set[Any] | None, nulls: int, type_: pa.DataType, stored: str) -> Column:
    if kind == LABEL:
        zoned = getattr(type_, "tz", None) is not None
        labels = None if values is None else Labels(tuple(sorted(values)), zoned)
        return Column(name, LABEL if labels is None or labels.readings else NOTHING, None, nulls, labels, stored)
    if kind in (NUMBER, NOTHING) or values is None:
        return Column(name, kind, None, nulls, None, stored)
    if not values:
        return Column(name, NOTHING, (), nulls, None, stored)
    if kind == TEXT and all(isinstance(value, str) and _LABEL.fullmatch(value) for value in values):
        labels = _parsed(values)
        if labels is not None:
            return Column(name, LABEL, None, nulls, labels, stored)
    texts = {("true" if value else "false") if isinstance(value, bool) else str(value) for value in values}
    ordered = sorted(texts, key=int) if kind == INTEGER else sorted(texts)
    return Column(name, kind, tuple(ordered), nulls, None, stored)
