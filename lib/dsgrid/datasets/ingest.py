"""From the user's files to Parquet files that both engines read alike.

Parquet whose types the engines agree on is read where it is. Everything else (CSV, JSON lines, nanoseconds,
dictionaries, timestamps as text) streams through pyarrow into a staging folder once, in batches.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import delimited, json_lines, parquet
from dsgrid.datasets.cell_types import (
    LABEL,
    YEARS,
    check_types,
    engine_type,
    is_readable,
    is_text,
    target_schema,
    text_columns,
)
from dsgrid.datasets.coerce import coerce, numbered
from dsgrid.datasets.files import TableFiles
from dsgrid.datasets.offenders import counted, show
from dsgrid.datasets.parallel import in_threads, over_files
from dsgrid.datasets.partitions import are_integers, with_partition, with_partition_fields
from dsgrid.datasets.places import Origin, place_of_row
from dsgrid.datasets.tally import Tally, rows_at, tally_parquet
from dsgrid.errors import DataError, Problem
from dsgrid.storage.location import Location, arrow_output

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from dsgrid.datasets.columns import TableColumns

_OFFSET = re.compile(r"(Z|[+-]\d\d(:?\d\d)?)$", re.I)


@dataclass(frozen=True)
class Source:
    """Parquet files that an engine can read, and what is known of them already.

    Parameters
    ----------
    files
        The files, all with the same columns.
    types
        Column -> engine type, for an explicit schema.
    naive
        The time labels have no offset.
    rows
        The number of rows.
    nulls
        The number of NULLs by value column.
    name
        What the user calls these files.
    origin
        The user's files themselves.
    """

    files: tuple[Location, ...]
    types: dict[str, str]
    naive: bool
    rows: int
    nulls: dict[str, int]
    name: str
    origin: Origin | None = None


def ingest(session: SparkSession, files: TableFiles, table: TableColumns, staging: Location) -> Source:
    """Make the facts readable for the engines, and look at every value once.

    Parameters
    ----------
    staging
        A folder for files that have to be rewritten; it is made when needed.

    Raises
    ------
    DataError
        For a cell of the wrong type, ids stored as integers, NaN or infinite values, and files without rows.
    """
    if files.format == "parquet":
        schemas = _schemas(files)
        check_types(files, schemas, table)
        types = [{name: engine_type(schema.field(name).type) for name in table.used} for schema in schemas]
        # Of names of folders the engines make what they like: 6037 of geography=06037.
        in_place = not files.partitions and all(found == types[0] for found in types)
        if in_place and all(is_readable(types[0][name], name, table) for name in table.used):
            values = tuple(table.values.values())
            tallies = over_files(session, partial(tally_parquet, values=values), files.paths)
            label = table.times.get(LABEL)
            naive = label is not None and types[0][label] == "timestamp_ntz"
            return _source(files, table, files.paths, dict(types[0]), naive, tallies)
    staging.mkdir(parents=True, exist_ok=True)
    naive = _is_naive(files, table)
    target = target_schema(table, naive, id_text=_id_is_text(files, table))
    paths = [staging / f"{number:05d}.parquet" for number in range(len(files.paths))]
    tallies = [_stage(files, path, table, target, to) for path, to in zip(files.paths, paths, strict=True)]
    types_of = {field.name: engine_type(field.type) for field in target}
    return _source(files, table, tuple(paths), types_of, naive, tallies)


def read_all(files: TableFiles, table: TableColumns) -> pa.Table:
    """Read a small table (a lookup) whole, with the types that `ingest` would give it."""
    import pyarrow as pa

    if files.format == "parquet":
        check_types(files, _schemas(files), table)
    target = target_schema(table, naive=False, id_text=_id_is_text(files, table))
    read = target_schema(table, naive=False, id_text=True) if files.format == "csv" else target
    batches = [
        coerce(_without_points(batch, table, target), target, path, start, files.format)
        for path in files.paths
        for start, batch in numbered(_batches(files, path, table, read))
    ]
    return pa.Table.from_batches(batches, schema=target)


def _without_points(batch: pa.RecordBatch, table: TableColumns, target: pa.Schema) -> pa.RecordBatch:
    """Return a batch with ids that are written as whole numbers are: beside NULLs pandas writes 7.0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if table.id is None or pa.types.is_string(target.field(table.id).type):
        return batch
    if not pa.types.is_string(batch.schema.field(table.id).type):
        return batch
    index = batch.schema.get_field_index(table.id)
    return batch.set_column(index, table.id, pc.replace_substring_regex(batch.column(index), r"^(-?\d+)\.0+$", r"\1"))


