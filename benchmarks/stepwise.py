"""A step-wise plan, as existing systems answer queries: map the whole table, write it, read it, aggregate.

    python -m benchmarks.stepwise FOLDER QUERY ENGINE
    spark-submit benchmarks/stepwise.py FOLDER QUERY spark

Every mapping is joined onto the table at full resolution, with strings as keys. The engine, its settings and the
stored files are those of dsgrid's own query.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# spark-submit runs this file as a script.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.mapped import Tables
from benchmarks.queries import FILTERED_END_USE, FILTERED_STATE, query_of
from benchmarks.records import END_USES, state_of
from dsgrid.engine import session


def mapped(tables: Tables, query: str) -> Any:
    """Return what a query asks of, in the project's terms: one row per value of the finest resolution."""
    if query == "representative_week_annual":
        return tables.typical_weeks()
    if query == "state_to_county_hourly":
        return tables.state_loads()
    if query == "projection_by_state_year":
        return tables.projected()
    if query == "filtered_state_end_use":
        return tables.county_loads(FILTERED_STATE, FILTERED_END_USE)
    return tables.county_loads()


def aggregated(spark: Any, rows: Any, query: str, keys: Sequence[str]) -> Any:
    """Return the sums of a mapped table by the columns of a question."""
    from pyspark.sql import functions as F

    if query == "peak_hour_by_county":
        hours = aggregated(spark, rows, "", ("county", "hourly"))
        return hours.groupBy("county").agg(F.max("value").alias("value"))
    if "state" in keys:
        counties = sorted({row["geography"] for row in rows.select("geography").distinct().toArrow().to_pylist()})
        states = spark.createDataFrame([(one, state_of(one)) for one in counties], "geography string, state string")
        rows = rows.join(F.broadcast(states), on="geography")
    if "fuel" in keys:
        fuels = list({base: fuel for _, base, fuel in END_USES}.items())
        rows = rows.join(F.broadcast(spark.createDataFrame(fuels, "end_use string, fuel string")), on="end_use")
    local = F.col("timestamp") - F.expr("INTERVAL 5 HOUR")  # the session's zone is UTC
    computed = {"county": F.col("geography"), "hourly": F.col("timestamp"), "annual": F.year(local)}
    columns = [computed[name].alias(name) if name in computed else F.col(name) for name in keys]
    return rows.groupBy(*columns).agg(F.sum("value").alias("value"))


def answer(spark: Any, folder: Path, query: str) -> Path:
    """Answer one question, and return the file of its result."""
    import pyarrow.parquet as pq

    keys = query_of(query).keys
    target, between = folder / "stepwise" / f"{query}.parquet", folder / "stepwise" / "mapped"
    shutil.rmtree(between, ignore_errors=True)
    mapped(Tables(spark, folder), query).write.parquet(str(between))
    rows = spark.read.parquet(*(str(path) for path in sorted(between.glob("*.parquet"))))
    table = aggregated(spark, rows, query, keys).toArrow().sort_by([(name, "ascending") for name in keys])
    pq.write_table(table, target, compression="zstd")
    shutil.rmtree(between)
    return target


def main(folder: Path, query: str, engine: str) -> None:
    """Answer one question with an engine of this process's own."""
    with session(engine) as used:
        answer(used.spark, folder, query)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
