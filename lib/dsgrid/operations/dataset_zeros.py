"""How many values of each metric of a dataset are zero, counted in its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    import pyarrow as pa

MOST: Final = 50_000_000  # stored values that are read while somebody waits
_METRIC: Final = "metric"
Key = tuple[str, int | None]


def zeros_of_dataset(
    folder: str | Path,
    reference: str,
    *,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    check: Callable[[], None] = lambda: None,
    most: int = MOST,
) -> dict[str, int]:
    """Return for each metric how many of its values are zero; metrics without any are absent.

    Every row of a lookup counts, as it does in the profiles. A scaling factor of zero makes all of its values zero.

    Parameters
    ----------
    check
        Called before each piece that is read; what it raises ends the reading.
    most
        Stored values that may be read.

    Raises
    ------
    NotFoundError
        If there is no such dataset, or it holds no data of its own.
    UsageError
        If there are more values than may be read.
    """
    from dsgrid.datasets import parquet, read

    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        root = registry.data
    called = f"{dataset.id}@{dataset.version}"
    facts = [file for file in dataset.files if file.role == "facts"]
    if not facts:
        raise NotFoundError(f"dataset {called} holds no data of its own")
    columns = read.value_columns(dataset)
    values = sum(file.rows for file in facts) * len(columns)
    if values > most:
        raise UsageError(f"{called} has {values:,} stored values, and zeros are counted among at most {most:,}")
    zeros: Counter[Key] = Counter()
    all_of: Counter[Key] = Counter()
    keys = [*(["id"] if dataset.layout.two_tables else []), *([_METRIC] if _is_column(dataset) else [])]
    for path in stored_files(root, dataset, "facts"):
        for batch in parquet.batches(path, [*keys, *columns]):
            check()
            for key, zero, there in _counted(dataset, batch, columns):
                zeros[key] += zero
                all_of[key] += there
    if not dataset.layout.two_tables:
        return _summed((metric, number) for (metric, _), number in zeros.items())
    lookup = [row for path in stored_files(root, dataset, "lookup") for row in parquet.read(path).to_pylist()]
    return _summed(_looked_up(zeros, all_of, lookup))


def _is_column(dataset: Dataset) -> bool:
    return _METRIC in dataset.layout.fact_types


def _counted(dataset: Dataset, batch: pa.RecordBatch, columns: tuple[str, ...]) -> Iterator[tuple[Key, int, int]]:
    """Yield how many zeros, and how many values, a piece has of each metric (empty: the lookup says) and lookup id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    layout = dataset.layout
    trivial = dataset.dimensions[_METRIC].records.ids[0] if _METRIC in layout.trivial else ""
    keys = [*(["id"] if layout.two_tables else []), *([_METRIC] if _is_column(dataset) else [])]
    for column in columns:
        cells = batch.column(column)
        table = pa.table(
            {
                **{key: batch.column(key) for key in keys},
                "zero": pc.fill_null(pc.equal(cells, 0.0), False).cast(pa.int64()),
                "there": pc.is_valid(cells).cast(pa.int64()),
            }
        )
        found = table.group_by(keys).aggregate([("zero", "sum"), ("there", "sum")]).to_pylist()
        for row in found:
            metric = row[_METRIC] if _is_column(dataset) else column if layout.pivot == _METRIC else trivial
            yield (str(metric), row.get("id")), int(row["zero_sum"] or 0), int(row["there_sum"] or 0)


def _looked_up(zeros: Counter[Key], all_of: Counter[Key], lookup: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    by_id: dict[int | None, list[str]] = {}
    for metric, id_ in all_of:
        by_id.setdefault(id_, []).append(metric)
    for row in lookup:
        counts = all_of if row.get("scaling_factor") == 0 else zeros
        for metric in by_id.get(row["id"], ()):
            yield metric or str(row[_METRIC]), counts[metric, row["id"]]


def _summed(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for metric, number in pairs:
        counts[metric] += number
    return {metric: number for metric, number in sorted(counts.items()) if number}