def _source(
    files: TableFiles,
    table: TableColumns,
    paths: tuple[Location, ...],
    types: dict[str, str],
    naive: bool,
    tallies: Sequence[Mapping[str, Any]],
) -> Source:
    problems = []
    for path, tally in zip(files.paths, tallies, strict=True):
        if tally["bad_rows"]:
            rows = rows_at(_raw_batches(files, path, table), tally["first_bad"])
            place = place_of_row(files.format, path, tally["first_bad"][0])
            column = next(name for name in table.values.values() if _is_odd(rows[0][name]))
            message = (
                f'column "{column}": {rows[0][column]} is no value; NaN or infinite values in {tally["bad_rows"]:,} of '
                f"{counted(tally['rows'], 'row')}"
            )
            problems.append(Problem(message, place, detail=show(rows, tally["bad_rows"])))
    rows_in_all = sum(tally["rows"] for tally in tallies)
    if not rows_in_all:
        problems.append(Problem("the table holds no rows", files.name))
    nulls = {name: sum(tally["nulls"][name] for tally in tallies) for name in table.values.values()}
    if rows_in_all and sum(nulls.values()) == rows_in_all * len(nulls):
        problems.append(Problem("every value is NULL", files.name))
    if problems:
        raise DataError(problems)
    # In files of two tables the ids of the lookup are a key, too.
    origin = Origin(files, {**table.dimensions, **({"id": table.id} if table.id is not None else {})})
    return Source(paths, types, naive, rows_in_all, nulls, files.name, origin)


def _is_odd(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _schemas(files: TableFiles) -> list[pa.Schema]:
    found = in_threads(parquet.schema, files.paths)
    partitions = files.partitions or ({},) * len(found)
    return [with_partition_fields(schema, each) for schema, each in zip(found, partitions, strict=True)]


def _id_is_text(files: TableFiles, table: TableColumns) -> bool:
    if table.id is None:
        return False
    if table.id in files.outside:
        return not are_integers([each[table.id] for each in files.partitions])
    if files.format == "parquet":
        return any(is_text(parquet.schema(path).field(table.id).type) for path in files.paths)
    return table.declared.get(table.id) == "string"


def _is_naive(files: TableFiles, table: TableColumns) -> bool:
    """Say whether the first label of a table has no offset; the others have to be like it."""
    import pyarrow as pa

    label = table.times.get(LABEL)
    if label is None:
        return False
    for path in files.paths:
        if label in files.outside:
            return not _has_offset(files.partition(path)[label])
        for batch in _raw_batches(files, path, table, only=(label,)):
            column = batch.column(0).drop_null()
            if pa.types.is_timestamp(column.type):
                return column.type.tz is None
            if len(column):
                return not _has_offset(column[0].as_py())
    return False


def _has_offset(label: Any) -> bool:
    return isinstance(label, str) and _OFFSET.search(label[10:].strip()) is not None


# --- streaming -------------------------------------------------------------------------------------------------


def _stage(files: TableFiles, path: Location, table: TableColumns, target: pa.Schema, to: Location) -> dict[str, Any]:
    import pyarrow.parquet as pq

    tally = Tally(list(table.values.values()))
    with arrow_output(to) as sink, pq.ParquetWriter(sink, target, compression="snappy") as writer:
        for start, batch in numbered(_batches(files, path, table, target)):
            typed = coerce(batch, target, path, start, files.format)
            tally.see(typed)
            writer.write_batch(typed)
    return tally.result()


def _batches(files: TableFiles, path: Location, table: TableColumns, target: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield a file's batches; text formats are read with the types of `target`, but labels stay text."""
    partition = files.partition(path)
    inside = _schema_of(target, [name for name in target.names if name not in partition])
    batches = _in_file(files.format, path, table, inside)
    if not partition:
        return batches
    return (with_partition(batch, partition, target.names) for batch in batches)


def _in_file(format_: str, path: Location, table: TableColumns, target: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    if format_ == "parquet":
        return parquet.batches(path, target.names)
    label = table.times.get(LABEL)
    types = {field.name: pa.string() if field.name == label else field.type for field in target}
    if format_ == "csv":
        return delimited.batches(path, types)
    years = {table.dimensions[type_] for type_ in YEARS if type_ in table.dimensions}
    return json_lines.batches(path, types, as_text=frozenset({*years, *text_columns(table)}))


def _raw_batches(
    files: TableFiles, path: Location, table: TableColumns, only: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    target = target_schema(table, naive=False, id_text=True)
    wanted = target if only is None else _schema_of(target, only)
    return _batches(files, path, table, wanted)


def _schema_of(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([schema.field(name) for name in names])
