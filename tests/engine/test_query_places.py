"""Time that is mapped in several places, in every layout: results are what a naive reference says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reference.answer import answer
from reference.compare import assert_same
from reference.example import COUNTIES, HEAD, dataset, plan_of, project, query_spec, records
from reference.layouts import LAYOUTS, mapped, pivoted_by, two_tables, with_records, without_column
from reference.stored import Stored
from reference.timed_queries import DAY, HOUR, LIMITS, asking, hours_of, noisy, written_result
from tests.engines import SLOW_ON_SPARK, few_on_spark

from dsgrid.dimensions.dimension import Dimension
from dsgrid.query import output
from dsgrid.query.reading import read_query
from dsgrid.query.time_tables import is_wide
from dsgrid.time.dimension import PROJECT_GEOGRAPHY, AnnualTime, RepresentativeTime
from dsgrid.time.rules import TimeRules

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.query.plan import Plan
    from dsgrid.registry.model import Project

pytestmark = few_on_spark(3)

NOVEMBER = hours_of("2018-11-03 05:00", "2018-11-04 09:00")
QUERIES = {
    "words": asking("county", "hour_of_day", zone="geography"),
    "a word alone": asking("hour_of_day", zone="geography"),
    "slots": asking("county", "time_mst", "end_use", zone="geography"),
    "slots, pivoted": asking("time_mst", "county", zone="geography", pivot="geography"),
    "instants": asking("time_mst", "end_use", pivot="metric"),
    "sums": asking("county", "end_use"),
}
# What goes to several counties goes to several zones, and less than nothing is a fraction, too.
SPLIT = (
    ("06037", "06037", 0.5),
    ("06037", "36061", -0.25),
    ("36061", "06073", 2.0),
    ("36061", "36061", 1.0),
)


def _agrees(engine: Engine, folder: Path, text: str, of: Project, *stored: Stored) -> Plan:
    """Assert that a result is what the reference says, with as many rows as the plan says."""
    names = ", ".join(f'"{one.dataset.id}"' for one in stored)
    head = HEAD.replace('["homes"]', f"[{names}]")
    plan = plan_of(text, *stored, of=of, head=head)
    found = written_result(engine, folder, plan, *stored).to_arrow()
    assert found.num_rows
    assert_same(found, answer(read_query(query_spec(text, head)), of, stored))
    assert plan.query.output.pivot is not None or plan.rows == found.num_rows
    return plan


def _of_kind(of: Project, kind: str, id_: str = "homes") -> Stored:
    """Return a dataset that becomes the project's time in one of the ways that there are."""
    measurement = of.time.measurement
    if kind == "the project's":
        return noisy(dataset(of, id_))
    if kind == "trimmed":
        own = hours_of("2018-11-03 00:00", "2018-11-04 12:00", name="own", measurement=measurement)
        return noisy(dataset(of, id_, time=own, rules=TimeRules(trim=True)))
    if kind == "typical":
        return noisy(dataset(of, id_, time=DAY))
    if kind == "quarters":
        step = timedelta(minutes=15)
        own = hours_of("2018-11-03 05:00", "2018-11-04 09:45", name="own", step=step, measurement=measurement)
        return noisy(dataset(of, id_, time=own, rules=TimeRules(resample=True)))
    # Of 40 minutes: most lie in two of the project's hours.
    step = timedelta(minutes=40)
    own = hours_of("2018-11-03 04:20", "2018-11-04 10:20", name="own", step=step, measurement=measurement)
    return noisy(dataset(of, id_, time=own, rules=TimeRules(trim=True, resample=True)))


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("kind", "asked"),
    [("trimmed", "words"), ("typical", "slots, pivoted"), ("40 minutes", "a word alone")],
)
def test_every_layout_agrees_in_every_place(engine: Engine, tmp_path: Path, layout: str, kind: str, asked: str) -> None:
    of = project(time=NOVEMBER)
    stored = mapped(_of_kind(of, kind), "geography", *SPLIT)
    _agrees(engine, tmp_path, QUERIES[asked], of, LAYOUTS[layout](stored))


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("measurement", ["min", "max"])
def test_extremes_agree_in_every_layout(engine: Engine, tmp_path: Path, layout: str, measurement: str) -> None:
    of = project(time=replace(NOVEMBER, measurement=measurement))
    stored = mapped(_of_kind(of, "40 minutes"), "geography", *SPLIT)
    plan = _agrees(engine, tmp_path, QUERIES["slots"], of, LAYOUTS[layout](stored))
    assert plan.sources[0].time is not None
    assert plan.sources[0].time.function == measurement


@pytest.mark.parametrize("asked", ["instants", "slots"])
@pytest.mark.parametrize("kind", ["quarters", "40 minutes"])
def test_extremes_are_no_parts_of_a_sum(engine: Engine, tmp_path: Path, kind: str, asked: str) -> None:
    """Four quarters that an hour takes the greatest of are its own, and no other's: what they were is still checked."""
    of = project(time=replace(NOVEMBER, measurement="max"))
    plan = _agrees(engine, tmp_path, QUERIES[asked], of, _of_kind(of, kind))
    assert plan.balances


def test_extremes_of_longer_slots_are_added_up_over_pivoted_records(engine: Engine, tmp_path: Path) -> None:
    """Three slots of 40 minutes lie in four of half an hour, so that slots become more."""
    half, long = timedelta(minutes=30), timedelta(minutes=40)
    of = project(time=hours_of("2018-11-03 05:00", "2018-11-03 06:30", step=half, measurement="max"))
    own = hours_of("2018-11-03 05:00", "2018-11-03 06:20", name="own", step=long, measurement="max")
    stored = pivoted_by(noisy(dataset(of, time=own, rules=TimeRules(resample=True))), "metric")
    plan = _agrees(engine, tmp_path, asking("county", "building_type", "time_mst"), of, stored)
    assert plan.sources[0].time is not None
    assert plan.sources[0].time.stage1_rows > plan.sources[0].time.slots


