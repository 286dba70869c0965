"""Tables in folders whose names hold a column: ``geography=06037/part-0.parquet``, as Spark, Hive or DuckDB write it.

The names are texts and stay texts: engines that read such a table guess that ``06037`` is the number 6037.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dsgrid.errors import DataError, Problem, listing
from dsgrid.spec.node import shown
from dsgrid.storage.location import entries

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.storage.location import Location

Partition = Mapping[str, str | None]
NULL = "__HIVE_DEFAULT_PARTITION__"


def files_in(folder: Location) -> list[tuple[Location, int, Partition]]:
    """Return the files of a table, sorted by name, with their bytes and what the names of their folders say.

    Names that start with ``_`` or ``.`` are not data.

    Raises
    ------
    DataError
        For a folder whose name holds no column, for files that lie beside folders, and for files in folders of
        different columns.
    """
    found = list(_walk(folder, {}))
    keys = {tuple(partition): path for path, _, partition in found}
    if len(keys) > 1:
        (one, first), (other, second) = list(keys.items())[:2]
        message = f"the names of folders hold {_columns(one)} for {first.name}, but {_columns(other)} for {second.name}"
        raise DataError(Problem(message, shown(folder)))
    return found


def _walk(folder: Location, partition: Partition) -> Iterator[tuple[Location, int, Partition]]:
    inside = [(entry, size) for entry, size in entries(folder) if not entry.name.startswith(("_", "."))]
    folders = [entry for entry, size in inside if size is None]
    odd = [entry.name for entry in folders if not entry.name.partition("=")[0] or "=" not in entry.name]
    if odd:
        message = f"the folder holds folders: {listing(odd)}; only folders such as geography=06037 belong to a table"
        raise DataError(Problem(message, shown(folder)))
    if folders and len(folders) < len(inside):
        file = next(entry.name for entry, size in inside if size is not None)
        raise DataError(Problem(f"the file {file} lies beside the folder {folders[0].name}", shown(folder)))
    for entry, size in inside:
        if size is not None:
            yield entry, size, partition
            continue
        name, _, value = entry.name.partition("=")
        name = unquote(name)
        if name in partition:
            raise DataError(Problem(f'"{name}" is a column of an outer folder already', shown(entry)))
        yield from _walk(entry, {**partition, name: None if value == NULL else unquote(value)})


def with_partition(batch: pa.RecordBatch, partition: Partition, names: list[str]) -> pa.RecordBatch:
    """Return a batch of a file with the columns that the names of its folders hold, as texts."""
    import pyarrow as pa

    columns = [
        pa.repeat(pa.scalar(partition[name], pa.string()), batch.num_rows) if name in partition else batch.column(name)
        for name in names
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


def with_partition_fields(schema: pa.Schema, partition: Partition) -> pa.Schema:
    """Return the schema of such batches."""
    import pyarrow as pa

    for name in partition:
        schema = schema.append(pa.field(name, pa.string()))
    return schema


def are_integers(texts: list[str | None]) -> bool:
    """Say whether texts are numbers that are written as numbers are, so that nothing is lost when they become some."""
    return all(text is None or (text.isdecimal() and text == str(int(text))) for text in texts)


def _columns(names: tuple[str, ...]) -> str:
    return listing(list(names)) if names else "no column"
