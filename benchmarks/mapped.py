"""Each dataset in the project's terms, as a step-wise plan makes it: a row per value, every mapping joined onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.generate import HOURS, START
from benchmarks.records import BUILDING_TYPES, END_USES, INDUSTRIAL, MODEL_YEARS, ZONES, state_of, zone_of
from benchmarks.stored import files


@dataclass(frozen=True)
class Tables:
    """The datasets of a generated project, and the session that they are read with."""

    spark: Any
    folder: Path

    def county_loads(self, state: str = "", end_use: str = "") -> Any:
        """Return the large dataset, units applied and time shifted; of one state and end use, where they are given."""
        from pyspark.sql import functions as F

        uses = [(own, base) for own, base, _ in END_USES if base == (end_use or base)]
        names = [own for own, _ in uses]
        columns = ", ".join(f"`{name}` double" for name in names)
        facts = self._read("county_loads", "facts", f"id bigint, timestamp timestamp, {columns}")
        lookup = self._read(
            "county_loads", "lookup", "id bigint, geography string, subsector string, scaling_factor double"
        )
        if state:
            lookup = lookup.where(F.substring("geography", 1, 2) == state)
        rows = facts.unpivot(["id", "timestamp"], names, "own_end_use", "value")
        rows = rows.join(F.broadcast(lookup), on="id").drop("id")
        units = self._table(
            [(own, base, 1.0, 0.001) for own, base in uses],
            "own_end_use string, end_use string, fraction double, per_unit double",
        )
        rows = rows.join(F.broadcast(units), on="own_end_use").drop("own_end_use")
        value = F.col("value") * F.col("scaling_factor") * F.col("fraction") * F.col("per_unit")
        rows = rows.withColumn("value", value).drop("scaling_factor", "fraction", "per_unit")
        return _collapsed(rows.withColumn("timestamp", F.col("timestamp") - F.expr("INTERVAL 1 HOUR")))

    def projected(self) -> Any:
        """Return the large dataset in every model year: each value times what it has grown by."""
        from pyspark.sql import functions as F

        growth = self._read("growth", "facts", "geography string, metric string, model_year string, value double")
        growth = growth.withColumnsRenamed({"geography": "region", "metric": "end_use", "value": "rate"})
        counties = self._csv("region_to_county", "region string, geography string")
        types = self._table([(one,) for one in BUILDING_TYPES], "subsector string")
        growth = growth.join(F.broadcast(counties), on="region").drop("region").crossJoin(F.broadcast(types))
        rows = self.county_loads().join(F.broadcast(growth), on=["geography", "subsector", "end_use"])
        years = F.col("model_year").cast("int") - int(MODEL_YEARS[0])
        return rows.withColumn("value", F.col("value") * F.pow(1 + F.col("rate"), years)).drop("rate")

    def state_loads(self) -> Any:
        """Return the loads of states as those of their counties."""
        from pyspark.sql import functions as F

        columns = ", ".join(f"`{name}` double" for name in INDUSTRIAL)
        facts = self._read("state_loads", "facts", f"geography string, timestamp timestamp, {columns}")
        rows = facts.unpivot(["geography", "timestamp"], list(INDUSTRIAL), "end_use", "value")
        rows = rows.withColumnRenamed("geography", "state")
        shares = self._csv("state_to_county", "state string, geography string, fraction double")
        rows = rows.join(F.broadcast(shares), on="state")
        return _collapsed(rows.withColumn("value", F.col("value") * F.col("fraction")).drop("state", "fraction"))

    def typical_weeks(self) -> Any:
        """Return typical weeks as the hours of a year: a row per county, vehicle and hour."""
        from pyspark.sql import functions as F

        facts = self._read("typical_weeks", "facts", "id bigint, month int, day_of_week int, hour int, value double")
        lookup = self._read("typical_weeks", "lookup", "id bigint, geography string, subsector string")
        rows = facts.join(F.broadcast(lookup), on="id").drop("id")
        counties = sorted(row["geography"] for row in lookup.select("geography").distinct().toArrow().to_pylist())
        zones = self._table([(one, zone_of(state_of(one))) for one in counties], "geography string, zone string")
        rows = rows.join(F.broadcast(zones), on="geography")
        rows = rows.join(F.broadcast(self._calendar()), on=["zone", "month", "day_of_week", "hour"])
        return rows.select("geography", "subsector", "timestamp", "value")

    def _calendar(self) -> Any:
        """Return for each zone and hour of the project's year the label of the typical week."""
        import pyarrow as pa

        types = {"month": pa.int32(), "day_of_week": pa.int32(), "hour": pa.int32()}
        fields = {"zone": pa.string(), "timestamp": pa.timestamp("us", "UTC"), **types}
        rows: dict[str, list[Any]] = {name: [] for name in fields}
        for zone in ZONES:
            clock = ZoneInfo(zone)
            for number in range(HOURS):
                instant = START + timedelta(hours=number)
                shown = instant.astimezone(clock)
                cells = (zone, instant, shown.month, shown.weekday(), shown.hour)
                for name, cell in zip(rows, cells, strict=True):
                    rows[name].append(cell)
        return self.spark.createDataFrame(pa.table({name: pa.array(rows[name], of) for name, of in fields.items()}))

    def _read(self, dataset: str, role: str, schema: str) -> Any:
        return self.spark.read.schema(schema).parquet(*files(self.folder, role, dataset))

    def _csv(self, name: str, schema: str) -> Any:
        """Return one of the small tables, as its columns are called here."""
        import csv

        numbers = [column.endswith(" double") for column in schema.split(", ")]
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [
                tuple(float(cell) if number else cell for cell, number in zip(row, numbers, strict=True))
                for row in list(csv.reader(file))[1:]
            ]
        return self._table(rows, schema)

    def _table(self, rows: Sequence[tuple[Any, ...]], schema: str) -> Any:
        return self.spark.createDataFrame(list(rows), schema)


def _collapsed(rows: Any) -> Any:
    """Return the sums of rows that mappings have brought together, as existing systems do at full resolution.

    Two end uses of the large dataset become one of the project, so that its table would have keys twice.
    """
    from pyspark.sql import functions as F

    keys = [name for name in rows.columns if name != "value"]
    return rows.groupBy(*keys).agg(F.sum("value").alias("value"))
