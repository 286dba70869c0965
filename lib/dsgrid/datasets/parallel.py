"""One function over many files: in threads on the driver, or as tasks where the executors are other machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from dsgrid.storage.location import Location, is_url, location

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

T = TypeVar("T")
Work = Callable[[Location], dict[str, Any]]


def over_files(session: SparkSession, work: Work, paths: Sequence[Location]) -> list[dict[str, Any]]:
    """Return `work(path)` for every path, in order.

    `work` has to be importable on the executors (they get dsgrid as one zip), and its result has to be JSON.
    """
    # Other machines may have no credentials for an object store, and they are not sent around.
    if len(paths) > 1 and is_distributed(session) and not any(is_url(path) for path in paths):
        return _as_tasks(session, work, paths)
    return in_threads(work, paths)


def in_threads(work: Callable[[Location], T], paths: Sequence[Location]) -> list[T]:
    """Return `work(path)` for every path, in order, from threads of this process."""
    from concurrent.futures import ThreadPoolExecutor
    from os import cpu_count

    if len(paths) == 1:
        return [work(paths[0])]
    # pyarrow and hashlib let go of the interpreter's lock while they read; an object store is waited for.
    most = 8 if any(is_url(path) for path in paths) else min(cpu_count() or 1, 8)
    with ThreadPoolExecutor(max_workers=max(min(len(paths), most), 1)) as pool:
        return list(pool.map(work, paths))


def is_distributed(session: SparkSession) -> bool:
    """Say whether Python code of ours can run on other machines than the driver's.

    True for classic Spark with a master elsewhere. A Spark Connect server may run another Python, so nothing is sent.
    """
    if type(session).__module__.startswith("pyspark.sql.connect"):
        return False
    context = getattr(session, "sparkContext", None)
    return context is not None and not str(context.master).startswith("local")


def _as_tasks(session: SparkSession, work: Work, paths: Sequence[Location]) -> list[dict[str, Any]]:
    import pyarrow as pa

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            paths = [location(path) for path in batch.column("path").to_pylist()]
            results = pa.array([json.dumps(work(path)) for path in paths], pa.string())
            yield pa.RecordBatch.from_arrays([batch.column("position"), results], ["position", "result"])

    table = pa.table({"position": list(range(len(paths))), "path": [str(path) for path in paths]})
    tasks = session.createDataFrame(table).repartition(len(paths), "position")
    found = tasks.mapInArrow(run, "position bigint, result string").toArrow()
    by_position = dict(zip(found["position"].to_pylist(), found["result"].to_pylist(), strict=True))
    return [json.loads(by_position[position]) for position in range(len(paths))]
