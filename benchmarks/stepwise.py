"""A step-wise plan, as existing systems answer queries: map the whole table, write it, read it, aggregate.

    python -m benchmarks.stepwise FOLDER QUESTION ENGINE
    spark-submit benchmarks/stepwise.py FOLDER QUESTION spark

Every mapping is joined onto the table at full resolution, with strings as keys. The engine, its settings and the
stored files are those of dsgrid's own query.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

# spark-submit runs this file as a script.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.generate import END_USES
from benchmarks.queries import QUESTIONS
from benchmarks.stored import files
from dsgrid.engine import session


def mapped(spark: Any, folder: Path) -> Any:
    """Return the dataset in the project's terms: one row per value, units and fractions applied, time shifted."""
    from pyspark.sql import functions as F

    names = [name for name, _, _ in END_USES]
    columns = ", ".join(f"`{name}` double" for name in names)
    facts = spark.read.schema(f"id bigint, timestamp timestamp, {columns}").parquet(*files(folder, "facts"))
    lookup = spark.read.schema("id bigint, geography string, subsector string, scaling_factor double").parquet(
        *files(folder, "lookup")
    )
    rows = facts.unpivot(["id", "timestamp"], names, "own_end_use", "value")
    rows = rows.join(F.broadcast(lookup), on="id").drop("id")
    units = spark.createDataFrame([(own, base, 1.0, 0.001) for own, base, _ in END_USES], _MAPPING)
    rows = rows.join(F.broadcast(units), on="own_end_use").drop("own_end_use")
    value = F.col("value") * F.col("scaling_factor") * F.col("fraction") * F.col("per_unit")
    rows = rows.withColumn("value", value).drop("scaling_factor", "fraction", "per_unit")
    return rows.withColumn("timestamp", F.col("timestamp") - F.expr("INTERVAL 1 HOUR"))


_MAPPING = "own_end_use string, end_use string, fraction double, per_unit double"


def aggregated(spark: Any, rows: Any, columns: tuple[str, ...]) -> Any:
    """Return the sums of a mapped table by the columns of a question."""
    from pyspark.sql import functions as F

    if "state" in columns:
        counties = sorted({row["geography"] for row in rows.select("geography").distinct().toArrow().to_pylist()})
        states = spark.createDataFrame([(one, one[:2]) for one in counties], "geography string, state string")
        rows = rows.join(F.broadcast(states), on="geography")
    if "fuel" in columns:
        fuels = {base: fuel for _, base, fuel in END_USES}
        table = spark.createDataFrame(list(fuels.items()), "end_use string, fuel string")
        rows = rows.join(F.broadcast(table), on="end_use")
    local = F.col("timestamp") - F.expr("INTERVAL 5 HOUR")  # the session's zone is UTC
    computed = {"county": F.col("geography"), "hour": F.col("timestamp"), "year": F.year(local)}
    keys = [computed[name].alias(name) if name in computed else F.col(name) for name in columns]
    return rows.groupBy(*keys).agg(F.sum("value").alias("value"))


def main(folder: Path, question: str, engine: str) -> None:
    """Answer one question."""
    columns = next(one.columns for one in QUESTIONS if one.name == question)
    between = folder / "stepwise" / "mapped"
    shutil.rmtree(between.parent, ignore_errors=True)
    with session(engine) as used:
        mapped(used.spark, folder).write.parquet(str(between))
        rows = used.spark.read.parquet(*(str(path) for path in sorted(between.glob("*.parquet"))))
        table = aggregated(used.spark, rows, columns).toArrow().sort_by([(name, "ascending") for name in columns])
    import pyarrow.parquet as pq

    pq.write_table(table, folder / "stepwise" / f"{question}.parquet", compression="zstd")
    shutil.rmtree(between)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
