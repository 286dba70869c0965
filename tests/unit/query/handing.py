"""Small results on disk to be exported, without an engine, and what their exports hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dsgrid.operations.export_result import export_result
from dsgrid.query import arrow_files
from dsgrid.query.handoff.exported import Exported
from dsgrid.query.literals import arrow_type
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import data_file, write_manifest

TYPES = {"state": "geography", "county": "geography", "fuel": "metric", "end_use": "metric"}
HOURLY = {"name": "hourly", "type": "time", "holds": "timestamp", "calendar_zone": "-07:00", "time_zone": "UTC"}
HOURLY |= {"interval": "period_beginning", "measurement": "total"}
LOCAL = {**HOURLY, "holds": "wall", "calendar_zone": "that of each geography"}
ZONES = [
    {"name": "time_zone", "type": "time", "holds": "string"},
    {"name": "utc_offset", "type": "time", "holds": "string"},
]


def hours(start: str, number: int, step: timedelta = timedelta(hours=1)) -> list[datetime]:
    """Return instants one after the other, from a moment of UTC."""
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [first + index * step for index in range(number)]


def stacked(keys: Mapping[str, Sequence[str]], times: Sequence[datetime] = (), unit: str = "MWh") -> pd.DataFrame:
    """Return a row for each combination of keys and times: the first has the value 1, the next 2, and so on."""
    names = [*keys, *(["hourly"] if times else [])]
    table = pd.MultiIndex.from_product([*keys.values(), *([times] if times else [])], names=names).to_frame(index=False)
    return table.assign(value=range(1, len(table) + 1), unit=unit).astype({"value": "float64"})


def described(table: pd.DataFrame, time: Sequence[Mapping[str, Any]] = (HOURLY,)) -> list[dict[str, Any]]:
    """Return what the manifest says of the columns of a stacked table."""
    of_time = {str(one["name"]): dict(one) for one in time}
    found = []
    for name in table.columns:
        other = {"name": name, "type": TYPES.get(name, name), "holds": "string"}
        found.append(of_time.get(name) or (other | {"holds": "float64"} if name == "value" else other))
    return found


def result(
    folder: Path,
    table: pd.DataFrame,
    columns: Sequence[Mapping[str, Any]] | None = None,
    *,
    format_: str = "parquet",
    files: int = 1,
    **told: Any,
) -> Result:
    """Write a result as a query would, of one file or of several."""
    columns = described(table) if columns is None else columns
    schema = pa.schema([(one["name"], arrow_type(one["holds"])) for one in columns])
    made = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    run = folder / "results" / "load" / "20260101T000000Z-00000000"
    run.mkdir(parents=True)
    name = f"table.{format_}"
    parts = [name]
    if files > 1:
        (run / name).mkdir()
        parts = [f"{name}/part-{index}.{format_}" for index in range(files)]
    size = -(-made.num_rows // files)
    for index, part in enumerate(parts):
        _write(made.slice(index * size, size), run / part, format_)
    values = [one["name"] for one in columns if one["type"] == "value"]
    sums: dict[str, float] = {}
    for value in values:
        own = next((one.get("unit") for one in columns if one["name"] == value), None)
        for unit, rows in table.groupby(table["unit"] if own is None else own + pd.Series("", table.index)):
            sums[str(unit)] = sums.get(str(unit), 0.0) + float(rows[value].sum())
    manifest = {
        "query": "load",
        "table": name,
        "rows": made.num_rows,
        "project": "three_states_2018@1.0.0",
        "datasets": [{"id": "homes", "version": "1.0.0"}],
        "columns": list(columns),
        "time": {"kind": "datetime", "clock": "prevailing"},
        "adds_up": True,
        "sums": [{"unit": unit, "found": total} for unit, total in sums.items()],
        "spec_sha256": "0" * 64,
        **told,
    }
    write_manifest(run, [data_file(run, part, "table", made.num_rows) for part in parts], manifest)
    (run.parent / "current.json").write_text(json.dumps({"run": run.name}), "utf-8")
    return open_result(run.parent)


def _write(table: pa.Table, path: Path, format_: str) -> None:
    if format_ == "parquet":
        pq.write_table(table, path)
    elif format_ == "arrow":
        arrow_files.write(table, path)
    else:
        pyarrow.csv.write_csv(table, path)


def exported(of: Result, **asked: Any) -> Exported:
    """Export a result into a new folder beside it."""
    output = of.folder.parents[2] / f"out-{len(list(of.folder.parents[2].glob('out-*')))}"
    return export_result({"result": str(of.folder), "output": str(output), **asked}).export


def csv(export: Exported, name: str) -> pd.DataFrame:
    """Return a file of an export, with its labels as text."""
    return pd.read_csv(
        export.folder / name, dtype={"time": str, "date": str, "county": str}, float_precision="round_trip"
    )
