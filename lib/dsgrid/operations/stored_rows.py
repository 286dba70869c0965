"""The rows of results and of datasets, as they lie in their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dsgrid.operations.shown_rows import Rows
from dsgrid.query.quantity import quantity
from dsgrid.query.result import Result
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import arrow_input, is_url, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.registry.model import Dataset

BATCH: Final = 16_384
_UNITS: Final = 10
LABELS: Final = frozenset({"year", "month", "hour", "day_of_week", "fold", "time_index"})


def rows_of_result(result: Result) -> Rows:
    """Return the rows of a result, which are read as they are taken."""
    manifest = result.manifest
    labels = frozenset(one["name"] for one in manifest["columns"] if one["type"] == "time")
    schema = result.head(1).schema.remove_metadata()

    def pieces() -> Iterator[pa.Table]:
        for piece in result.pieces(BATCH):
            yield piece.cast(schema)  # files do not say in which zone their instants are to be shown

    return Rows(schema, pieces, labels, _sums(manifest), _times(manifest), result.rows)


def _sums(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a result adds up to; where that says nothing, and no column does, the unit of its values."""
    if manifest.get("adds_up", True):
        sums = [quantity(one["found"], one["unit"]) for one in manifest["sums"] if one["found"] is not None]
        if sums:
            return (f"in all {', '.join(sums)}",)
    stacked = any(one["type"] == "unit" for one in manifest["columns"])
    units = () if stacked else tuple(unit for unit in manifest.get("units", ()) if unit)
    return (f"in {', '.join(units)}",) if units else ()


def _times(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how the times of a result are to be read."""
    time = manifest.get("time", {})
    written = str(time.get("written_as", "nothing"))
    if written in ("labels", "nothing"):
        return ()
    interval = str(time.get("interval") or "").replace("_", " ")
    return (f"times are {written}{f', {interval}' if interval else ''}",)


def rows_of_dataset(registry: Registry, dataset: Dataset, batch: int = BATCH) -> Rows:
    """Return the stored rows of a dataset in their order, with the columns of its lookup in the place of its ids.

    Parameters
    ----------
    batch
        How many stored rows are read at once; each may become many rows by the lookup.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = stored_files(registry.data, dataset, "facts")
    lookup = _lookup(registry, dataset)
    with storage_errors(files[0]), pq.ParquetFile(arrow_input(files[0])) as file:
        stored = file.schema_arrow.remove_metadata()
    stored = pa.schema([pa.field(one.name, one.type) for one in stored])
    schema = stored if lookup is None else _joined(stored.empty_table(), lookup).schema

    def pieces() -> Iterator[pa.Table]:
        for path in files:
            with storage_errors(path), pq.ParquetFile(arrow_input(path), pre_buffer=is_url(path)) as opened:
                for read in opened.iter_batches(batch_size=batch):
                    piece = pa.Table.from_batches([read]).cast(stored)
                    yield piece if lookup is None else _joined(piece, lookup)

    total = sum(file.rows for file in dataset.files if file.role == "facts") if lookup is None else None
    return Rows(schema, pieces, LABELS, (), _of_all(dataset), total)


def _of_all(dataset: Dataset) -> tuple[str, ...]:
    """Return what is the same for all rows, and how the values are to be read."""
    said = [f"{type_} = {dataset.dimensions[type_].records.ids[0]}" for type_ in dataset.layout.trivial]
    lines = [f"all rows: {', '.join(said)}"] if said else []
    if dataset.layout.pivot is not None:
        lines.append(f"values stand in a column for each {dataset.layout.pivot}")
    metrics = dataset.dimensions["metric"].records
    units = dict.fromkeys(str(unit) for one in metrics if (unit := one.get("unit")))
    if units:
        lines.append(f"in {', '.join(list(units)[:_UNITS])}")
    if dataset.layout.scaling_factor:
        lines.append("values are to be multiplied with their scaling_factor")
    return tuple(lines)


def _lookup(registry: Registry, dataset: Dataset) -> pa.Table | None:
    """Return the lookup of a dataset of two tables."""
    from dsgrid.datasets import parquet

    if not dataset.layout.two_tables:
        return None
    import pyarrow as pa

    return pa.concat_tables(parquet.read(path) for path in stored_files(registry.data, dataset, "lookup"))


def _joined(piece: pa.Table, lookup: pa.Table) -> pa.Table:
    """Return rows with what the lookup says of their ids instead of these; an id may mean several rows."""
    import numpy as np
    import pyarrow as pa

    ids = lookup.column("id").to_numpy()
    order = np.argsort(ids, kind="stable")
    wanted = piece.column("id").to_numpy()
    first = np.searchsorted(ids[order], wanted, "left")
    counts = np.searchsorted(ids[order], wanted, "right") - first
    rows = np.repeat(np.arange(len(wanted)), counts)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = order[np.repeat(first, counts) + steps] if len(rows) else np.zeros(0, np.int64)
    of_ids = lookup.take(pa.array(places)).drop_columns(["id"])
    others = piece.take(pa.array(rows)).drop_columns(["id"])
    named = [*of_ids.column_names, *others.column_names]
    return pa.table([*of_ids.columns, *others.columns], names=named)
