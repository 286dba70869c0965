"""A version of a registered dataset as a side of a comparison: its stored facts, with their lookup, as they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dsgrid.datasets.read import value_columns
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.query.comparison.reading import PIECE, bytes_of, pieces
from dsgrid.query.comparison.side import TEXT, TIMESTAMP, WALL, Key, Side, Value
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset
from dsgrid.time.dimension import is_local, step_of, zone_of
from dsgrid.time.stored import INSTANTS, label_form, stored_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.storage.location import Location

Ints = npt.NDArray[np.int64]
_HOLDS = {"timestamp": TIMESTAMP, "timestamp_ntz": WALL, "bigint": "int64", "int": "int32", "string": TEXT}


def dataset_side(dataset: Dataset, root: Location, label: str = "") -> Side:
    """Return the facts of a dataset as a side of a comparison.

    Parameters
    ----------
    root
        The registry's data root.
    """
    layout = dataset.layout
    stored = _Stored(dataset, root)
    keys = [_record_key(dataset, type_) for type_ in RECORD_TYPES if type_ != layout.pivot]
    keys += [_time_key(dataset, name, kind) for name, kind in stored_columns(dataset.time).items()]
    units = {record.id: str(record.get("unit") or "") for record in dataset.dimensions["metric"].records}
    names = value_columns(dataset)
    by_metric = layout.pivot == "metric"
    values = tuple(Value(name, units[name] if by_metric else None) for name in names)
    return Side(
        label=label or f"{dataset.id}@{dataset.version}",
        kind="dataset",
        keys=tuple(keys),
        values=values,
        rows=stored.rows,
        bytes=bytes_of(stored.files),
        order=(*(key.name for key in keys if key.only is None), *names),
        pieces=stored.pieces,
        units_by=None if by_metric else ("metric", units),
        pivot=None if layout.pivot is None else _key(layout.pivot, dataset.dimensions[layout.pivot]),
        is_pivoted=layout.pivot is not None,
        format="two tables" if layout.two_tables else "one table",
    )


def _key(type_: str, dimension: Dimension, only: str | None = None) -> Key:
    reference = f"{dimension.id}@{dimension.version}" if dimension.id else ""
    return Key(type_, type=type_, dimension=reference, only=only)


def _record_key(dataset: Dataset, type_: str) -> Key:
    dimension = dataset.dimensions[type_]
    return _key(type_, dimension, dimension.records.ids[0] if type_ in dataset.layout.trivial else None)


def _time_key(dataset: Dataset, name: str, kind: str) -> Key:
    time = dataset.time
    instants = label_form(time) == INSTANTS
    zone = "" if is_local(time) else zone_of(time)
    return Key(
        name,
        type=TIME,
        holds=_HOLDS[kind],
        time_zone="UTC" if instants else "",
        calendar_zone="" if instants else zone,
        interval=time.interval if kind.startswith("timestamp") else "",
        step=step_of(time),
    )


@dataclass(frozen=True)
class _Stored:
    """The stored files of a dataset."""

    dataset: Dataset
    root: Location

    @cached_property
    def files(self) -> list[Location]:
        return stored_files(self.root, self.dataset, "facts")

    @property
    def rows(self) -> int:
        """About how many rows there are when each id has become what it stands for."""
        rows = sum(file.rows for file in self.dataset.files if file.role == "facts")
        if not self.dataset.layout.two_tables:
            return rows
        ids = len(np.unique(self.lookup.column("id").to_numpy()))
        return rows * self.lookup.num_rows // max(ids, 1)

    @cached_property
    def lookup(self) -> pa.Table:
        """The lookup, in the order of its ids."""
        import pyarrow as pa

        from dsgrid.datasets import parquet

        files = stored_files(self.root, self.dataset, "lookup")
        return pa.concat_tables([parquet.read(path) for path in files]).sort_by("id")

    def pieces(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield rows with their records, and values times their scaling factors."""
        layout = self.dataset.layout
        own = [name for name in columns if name not in layout.lookup_types]
        if not layout.two_tables:
            yield from pieces(self.files, own, ())
            return
        for piece in pieces(self.files, ["id", *own], ()):
            yield from self._looked_up(piece, columns)

    def _looked_up(self, piece: pa.Table, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows of a piece with the records of their ids: a row for each of several that an id stands for."""
        known = self.lookup.column("id").to_numpy()
        ids = piece.column("id").to_numpy()
        first = np.searchsorted(known, ids, "left")
        counts = np.searchsorted(known, ids, "right") - first
        # A small piece may stand for many rows.
        parts = np.cumsum(counts) // PIECE
        ends = [*(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(ids)]
        for begin, end in pairwise([0, *ends]):
            yield self._joined(piece.slice(begin, end - begin), first[begin:end], counts[begin:end], columns)

    def _joined(self, piece: pa.Table, first: Ints, counts: Ints, columns: Sequence[str]) -> pa.Table:
        import pyarrow as pa
        import pyarrow.compute as pc

        lookup = self.lookup
        rows = np.repeat(np.arange(len(counts)), counts)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = pa.array(np.repeat(first, counts) + steps, pa.int64())
        if (counts != 1).any():
            piece = piece.take(pa.array(rows))
        values = value_columns(self.dataset)
        found = {}
        values = value_columns(self.dataset)
        for name in columns:
            if name in self.dataset.layout.lookup_types:
                found[name] = lookup.column(name).combine_chunks().dictionary_encode().take(at)
            elif name in values and self.dataset.layout.scaling_factor:
                factors = lookup.column("scaling_factor").combine_chunks().take(at)
                found[name] = pc.multiply(piece.column(name).cast(pa.float64()), pa.chunked_array([factors]))
            else:
                found[name] = piece.column(name)
        return pa.table(found)
