"""A small repository of dsgrid-toolkit, for the tests of its translation."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.small_repository import TIME, dimension

from dsgrid.importers.document import Entry
from dsgrid.importers.query import query
from dsgrid.importers.translation import Translation

TABLES = {
    "counties.csv": "id,name,state,time_zone\n06037,LA,CA,America/Los_Angeles\n36047,Kings,NY,America/New_York\n",
    "states.csv": "id,name\nCA,California\nNY,New York\n",
    "county_to_state.csv": "from_id,to_id\n06037,CA\n36047,NY\n",
    "sectors.csv": "id,name\ncom,Commercial\nres,Residential\n",
    "subsectors.csv": "id,name\noffice,Office\nhospital,Hospital\nhome,Home\n",
    "by_sector.csv": "id,commercial,residential\noffice,x,\nhospital,x,\nhome,,x\n",
    "end_uses.csv": "id,name,fuel_id,unit\nfans,Fans,electricity,MWh\ncooling,Cooling,electricity,kWh\n",
    "years.csv": "id,name\n2020,2020\n2030,2030\n",
    "scenarios.csv": "id,name\nreference,Reference\n",
    "weather.csv": "id,name\n2012,2012\n",
}

PROJECT: dict[str, Any] = {
    "project_id": "demo",
    "name": "Demo",
    "description": "A project",
    "datasets": [{"dataset_id": "offices", "dataset_type": "modeled", "wrap_time_allowed": True}],
    "dimensions": {
        "base_dimensions": [
            dimension("County", "geography", "county", "counties.csv"),
            dimension("Sector", "sector", "sector", "sectors.csv"),
            dimension("Subsector", "subsector", "subsector", "subsectors.csv"),
            dimension("EnergyEndUse", "metric", "end_use", "end_uses.csv"),
            dimension("ModelYear", "model_year", "model_year", "years.csv"),
            dimension("Scenario", "scenario", "scenario", "scenarios.csv"),
            dimension("WeatherYear", "weather_year", "weather_2012", "weather.csv"),
            TIME,
        ],
        "subset_dimensions": [
            {
                "name": "by_sector",
                "type": "subsector",
                "filename": "by_sector.csv",
                "selectors": [{"name": "commercial"}, {"name": "residential"}],
            }
        ],
        "supplemental_dimensions": [
            dimension("GeographyDimensionBaseModel", "geography", "state", "states.csv")
            | {"mapping": {"file": "county_to_state.csv"}}
        ],
    },
}

DATASET: dict[str, Any] = {
    "dataset_id": "offices",
    "dataset_type": "modeled",
    "data_classification": "low",
    "trivial_dimensions": ["sector", "weather_year"],
    "dimensions": [
        dimension("County", "geography", "own_county", "counties.csv"),
        dimension("Subsector", "subsector", "own_subsector", "subsectors.csv"),
        dimension("EnergyEndUse", "metric", "own_end_use", "end_uses.csv"),
        TIME,
    ],
    "dimension_references": [
        {"name": "sector", "type": "sector", "version": "1.0.0"},
        {"name": "weather_2012", "type": "weather_year", "version": "1.0.0"},
    ],
    "data_layout": {
        "table_format": "one_table",
        "value_format": "pivoted",
        "pivoted_dimension_type": "metric",
        "data_file": {"path": "load_data.parquet"},
    },
}

QUERY: dict[str, Any] = {
    "name": "by_state",
    "project": {
        "project_id": "demo",
        "dataset": {
            "dataset_id": "anything",
            "source_datasets": [{"dataset_type": "standalone", "dataset_id": "offices"}],
            "params": {"dimension_filters": []},
        },
    },
    "result": {"aggregations": [], "table_format": {"format_type": "stacked"}, "output_format": "parquet"},
}

Make = Callable[..., Entry]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with record tables."""
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def _make(repository: Path, template: dict[str, Any], name: str) -> Make:
    def make(**changes: Any) -> Entry:
        return Entry(copy.deepcopy(template) | json.loads(json.dumps(changes)), repository / name)

    return make


@pytest.fixture
def project_file(repository: Path) -> Make:
    """Make a project's configuration with some keys of its top changed."""
    return _make(repository, PROJECT, "project.json5")


@pytest.fixture
def dataset_file(repository: Path) -> Make:
    """Make a dataset's configuration with some keys of its top changed."""
    return _make(repository, DATASET, "dataset.json5")


@pytest.fixture
def query_file(repository: Path) -> Make:
    """Make a query with some keys of its top changed."""
    return _make(repository, QUERY, "query.json5")


@pytest.fixture
def translate(query_file: Make, project_file: Make) -> Callable[..., Translation]:
    """Translate a query with changes to its dataset and result sections."""

    def call(dataset: dict[str, Any] | None = None, **result: Any) -> Translation:
        source = QUERY["project"] | {"dataset": QUERY["project"]["dataset"] | (dataset or {})}
        return query(query_file(project=source, result=QUERY["result"] | result), project_file(), Path("/results"))

    return call
