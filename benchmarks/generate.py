"""Make a project and datasets of any size; the large one is county x building type x end use x hour.

Values are written county by county, so that memory stays the same whatever the size: a year of a day's and a season's
wave for each building type and end use is made once, and each county has it with noise of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.records import (
    BUILDING_TYPES,
    END_USES,
    INDUSTRIAL,
    VEHICLES,
    county_ids,
    states_of,
    write_tables,
)

HOURS = 8760
HOUR = 3_600_000_000  # microseconds
START = datetime(2018, 1, 1, 5, tzinfo=UTC)  # the first hour in -05:00
WEEK_SLOTS = 12 * 7 * 24
VALUES_PER_COUNTY = HOURS * len(BUILDING_TYPES) * len(END_USES)
_NOISES = 64
_DONE = "bench.json"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """A generated project: where its files are, and how many counties it has."""

    folder: Path
    counties: int

    @property
    def values(self) -> int:
        """The number of values of the large dataset."""
        return self.counties * VALUES_PER_COUNTY

    @property
    def registry(self) -> Path:
        """The registry's folder."""
        return self.folder / "registry"

    def finish(self) -> None:
        """Say that everything is there, also what was registered."""
        (self.folder / _DONE).write_text(json.dumps({"counties": self.counties}), encoding="utf-8")


def finished(folder: Path) -> Bench | None:
    """Return what an earlier run has made in a folder, all of it."""
    done = folder / _DONE
    return Bench(folder, json.loads(done.read_text(encoding="utf-8"))["counties"]) if done.exists() else None


def generate(folder: Path, values: int) -> Bench:
    """Write tables and facts for about so many values; return what was made."""
    bench = Bench(folder, max(2, round(values / VALUES_PER_COUNTY)))
    folder.mkdir(parents=True, exist_ok=True)
    counties = county_ids(bench.counties)
    write_tables(folder, counties)
    _write_lookup(folder / "load_data_lookup.parquet", counties)
    _write(folder / "load_data.parquet", _county_loads(len(counties)))
    _write(folder / "state_loads.parquet", _state_loads(states_of(counties)))
    _write_vehicles(folder / "typical_weeks_lookup.parquet", counties)
    _write(folder / "typical_weeks.parquet", _typical_weeks(len(counties)))
    return bench


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    first = next(tables)
    with pq.ParquetWriter(path, first.schema, compression="zstd", compression_level=1) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def _write_lookup(path: Path, counties: Sequence[str]) -> None:
    pairs = [(county, kind) for county in counties for kind in BUILDING_TYPES]
    stock = np.random.default_rng(7).integers(1, 500, len(pairs)).astype(float)
    _write_pairs(path, pairs, scaling_factor=pa.array(stock))


def _write_vehicles(path: Path, counties: Sequence[str]) -> None:
    _write_pairs(path, [(county, vehicle) for county in counties for vehicle in VEHICLES])


def _write_pairs(path: Path, pairs: Sequence[tuple[str, str]], **more: Any) -> None:
    table = {
        "id": pa.array(range(len(pairs)), pa.int64()),
        "geography": [place for place, _ in pairs],
        "subsector": [kind for _, kind in pairs],
        **more,
    }
    pq.write_table(pa.table(table), path)


def _hours(shift: int) -> pa.Array:
    first = int(START.timestamp()) * 1_000_000 + shift * HOUR
    return pa.array(first + np.arange(HOURS, dtype=np.int64) * HOUR).cast(pa.timestamp("us", "UTC"))


def _county_loads(counties: int) -> Iterator[pa.Table]:
    """Give each county's rows, by id and time; times are the ends of hours."""
    kinds = len(BUILDING_TYPES)
    shapes = [[_course(use, kind) for kind in range(kinds)] for use in range(len(END_USES))]
    generator = np.random.default_rng(42)
    noises = generator.uniform(0.8, 1.2, (_NOISES, HOURS))
    labels = pa.chunked_array([_hours(1)] * kinds).combine_chunks()
    for county in range(counties):
        ids = np.repeat(np.arange(kinds, dtype=np.int64) + county * kinds, HOURS)
        columns = {"id": pa.array(ids), "timestamp": labels}
        chosen = generator.integers(0, _NOISES, (len(END_USES), kinds))
        for use, (name, _, _) in enumerate(END_USES):
            # To two digits, as published data are rounded.
            courses = [np.round(shapes[use][kind] * noises[chosen[use, kind]], 2) for kind in range(kinds)]
            columns[name] = pa.array(np.concatenate(courses))
        yield pa.table(columns)


def _course(use: int, kind: int) -> Floats:
    """Return a year of hours: a day's and a year's wave."""
    hours = np.arange(HOURS)
    day = 1.2 + np.sin(2 * np.pi * (hours - 8 - kind) / 24)
    year = 1.2 + np.cos(2 * np.pi * hours / HOURS + use)
    return 10 * (1 + use) * day * year


def _state_loads(states: Sequence[str]) -> Iterator[pa.Table]:
    generator = np.random.default_rng(43)
    labels = _hours(0)
    for state in states:
        columns = {"state": pa.array([state] * HOURS), "timestamp": labels}
        for use, name in enumerate(INDUSTRIAL):
            columns[name] = pa.array(np.round(_course(use, 3) * generator.uniform(0.8, 1.2, HOURS), 2))
        yield pa.table(columns)


def _typical_weeks(counties: int) -> Iterator[pa.Table]:
    parts = np.meshgrid(range(1, 13), range(7), range(24), indexing="ij")
    count = len(VEHICLES)
    labels = [pa.array(np.tile(part.ravel(), count).astype(np.int8)) for part in parts]
    generator = np.random.default_rng(44)
    for county in range(counties):
        ids = np.repeat(np.arange(count, dtype=np.int64) + county * count, WEEK_SLOTS)
        values = np.round(10 * generator.uniform(0.2, 1.2, len(ids)), 2)
        names = ("id", "month", "day_of_week", "hour", "value")
        yield pa.table(dict(zip(names, (pa.array(ids), *labels, pa.array(values)), strict=True)))
