"""Copy a Parquet file with an engine, and nothing else: python -m benchmarks.copying FILE FOLDER ENGINE."""

from __future__ import annotations

import os
import sys

from dsgrid.engine import session


def main(arguments: list[str]) -> int:
    """Read the file and write it, compressed as dsgrid does."""
    source, target, engine = arguments
    if engine != "spark":  # under spark-submit it is that of the submit
        os.environ["DSGRID_ENGINE"] = engine
    frame = session().spark.read.parquet(source)
    frame.write.mode("overwrite").option("compression", "zstd").parquet(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
