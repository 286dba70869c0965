"""Annual use of typical weeks the long way: every value becomes hours of the year first, which are added up then.

    python -m benchmarks.hours_first FOLDER WAY ENGINE
    spark-submit benchmarks/hours_first.py FOLDER WAY spark

WAY is ``one_pass`` (the hours are not written anywhere) or ``stepwise`` (as existing systems do: the table is mapped
with strings as keys, written, read again and aggregated). The engine and the stored files are those of dsgrid.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

# spark-submit runs this file as a script.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.stored import files
from benchmarks.weeks import ANNUAL, ZONES, zone_of
from dsgrid.engine import session

FIRST = datetime(2012, 1, 1, 5, tzinfo=UTC)
HOURS = 8784


def calendar(spark: Any) -> Any:
    """Return for each zone and hour of the project's year the label of the typical week."""
    import pyarrow as pa

    rows: dict[str, list[Any]] = {"zone": [], "timestamp": [], "month": [], "day_of_week": [], "hour": []}
    for zone in ZONES:
        clock = ZoneInfo(zone)
        for number in range(HOURS):
            instant = FIRST + timedelta(hours=number)
            shown = instant.astimezone(clock)
            for name, value in zip(rows, (zone, instant, shown.month, shown.weekday(), shown.hour), strict=True):
                rows[name].append(value)
    types = {"month": pa.int32(), "day_of_week": pa.int32(), "hour": pa.int32(), "timestamp": pa.timestamp("us", "UTC")}
    return spark.createDataFrame(pa.table({name: pa.array(cells, types.get(name)) for name, cells in rows.items()}))


def hours(spark: Any, folder: Path) -> Any:
    """Return the dataset in the project's terms: a row per county, vehicle and hour of the year."""
    from pyspark.sql import functions as F

    facts = spark.read.schema("id bigint, month int, day_of_week int, hour int, value double").parquet(
        *files(folder, "facts", "weeks")
    )
    lookup = spark.read.schema("id bigint, geography string, subsector string").parquet(
        *files(folder, "lookup", "weeks")
    )
    rows = facts.join(F.broadcast(lookup), on="id").drop("id")
    counties = sorted(row["geography"] for row in lookup.select("geography").distinct().toArrow().to_pylist())
    zones = spark.createDataFrame([(one, zone_of(one)) for one in counties], "geography string, zone string")
    rows = rows.join(F.broadcast(zones), on="geography")
    return rows.join(F.broadcast(calendar(spark)), on=["zone", "month", "day_of_week", "hour"]).select(
        "geography", "subsector", "timestamp", "value"
    )


def aggregated(rows: Any) -> Any:
    """Return the sums by state and year of the project's clock."""
    from pyspark.sql import functions as F

    local = F.col("timestamp") - F.expr("INTERVAL 5 HOUR")
    keys = [F.substring("geography", 1, 2).alias("state"), F.year(local).alias("annual")]
    return rows.groupBy(*keys).agg(F.sum("value").alias("value"))


def main(folder: Path, way: str, engine: str) -> None:
    """Answer the question, one way or the other."""
    import pyarrow.parquet as pq

    out = folder / way
    shutil.rmtree(out, ignore_errors=True)
    with session(engine) as used:
        rows = hours(used.spark, folder)
        if way == "stepwise":
            rows.write.parquet(str(out / "mapped"))
            rows = used.spark.read.parquet(*(str(path) for path in sorted((out / "mapped").glob("*.parquet"))))
        table = aggregated(rows).toArrow().sort_by([("state", "ascending")])
    out.mkdir(exist_ok=True)
    pq.write_table(table, out / f"{ANNUAL}.parquet")
    shutil.rmtree(out / "mapped", ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