def test_extremes_of_a_geography_without_a_column_reach_all_of_its_zones(engine: Engine, tmp_path: Path) -> None:
    of = project(time=replace(NOVEMBER, measurement="max"))
    own = replace(_of_kind(of, "40 minutes").dataset.time, name="own")
    stored = noisy(dataset(of, counties=("06037",), time=own, rules=TimeRules(trim=True, resample=True)))
    stored = without_column(mapped(stored, "geography", *SPLIT[:2]), "geography")
    _agrees(engine, tmp_path, QUERIES["slots"], of, stored)


ZONES = (*(f"Etc/GMT{hours:+d}" for hours in range(-9, 9)), "America/New_York", "Australia/Lord_Howe")
MANY = Dimension(
    "county", "geography", "county", records(*(f"c{number:02}" for number in range(len(ZONES))), time_zone=ZONES)
)


@pytest.mark.parametrize("layout", ["stacked", "two tables", "pivoted by geography"])
@pytest.mark.parametrize("asked", ["words", "sums"])
def test_there_may_be_many_places(engine: Engine, tmp_path: Path, layout: str, asked: str) -> None:
    of = project(time=NOVEMBER, geography=MANY)
    stored = LAYOUTS[layout](_of_kind(of, "trimmed" if asked == "words" else "typical"))
    source = _agrees(engine, tmp_path, QUERIES[asked], of, stored).sources[0]
    assert source.time is not None
    if asked == "words":
        assert source.time.coupling.places > 16
        assert not is_wide(source)


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", ["stacked", "pivoted by model year", "pivoted by geography", "two tables"])
@pytest.mark.parametrize("by", [("county", "model_year", "annual"), ("end_use",)])
def test_years_and_zones_decide_together(engine: Engine, tmp_path: Path, layout: str, by: tuple[str, ...]) -> None:
    """A year that begins on a Monday has 53 of them, and where clocks change an hour of Sunday is missing."""
    of = project(time=AnnualTime("year", (2020, 2021), "total", year_of="model_year"))
    zones = ("America/Phoenix", "America/Denver", "Australia/Lord_Howe")
    counties = replace(COUNTIES, records=records(*COUNTIES.records.ids, time_zone=zones))
    base = {"geography": counties, "model_year": replace(of.base[5], records=records("2020", "2021"))}
    of = replace(of, base=tuple(base.get(one.type, one) for one in of.base))
    week = RepresentativeTime("week", ("day_of_week", "hour"), HOUR, PROJECT_GEOGRAPHY, "period_beginning", "total")
    stored = noisy(with_records(dataset(of, time=week), "model_year", "2020", "2021"))
    laid_out = {
        "stacked": stored,
        "pivoted by model year": pivoted_by(stored, "model_year"),
        "pivoted by geography": pivoted_by(stored, "geography"),
        "two tables": two_tables(stored, "model_year"),
    }
    text = asking(*by) if "model_year" in by else asking(*by).replace("[result]", 'over = ["model_year"]\n[result]')
    source = _agrees(engine, tmp_path, text, of, laid_out[layout]).sources[0]
    assert source.time is not None
    assert dict(source.time.coupling.sizes) == {"geography": 3, "model_year": 2}


@SLOW_ON_SPARK
@LIMITS
@pytest.mark.parametrize(
    ("kinds", "asked"),
    [
        (("typical", "the project's"), "words"),
        (("typical", "the project's"), "instants"),
        (("trimmed", "typical"), "slots, pivoted"),
        (("40 minutes", "quarters"), "sums"),
    ],
)
def test_datasets_of_different_kinds_add_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, kinds: tuple[str, str], asked: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=NOVEMBER)
    one, other = (_of_kind(of, kind, id_) for kind, id_ in zip(kinds, ("homes", "others"), strict=True))
    _agrees(engine, tmp_path, 'overlap = "sum"\n' + QUERIES[asked], of, one, two_tables(other, "geography"))


@pytest.mark.parametrize("asked", ["words", "slots", "sums"])
@pytest.mark.parametrize("kept", [("36061",), ("06037", "36061")])
def test_filters_may_leave_some_of_the_zones(engine: Engine, tmp_path: Path, asked: str, kept: tuple[str, ...]) -> None:
    of = project(time=NOVEMBER)
    listed = ", ".join(f'"{one}"' for one in kept)
    where = f'[[where]]\ndimension = "county"\nin = [{listed}]\n'
    _agrees(engine, tmp_path, where + QUERIES[asked], of, _of_kind(of, "typical"))


NAMES = ("code", "slot", "geography_code", "place", "subsector_weight", "lookup_code", "present_0", "cell", "target")


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        ("typical", ("county", "end_use")),
        ("trimmed", ("county", "time_mst", "end_use")),
        ("40 minutes", ("county", "hour_of_day")),
        ("the project's", ("end_use",)),
    ],
)
def test_pivoted_records_may_be_called_like_columns_on_the_way(
    engine: Engine, tmp_path: Path, kind: str, by: tuple[str, ...]
) -> None:
    metric = Dimension("end_use", "metric", "energy_end_use", records(*NAMES, unit=("MWh",) * len(NAMES)))
    of = project(metric=metric, subsets=(), time=NOVEMBER)
    stored = mapped(_of_kind(of, kind), "geography", *SPLIT)
    _agrees(engine, tmp_path, asking(*by, zone="geography"), of, pivoted_by(stored, "metric"))
