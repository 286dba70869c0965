"""Work on files gives the same answers in threads and as tasks of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from dsgrid.datasets import parallel
from dsgrid.datasets.register import describe_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_tasks_and_threads_describe_files_alike(session: SparkSession, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(5)]
    for number, path in enumerate(paths):
        pq.write_table(pa.table({"value": list(range(number + 1))}), path)
    found = parallel.over_files(session, describe_file, paths)
    assert [row["rows"] for row in found] == [1, 2, 3, 4, 5]
    assert parallel._as_tasks(session, describe_file, paths) == found
    assert not parallel.is_distributed(session)
