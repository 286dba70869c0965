"""A dataset as the server tells it, for pages that have no server."""

from __future__ import annotations

from typing import Any

TIME: dict[str, Any] = {
    "name": "time",
    "kind": "datetime",
    "start": "2018-01-01 00:00",
    "end": "2018-12-31 23:00",
    "step": "1h",
    "zone": "-07:00",
    "interval": "period_beginning",
    "measurement": "total",
}
RECORDS: dict[str, list[dict[str, Any]]] = {
    "county": [{"id": "06037", "name": "Los Angeles"}, {"id": "08031", "name": "Denver"}],
    "end_use": [
        {"id": "cooling", "name": "Cooling", "fuel": "electricity", "unit": "kWh"},
        {"id": "lights", "name": "", "fuel": "electricity", "unit": "kWh"},
        {"id": "gas", "name": "Gas", "fuel": "gas", "unit": "therm"},
    ],
    "scenario": [{"id": "reference", "name": ""}, {"id": "high", "name": "High"}],
}


def dimension(type_: str, name: str, records: int) -> dict[str, Any]:
    return {"name": name, "type": type_, "class": type_, "records": records, "dimension": f"homes/{name}@1.0.0"}


def entry(**more: Any) -> dict[str, Any]:
    """Return what ``/datasets/ID`` answers."""
    return {
        "dataset": "homes",
        "version": "1.1.0",
        "description": "Homes of two counties",
        "registered_at": "2026-11-26T20:39:36.831643Z",
        "submitter": "ada",
        "log_message": "why",
        "kind": "modeled",
        "tables": "facts",
        "pivot": None,
        "trivial": "sector",
        "time": TIME,
        "missing": 0,
        "dimensions": [
            dimension("geography", "county", 2),
            dimension("sector", "sector", 1),
            dimension("metric", "end_use", 3),
            dimension("scenario", "scenario", 2),
            dimension("model_year", "model_year", 1),
        ],
        "files": [
            {"path": "facts/0.parquet", "role": "facts", "bytes": 5_000_000, "rows": 105_120, "sha256": "c" * 64},
            {"path": "associations.parquet", "role": "associations", "bytes": 100_000, "rows": 12, "sha256": "d" * 64},
        ],
        "metadata": {"tags": ["demo"], "origin": {"organization": "dsgrid", "doi": "https://doi.org/10.1/x"}},
        "checks": [],
        "profile": [profile("cooling", 10.0), profile("lights", 30.0), profile("gas", 8.0, "therm")],
        "used_by": [],
        "versions": [
            {"version": "1.1.0", "registered_at": "2026-11-26T20:39:36Z", "submitter": "ada", "log_message": "why"},
            {"version": "1.0.0", "registered_at": "2026-11-25T20:39:36Z", "submitter": "ada", "log_message": "first"},
        ],
        **more,
    }


def profile(metric: str, total: float, unit: str = "kWh") -> dict[str, Any]:
    return {
        "metric": metric,
        "unit": unit,
        "combinations": 3,
        "of": 4,
        "values": 26_280,
        "min": 0.0,
        "mean": 0.5,
        "max": 2.0,
        "sum": total,
    }


def origin(**more: Any) -> dict[str, Any]:
    return {
        "registration": {
            "number": 3,
            "registered_at": "2026-11-26T20:39:36Z",
            "submitter": "ada",
            "log_message": "why",
            "job": "register_dataset",
            "dsgrid_version": "0.1.0",
            "spec_sha256": "a" * 64,
            "bundle_sha256": "b" * 64,
        },
        "inputs": [],
        "submissions": [],
        **more,
    }


def rows_of(name: str) -> dict[str, Any]:
    return {"items": RECORDS[name], "total": len(RECORDS[name]), "next": None, "columns": []}


def answers(**more: Any) -> dict[str, Any]:
    """Return what a server answers about the dataset, with other answers by their paths."""
    own = "/datasets/homes@1.1.0"
    return {
        "/datasets/homes": entry(),
        f"{own}/origin": origin(),
        **{f"/dimensions/homes/{name}@1.0.0/records": rows_of(name) for name in RECORDS},
        **more,
    }
