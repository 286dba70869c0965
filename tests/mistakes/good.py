"""The good files that each mistake is one change to: a project, and four datasets of two counties.

- `homes.toml`: one stacked CSV file, mapped to the project in one table.
- `offices.toml`: two tables, pivoted; a folder of two Parquet files, and a CSV lookup with scaling factors. Mapped by
  regions, sizes and end uses; large offices of the east are declared to be missing.
- `people.toml`: population by year, registered only.
- `clocks.toml`: an index from 0 to 1 on the clocks of a day of 25 hours, registered only.

The small files are in the folder `good`. The tables of hours are made here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GOOD = Path(__file__).parent / "good"
COUNTIES = ("06037", "08031")
Files = dict[str, bytes]


def good_files() -> Files:
    """Return all files by name."""
    small = {path.name: path.read_bytes() for path in sorted(GOOD.iterdir())}
    facts = _offices()
    return {
        **small,
        "homes.csv": _csv(_homes()),
        "clocks.csv": _csv(_clocks()),
        "offices/part-0.parquet": parquet(facts.slice(0, 48)),
        "offices/part-1.parquet": parquet(facts.slice(48)),
    }


def parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def _hours(start: str, count: int) -> list[datetime]:
    return [datetime.fromisoformat(start) + timedelta(hours=hour) for hour in range(count)]


def _homes() -> Iterable[Iterable[object]]:
    """Line 2 is the first hour of heating in 06037, line 26 that of lighting, line 50 that of heating in 08031."""
    yield "fips", "metric", "timestamp", "kwh"
    for county in COUNTIES:
        for metric in ("heating", "lighting"):
            for hour, label in enumerate(_hours("2018-07-10 00:00", 24)):
                yield county, metric, label, hour + 0.5


def _clocks() -> Iterable[Iterable[object]]:
    """Line 4 is the second hour from 01:00 in 06037."""
    yield "geography", "timestamp", "fold", "value"
    labels = _hours("2018-11-04 00:00", 24)
    for county in COUNTIES:
        for number, (label, fold) in enumerate([(labels[0], 0), (labels[1], 0), *((one, 1) for one in labels[1:2])]):
            yield county, label, fold, number / 100
        for number, label in enumerate(labels[2:]):
            yield county, label, 0, (number + 3) / 100


def _offices() -> pa.Table:
    """Rows 0 to 23 are those of the small offices of the west."""
    hours = _hours("2018-07-10 07:00", 24) * 3
    return pa.table(
        {
            "id": pa.array([id_ for id_ in (1, 2, 3) for _ in range(24)], pa.int32()),
            "timestamp": pa.array(hours, pa.timestamp("us", "UTC")),
            "heat": [0.25 * (number + 1) for number in range(72)],
            "light": [float(number + 1) for number in range(72)],
        }
    )
