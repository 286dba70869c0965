"""The rows of a result, piece by piece, in one form whatever its files are: keys, time, value, unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dsgrid.query import arrow_files, csv_files
from dsgrid.query.handoff.clock import PROFILE
from dsgrid.query.handoff.source import Source
from dsgrid.query.literals import arrow_type
from dsgrid.query.rules.presentation import UNIT as UNIT_COLUMN
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET
from dsgrid.storage.location import Location, arrow_input, storage_errors
from dsgrid.time.dimension import GEOGRAPHY

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result

# When a slot begins, in UTC microseconds; whose clock it is told on; and the rest.
TIME, ZONE, VALUE, UNIT = "#time", "#zone", "#value", "#unit"
CELLS = 2_000_000
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})(?::(\d{2}))?")


class ProfileError(ValueError):
    """Readings of a profile are asked for in another zone."""


def pieces(result: Result, source: Source, zone: str | None) -> Iterator[pa.Table]:
    """Yield the rows of a result that have a value.

    Parameters
    ----------
    zone
        The zone that labels are asked for in; ``geography`` for the clock of each row.

    Returns
    -------
    Iterator of Table
        The keys; where there are timestamps, `TIME`, and of readings of geographies' clocks `ZONE`; else the columns of
        time; `VALUE` and `UNIT`.
    """
    names = [str(column["name"]) for column in result.manifest["columns"]]
    if source.stamp is not None:
        names = [name for name in names if name not in source.left]
    types = {str(column["name"]): arrow_type(column["holds"]) for column in result.manifest["columns"]}
    for path in result.files:
        for table in _read(path, names, types):
            if table.num_rows:
                yield from _stacked(_timed(table, source, zone), source)


def _read(path: Location, names: list[str], types: dict[str, pa.DataType]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        with storage_errors(path), pq.ParquetFile(arrow_input(path)) as file:
            for batch in file.iter_batches(batch_size=max(1024, CELLS // len(names)), columns=names):
                yield pa.Table.from_batches([batch])
    elif path.suffix == ".arrow":
        for piece in arrow_files.pieces(path):
            yield piece.select(names)
    else:
        with storage_errors(path):
            yield from csv_files.pieces(path, types, names)


def _timed(table: pa.Table, source: Source, zone: str | None) -> pa.Table:
    """Return the table with the instants at which slots begin instead of its timestamps."""
    import pyarrow as pa
    import pyarrow.compute as pc

    stamp = source.stamp
    if stamp is None:
        return table
    labels = table.column(stamp.name)
    labels = labels.cast(pa.timestamp("us", labels.type.tz)).cast(pa.int64())
    if stamp.interval == "period_ending":
        labels = pc.subtract(labels, stamp.step)
    dropped = [stamp.name]
    if stamp.wall:
        own = table.column(UTC_OFFSET).combine_chunks().dictionary_encode()
        if zone != GEOGRAPHY and "" in own.dictionary.to_pylist():
            raise ProfileError("the result holds a profile of clock time, which no other clock shows; leave out `zone`")
        ahead = pa.array([_microseconds(one) for one in own.dictionary.to_pylist()], pa.int64())
        labels = pc.subtract(labels, ahead.take(own.indices))
        if zone == GEOGRAPHY:
            # Of a profile it is known what clocks show, and not when.
            blank = pc.equal(table.column(UTC_OFFSET), "")
            zones = table.column(TIME_ZONE)
            profiles = pc.binary_join_element_wise(PROFILE, zones, "")
            table = table.append_column(ZONE, pc.if_else(blank, profiles, zones))
        dropped += [UTC_OFFSET, TIME_ZONE]
    return table.append_column(TIME, labels).drop_columns(dropped)


def _microseconds(offset: str) -> int:
    found = _OFFSET.fullmatch(offset)
    if found is None:
        return 0
    sign, hours, minutes, seconds = found.groups()
    value = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 1_000_000
    return -value if sign == "-" else value


def _stacked(table: pa.Table, source: Source) -> Iterator[pa.Table]:
    """Yield the table with one column of values, once for each that it has."""
    import pyarrow as pa

    values = [name for name, _ in source.values]
    keys = table.drop_columns([*values, *([UNIT_COLUMN] if source.has_units else [])])
    for name, unit in source.values:
        piece = keys
        if source.pivoted is not None:
            piece = piece.append_column(source.pivoted, _constant(name, keys.num_rows))
        told = table.column(UNIT_COLUMN) if source.has_units else _constant(unit or "", keys.num_rows)
        piece = piece.append_column(VALUE, table.column(name).cast(pa.float64())).append_column(UNIT, told)
        yield piece.filter(_there(piece.column(VALUE)))


def _there(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.invert(pc.is_nan(values)), False)


def _constant(value: str, number: int) -> Any:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value, pa.string()), number)
