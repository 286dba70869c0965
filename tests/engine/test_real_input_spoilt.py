"""Real datasets with one thing made wrong: each is refused, with a message that says what and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.engines import SLOW_ON_SPARK
from tests.real_projects import PROJECTS, elsewhere, load_shapes

from dsgrid.errors import DsgridError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.submission import submission
from dsgrid.importers.tables import read_csv
from dsgrid.operations.open_registry import OpenRegistry, open_registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

Spec = dict[str, Any]
Spoil = Callable[[Spec, Path], None]

EIA = ("std", "historical/eia_861_annual_energy_use_state_sector")
OFFICES = ("std", "modeled/comstock")
HOMES = ("std", "modeled/resstock")
VEHICLES = ("std", "modeled/tempo")
OFFICE_GROWTH = ("std", "modeled/aeo2021_reference/commercial/End_Use_Growth_Factors")
HOME_GROWTH = ("std", "modeled/aeo2021_reference/residential/End_Use_Growth_Factors")
INDUSTRY_GROWTH = ("std", "modeled/aeo2021_reference/industrial/Growth_Factors")
OTHER_GROWTH = ("full", "modeled/aeo2021_reference/other_commercial/Growth_Factors")
PIVOTED = ("efs", "modeled/comstock")
STACKED = ("efs", "modeled/comstock_unpivoted")
PARTS = ("efs", "modeled/comstock_time_in_parts")
SHAPES = ("std", "historical/dsgrid_efs_historical_2012_conus_load_shapes")
USES = ("aeo", "benchmark/Commercial_End_Uses")
USE_GROWTH = ("aeo", "benchmark/Commercial_End_Use_Growth_Factors")
# What the translated specs do not say.
CHANGES = {SHAPES: load_shapes, USES: elsewhere, USE_GROWTH: elsewhere}


# How something is made wrong ------------------------------------------------------------------------------------------


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()], dtype=object)


def _write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        rows = table.astype(object).to_dict("records")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _table(change: Callable[[pd.DataFrame], pd.DataFrame], key: str = "table") -> Spoil:
    """Change the facts, or another file, in a copy of the same format."""

    def spoil(spec: Spec, folder: Path) -> None:
        path = Path(spec["data"][key])
        _write(change(_read(path)), folder / path.name)
        spec["data"][key] = str(folder / path.name)

    return spoil


def _lookup(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    return _table(change, "lookup")


def _records(type_: str, change: Callable[[list[dict[str, Any]]], object]) -> Spoil:
    """Change the records of a dimension."""

    def spoil(spec: Spec, folder: Path) -> None:
        assert folder.is_dir()
        dimension = spec["dimension"][type_]
        rows = dimension["records"]
        dimension["records"] = [dict(row) for row in (read_csv(Path(rows)) if isinstance(rows, str) else rows)]
        change(dimension["records"])

    return spoil


def _spec(change: Callable[[Spec], object]) -> Spoil:
    def spoil(spec: Spec, folder: Path) -> None:
        assert folder.is_dir()
        change(spec)

    return spoil


def _cell(column: str, value: Any, row: int = 5) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Set one cell."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.copy()
        cells = table[column].to_list()
        cells[row] = value
        table[column] = cells
        return table

    return change


def _integers(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: table[column].astype(int)})


def _without(column: str, value: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table[table[column] != value]


def _swap(column: str, old: str, new: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: table[column].replace({old: new})})


def _later(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(timestamp=table["timestamp"] + pd.Timedelta("1h"))


SPOILT: dict[str, tuple[tuple[str, str], Spoil, str]] = {
    "EIA, a unit misspelt": (
        EIA,
        _records("metric", lambda rows: rows[0].update(unit="MWhr")),
        '"MWhr" is no unit that dsgrid knows; did you mean "MWh"?',
    ),
    "EIA, a state gone": (
        EIA,
        _table(_without("geography", "NY")),
        "load_data.parquet: 3 combinations are missing: geography=NY",
    ),
    "EIA, another year": (
        EIA,
        _table(lambda table: table.assign(model_year="2011")),
        '"time_year" and the model_year disagree in 1 combination: time_year 2020 and model_year 2011',
    ),
    "offices, a county without its G": (
        OFFICES,
        _lookup(_swap("geography", "G0600370", "0600370")),
        'did you mean "G0600370"?',
    ),
    "offices, an hour gone": (
        OFFICES,
        _table(lambda table: table.drop(index=100)),
        "1 of 33 time arrays does not have exactly the slots of 2012-01-01 00:00 to 2012-12-31 23:00 -05:00 "
        "(period_ending, 8,784 steps of 1h); id 12716, G3600810, hospital, electricity_heating: 1 hour missing from "
        "2012-01-02 09:00 -05:00",
    ),
    "offices, gaps not declared": (
        OFFICES,
        _spec(lambda spec: spec["data"].pop("missing")),
        "3 combinations are missing: geography=G3600470 & subsector=hospital",
    ),
    "homes, an infinite value": (
        HOMES,
        _table(_cell("value", float("inf"))),
        "NaN or infinite values in 1 of 105,408 rows",
    ),
    "homes, an id that the lookup lacks": (HOMES, _lookup(lambda table: table[1:]), "1 id that "),
    "vehicles, counties as integers": (
        VEHICLES,
        _lookup(_integers("geography")),
        'column "geography" holds int64, but the ids of a geography are strings; an integer loses leading zeros',
    ),
    "vehicles, hour 24": (
        VEHICLES,
        _table(_cell("hour", 24)),
        'column "hour": 24 in 1 row; expected 0 to 23; the hour that ends at midnight is 0',
    ),
    "vehicles, an hour twice": (
        VEHICLES,
        _table(lambda table: pd.concat([table, table[7:8]])),
        "L1andL2: 1 period repeated from month 12, day_of_week 0, hour 7",
    ),
    "vehicles, a year that is no record": (
        VEHICLES,
        _lookup(_swap("model_year", "2040", "2041")),
        'record of model_year "2041"',
    ),
    "office growth, a division gone": (
        OFFICE_GROWTH,
        _table(_without("geography", "pacific")),
        "9 combinations are missing: geography=pacific",
    ),
    "office growth, a row twice": (
        OFFICE_GROWTH,
        _table(lambda table: pd.concat([table, table[:1]])),
        "1 of 18 combinations does not have exactly one row; middle_atlantic, health_care, elec_heating: 2 rows",
    ),
    "office growth, in MWh": (
        OFFICE_GROWTH,
        _records("metric", lambda rows: rows[0].update(unit="MWh")),
        '"elec_heating" -> "electricity_heating": a rate of growth is a number, and not in "MWh"',
    ),
    "home growth, an end use misspelt": (
        HOME_GROWTH,
        _table(_swap("metric", "elec_heat_cool", "elec_heat_col")),
        'did you mean "elec_heat_cool"?',
    ),
    "home growth, a column misspelt": (
        HOME_GROWTH,
        _table(lambda table: table.rename(columns={"value": "valu"})),
        'did you mean "valu',
    ),
    "industry growth, a word for a number": (
        INDUSTRY_GROWTH,
        _table(_cell("purchased_electricity", "n/a", 0)),
        'load_data.csv:2: column "purchased_electricity": "n/a" is not a number',
    ),
    "other growth, a division misspelt": (
        OTHER_GROWTH,
        _table(_swap("geography", "mountain", "montain")),
        'load_data.csv:5: column "geography": there is no record of geography "montain"; did you mean "mountain"?',
    ),
    "pivoted, a county as a number": (
        PIVOTED,
        _lookup(_cell("geography", 6037)),
        'load_data_lookup.json:6: "geography": 6037 is not a string; write it as a string',
    ),
    "pivoted, a cell empty": (
        PIVOTED,
        _table(_cell("com_fans", "", 9)),
        'NULL among the values of 1 time array; id 6202, 48141, com, com__SmallHotel, column "com_fans"',
    ),
    "pivoted, labels without an offset": (
        PIVOTED,
        _table(lambda table: table.assign(timestamp=table["timestamp"].str[:19])),
        'its labels seem to be clock times of -05:00 that are read as UTC; write labels = "wall_clock"',
    ),
    "stacked, a county without its zero": (
        STACKED,
        _table(_swap("geography", "06073", "6073")),
        'id "6073" lost its leading zero; did you mean "06073"?',
    ),
    "stacked, an hour late": (STACKED, _table(_later), "its labels seem shifted by +1 hour against their declaration"),
    "parts, hour 24": (
        PARTS,
        _table(_cell("hour", "24")),
        "id 6202, 48141, com, com__SmallHotel: 1 hour missing from 2012-01-01 06:00 -05:00; 1 hour repeated from "
        "2012-01-02 00:00 -05:00",
    ),
    "parts, a day that is none": (
        PARTS,
        _table(_cell("day", "32")),
        "load_data.csv: 1 row has no date and time: year 2012, month 1, day 32, hour 6",
    ),
    "shapes, half a year": (
        SHAPES,
        _table(lambda table: table[table["timestamp"] < "2012-07-01"]),
        "id 4, CA, All: 4,422 hours missing from 2012-06-30 19:00 -05:00",
    ),
    "uses, a building type misspelt": (
        USES,
        _table(_swap("subsector", "lodging", "loging")),
        'did you mean "lodging"?',
    ),
    "uses, a year twice": (
        USES,
        _table(lambda table: pd.concat([table, table[-1:]])),
        "pacific, unspecified: 1 year repeated: 2050",
    ),
    "use growth, a column gone": (
        USE_GROWTH,
        _table(lambda table: table.drop(columns="elec_lighting")),
        'no column for 1 of 19 records of "metric": "elec_lighting"',
    ),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", SPOILT)
def test_a_real_dataset_that_is_made_wrong_is_refused(shared: Path, engine: Engine, tmp_path: Path, name: str) -> None:
    (of, file), spoil, message = SPOILT[name]
    folder = shared / "data" / PROJECTS[of]
    configuration = read(folder / "datasets" / file / "dataset.json5")
    registry = open_registry(tmp_path / "registry", create=True, engine=engine)
    spec = dataset(configuration).spec
    CHANGES.get((of, file), lambda *_: None)(spec, shared)
    spoil(spec, tmp_path)
    with pytest.raises(DsgridError) as refused:
        _submit(registry, folder, configuration, spec)
    assert message in str(refused.value.problems[0]).splitlines()[0], refused.value


def _submit(registry: OpenRegistry, folder: Path, configuration: Entry, spec: Spec) -> None:
    if not (folder / "project.json5").exists():
        registry.register_dataset(spec)
        return
    listing = read(folder / "project.json5")
    registry.register_project(project(listing).spec)
    registry.register_dataset(spec)
    mappings = read(configuration.file.parent / "dimension_mappings.json5")
    registry.submit_dataset(submission(listing, spec["dataset"]["id"], mappings, configuration).spec)
