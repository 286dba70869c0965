"""A project and a dataset of two counties, as specs to spoil and as values."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.register_project import build_project
from dsgrid.operations.submit_dataset import build_submission
from dsgrid.registry.model import Dataset, Layout, Project, Submission
from dsgrid.spec.load import load_spec

TIME = {
    "name": "time",
    "kind": "datetime",
    "start": "2018-01-01 00:00",
    "end": "2018-01-02 23:00",
    "step": "1h",
    "zone": "-07:00",
    "interval": "period_beginning",
    "measurement": "total",
}


def one(id_: str, **columns: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_.title(), **columns}


PROJECT: dict[str, Any] = {
    "project": {"id": "two_counties", "name": "Two counties"},
    "time": TIME,
    "base": {
        "county": {
            "type": "geography",
            "class": "county",
            "records": [one("06037", state="CA"), one("08031", state="CO")],
        },
        "sector": {"type": "sector", "records": [one("com"), one("res")]},
        "building": {"type": "subsector", "records": [one("office"), one("house")]},
        "end_use": {"type": "metric", "class": "energy_end_use", "records": [one("cooling", unit="MWh")]},
        "scenario": {"type": "scenario", "records": [one("reference")]},
        "model_year": {"type": "model_year", "records": [one("2018")]},
        "weather_year": {"type": "weather_year", "records": [one("2018")]},
    },
    "supplemental": {
        "state": {
            "of": "county",
            "class": "state",
            "records": [one("CA"), one("CO")],
            "mapping": {
                "kind": "many_to_one_aggregation",
                "records": [{"from": "06037", "to": "CA"}, {"from": "08031", "to": "CO"}],
            },
        }
    },
    "subset": {"by_sector": {"of": "building", "selectors": {"commercial": ["office"], "homes": ["house"]}}},
    "requires": {"offices": {"sector": ["com"], "subsector": {"subset": "by_sector", "selectors": ["commercial"]}}},
}

DATASET: dict[str, Any] = {
    "dataset": {"id": "offices", "kind": "modeled", "description": "Offices"},
    "data": {"table": "offices.parquet"},
    "dimension": {
        "geography": {"name": "own_county", "class": "county", "records": [one("g1"), one("g2")]},
        "sector": {"name": "own_sector", "records": [one("com")]},
        "subsector": {"name": "own_building", "records": [one("office")]},
        "metric": {"name": "own_end_use", "class": "energy_end_use", "records": [one("cooling", unit="kWh")]},
        "scenario": {"name": "own_scenario", "records": [one("reference")]},
        "model_year": {"name": "own_model_year", "records": [one("2018")]},
        "weather_year": {"name": "own_weather_year", "records": [one("2018")]},
    },
    "time": {key: value for key, value in TIME.items() if key != "name"},
}

SUBMISSION: dict[str, Any] = {
    "project": "two_counties",
    "dataset": "offices",
    "mapping": {
        "geography": {
            "kind": "one_to_one",
            "records": [{"from": "g1", "to": "06037"}, {"from": "g2", "to": "08031"}],
        }
    },
}


def changed(spec: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of a spec with one value set (or with None, removed); the path is keys joined by slashes."""
    copy = deepcopy(spec)
    *parents, last = path.split("/")
    place = copy
    for key in parents:
        place = place.setdefault(key, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def project(spec: dict[str, Any] = PROJECT) -> Project:
    return build_project(load_spec(spec, "register_project").root, None)


def dataset(spec: dict[str, Any] = DATASET) -> Dataset:
    dimensions, time = load_dimensions(load_spec(spec, "register_dataset").root, None)
    return Dataset("offices", "1.0.0", "modeled", dimensions, time, Layout(False, None, ()), "")


def submission(
    spec: dict[str, Any] = SUBMISSION, of: dict[str, Any] = PROJECT, data: dict[str, Any] = DATASET
) -> Submission:
    return build_submission(load_spec(spec, "submit_dataset").root, project(of), dataset(data))
