"""A small repository of the existing system on a disk, and its import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dsgrid.operations.import_project import ImportedProject, import_project

TABLES = {
    "dimensions/counties.csv": (
        "id,name,state,time_zone\n06037,LA,CA,America/Los_Angeles\n36047,Kings,NY,America/New_York\n"
    ),
    "dimensions/states.csv": "id,name\nCA,California\nNY,New York\n",
    "dimensions/sectors.csv": "id,name\ncom,Commercial\n",
    "dimensions/subsectors.csv": "id,name\noffice,Office\nhospital,Hospital\n",
    "dimensions/end_uses.csv": "id,name,fuel_id,unit\nfans,Fans,electricity,MWh\ncooling,Cooling,electricity,MWh\n",
    "dimensions/years.csv": "id,name\n2020,2020\n",
    "dimensions/scenarios.csv": "id,name\nreference,Reference\n",
    "dimensions/weather.csv": "id,name\n2012,2012\n",
    "mappings/county_to_state.csv": "from_id,to_id\n06037,CA\n36047,NY\n",
    "datasets/offices/mappings/subsectors.csv": "from_id,to_id\nsmall,office\nlarge,hospital\n",
    "datasets/offices/dimensions/subsectors.csv": "id,name\nsmall,Small\nlarge,Large\n",
    "datasets/offices/load_data.csv": "geography,subsector,timestamp,fans,cooling\n",
}
TIME: dict[str, Any] = {
    "class": "Time",
    "type": "time",
    "name": "time_est",
    "time_type": "datetime",
    "frequency": "P0DT1H0M0.000000S",
    "time_interval_type": "period_beginning",
    "measurement_type": "total",
    "str_format": "%Y-%m-%d %H:%M:%S",
    "timezone": "Etc/GMT+5",
    "ranges": [{"start": "2012-01-01 00:00:00", "end": "2012-12-31 23:00:00"}],
}


def dimension(class_: str, type_: str, name: str, file: str) -> dict[str, Any]:
    return {"class": class_, "type": type_, "name": name, "file": file, "module": "dsgrid.dimension.standard"}


def _dimensions(up: str, own: str, prefix: str) -> list[dict[str, Any]]:
    return [
        dimension("County", "geography", f"{prefix}county", f"{up}dimensions/counties.csv"),
        dimension("Sector", "sector", f"{prefix}sector", f"{up}dimensions/sectors.csv"),
        dimension("Subsector", "subsector", f"{prefix}subsector", f"{own}dimensions/subsectors.csv"),
        dimension("EnergyEndUse", "metric", f"{prefix}end_use", f"{up}dimensions/end_uses.csv"),
        dimension("ModelYear", "model_year", f"{prefix}model_year", f"{up}dimensions/years.csv"),
        dimension("Scenario", "scenario", f"{prefix}scenario", f"{up}dimensions/scenarios.csv"),
        dimension("WeatherYear", "weather_year", f"{prefix}weather_year", f"{up}dimensions/weather.csv"),
        {**TIME, "name": f"{prefix}time"},
    ]


PROJECT: dict[str, Any] = {
    "project_id": "demo",
    "name": "Demo",
    "description": "A project",
    "datasets": [{"dataset_id": "offices", "dataset_type": "modeled"}],
    "dimensions": {
        "base_dimensions": _dimensions("", "", ""),
        "supplemental_dimensions": [
            dimension("State", "geography", "state", "dimensions/states.csv")
            | {"mapping": {"file": "mappings/county_to_state.csv", "mapping_type": "many_to_one_aggregation"}}
        ],
    },
}
DATASET: dict[str, Any] = {
    "dataset_id": "offices",
    "dataset_type": "modeled",
    "description": "Offices",
    "data_classification": "low",
    "trivial_dimensions": ["sector", "model_year", "scenario", "weather_year"],
    "dimensions": _dimensions("../../", "", "own_"),
    "data_layout": {
        "table_format": "one_table",
        "value_format": "pivoted",
        "pivoted_dimension_type": "metric",
        "data_file": {"path": "load_data.csv"},
    },
}
MAPPINGS: dict[str, Any] = {
    "mappings": [
        {
            "dimension_type": "subsector",
            "file": "mappings/subsectors.csv",
            "mapping_type": "one_to_one",
            "description": "Sizes to types",
        }
    ]
}
QUERY: dict[str, Any] = {
    "name": "by_state",
    "project": {
        "project_id": "demo",
        "dataset": {
            "dataset_id": "all",
            "source_datasets": [{"dataset_type": "standalone", "dataset_id": "offices"}],
            "params": {"dimension_filters": []},
        },
    },
    "result": {"aggregations": [], "table_format": {"format_type": "stacked"}, "output_format": "parquet"},
}


def write_repository(folder: Path) -> Path:
    """Write the repository to a new folder."""
    for name, text in TABLES.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    put(folder / "project.json5", PROJECT)
    put(folder / "datasets/offices/dataset.json5", DATASET)
    put(folder / "datasets/offices/dimension_mappings.json5", MAPPINGS)
    put(folder / "queries/by_state.json5", QUERY)
    return folder


def put(path: Path, value: Any) -> Path:
    """Write a configuration, one key in a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))
    return path


def bring(source: Path, target: Path, **more: Any) -> ImportedProject:
    """Import a repository."""
    return import_project({"source": str(source), "target": str(target), **more})
