"""The EFS test data in the forms that they have time in: labels, parts of labels, and typical days.

All are registered, submitted and queried; the numbers are those of the existing system where it has a result, and
those of pandas, computed here from the raw files and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.project_specs import one
from tests.real_projects import RealProject, assert_equal_tables

from dsgrid.datasets import read as stored
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.submission import submission
from dsgrid.operations.open_registry import open_registry
from dsgrid.registry.data_root import DATA

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry
    from dsgrid.query.result import Result

pytestmark = few_on_spark(3)

COUNTY, END_USE = "US Counties 2010 - ComStock Only", "EFS Detailed End Uses - ComStock Only"
YEAR, TIME = "Model Years 2010 to 2050", "Time-2012-EST-hourly-periodBeginning-noDST-noLeapDayAdjustment-total"
LABELS, PARTS = "test_efs_comstock", "test_efs_comstock_time_in_parts"
EASTERN = "Etc/GMT+5"


# Labels, and labels in parts ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def efs(shared: Path) -> RealProject:
    """The project, which requires of the parts what it requires of the labels: their records are the same."""
    found = RealProject.read(shared, "efs", "efs/test_efs/dsgrid_project")
    listed = found.document["datasets"].value
    like = next(entry for entry in listed if entry["dataset_id"] == LABELS)
    datasets = [*listed, {**like, "dataset_id": PARTS}]
    return RealProject(Entry({**found.document.value, "datasets": datasets}, found.document.file), found.expected)


@pytest.fixture(scope="module")
def registry(efs: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    made = open_registry(tmp_path_factory.mktemp("efs_times") / "registry", create=True, engine=engine)
    made.register_project(project(efs.document).spec)
    mappings = read(efs.dataset_file("comstock").file.parent / "dimension_mappings.json5")
    for folder, id_ in (("comstock", LABELS), ("comstock_time_in_parts", PARTS)):
        configuration = efs.dataset_file(folder)
        made.register_dataset(dataset(configuration).spec)
        made.submit_dataset(submission(efs.document, id_, mappings, configuration).spec)
    return made


@pytest.fixture(scope="module")
def mapped(shared: Path, efs: RealProject) -> dict[str, pd.DataFrame]:
    """Both datasets in the project's terms, by pandas."""
    folder = shared / "data/efs/datasets"
    raw = {name: pd.read_csv(folder / name / "load_data.csv") for name in (LABELS, PARTS)}
    at = {
        LABELS: pd.to_datetime(raw[LABELS]["timestamp"], utc=True),
        PARTS: pd.to_datetime(raw[PARTS][["year", "month", "day", "hour"]])
        .dt.tz_localize(EASTERN)
        .dt.tz_convert("UTC"),
    }
    mappings = efs.dataset_file("comstock").file.parent / "dimension_mappings"
    # Hours are labelled by their end in the data, and by their beginning in the project.
    return {
        name: _mapped(raw[name].assign(at=at[name] - pd.Timedelta("1h")), folder / LABELS, mappings) for name in raw
    }


def _mapped(raw: pd.DataFrame, folder: Path, mappings: Path) -> pd.DataFrame:
    lookup = pd.read_json(folder / "load_data_lookup.json", lines=True, dtype={"geography": str})
    long = raw.melt(["id", "at"], ["com_cooling", "com_fans"], "metric").merge(lookup, on="id")
    for type_, name in (
        ("metric", "enduse_to_project_enduse"),
        ("subsector", "lookup_comstock_subsectors_to_project_subsectors"),
        ("model_year", "model_year_to_model_year"),
    ):
        mapping = pd.read_csv(mappings / f"{name}.csv", dtype={"from_id": str, "to_id": str})
        long = long.assign(model_year="2012") if type_ == "model_year" else long
        long = long.merge(mapping, left_on=type_, right_on="from_id")
        long = long.assign(value=long["value"] * long["from_fraction"], **{type_: long["to_id"]})
        long = long.drop(columns=["from_id", "to_id", "from_fraction"])
    # Cooling is in MWh in the data, and in kWh in the project.
    return long.assign(value=long["value"].where(long["metric"] != "cooling", long["value"] * 1000))


def _query(project_id: str, dataset_id: str, by: list[str], over: list[str], folder: Path) -> dict[str, Any]:
    return {
        "spec_version": 1,
        "job": "query",
        "name": "sums",
        "project": project_id,
        "datasets": [dataset_id],
        "step": [{"function": "sum", "by": by, "over": over}],
        "result": {"path": str(folder)},
    }


