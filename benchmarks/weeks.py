"""Make a project of a year of hours, and a dataset of typical weeks: county x vehicle x hour of a week in each month.

The shape of the data is that of electric vehicles in the field's projects: two tables, stacked, one value per hour of a
typical week on the clock of each county.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import county_ids
from dsgrid.operations.open_registry import open_registry

SLOTS = 12 * 7 * 24
VEHICLES = 60
# The states' clocks, by their number: two change in summer on different days of the year's hours, one does not.
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix")
ANNUAL = "annual_by_state"


@dataclass(frozen=True)
class Weeks:
    """A generated project: where its files are, and how many values it has."""

    folder: Path
    values: int

    @property
    def registry(self) -> Path:
        """The registry's folder."""
        return self.folder / "registry"

    @property
    def spec(self) -> Path:
        """The spec of the query: annual use by state."""
        return self.folder / f"{ANNUAL}.toml"


def zone_of(county: str) -> str:
    """Return the zone of a generated county."""
    return ZONES[int(county[:2]) % len(ZONES)]


def generate(folder: Path, values: int) -> Weeks:
    """Write and register about so many values; return what was made."""
    counties = county_ids(max(2, round(values / SLOTS / VEHICLES)))
    folder.mkdir(parents=True, exist_ok=True)
    weeks = Weeks(folder, len(counties) * VEHICLES * SLOTS)
    pairs = [(county, f"vehicle_{number}") for county in counties for number in range(VEHICLES)]
    lookup = {
        "id": pa.array(range(len(pairs)), pa.int64()),
        "geography": [county for county, _ in pairs],
        "subsector": [vehicle for _, vehicle in pairs],
    }
    pq.write_table(pa.table(lookup), folder / "lookup.parquet")
    _facts(folder / "load_data.parquet", len(counties))
    registry = open_registry(weeks.registry, create=True)
    registry.register_project(_project(counties))
    registry.register_dataset(_dataset(folder, counties))
    registry.submit_dataset(_submission())
    (folder / "load_data.parquet").unlink()
    weeks.spec.write_text(QUERY, encoding="utf-8")
    return weeks


def _facts(path: Path, counties: int) -> None:
    month, day, hour = (part.ravel() for part in np.meshgrid(range(1, 13), range(7), range(24), indexing="ij"))
    generator = np.random.default_rng(42)
    schema = pa.schema(
        [
            ("id", pa.int64()),
            ("month", pa.int8()),
            ("day_of_week", pa.int8()),
            ("hour", pa.int8()),
            ("value", pa.float64()),
        ]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for county in range(counties):
            ids = np.repeat(np.arange(VEHICLES) + county * VEHICLES, SLOTS)
            labels = [np.tile(part, VEHICLES).astype(np.int8) for part in (month, day, hour)]
            values = np.round(10 * generator.uniform(0.2, 1.2, len(ids)), 3)
            writer.write_table(pa.Table.from_arrays([pa.array(one) for one in (ids, *labels, values)], schema=schema))


def _one(type_: str, id_: str) -> dict[str, object]:
    return {"type": type_, "class": type_, "records": [{"id": id_, "name": id_}]}


_SINGLE = {"sector": "trans", "scenario": "reference", "model_year": "2030", "weather_year": "2012"}
_END_USE = {"class": "energy_end_use", "records": [{"id": "charging", "name": "Charging", "unit": "MWh"}]}
_VEHICLES = [{"id": f"vehicle_{number}", "name": f"Vehicle {number}"} for number in range(VEHICLES)]


def _geography(counties: list[str]) -> dict[str, object]:
    rows = [{"id": one, "name": one, "state": one[:2], "time_zone": zone_of(one)} for one in counties]
    return {"class": "county", "records": rows}


def _project(counties: list[str]) -> dict[str, object]:
    states = sorted({county[:2] for county in counties})
    return {
        "spec_version": 1,
        "job": "register_project",
        "project": {"id": "bench", "name": "Benchmark", "description": "Generated"},
        "time": {
            "name": "time_est",
            "kind": "datetime",
            "start": "2012-01-01 00:00",
            "end": "2012-12-31 23:00",
            "step": "1h",
            "zone": "-05:00",
            "interval": "period_beginning",
            "measurement": "total",
        },
        "base": {
            "county": {"type": "geography", **_geography(counties)},
            "vehicle": {"type": "subsector", "class": "subsector", "records": _VEHICLES},
            "end_use": {"type": "metric", **_END_USE},
            **{type_: _one(type_, id_) for type_, id_ in _SINGLE.items()},
        },
        "supplemental": {
            "state": {
                "of": "county",
                "class": "state",
                "records": [{"id": one, "name": one} for one in states],
                "mapping": {
                    "kind": "many_to_one_aggregation",
                    "records": [{"from": one, "to": one[:2]} for one in counties],
                },
            }
        },
        "requires": {"weeks": {}},
    }


def _dataset(folder: Path, counties: list[str]) -> dict[str, object]:
    return {
        "spec_version": 1,
        "job": "register_dataset",
        "dataset": {"id": "weeks", "kind": "modeled", "description": "Generated"},
        "data": {"table": str(folder / "load_data.parquet"), "lookup": str(folder / "lookup.parquet")},
        "dimension": {
            "geography": {"name": "own_county", **_geography(counties)},
            "subsector": {"name": "own_vehicle", "class": "subsector", "records": _VEHICLES},
            "metric": {"name": "own_end_use", **_END_USE},
            **{
                type_: {"name": f"own_{type_}", "class": type_, "records": [{"id": id_, "name": id_}]}
                for type_, id_ in _SINGLE.items()
            },
        },
        "time": {
            "kind": "representative",
            "by": ["month", "day_of_week", "hour"],
            "step": "1h",
            "zone": "project_geography",
            "interval": "period_beginning",
            "measurement": "total",
        },
    }


def _submission() -> dict[str, object]:
    return {"spec_version": 1, "job": "submit_dataset", "project": "bench", "dataset": "weeks"}


QUERY = f"""\
spec_version = 1
job = "query"
registry = "registry"
name = "{ANNUAL}"
project = "bench"
datasets = ["weeks"]

[[step]]
by = ["state", "annual"]

[result]
path = "results"
"""
