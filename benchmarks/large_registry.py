"""A registry as large as those of national projects: 3,200 counties, 60 datasets, a project with twelve dimensions.

Everything is registered by the real operations; the data are small, a value for each county, end use and model year.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.records import ZONES, state_of
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_and_submit_dataset import register_and_submit_dataset
from dsgrid.operations.register_project import register_project

COUNTIES: Final = 3_200
DATASETS: Final = 60
PROJECT: Final = "nation"
YEARS: Final = tuple(str(year) for year in range(2020, 2051, 5))
_DONE: Final = "large.txt"
_STATES: Final = 50
_SECTORS: Final = ("commercial", "industrial", "residential", "transportation")
_USES: Final = ("cooling", "heating", "lighting", "equipment", "process", "charging")
_FUELS: Final = ("electricity", "natural_gas")
_KINDS: Final = {sector: [f"{sector}_kind_{number}" for number in range(1, 7)] for sector in _SECTORS}
_SCENARIOS: Final = ("reference", "efficiency", "electrification")
_PLACES: Final = ("Cedar", "Lake", "Union", "Jackson", "Franklin", "Orange", "Marion", "Clay", "Adams", "Polk")


def large_registry(folder: Path, counties: int = COUNTIES, datasets: int = DATASETS) -> Path:
    """Return the registry's folder; it is made once.

    Parameters
    ----------
    folder
        Where it is kept. What a run that was interrupted has left there is made anew.
    """
    registry, done = folder / "registry", folder / _DONE
    said = f"{counties} counties, {datasets} datasets\n"
    if done.exists() and done.read_text("utf-8") == said:
        return registry
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    places = counties_of(counties)
    create_registry({"registry": str(registry)})
    names = names_of(datasets)
    register_project(project_spec(places, names), registry=registry)
    data = folder / "data.parquet"
    for number in range(datasets):
        pq.write_table(values_of(places, number), data)
        register_and_submit_dataset(dataset_spec(places, number, data), registry=registry)
        print(f"\rregistered {number + 1} of {datasets} datasets", end="", flush=True)
    print()
    data.unlink(missing_ok=True)
    done.write_text(said, "utf-8")
    return registry


def names_of(datasets: int) -> list[str]:
    """Return the ids of so many datasets."""
    return [_dataset_id(number) for number in range(datasets)]


def counties_of(count: int) -> list[dict[str, Any]]:
    """Return records of counties; one has a name that is not ASCII."""
    ids = [f"{1 + number % _STATES:02d}{1 + 2 * (number // _STATES):03d}" for number in range(count)]
    sizes = np.random.default_rng(5).integers(500, 900_000, count)
    return [
        {
            "id": id_,
            "name": "Doña Ana County"
            if number == 17
            else f"{_PLACES[number % len(_PLACES)]} County {number // len(_PLACES) + 1}",
            "state": state_of(id_),
            "time_zone": ZONES[int(state_of(id_)) % len(ZONES)],
            "households": int(sizes[number]),
        }
        for number, id_ in enumerate(sorted(ids))
    ]


def project_spec(counties: list[dict[str, Any]], datasets: list[str]) -> dict[str, Any]:
    """Return the spec of the project, which requires these datasets."""
    states = sorted({county["state"] for county in counties})
    kinds = [kind for each in _KINDS.values() for kind in each]
    return {
        "log_message": "The whole nation",
        "project": {"id": PROJECT, "name": "The nation", "description": "Energy use by county until 2050, generated"},
        "time": {**_TIME, "name": "years"},
        "base": {
            "county": {"type": "geography", "class": "county", "records": counties},
            "sector": {"type": "sector", "records": _named(_SECTORS)},
            "subsector": {"type": "subsector", "records": _named(kinds)},
            "end_use": {"type": "metric", "class": "energy_end_use", "records": _end_uses()},
            "scenario": {"type": "scenario", "records": _named(_SCENARIOS)},
            "model_year": {"type": "model_year", "records": _named(YEARS)},
            "weather_year": {"type": "weather_year", "records": _named(("2018",))},
        },
        "supplemental": {
            "state": {
                "of": "county",
                "class": "state",
                "records": [{"id": each, "name": f"State {each}"} for each in states],
                "mapping": _many_to_one((county["id"], county["state"]) for county in counties),
            },
            "region": {
                "of": "county",
                "class": "census_region",
                "records": _named(("midwest", "northeast", "south", "west")),
                "mapping": _many_to_one(
                    (county["id"], ("midwest", "northeast", "south", "west")[int(county["state"]) % 4])
                    for county in counties
                ),
            },
            "group": {
                "of": "subsector",
                "class": "subsector",
                "records": _named(_SECTORS),
                "mapping": _many_to_one((kind, sector) for sector, each in _KINDS.items() for kind in each),
            },
            "fuel": {
                "of": "end_use",
                "class": "energy_end_use",
                "records": [{"id": fuel, "name": fuel, "fuel_id": fuel, "unit": "GWh"} for fuel in _FUELS],
                "mapping": _many_to_one((f"{fuel}_{use}", fuel) for fuel in _FUELS for use in _USES),
            },
        },
        "requires": {id_: _required(number) for number, id_ in enumerate(datasets)},
    }


def dataset_spec(counties: list[dict[str, Any]], number: int, data: Path) -> dict[str, Any]:
    """Return the spec that registers a dataset and submits it."""
    own, sector, scenario = _required(number), _sector(number), _SCENARIOS[number % len(_SCENARIOS)]
    uses = set(own["metric"])
    return {
        "log_message": f"{sector.title()}, part {number // len(_SECTORS) + 1}",
        "dataset": {
            "id": _dataset_id(number),
            "kind": "modeled",
            "description": f"Energy use of {sector} buildings and machines by county and year in the {scenario} "
            f"scenario, part {number // len(_SECTORS) + 1}; generated, with no relation to what is used anywhere",
            "tags": [sector, scenario, "generated"],
        },
        "data": {"table": str(data), "columns": {"year": {"dimension": "model_year"}}},
        "dimension": {
            # Half of them have the project's names, so that tables of records are shared as they would be.
            "geography": {
                "name": "own_county",
                "class": "county",
                "records": counties
                if number % 2
                else [{"id": each["id"], "name": f"{each['name']} ({number})"} for each in counties],
            },
            "sector": {"name": "own_sector", "records": _named((sector,))},
            "subsector": {"name": "own_subsector", "records": _named(own["subsector"])},
            "metric": {
                "name": "own_end_use",
                "class": "energy_end_use",
                "records": [each for each in _end_uses() if each["id"] in uses],
            },
            "scenario": {"name": "own_scenario", "records": _named((scenario,))},
            "model_year": {"name": "own_model_year", "records": _named(YEARS)},
            "weather_year": {"name": "own_weather_year", "records": _named(("2018",))},
        },
        "time": _TIME,
        "submission": {"project": PROJECT},
    }


def values_of(counties: list[dict[str, Any]], number: int) -> pa.Table:
    """Return the data of a dataset: a value for each county, end use and year."""
    own = _required(number)
    keys = [(each["id"], use, year) for each in counties for use in own["metric"] for year in YEARS]
    places, uses, years = zip(*keys, strict=True)
    return pa.table(
        {
            "geography": list(places),
            "metric": list(uses),
            "year": list(years),
            "value": np.random.default_rng(number).gamma(2.0, 50.0, len(keys)),
        }
    )


_TIME: Final[Mapping[str, Any]] = {
    "kind": "annual",
    "years": list(YEARS),
    "year_of": "model_year",
    "measurement": "total",
}


def _required(number: int) -> dict[str, list[str]]:
    sector = _sector(number)
    part = number // len(_SECTORS)
    return {
        "sector": [sector],
        "subsector": [_KINDS[sector][part % len(_KINDS[sector])]],
        "metric": [f"{fuel}_{_USES[part % len(_USES)]}" for fuel in _FUELS],
        "scenario": [_SCENARIOS[number % len(_SCENARIOS)]],
    }


def _sector(number: int) -> str:
    return _SECTORS[number % len(_SECTORS)]


def _dataset_id(number: int) -> str:
    return f"{_sector(number)}_{number // len(_SECTORS) + 1:02d}"


def _end_uses() -> list[dict[str, str]]:
    return [
        {"id": f"{fuel}_{use}", "name": f"{use.title()}, {fuel}", "fuel_id": fuel, "unit": "GWh"}
        for fuel in _FUELS
        for use in _USES
    ]


def _named(ids: Any) -> list[dict[str, str]]:
    return [{"id": each, "name": each.replace("_", " ").capitalize()} for each in ids]


def _many_to_one(pairs: Any) -> dict[str, Any]:
    return {"kind": "many_to_one_aggregation", "records": [{"from": one, "to": other} for one, other in pairs]}
