"""Results as queries write them, made without a query: a table, and the manifest that describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dsgrid.query import arrow_files
from dsgrid.query.literals import arrow_type
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import write_manifest

TIME = {"kind": "datetime", "calendar_zone": "-07:00", "clock": "prevailing", "measurement": "total", "step": "1h"}
TYPES = {
    "county": "geography",
    "state": "geography",
    "sector": "sector",
    "building": "subsector",
    "fuel": "metric",
    "end_use": "metric",
    "scenario": "scenario",
    "model_year": "model_year",
    "percentile": "percentile",
    "value": "value",
    "unit": "unit",
}
HOLDS = {
    "hourly": "timestamp",
    "daily": "date",
    "monthly": "date",
    "time_zone": "string",
    "utc_offset": "string",
    "day_type": "string",
    "season": "string",
    "percentile": "float64",
    "value": "float64",
}


def column(name: str, **more: Any) -> dict[str, Any]:
    """Return what a manifest says of a column that has a name that tests use."""
    if "type" in more:
        return {"name": name, "holds": "float64" if more["type"] in ("value", "measure") else "string", **more}
    if name in TYPES:
        return {"name": name, "type": TYPES[name], "holds": HOLDS.get(name, "string"), **more}
    entry = {"name": name, "type": "time", "holds": HOLDS.get(name, "int32")}
    if name in ("hourly", "daily", "monthly"):
        entry |= {"interval": "period_beginning"}
    if name not in ("time_zone", "utc_offset"):
        entry |= {"calendar_zone": "-07:00", "measurement": "total"}
    return entry | more


def made(
    folder: Path,
    rows: Mapping[str, Sequence[Any]],
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    form: str = "parquet",
    row_group: int | None = None,
    **manifest: Any,
) -> Result:
    """Write a result with these columns.

    Parameters
    ----------
    columns
        What the manifest says of a column besides what its name says; of a column of values ``{"type": "value"}``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described = [column(name, **(columns or {}).get(name, {})) for name in rows]
    types = {entry["name"]: arrow_type(entry["holds"]) for entry in described}
    table = pa.table({name: pa.array(values, types[name]) for name, values in rows.items()})
    path = folder / f"table.{form}"
    if form == "parquet":
        pq.write_table(table, path, row_group_size=row_group)
    elif form == "arrow":
        arrow_files.write(table, path)
    else:
        pyarrow.csv.write_csv(table, path)
    found = {
        "query": "example",
        "table": path.name,
        "rows": table.num_rows,
        "project": "p@1.0.0",
        "datasets": [{"id": "d", "version": "1.0.0"}],
        "columns": described,
        "time": TIME,
        "adds_up": True,
        "units": [],
        "sums": [],
        "finished": "2026-11-26T06:00:48+00:00",
    }
    write_manifest(folder, [], found | manifest)
    return open_result(folder)


def hours(number: int, start: datetime = datetime(2018, 1, 1, 7, tzinfo=UTC)) -> list[datetime]:
    """Return hours one after the other; by default from the beginning of 2018 on a clock that is 7 hours behind."""
    return [start + timedelta(hours=one) for one in range(number)]


def crossed(**axes: Sequence[Any]) -> dict[str, list[Any]]:
    """Return columns with every combination of values, the last changing fastest."""
    combinations: list[tuple[Any, ...]] = [()]
    for values in axes.values():
        combinations = [(*one, value) for one in combinations for value in values]
    return {name: [one[index] for one in combinations] for index, name in enumerate(axes)}
