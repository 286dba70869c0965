"""Make a project and a dataset of any size: county x building type x end use x hour, pivoted, in two tables.

Values are written county by county, so that memory stays small whatever the size.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

HOURS = 8760
START = datetime(2018, 1, 1, 6, tzinfo=UTC)  # the end of the first hour in -05:00
BUILDING_TYPES = (
    "full_service_restaurant",
    "hospital",
    "large_hotel",
    "large_office",
    "medium_office",
    "outpatient",
    "primary_school",
    "quick_service_restaurant",
    "retail",
    "secondary_school",
    "small_hotel",
    "small_office",
    "strip_mall",
    "warehouse",
)
# The end use of the dataset (kWh), that of the project (MWh), and its fuel.
END_USES = (
    ("electricity_cooling", "cooling", "electricity"),
    ("electricity_heating", "heating_electricity", "electricity"),
    ("electricity_fans", "ventilation", "electricity"),
    ("electricity_pumps", "ventilation", "electricity"),
    ("electricity_lights", "lighting", "electricity"),
    ("electricity_equipment", "equipment", "electricity"),
    ("gas_heating", "heating_gas", "natural_gas"),
    ("gas_water", "water_gas", "natural_gas"),
)
VALUES_PER_COUNTY = HOURS * len(BUILDING_TYPES) * len(END_USES)


@dataclass(frozen=True)
class Bench:
    """A generated project: where its files are, and how many values it has."""

    folder: Path
    counties: int

    @property
    def values(self) -> int:
        """The number of values of the dataset."""
        return self.counties * VALUES_PER_COUNTY

    @property
    def registry(self) -> Path:
        """The registry's folder."""
        return self.folder / "registry"


def generate(folder: Path, values: int) -> Bench:
    """Write specs, tables and facts for about so many values; return what was made."""
    bench = Bench(folder, max(2, round(values / VALUES_PER_COUNTY)))
    folder.mkdir(parents=True, exist_ok=True)
    counties = county_ids(bench.counties)
    states = list(dict.fromkeys(county[:2] for county in counties))
    _table(folder / "counties.csv", ("id", "name", "state"), ((one, f"County {one}", one[:2]) for one in counties))
    _table(folder / "states.csv", ("id", "name"), ((one, f"State {one}") for one in states))
    _table(folder / "county_to_state.csv", ("from", "to"), ((one, one[:2]) for one in counties))
    _table(folder / "building_types.csv", ("id", "name"), ((one, one.replace("_", " ")) for one in BUILDING_TYPES))
    own = ((one, one, fuel, "kWh") for one, _, fuel in END_USES)
    _table(folder / "own_end_uses.csv", ("id", "name", "fuel_id", "unit"), own)
    base = {one: fuel for _, one, fuel in END_USES}
    _table(folder / "end_uses.csv", ("id", "name", "fuel_id", "unit"), ((one, one, base[one], "MWh") for one in base))
    _table(folder / "end_use_map.csv", ("from", "to"), ((one, to) for one, to, _ in END_USES))
    _table(folder / "fuels.csv", ("id", "electricity", "natural_gas"), (_marks(one, base[one]) for one in base))
    for name, text in SPECS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    _lookup(folder / "load_data_lookup.parquet", counties)
    _facts(folder / "load_data.parquet", len(counties))
    return bench