@pytest.mark.parametrize("name", [LABELS, PARTS])
def test_a_mapped_dataset_is_that_of_the_existing_system_in_both_forms(
    efs: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    spec = efs.query_spec("map_test_efs_comstock", tmp_path)
    assert_equal_tables(registry.query({**spec, "datasets": [name]}), efs.wanted("map_test_efs_comstock"))


@pytest.mark.parametrize("name", [LABELS, PARTS])
def test_hours_are_those_of_the_raw_file(
    registry: OpenRegistry, mapped: dict[str, pd.DataFrame], tmp_path: Path, name: str
) -> None:
    spec = _query("test_efs", name, [COUNTY, END_USE, YEAR, TIME], ["scenario", "weather_year"], tmp_path)
    found = registry.query(spec)
    wanted = mapped[name].rename(columns={"geography": COUNTY, "metric": END_USE, "model_year": YEAR, "at": TIME})
    wanted = wanted.groupby([COUNTY, END_USE, YEAR, TIME], as_index=False)["value"].sum()
    assert len(wanted) == 8 * 2 * 5 * 168
    assert wanted[TIME].min() == pd.Timestamp("2012-01-01 00:00", tz=EASTERN)
    assert_equal_tables(found, wanted)


@pytest.mark.parametrize("name", [LABELS, PARTS])
def test_words_of_time_are_those_of_the_projects_clock(
    registry: OpenRegistry, mapped: dict[str, pd.DataFrame], tmp_path: Path, name: str
) -> None:
    over = ["scenario", "weather_year", "model_year"]
    found = registry.query(_query("test_efs", name, [END_USE, "day_of_week", "hour_of_day"], over, tmp_path))
    clock = mapped[name]["at"].dt.tz_convert(EASTERN).dt
    keys = [mapped[name]["metric"], clock.dayofweek, clock.hour]
    wanted = mapped[name]["value"].groupby(keys).sum()
    wanted.index.names = [END_USE, "day_of_week", "hour_of_day"]
    assert len(wanted) == 2 * 7 * 24
    assert_equal_tables(found, wanted.reset_index())


def test_parts_are_stored_as_the_instants_that_labels_are(registry: OpenRegistry, engine: Engine) -> None:
    labels, parts = (
        stored.facts(engine.spark, registry.folder / DATA, registry.dataset(name))
        .toPandas()
        .sort_values(["id", "timestamp"], ignore_index=True)
        for name in (LABELS, PARTS)
    )
    assert list(parts.columns) == list(labels.columns)
    assert len(parts) == 106 * 168
    pd.testing.assert_frame_equal(parts, labels, rtol=1e-6)


# Typical days ---------------------------------------------------------------------------------------------------------

COUNTIES = ("06037", "06073")
TYPICAL = {
    "kind": "representative",
    "by": ["month", "day_type", "hour"],
    "step": "1h",
    "interval": "period_beginning",
    "measurement": "total",
    "columns": {"day_type": "is_weekday"},
}
HOURS_OF_2012 = {
    "name": "time_est",
    "kind": "datetime",
    "start": "2012-01-01 00:00",
    "end": "2012-12-31 23:00",
    "step": "1h",
    "zone": "-05:00",
    "interval": "period_beginning",
    "measurement": "total",
}


def _records(zones: bool) -> dict[str, list[dict[str, str]]]:
    zone = {"time_zone": "America/Los_Angeles"} if zones else {}
    return {
        "geography": [one(id_, **zone) for id_ in COUNTIES],
        "sector": [one("all")],
        "subsector": [one("subsector1")],
        "metric": [one("electricity", unit="MWh")],
        "scenario": [one("scenario1")],
        "model_year": [one("2030"), one("2040")],
        "weather_year": [one("2012")],
    }


CLASSES = {"geography": "county", "metric": "energy_end_use"}


@pytest.fixture(scope="module")
def raw(shared: Path) -> pd.DataFrame:
    """The file of typical days, as pandas reads it."""
    return pd.read_csv(_file(shared), dtype={"geography": str, "model_year": str})


def _file(shared: Path) -> Path:
    return shared / "data/efs/datasets/representative_time/OneWeekdayDayAndOneWeekendDayPerMonthByHour.csv"


@pytest.fixture(scope="module", params=["geography", "project_geography"])
def typical(
    request: pytest.FixtureRequest, shared: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> OpenRegistry:
    """A project of a leap year with the typical days; zones are those of its records, or of the dataset's."""
    of_project = request.param == "project_geography"
    made = open_registry(tmp_path_factory.mktemp("typical") / "registry", create=True, engine=engine)
    base = {
        type_: {"type": type_, "class": CLASSES.get(type_, type_), "records": records}
        for type_, records in _records(of_project).items()
    }
    made.register_project(
        {
            "spec_version": 1,
            "job": "register_project",
            "project": {"id": "typical", "name": "Typical days"},
            "time": HOURS_OF_2012,
            "base": base,
            "requires": {"days": {}},
        }
    )
    own = {
        type_: {"name": f"own_{type_}", "class": CLASSES.get(type_, type_), "records": records}
        for type_, records in _records(not of_project).items()
    }
    made.register_dataset(
        {
            "spec_version": 1,
            "job": "register_dataset",
            "dataset": {"id": "days"},
            "data": {"table": str(_file(shared))},
            "dimension": own,
            "time": {**TYPICAL, "zone": request.param},
        }
    )
    made.submit_dataset({"spec_version": 1, "job": "submit_dataset", "project": "typical", "dataset": "days"})
    return made


@pytest.fixture(scope="module")
def hourly(raw: pd.DataFrame) -> pd.DataFrame:
    """Every hour of 2012 with the values of its month, day type and hour on the clock of the counties."""
    at = pd.Series(pd.date_range("2012-01-01", "2012-12-31 23:00", freq="h", tz=EASTERN))
    clock = at.dt.tz_convert("America/Los_Angeles").dt
    days = {"month": clock.month, "is_weekday": clock.dayofweek < 5, "hour": clock.hour}
    hours = pd.DataFrame({"time_est": at.dt.tz_convert("UTC"), **days})
    return hours.merge(raw, on=list(days))


def _sums(registry: OpenRegistry, by: list[str], folder: Path) -> Result:
    over = [type_ for type_ in ("scenario", "model_year", "weather_year") if type_ not in by]
    return registry.query(_query("typical", "days", by, over, folder))


def test_typical_days_become_the_hours_of_a_leap_year(
    typical: OpenRegistry, hourly: pd.DataFrame, tmp_path: Path
) -> None:
    assert len(hourly) == 8784 * 2 * 2
    found = _sums(typical, ["geography", "model_year", "time_est"], tmp_path)
    wanted = hourly[["geography", "model_year", "time_est", "value"]]
    assert_equal_tables(found, wanted)


@pytest.mark.parametrize("word", ["annual", "month_of_year", "hour_of_day"])
def test_typical_days_add_up_by_words_without_becoming_hours(
    typical: OpenRegistry, hourly: pd.DataFrame, tmp_path: Path, word: str
) -> None:
    found = _sums(typical, ["geography", "model_year", word], tmp_path)
    clock = hourly["time_est"].dt.tz_convert(EASTERN).dt
    values = {"annual": clock.year, "month_of_year": clock.month, "hour_of_day": clock.hour}[word]
    wanted = hourly.assign(**{word: values}).groupby(["geography", "model_year", word], as_index=False)["value"].sum()
    assert_equal_tables(found, wanted)


def test_a_year_of_typical_days_is_each_of_them_as_often_as_it_occurs(
    typical: OpenRegistry, raw: pd.DataFrame, tmp_path: Path
) -> None:
    found = _sums(typical, ["geography", "annual"], tmp_path).to_pandas()
    # A year of the clock in California, which ends three hours after the one in the east: 1 January 2012 was a Sunday.
    days = pd.Series(pd.date_range("2012-01-01", "2012-12-31"))
    counts = days.groupby([days.dt.month.rename("month"), (days.dt.dayofweek < 5).rename("is_weekday")]).size()
    expanded = raw.merge(counts.rename("days").reset_index(), on=["month", "is_weekday"])
    total = (expanded["value"] * expanded["days"]).sum()
    # All but three hours of New Year, and the two hours of a Sunday in March and November, are the same.
    np.testing.assert_allclose(found["value"].sum(), total, rtol=1e-3)
    assert len(found) == 2


# Years ----------------------------------------------------------------------------------------------------------------


def test_benchmarks_by_year_are_those_of_the_raw_file(shared: Path, engine: Engine, tmp_path: Path) -> None:
    folder = shared / "data/aeo/test_aeo/dsgrid_project/datasets/benchmark/Commercial_End_Uses"
    table = shared / "data/efs/datasets/test_aeo_data/Commercial_End_Uses/load_data.csv"
    spec = dataset(read(folder / "dataset.json5")).spec
    spec["data"]["table"] = str(table)
    registry = open_registry(tmp_path / "registry", create=True, engine=engine)
    registry.register_dataset(spec)
    facts = stored.facts(engine.spark, registry.folder / DATA, registry.dataset(spec["dataset"]["id"])).toPandas()
    raw = pd.read_csv(table).rename(columns={"time_year": "year"})
    keys = ["geography", "subsector", "year"]
    pd.testing.assert_frame_equal(
        facts[list(raw.columns)].sort_values(keys, ignore_index=True),
        raw.sort_values(keys, ignore_index=True),
        check_dtype=False,
        rtol=1e-12,
    )
