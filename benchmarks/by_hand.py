"""The same questions in hand-written DuckDB SQL on the same stored files.

python -m benchmarks.by_hand FOLDER QUERY
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.sql import SQL
from benchmarks.stored import files

_DATASETS = ("county_loads", "state_loads", "typical_weeks", "growth")


def answer(folder: Path, query: str) -> Path:
    """Answer one question, and return the file of its result."""
    import duckdb

    places = {
        f"{dataset}_{role}": files(folder, role, dataset) for dataset in _DATASETS for role in ("facts", "lookup")
    }
    sql = SQL[query].format(folder=folder, **places)
    target = folder / "by_hand" / f"{query}.parquet"
    target.parent.mkdir(exist_ok=True)
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    return target


if __name__ == "__main__":
    answer(Path(sys.argv[1]), sys.argv[2])