def county_ids(count: int) -> list[str]:
    """Return ids of five digits, the first two of which are the state's; up to 49 states."""
    states = min(49, max(1, count // 2))
    return sorted(f"{1 + index % states:02d}{1 + index // states:03d}" for index in range(count))


def _marks(end_use: str, fuel: str) -> tuple[str, str, str]:
    return end_use, "x" if fuel == "electricity" else "", "x" if fuel == "natural_gas" else ""


def _table(path: Path, header: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _lookup(path: Path, counties: Sequence[str]) -> None:
    pairs = [(county, kind) for county in counties for kind in BUILDING_TYPES]
    stock = np.random.default_rng(7).integers(1, 500, len(pairs)).astype(float)
    table = {
        "id": pa.array(range(len(pairs)), pa.int64()),
        "geography": [county for county, _ in pairs],
        "subsector": [kind for _, kind in pairs],
        "scaling_factor": stock,
    }
    pq.write_table(pa.table(table), path)


def _facts(path: Path, counties: int) -> None:
    first = int(START.timestamp()) * 1_000_000
    hours = np.arange(HOURS, dtype=np.int64)
    labels = pa.array(first + hours * 3_600_000_000).cast(pa.timestamp("us", "UTC"))
    schema = pa.schema(
        [("id", pa.int64()), ("timestamp", labels.type), *((name, pa.float64()) for name, _, _ in END_USES)]
    )
    generator = np.random.default_rng(42)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for county in range(counties):
            parts = []
            for kind in range(len(BUILDING_TYPES)):
                columns = [pa.array(np.full(HOURS, county * len(BUILDING_TYPES) + kind)), labels]
                columns += [pa.array(_profile(hours, use, kind, generator)) for use in range(len(END_USES))]
                parts.append(pa.Table.from_arrays(columns, schema=schema))
            writer.write_table(pa.concat_tables(parts))


def _profile(
    hours: npt.NDArray[np.int64], end_use: int, kind: int, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return a year of hours: a day's and a year's wave with noise, to three digits as published data have."""
    day = 1.2 + np.sin(2 * np.pi * (hours - 8 - kind) / 24)
    year = 1.2 + np.cos(2 * np.pi * hours / HOURS + end_use)
    return np.round(10 * (1 + end_use) * day * year * generator.uniform(0.8, 1.2, len(hours)), 3)


_HEAD = 'spec_version = 1\nregistry = "registry"\n'
_ONE = 'records = [{{ id = "{id}", name = "{id}" }}]\n'
SPECS = {
    "create_registry": _HEAD + 'job = "create_registry"\n',
    "register_project": _HEAD
    + """job = "register_project"

[project]
id = "bench"
name = "Benchmark"
description = "Generated"

[time]
name = "time_est"
kind = "datetime"
start = "2018-01-01 00:00"
end = "2018-12-31 23:00"
step = "1h"
zone = "-05:00"
interval = "period_beginning"
measurement = "total"

[base.county]
type = "geography"
class = "county"
records = "counties.csv"

[base.building_type]
type = "subsector"
class = "subsector"
records = "building_types.csv"

[base.end_use]
type = "metric"
class = "energy_end_use"
records = "end_uses.csv"

[supplemental.state]
of = "county"
class = "state"
records = "states.csv"
mapping = { kind = "many_to_one_aggregation", records = "county_to_state.csv" }

[subset.fuel]
of = "end_use"
selectors = "fuels.csv"

[subset.fuel.attributes.electricity]
unit = "MWh"

[subset.fuel.attributes.natural_gas]
unit = "MWh"

"""
    + "".join(
        f'[base.{type_}]\ntype = "{type_}"\nclass = "{type_}"\n{_ONE.format(id=id_)}\n'
        for type_, id_ in (
            ("sector", "com"),
            ("scenario", "reference"),
            ("model_year", "2018"),
            ("weather_year", "2018"),
        )
    )
    + "[requires.bench_loads]\n",
    "register_dataset": _HEAD
    + """job = "register_dataset"

[dataset]
id = "bench_loads"
kind = "modeled"
description = "Generated"

[data]
table = "load_data.parquet"
lookup = "load_data_lookup.parquet"
pivot = "metric"

[dimension.geography]
name = "own_county"
class = "county"
records = "counties.csv"

[dimension.subsector]
name = "own_building_type"
class = "subsector"
records = "building_types.csv"

[dimension.metric]
name = "own_end_use"
class = "energy_end_use"
records = "own_end_uses.csv"

[time]
kind = "datetime"
start = "2018-01-01 01:00"
end = "2019-01-01 00:00"
step = "1h"
zone = "-05:00"
interval = "period_ending"
measurement = "total"

"""
    + "".join(
        f'[dimension.{type_}]\nname = "own_{type_}"\nclass = "{type_}"\n{_ONE.format(id=id_)}\n'
        for type_, id_ in (
            ("sector", "com"),
            ("scenario", "reference"),
            ("model_year", "2018"),
            ("weather_year", "2018"),
        )
    ),
    "submit_dataset": _HEAD
    + """job = "submit_dataset"
project = "bench"
dataset = "bench_loads"

[mapping.metric]
kind = "many_to_one_aggregation"
records = "end_use_map.csv"
""",
}
