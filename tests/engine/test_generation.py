"""From raw files to a project that works: generated specs, with what they leave open filled in."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.demo_project import small_demo
from tests.engines import few_on_spark

from dsgrid.datasets.read import facts
from dsgrid.errors import SpecError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.generate_dataset import GeneratedDataset, generate_dataset
from dsgrid.operations.generate_project import generate_project
from dsgrid.operations.query import query
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.data_root import DATA
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine


def fill(generated: GeneratedDataset, **answers: str) -> Path:
    """Fill the blanks of a generated spec as a user does; every answer has exactly one blank."""
    spec = generated.folder / "register_dataset.toml"
    text = spec.read_text("utf-8")
    for key, answer in answers.items():
        text, found = re.subn(rf'^{key} = ""', f'{key} = "{answer}"', text, flags=re.MULTILINE)
        assert found == 1, key
    spec.write_text(text, "utf-8")
    return spec


def test_the_demo_is_made_again_from_its_raw_files(engine: Engine, tmp_path: Path) -> None:
    specs = small_demo(tmp_path, days=2)
    raw = tmp_path / "build/demo/data"
    registry = tmp_path / "registry"
    create_registry({"registry": str(registry)})

    commercial = generate_dataset(
        {"table": str(raw / "commercial"), "id": "commercial", "output": str(tmp_path / "new/com")}, registry=registry
    )
    assert [where for where, _ in commercial.decisions] == [
        "register_dataset.toml: dimension.sector.records",
        "register_dataset.toml: dimension.metric.class",
        "dimensions/metric.csv",
        "register_dataset.toml: time.zone",
        "register_dataset.toml: time.interval",
        "register_dataset.toml: time.measurement",
    ]
    with pytest.raises(SpecError) as left:
        validate(tmp_path / "new/com/register_dataset.toml")
    assert {problem.key for problem in left.value.problems} == {
        "dimension.metric.class",
        "dimension.sector.records[0].id",
        "time.zone",
        "time.interval",
        "time.measurement",
    }
    spec = fill(commercial, **{"class": "energy_end_use", "interval": "period_ending", "measurement": "total"})
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "com", name = "Commercial" }')
    # As the comment says, the first label is 01:00 there.
    assert "01:00 in -07:00" in text
    text = re.sub(r'^start = "\S+ 08:00"', 'start = "2018-07-09 01:00"', text, flags=re.MULTILINE)
    text = re.sub(r'^end = "\S+ 07:00"', 'end = "2018-07-11 00:00"', text, flags=re.MULTILINE)
    text = text.replace('zone = ""', 'zone = "-07:00"')
    missing = specs / "missing/large_offices.csv"
    text = text.replace('pivot = "metric"', f'missing = ["{missing}"]\npivot = "metric"')
    spec.write_text(text, "utf-8")
    metrics = spec.parent / "dimensions/metric.csv"
    metrics.write_text(re.sub(r",$", ",MWh", metrics.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    validate(spec)
    register_dataset(spec, registry=registry, engine=engine)

    # With all that can be said beforehand, the second one is left with its one sector and nothing else.
    residential = generate_dataset(
        {
            "table": str(raw / "residential"),
            "id": "residential",
            "output": str(tmp_path / "new/res"),
            "time": {"zone": "-07:00", "interval": "period_beginning", "measurement": "total"},
            "metric": {"class": "energy_end_use", "unit": "kWh"},
        },
        registry=registry,
    )
    assert [where for where, _ in residential.decisions] == ["register_dataset.toml: dimension.sector.records"]
    spec = residential.specs[0]
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "res", name = "Residential" }')
    assert 'use = "commercial/commercial_weather_year@1.0.0"' in text
    spec.write_text(text, "utf-8")
    register_dataset(spec, registry=registry, engine=engine)

    project = generate_project(
        {"id": "again", "datasets": ["commercial"], "output": str(tmp_path / "new/again")}, registry=registry
    )
    assert project.decisions == ()
    validate(project.specs[0], registry=registry)
    register_project(project.specs[0], registry=registry)
    submit_dataset(project.specs[1], registry=registry)

    both = generate_project(
        {"id": "both", "datasets": ["commercial", "residential"], "output": str(tmp_path / "new/both")},
        registry=registry,
    )
    # Counties and regions in one dimension: what they are together is for people to say.
    assert both.decisions == (("register_project.toml: base.county.class", "one of county, geography"),)
    spec = both.specs[0]
    spec.write_text(spec.read_text("utf-8").replace('class = ""', 'class = "geography"'), "utf-8")
    assert any("time of residential differs" in note for note in both.notes)
    register_project(both.specs[0], registry=registry)
    submit_dataset(tmp_path / "new/both/submit_residential.toml", registry=registry)
    with Registry.open(registry) as opened:
        requirement = next(each for each in opened.project("both").requirements if each.dataset_id == "residential")
        assert requirement.single.ids["sector"] == ("res",)
        assert {row["project_id"] for row in opened.submissions()} == {"again", "both"}


MEANING = {"interval": "period_beginning", "measurement": "total"}
DATED = {"zone": "-07:00", **MEANING}
HOURS = pd.date_range("2018-01-01 01:00", periods=48, freq="h")
TWO_YEARS = pd.DatetimeIndex(
    [at for year in (2007, 2012) for at in pd.date_range(f"{year}-01-01", periods=300, freq="h")]
)

# What each kind of time looks like in files, what only a user knows of it, and the words that ask for it, with the
# number of their values.
KINDS: dict[str, tuple[dict[str, Any], dict[str, str], str, int]] = {
    "labels": ({"time": HOURS.strftime("%Y-%m-%d %H:%M")}, DATED, "hourly", 48),
    "instants": ({"time": HOURS.tz_localize("UTC")}, {**DATED, "zone": "UTC"}, "hourly", 48),
    "days": ({"date": HOURS.strftime("%Y-%m-%d")[[0, 47]]}, DATED, "daily", 2),
    "ranges": ({"timestamp": TWO_YEARS, "weather_year": TWO_YEARS.year}, DATED, "annual", 2),
    "parts": (
        {"year": HOURS.year, "month": HOURS.month, "day": HOURS.day, "hour": HOURS.hour},
        DATED,
        "hour_of_day",
        24,
    ),
    "annual": ({"year": [2018, 2020, 2030]}, {"measurement": "total"}, "annual", 3),
    "representative": (
        dict(
            zip(
                ("month", "is_weekday", "hour"),
                zip(*product(range(1, 13), (True, False), range(24)), strict=True),
                strict=True,
            )
        ),
        DATED,
        "month_of_year day_type",
        24,
    ),
    "index": ({"time_index": range(1, 8761)}, {**DATED, "start": "2018-01-01 00:00"}, "month_of_year", 12),
    "none": ({}, {}, "", 1),
}


@few_on_spark(4)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_time_is_registered_and_queried_as_it_was_generated(
    engine: Engine, tmp_path: Path, kind: str
) -> None:
    times, told, words, count = KINDS[kind]
    labels = pd.DataFrame(times) if times else pd.DataFrame(index=[0])
    counties = pd.DataFrame({"county": ["06037", "08031"], "sector": "com", "building_type": "office"})
    raw = counties.merge(labels, how="cross")
    raw["cooling"] = [float(number) for number in range(1, len(raw) + 1)]
    raw.to_csv(tmp_path / "raw.csv", index=False)
    registry = tmp_path / "registry"
    create_registry({"registry": str(registry)})

    made = generate_dataset(
        {
            "table": str(tmp_path / "raw.csv"),
            "id": "raw",
            "output": str(tmp_path / "new/raw"),
            "metric": {"class": "energy_end_use", "unit": "MWh"},
        },
        registry=registry,
    )
    asked = {where.partition(": time.")[2]: question for where, question in made.decisions if ": time." in where}
    assert sorted(asked) == sorted(told)
    spec = fill(made, **told)
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "2018", name = "2018" }')
    spec.write_text(text, "utf-8")
    register_dataset(spec, registry=registry, engine=engine)

    project = generate_project(
        {"id": "all", "datasets": ["raw"], "output": str(tmp_path / "new/all")}, registry=registry
    )
    assert project.decisions == ()
    register_project(project.specs[0], registry=registry)
    submit_dataset(project.specs[1], registry=registry)
    by = ["county", *words.split()]
    result = query(
        {
            "name": "back",
            "project": "all",
            "datasets": ["raw"],
            "step": [{"function": "sum", "by": by, "over": ["scenario", "model_year", "weather_year"]}],
            "result": {"path": str(tmp_path / "result")},
        },
        registry=registry,
        engine=engine,
    ).to_pandas()
    assert len(result) == 2 * count
    found, wanted = result.groupby("county")["value"].sum(), raw.groupby("county")["cooling"].sum()
    assert found.to_dict() == pytest.approx(wanted.to_dict(), rel=1e-12)


# Real files in kinds of time that are no labels: what they are, what only a user knows, and the rows of each.
REAL = {
    "representative": (
        "efs/datasets/representative_time/OneWeekdayDayAndOneWeekendDayPerMonthByHour.csv",
        {"zone": "project_geography", **MEANING},
        2304,
    ),
    "annual": ("efs/datasets/test_aeo_data/Commercial_End_Uses/load_data.csv", {"measurement": "total"}, 4104),
    "none": ("efs/datasets/test_aeo_data/Commercial_End_Use_Growth_Factors/load_data.csv", {}, 99),
}


@few_on_spark(3)
@pytest.mark.parametrize("kind", REAL)
def test_real_files_are_registered_by_their_drafts(shared: Path, engine: Engine, tmp_path: Path, kind: str) -> None:
    file, told, rows = REAL[kind]
    registry = tmp_path / "registry"
    create_registry({"registry": str(registry)})
    made = generate_dataset(
        {
            "table": str(shared / "data" / file),
            "id": "real",
            "output": str(tmp_path / "real"),
            "metric": {"class": "energy_end_use", "unit": "MWh"},
            **({"time": told} if told else {}),
        },
        registry=registry,
    )
    # What no column says are records of which there is one, and nothing about time.
    assert {where.rpartition(".")[2] for where, _ in made.decisions} == {"records"}
    spec = made.specs[0]
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "all", name = "All" }')
    if kind == "annual":  # of some buildings nothing is known but their use in all
        text = text.replace('pivot = "metric"', 'pivot = "metric"\nmissing = ["missing.csv"]')
        raw = pd.read_csv(shared / "data" / file)
        long = raw.melt(["geography", "subsector", "time_year"], var_name="metric")
        pairs = long[long["value"].isna()][["subsector", "metric"]].drop_duplicates()
        pairs.to_csv(spec.parent / "missing.csv", index=False)
    spec.write_text(text, "utf-8")
    register_dataset(spec, registry=registry, engine=engine)
    with Registry.open(registry) as opened:
        dataset = opened.dataset("real")
    assert dataset.time.kind == kind
    assert facts(engine.spark, registry / DATA, dataset).count() == rows
