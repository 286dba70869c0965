"""Small datasets with data, stored as the job does it, but without an engine: two tables pivoted, and one stacked."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.project_specs import DATASET, one

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.registry.model import Dataset, Layout, MetricProfile
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec
from dsgrid.storage.location import relative_name

HOURS = 4
METRICS = ("cooling", "gas")
TRIVIAL = ("sector", "scenario", "model_year", "weather_year")


def spec(id_: str) -> dict[str, Any]:
    """Return the spec of a dataset of two counties, two kinds of buildings and two metrics."""
    made = deepcopy(DATASET)
    made["dataset"]["id"] = id_
    made["dimension"]["subsector"]["records"] = [one("office"), one("shop")]
    made["dimension"]["metric"]["records"] = [one("cooling", unit="kWh"), one("gas", unit="therm")]
    return made


def add_pivoted(folder: Path, id_: str = "pivoted", groups: int = 1) -> Dataset:
    """Register a dataset of two tables: county g2 lacks shops, and gas is only used in the office of g1.

    Of the values of cooling in lookup id 1 two are zero; id 2 is of the county g2, whose scaling factor is zero.
    """
    ids = pa.array([id_ for id_ in (1, 2, 3) for _ in range(HOURS)], pa.int64())
    cooling = pa.array([0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 5.0, 5.0, 5.0, 5.0])
    gas = pa.array([1.0, 2.0, 3.0, 4.0, *[None] * 8], pa.float64())
    facts = pa.table({"id": ids, "timestamp": _times(3), "cooling": cooling, "gas": gas})
    lookup = pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "geography": ["g1", "g2", "g1"],
            "subsector": ["office", "office", "shop"],
            "scaling_factor": [10.0, 0.0, 1.0],
        }
    )
    there = [
        ("g1", "office", "cooling"),
        ("g1", "office", "gas"),
        ("g1", "shop", "cooling"),
        ("g2", "office", "cooling"),
    ]
    missing = pa.table({"geography": ["g2"], "subsector": ["shop"]})
    layout = Layout(True, "metric", (), ("geography", "subsector"), TRIVIAL, True, True)
    profile = (MetricProfile("cooling", 3, 12, 0.0, 20.0, 50.0), MetricProfile("gas", 1, 4, 10.0, 40.0, 100.0))
    tables = {"facts": facts, "lookup": lookup, "associations": _associations(there), "missing": missing}
    return _add(folder, spec(id_), layout, tables, profile, [{"geography": "g2", "subsector": "shop"}], groups)


def add_stacked(folder: Path, id_: str = "stacked") -> Dataset:
    """Register a dataset of one table that has every combination, with one zero in each array of cooling."""
    keys = [(county, kind, metric) for county in ("g1", "g2") for kind in ("office", "shop") for metric in METRICS]
    rows = [(*key, float(hour if key[2] == "cooling" else 7)) for key in keys for hour in range(HOURS)]
    names = ("geography", "subsector", "metric")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    facts = pa.table({**columns, "timestamp": _times(len(keys)), "value": [row[3] for row in rows]})
    layout = Layout(False, None, names, (), TRIVIAL)
    profile = (MetricProfile("cooling", 4, 16, 0.0, 3.0, 24.0), MetricProfile("gas", 4, 16, 7.0, 7.0, 112.0))
    return _add(folder, spec(id_), layout, {"facts": facts, "associations": _associations(keys)}, profile)


def _times(arrays: int) -> pa.Array:
    begin = datetime(2018, 1, 1, 7, tzinfo=UTC)
    return pa.array([begin + timedelta(hours=hour) for _ in range(arrays) for hour in range(HOURS)], _INSTANT)


_INSTANT = pa.timestamp("us", tz="UTC")


def _associations(there: list[tuple[str, str, str]]) -> pa.Table:
    same = {"sector": "com", "scenario": "reference", "model_year": "2018", "weather_year": "2018"}
    rows = [{"geography": county, "subsector": kind, "metric": metric, **same} for county, kind, metric in there]
    return pa.table({type_: [row[type_] for row in rows] for type_ in RECORD_TYPES})


def _add(
    folder: Path,
    given: dict[str, Any],
    layout: Layout,
    tables: dict[str, pa.Table],
    profile: tuple[MetricProfile, ...],
    missing: list[dict[str, str]] | None = None,
    groups: int = 1,
) -> Dataset:
    dimensions, time = load_dimensions(load_spec(given, "register_dataset").root, None)
    id_ = given["dataset"]["id"]
    with Registry.open(folder, write=True) as registry:
        where = new_folder(registry, id_, "1.0.0")
        files = []
        for role, table in tables.items():
            size = max(1, table.num_rows // groups) if role == "facts" else None
            pq.write_table(table, where / f"{role}.parquet", row_group_size=size)
            files.append(data_file(where, f"{role}.parquet", role, table.num_rows))
        summary = {"rows": tables["facts"].num_rows, "combinations": tables["associations"].num_rows, "bytes": 1}
        schema = {role: {field.name: str(field.type) for field in table.schema} for role, table in tables.items()}
        write_manifest(where, files, {"summary": summary, "schema": schema, "engine": {"name": "none", "version": "0"}})
        dataset = Dataset(
            id_,
            "1.0.0",
            "modeled",
            dimensions,
            time,
            layout,
            relative_name(where, registry.data),
            tuple(files),
            description="Two counties",
            checks=({"kind": "range", "min": 0},),
            profile=profile,
        )
        with registry.registration("why", "ada", job="register_dataset") as registration:
            return registration.add_dataset(dataset, missing or ())
