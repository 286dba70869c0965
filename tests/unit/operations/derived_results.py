"""Published results without an engine: tables and manifests as a query leaves them, and the project that it asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project
from dsgrid.query import arrow_files
from dsgrid.registry.publish import data_file, new_run, publish_result, write_manifest

PROJECT = "homes_2018"
START = datetime(2018, 1, 1, 7, tzinfo=UTC)  # midnight in -07:00
HOURS = 48
COUNTIES = ("06037", "08031", "36061")
STATES = {"06037": "CA", "08031": "CO", "36061": "NY"}
METRICS = ("heating", "cooling")


def records(*ids: str, **attributes: Any) -> list[dict[str, Any]]:
    return [{"id": id_, "name": id_.title(), **attributes} for id_ in ids]


def project_spec(**changes: Any) -> dict[str, Any]:
    """Return a project of three counties and two days."""
    spec: dict[str, Any] = {
        "project": {"id": PROJECT, "name": "Homes"},
        "time": {
            "name": "time_mst",
            "kind": "datetime",
            "start": "2018-01-01 00:00",
            "end": "2018-01-02 23:00",
            "step": "1h",
            "zone": "-07:00",
            "interval": "period_beginning",
            "measurement": "total",
        },
        "base": {
            "county": {
                "type": "geography",
                "class": "county",
                "records": [
                    {"id": "06037", "name": "Los Angeles", "state": "CA"},
                    {"id": "08031", "name": "Denver", "state": "CO"},
                    {"id": "36061", "name": "New York", "state": "NY"},
                ],
            },
            "sector": {"type": "sector", "records": records("res", "com")},
            "subsector": {"type": "subsector", "records": records("house", "flat")},
            "end_use": {"type": "metric", "class": "energy_end_use", "records": records(*METRICS, unit="MWh")},
            "scenario": {"type": "scenario", "records": records("reference")},
            "model_year": {"type": "model_year", "records": records("2018", "2030")},
            "weather_year": {"type": "weather_year", "records": records("2018")},
        },
        "supplemental": {
            "state": {
                "of": "county",
                "class": "state",
                "records": [{"id": id_, "name": id_} for id_ in STATES.values()],
                "mapping": {
                    "kind": "many_to_one_aggregation",
                    "records": [{"from": county, "to": state} for county, state in STATES.items()],
                },
            }
        },
        "requires": {},
    }
    return {**spec, **changes}


def make_registry(folder: Path, **changes: Any) -> Path:
    """Make a registry with the project, and no dataset."""
    create_registry({}, registry=folder)
    register_project(project_spec(**changes), registry=folder)
    return folder


def hours(number: int = HOURS, first: int = 0) -> list[datetime]:
    return [START + timedelta(hours=first + hour) for hour in range(number)]


def key(name: str, type_: str, level: str = "base", holds: str = "string", dimension: str = "") -> dict[str, Any]:
    """Return what a manifest says of a column of records."""
    reference = dimension or f"{PROJECT}/{name}@1.0.0"
    return {"name": name, "type": type_, "level": level, "holds": holds, "dimension": reference}


def time_key(name: str, holds: str, **said: Any) -> dict[str, Any]:
    """Return what a manifest says of a column of time."""
    found = {"name": name, "type": "time", "level": "time", "holds": holds, "calendar_zone": "-07:00", **said}
    return found | ({"time_zone": "UTC"} if holds == "timestamp" else {})


COUNTY, END_USE = key("county", "geography"), key("end_use", "metric")
STATE = key("state", "geography", "supplemental")
SLOT = time_key("time_mst", "timestamp", interval="period_beginning", step="1h", measurement="total")
HOURLY = time_key("hourly", "timestamp", interval="period_beginning", measurement="total")
ONE_OF_ALL = {
    "sector": {"held": 1, "of": 2, "only": "res"},
    "subsector": {"held": 2, "of": 2},
    "scenario": {"held": 1, "of": 1, "only": "reference"},
    "model_year": {"held": 1, "of": 2, "only": "2018"},
    "weather_year": {"held": 1, "of": 1, "only": "2018"},
}


def rows(columns: Mapping[str, Sequence[Any]], unit: str = "MWh") -> pa.Table:
    """Return a table of all combinations of some values, each 1."""
    cells = list(zip(*product(*columns.values()), strict=True))
    arrays = {name: pa.array(column) for name, column in zip(columns, cells, strict=True)}
    for name, array in arrays.items():
        if pa.types.is_timestamp(array.type):
            arrays[name] = array.cast(pa.timestamp("us", "UTC"))
    number = len(cells[0])
    return pa.table({**arrays, "value": pa.array([1.0] * number), "unit": pa.array([unit] * number)})


def publish(
    folder: Path,
    table: pa.Table,
    columns: Sequence[Mapping[str, Any]],
    *,
    format: str = "parquet",
    pivot: Mapping[str, Any] | None = None,
    steps: Sequence[tuple[str, Sequence[str]]] = (),
    filters: Sequence[str] = (),
    summed: Mapping[str, Any] | None = None,
    names: bool = False,
    **manifest: Any,
) -> Path:
    """Publish a table as a query does, and return the folder of its run."""
    run = new_run(folder, "question")
    path = run / f"table.{format}"
    if format == "parquet":
        pq.write_table(table, path)
    elif format == "arrow":
        arrow_files.write(table, path)
    else:
        pyarrow.csv.write_csv(table, path)
    values = [name for name in table.column_names if name not in {each["name"] for each in columns} and name != "unit"]
    described = [*columns, *({"name": name, "type": "value", "holds": "float64"} for name in values)]
    if "unit" in table.column_names:
        described.append({"name": "unit", "type": "unit", "holds": "string"})
    shown = {each["type"] for each in (*columns, *([pivot] if pivot else []))}
    document = {
        "query": "question",
        "table": path.name,
        "rows": table.num_rows,
        "project": f"{PROJECT}@1.0.0",
        "datasets": [],
        "columns": described,
        "units": ["MWh"],
        "sums": [],
        "time": {},
        "form": {
            "pivot": pivot,
            "names": names,
            "steps": [{"function": function, "by": list(by)} for function, by in steps],
            "filters": list(filters),
            "summed": {type_: held for type_, held in {**ONE_OF_ALL, **(summed or {})}.items() if type_ not in shown},
        },
        **manifest,
    }
    write_manifest(run, [data_file(run, path.name, "table", table.num_rows)], document)
    publish_result(run)
    return run


def edit_manifest(run: Path, **changes: Any) -> None:
    """Change what a manifest says; None takes a key away."""
    path = run / "manifest.json"
    document = {**json.loads(path.read_text("utf-8")), **changes}
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}), "utf-8")
