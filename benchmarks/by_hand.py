"""The same questions in hand-written DuckDB SQL on the same stored files.

python -m benchmarks.by_hand FOLDER QUESTION
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.queries import SQL
from benchmarks.stored import files


def main(folder: Path, question: str) -> None:
    """Answer one question."""
    import duckdb

    sql = SQL[question].format(facts=files(folder, "facts"), lookup=files(folder, "lookup")[0])
    target = folder / "by_hand" / f"{question}.parquet"
    target.parent.mkdir(exist_ok=True)
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
