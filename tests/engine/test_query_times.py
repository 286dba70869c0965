"""Results in time: on which clock timestamps are, what files say of them, and what they add up to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reference.example import COUNTIES, dataset, plan_of, project
from reference.stored import Stored
from reference.timed_queries import DAY, LIMITS, asking, following, hours_of, noisy, written_result
from reference.times import weights
from tests.engines import few_on_spark

from dsgrid.errors import ConservationError
from dsgrid.query import output
from dsgrid.query.result import Result
from dsgrid.time.dimension import PROJECT_GEOGRAPHY, AnnualTime
from dsgrid.time.labels import slot_keys
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.registry.model import Project

pytestmark = few_on_spark(4)

ROOT = Path(__file__).resolve().parents[2]

# Clocks in New York were put back at 06:00 UTC.
NOVEMBER = hours_of("2018-11-04 05:00", "2018-11-04 07:00")


def _asked(engine: Engine, folder: Path, text: str, of: Project, *stored: Stored) -> Result:
    found = stored or (dataset(of),)
    return written_result(engine, folder, plan_of(text, *found, of=of), *found)


def _metadata(result: Result, name: str) -> dict[str, str]:
    """Return what a file says of a column, whichever engine wrote it."""
    field = pq.read_schema(result.files[0]).field(name)
    found = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    if "SPARK::metadata::json" in found:
        return json.loads(found["SPARK::metadata::json"])
    if found:
        return found
    rows = json.loads(pq.read_schema(result.files[0]).metadata[b"org.apache.spark.sql.parquet.row.metadata"])
    return next(one["metadata"] for one in rows["fields"] if one["name"] == name)


# Clocks --------------------------------------------------------------------------------------------------------------


@LIMITS
def test_instants_are_shown_in_a_named_zone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=NOVEMBER)
    found = _asked(engine, tmp_path, asking("time_mst", "hour_of_day", zone="America/New_York"), of)
    table = found.to_arrow().sort_by("time_mst")
    assert table.schema.field("time_mst").type == pa.timestamp("us", "America/New_York")
    assert [str(one) for one in table.to_pandas()["time_mst"]] == [
        "2018-11-04 01:00:00-04:00",
        "2018-11-04 01:00:00-05:00",
        "2018-11-04 02:00:00-05:00",
    ]
    assert table.column("hour_of_day").to_pylist() == [1, 1, 2]
    assert _metadata(found, "time_mst") == {
        "time_zone": "America/New_York",
        "calendar_zone": "America/New_York",
        "interval": "period_beginning",
        "step": "1h",
        "measurement": "total",
    }
    assert found.manifest["time"]["written_as"] == "instants, shown in America/New_York"


@LIMITS
def test_csv_has_the_offsets_of_a_named_zone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=NOVEMBER)
    found = _asked(engine, tmp_path, asking("time_mst", "hourly", format="csv", zone="Asia/Kolkata"), of)
    lines = sorted(line.replace('"', "") for file in found.files for line in file.read_text().splitlines()[1:])
    assert [line.split(",")[:2] for line in lines] == [
        ["2018-11-04 10:30:00+05:30", "2018-11-04 10:00:00+05:30"],
        ["2018-11-04 11:30:00+05:30", "2018-11-04 11:00:00+05:30"],
        ["2018-11-04 12:30:00+05:30", "2018-11-04 12:00:00+05:30"],
    ]
    column = found.to_arrow().sort_by("time_mst").column("time_mst")
    assert column.type == pa.timestamp("us", "Asia/Kolkata")
    assert column[0].as_py() == datetime(2018, 11, 4, 5, tzinfo=UTC)


@LIMITS
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_clocks_of_geographies_are_shown_beside_their_zone_and_offset(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, form: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=NOVEMBER)
    found = _asked(engine, tmp_path, asking("county", "time_mst", format=form, zone="geography"), of)
    table = found.to_arrow()
    assert table.schema.field("time_mst").type == pa.timestamp("us")
    york = table.to_pandas().query("county == '36061'").sort_values(["utc_offset", "time_mst"])
    assert [(str(one.time_mst), one.time_zone, one.utc_offset) for one in york.itertuples()] == [
        ("2018-11-04 01:00:00", "America/New_York", "-04:00"),
        ("2018-11-04 01:00:00", "America/New_York", "-05:00"),
        ("2018-11-04 02:00:00", "America/New_York", "-05:00"),
    ]
    # In Los Angeles it is still summer time.
    assert set(table.to_pandas().query("county == '06037'")["utc_offset"]) == {"-07:00"}
    assert found.manifest["time"]["written_as"] == (
        "wall-clock readings; the clock is that of each row, in column time_zone"
    )
    if form == "parquet":
        assert _metadata(found, "time_mst")["time_zone"] == "that of each row, in column time_zone"


def test_hours_of_the_day_are_those_of_each_geographys_clock(engine: Engine, tmp_path: Path) -> None:
    of = project(time=NOVEMBER)
    table = _asked(engine, tmp_path, asking("state", "hour_of_day", zone="geography"), of).to_pandas()
    # Two counties of two building types in California; MWh and MBtu are both asked for in MWh.
    one = 2 * (1 + 0.2930710701722222)
    wanted = {("CA", 22): 2 * one, ("CA", 23): 2 * one, ("CA", 0): 2 * one, ("NY", 1): 2 * one, ("NY", 2): one}
    found = {(row.state, row.hour_of_day): row.value for row in table.itertuples()}
    assert found == pytest.approx(wanted)


def test_a_project_in_local_standard_time_shows_its_readings(engine: Engine, tmp_path: Path) -> None:
    of = project(time=hours_of("2018-07-01 00:00", "2018-07-01 01:00", "geography", clock="standard"))
    own = dataset(of, time=hours_of("2018-07-01 00:00", "2018-07-01 01:00", PROJECT_GEOGRAPHY, clock="standard"))
    table = _asked(engine, tmp_path, asking("county", "time_mst"), of, own).to_pandas().query("county != '06073'")
    shown = [(one.county, str(one.time_mst), one.time_zone, one.utc_offset) for one in table.itertuples()]
    assert sorted(shown) == [
        ("06037", "2018-07-01 00:00:00", "America/Los_Angeles", "-08:00"),
        ("06037", "2018-07-01 01:00:00", "America/Los_Angeles", "-08:00"),
        ("36061", "2018-07-01 00:00:00", "America/New_York", "-05:00"),
        ("36061", "2018-07-01 01:00:00", "America/New_York", "-05:00"),
    ]


def test_utc_instants_say_so(engine: Engine, tmp_path: Path) -> None:
    found = _asked(engine, tmp_path, asking("time_mst", "daily"), project(time=replace(NOVEMBER, zone="-05:00")))
    assert _metadata(found, "time_mst")["time_zone"] == "UTC"
    assert _metadata(found, "daily") == {
        "calendar_zone": "-05:00",
        "interval": "period_beginning",
        "measurement": "total",
    }


# Sums ----------------------------------------------------------------------------------------------------------------


def _by_hand(stored: Stored, of: Project, zones: dict[str, str]) -> pd.DataFrame:
    """Return the sums by county and slot, with the weights of a naive reference."""
    scale = {"cooling": 1.0, "heating": 0.2930710701722222}
    parts = []
    keys = slot_keys(stored.dataset.time)
    for county, zone in zones.items():
        rows = stored.facts[stored.facts["geography"] == county]
        totals = (rows["value"] * rows["metric"].map(scale)).groupby(rows["label"]).sum()
        found = weights(stored.dataset.time, of.time, stored.submission.time, Place(zone))
        for (slot, target), weight in found.items():
            parts.append((county, target, totals[keys[slot]] * weight))
    return pd.DataFrame(parts, columns=["county", "slot", "value"]).groupby(["county", "slot"])["value"].sum()


ZONES = {one.id: str(one.get("time_zone")) for one in COUNTIES.records}


@LIMITS
@pytest.mark.parametrize("pivot", ["", "metric", "geography"])
def test_typical_days_weigh_their_hours_and_what_they_were_is_checked(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, pivot: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=hours_of("2018-11-02 00:00", "2018-11-05 23:00"))
    stored = noisy(dataset(of, time=DAY))
    wanted = _by_hand(stored, of, ZONES)
    by = ["county", "time_mst"] + (["end_use"] if pivot == "metric" else [])
    found = _asked(engine, tmp_path, asking(*by, **({"pivot": pivot} if pivot else {})), of, stored)
    table = found.to_pandas().drop(columns="unit", errors="ignore")
    keys = [name for name in ("county", "time_mst") if name in table]
    wide = table.set_index(keys)
    if pivot == "geography":
        given = wide.sort_index().to_numpy().T.ravel()
    else:
        given = wide.sum(axis=1).sort_index().to_numpy()
    np.testing.assert_allclose(given, wanted.sort_index().to_numpy(), rtol=1e-9)
    (total,) = found.manifest["totals"]
    assert total.carried == pytest.approx(total.expected, rel=1e-12)
    assert total.expected == pytest.approx(sum(one for one in _totals(stored)), rel=1e-9)
    assert total.found == pytest.approx(wanted.sum(), rel=1e-9)


def _totals(stored: Stored) -> list[float]:
    scale = stored.facts["metric"].map({"cooling": 1.0, "heating": 0.2930710701722222})
    return list(stored.facts["value"] * scale)


def test_a_result_whose_rows_were_lost_before_time_was_mapped_is_refused(engine: Engine, tmp_path: Path) -> None:
    of = project(time=hours_of("2018-11-02 00:00", "2018-11-05 23:00"))
    stored = dataset(of, time=DAY)
    plan = plan_of(asking("county", "annual"), stored, of=of)
    lacking = replace(stored, facts=stored.facts[1:])
    with pytest.raises(ConservationError, match="its rows added up, before time was mapped, to"):
        written_result(engine, tmp_path, plan, lacking)


def test_slots_that_are_trimmed_are_accounted_for(engine: Engine, tmp_path: Path) -> None:
    of = project(time=NOVEMBER)
    own = hours_of("2018-11-04 00:00", "2018-11-04 23:00", name="own")
    stored = noisy(dataset(of, time=own, rules=TimeRules(trim=True)))
    for by in (["county"], ["county", "time_mst"]):
        found = _asked(engine, tmp_path / "_".join(by), asking(*by), of, stored)
        kept = stored.facts["label"].isin(slot_keys(NOVEMBER))
        scale = stored.facts["metric"].map({"cooling": 1.0, "heating": 0.2930710701722222})
        wanted = (stored.facts["value"] * scale)[kept].groupby(stored.facts["geography"]).sum()
        given = found.to_pandas().groupby("county")["value"].sum()
        np.testing.assert_allclose(given.sort_index(), wanted.sort_index(), rtol=1e-9)
        (total,) = found.manifest["totals"]
        assert total.expected == pytest.approx(sum(_totals(stored)), rel=1e-9)


@pytest.mark.parametrize("measurement", ["min", "max"])
def test_extremes_are_taken_of_each_combination_before_they_are_added_up(
    engine: Engine, tmp_path: Path, measurement: str
) -> None:
    of = project(time=replace(NOVEMBER, measurement=measurement))
    own = hours_of(
        "2018-11-04 04:45", "2018-11-04 08:00", name="own", step=timedelta(minutes=15), measurement=measurement
    )
    stored = noisy(dataset(of, time=own, rules=TimeRules(resample=True, trim=True)))
    found = _asked(engine, tmp_path, asking("county", "time_mst"), of, stored).to_pandas()
    scale = stored.facts["metric"].map({"cooling": 1.0, "heating": 0.2930710701722222})
    rows = stored.facts.assign(hour=stored.facts["label"] // 3_600_000_000, value=stored.facts["value"] * scale)
    inside = rows["hour"].isin(slot_keys(of.time) // 3_600_000_000)
    series = rows[inside].groupby(["geography", "metric", "subsector", "hour"])["value"].agg(measurement)
    wanted = series.groupby(["geography", "hour"]).sum()
    given = found.set_index(["county", "time_mst"])["value"].sort_index()
    np.testing.assert_allclose(given.to_numpy(), wanted.sort_index().to_numpy(), rtol=1e-9)


# Shapes --------------------------------------------------------------------------------------------------------------


@LIMITS
@pytest.mark.parametrize("by", [("county", "time_mst"), ("state", "month_of_year"), ("end_use", "annual")])
def test_annual_values_follow_the_course_of_their_own_series(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, by: tuple[str, ...]
) -> None:
    """Two counties and two end uses have a course each; the project has a part of the year, the shape all of it."""
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    days = timedelta(days=1)
    of = project(time=hours_of("2018-01-30 00:00", "2018-03-02 00:00", "-07:00", step=days))
    annual = noisy(dataset(of, id_="sales", time=AnnualTime("years", (2018,), "total")))
    shape = noisy(dataset(of, id_="course", time=hours_of("2018-01-01 00:00", "2018-12-31 00:00", "-07:00", step=days)))
    plan = following(of, annual, shape, asking(*by))
    found = written_result(engine, tmp_path, plan, annual, shape)

    keys = ["geography", "metric", "subsector"]
    course = shape.facts.assign(part=shape.facts["value"] / shape.facts.groupby(keys)["value"].transform("sum"))
    course = course[course["label"].isin(slot_keys(of.time))].drop(columns="value")
    rows = annual.facts.drop(columns="label").merge(course, on=keys)
    scale = rows["metric"].map({"cooling": 1.0, "heating": 0.2930710701722222})
    local = pd.to_datetime(rows["label"], unit="us", utc=True).dt.tz_convert("Etc/GMT+7")
    names = {
        "county": rows["geography"],
        "state": rows["geography"].str[:2].map({"06": "CA", "36": "NY"}),
        "end_use": rows["metric"],
        "time_mst": local,
        "month_of_year": local.dt.month,
        "annual": local.dt.year,
    }
    wanted = (rows["value"] * rows["part"] * scale).groupby([names[name].rename(name) for name in by]).sum()
    given = found.to_pandas().set_index(list(by))["value"].sort_index()
    np.testing.assert_allclose(given.to_numpy(), wanted.sort_index().to_numpy(), rtol=1e-9)
    (total,) = found.manifest["totals"]
    assert total.carried == pytest.approx(total.expected, rel=1e-12)
    assert total.expected == pytest.approx(sum(_totals(annual)), rel=1e-9)


def test_a_whole_year_by_shape_is_the_annual_value_and_the_shape_is_not_read(engine: Engine, tmp_path: Path) -> None:
    days = timedelta(days=1)
    of = project(time=hours_of("2018-01-01 00:00", "2018-12-31 00:00", "-07:00", step=days))
    annual = noisy(dataset(of, id_="sales", time=AnnualTime("years", (2018,), "total")))
    shape = dataset(of, id_="course")
    plan = following(of, annual, shape, asking("county"))
    found = written_result(engine, tmp_path, plan, annual)
    scale = annual.facts["metric"].map({"cooling": 1.0, "heating": 0.2930710701722222})
    wanted = (annual.facts["value"] * scale).groupby(annual.facts["geography"]).sum()
    np.testing.assert_allclose(found.to_pandas()["value"], wanted.sort_index(), rtol=1e-12)


# Hosts ---------------------------------------------------------------------------------------------------------------


ELSEWHERE = "test_clocks_of_geographies or test_typical_days or test_hours_of_the_day"


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/St_Johns"])
def test_results_do_not_depend_on_the_zone_of_the_host(engine: Engine, zone: str) -> None:
    """The same tests, in a process (and a JVM) that is elsewhere."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--engine", engine.name, __file__]
    environment = {**os.environ, "DSGRID_TEST_TZ": zone, "JAVA_TOOL_OPTIONS": f"-Duser.timezone={zone}"}
    done = subprocess.run(
        [*command, "-k", ELSEWHERE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
