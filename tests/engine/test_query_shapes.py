"""Annual values that follow a shape, in every layout: as if the dataset had had the shape's slots itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from reference.answer import answer
from reference.compare import assert_same
from reference.example import HEAD, dataset, project, query_spec, records
from reference.layouts import LAYOUTS, pivoted_by, two_tables, with_records
from reference.stored import TYPES, Stored, long_facts
from reference.timed_queries import LIMITS, asking, following, hours_of, noisy, written_result
from tests.engines import SLOW_ON_SPARK, few_on_spark

from dsgrid.errors import ConservationError
from dsgrid.query import output
from dsgrid.query.reading import read_query
from dsgrid.time.dimension import AnnualTime, DatetimeTime, Span
from dsgrid.time.labels import slot_keys
from dsgrid.time.rules import TimeRules

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.registry.model import Project

DAYS = timedelta(days=1)
POSITIVE = (2.0, 0.5, 1.0)
SHAPES = {
    "stacked": lambda stored: stored,
    "pivoted by geography": lambda stored: pivoted_by(stored, "geography"),
    "two tables, pivoted": lambda stored: pivoted_by(two_tables(stored, "geography", POSITIVE), "metric"),
}


def _in_slots(of: Project, annual: Stored, shape: Stored) -> Stored:
    """Return the annual dataset as it would be with the slots of the project."""
    types = [type_ for type_ in TYPES if len(shape.dataset.dimensions[type_].records) > 1]
    course = long_facts(shape)
    course = course.assign(year=pd.to_datetime(course["label"], unit="us").dt.year)
    whole = course.groupby([*types, "year"])["value"].transform("sum")
    course = course.assign(part=course["value"] / whole, slot=course["label"])[[*types, "year", "slot", "part"]]
    rows = long_facts(annual).merge(course, left_on=[*types, "label"], right_on=[*types, "year"])
    rows = rows.assign(value=rows["value"] * rows["part"], label=rows["slot"])
    rows = rows[rows["label"].isin(slot_keys(of.time))]
    if of.time.year_of:
        # The slots of a weather year are in its own range alone.
        rows = rows[rows["year"].astype(str) == rows["weather_year"]]
    layout = replace(
        annual.dataset.layout,
        two_tables=False,
        pivot=None,
        fact_types=tuple(TYPES),
        lookup_types=(),
        trivial=(),
        scaling_factor=False,
    )
    found = replace(annual.dataset, time=replace(of.time, name="own"), layout=layout)
    rules = TimeRules(trim=bool(of.time.year_of))
    submission = replace(annual.submission, time=rules)
    return Stored(found, submission, rows[[*TYPES, "label", "value"]]).with_files()


def _agrees(engine: Engine, folder: Path, text: str, of: Project, annual: Stored, shape: Stored) -> None:
    plan = following(of, annual, shape, text)
    found = written_result(engine, folder, plan, annual, shape).to_arrow()
    wanted = answer(read_query(query_spec(text, HEAD)), of, [_in_slots(of, annual, shape)])
    assert found.num_rows
    assert_same(found, wanted)
    assert plan.query.output.pivot is not None or plan.rows == found.num_rows


def _annual(of: Project, *years: int, rules: TimeRules | None = None) -> Stored:
    return noisy(dataset(of, time=AnnualTime("years", years, "total"), rules=rules))


def _course(of: Project, first: int, last: int) -> Stored:
    return noisy(dataset(of, "course", time=hours_of(f"{first}-01-01 00:00", f"{last}-12-31 00:00", step=DAYS)))


@SLOW_ON_SPARK
@LIMITS
@pytest.mark.parametrize(("layout", "shape"), list(zip(LAYOUTS, cycle(SHAPES), strict=False)))
def test_shapes_of_several_years_are_followed_in_every_layout(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, layout: str, shape: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    of = project(time=hours_of("2018-12-15 00:00", "2019-01-20 00:00", step=DAYS))
    annual = LAYOUTS[layout](_annual(of, 2018, 2019))
    text = asking("time_mst", "county", pivot="geography") if limit else asking("county", "annual", "end_use")
    _agrees(engine, tmp_path, text, of, annual, SHAPES[shape](_course(of, 2018, 2019)))


@few_on_spark(4)
@pytest.mark.parametrize(
    "text",
    [
        asking("county", "end_use"),
        asking("county", "time_mst", zone="geography"),
        asking("state", "hour_of_day", zone="geography"),
        asking("state", "monthly", zone="America/New_York"),
    ],
    ids=["no time", "slots", "words", "another zone"],
)
def test_courses_are_told_on_other_clocks(engine: Engine, tmp_path: Path, text: str) -> None:
    of = project(time=hours_of("2018-02-01 00:00", "2018-03-02 00:00", step=DAYS))
    _agrees(engine, tmp_path, text, of, _annual(of, 2018), _course(of, 2018, 2018))


@SLOW_ON_SPARK
@pytest.mark.parametrize("months", [(1, 12), (3, 4)], ids=["whole years", "parts"])
@pytest.mark.parametrize("word", ["", "time_mst", "monthly"])
def test_each_weather_year_follows_the_course_of_its_own(
    engine: Engine, tmp_path: Path, months: tuple[int, int], word: str
) -> None:
    first, last = months
    spans = tuple(
        Span(datetime(year, first, 1), datetime(year, last, 30 + (last == 12)), str(year))  # noqa: DTZ001
        for year in (2010, 2011)
    )
    time = DatetimeTime("time_mst", spans, DAYS, "UTC", "period_beginning", "total", year_of="weather_year")
    of = project(time=time)
    of = replace(of, base=(*of.base[:-1], replace(of.base[-1], records=records("2010", "2011"))))
    annual = noisy(with_records(_annual(of, 2010, 2011, rules=TimeRules(trim=True)), "weather_year", "2010", "2011"))
    by = ["county", "weather_year", *([word] if word else [])]
    shape = _course(of, 2010, 2011)
    one = {**shape.dataset.dimensions, "weather_year": replace(of.base[-1], records=records("2010"))}
    shape = replace(shape, dataset=replace(shape.dataset, dimensions=one))
    _agrees(engine, tmp_path, asking(*by), of, annual, shape)


def test_a_year_on_the_clocks_of_geographies_is_the_annual_value(engine: Engine, tmp_path: Path) -> None:
    """Zones come into it only where time is asked for."""
    time = hours_of("2018-01-01 00:00", "2018-12-31 00:00", "geography", step=DAYS, clock="profile")
    of = project(time=time)
    annual = _annual(of, 2018)
    course = noisy(dataset(of, "course", time=replace(time, zone="UTC")))
    for by in (("county",), ("county", "end_use")):
        plan = following(of, annual, course, asking(*by))
        found = written_result(engine, tmp_path / str(len(by)), plan, annual, course).to_arrow()
        plain = replace(annual, submission=replace(annual.submission, time=TimeRules(spread="flat")))
        assert_same(found, answer(read_query(query_spec(asking(*by))), of, [plain]))


def test_a_shape_that_adds_up_to_nothing_in_a_year_is_refused(engine: Engine, tmp_path: Path) -> None:
    of = project(time=hours_of("2018-12-15 00:00", "2019-01-20 00:00", step=DAYS))
    annual, course = _annual(of, 2018, 2019), _course(of, 2018, 2019)
    later = pd.to_datetime(course.facts["label"], unit="us").dt.year == 2019
    nothing = replace(course, facts=course.facts.assign(value=course.facts["value"].where(~later, 0.0)))
    plan = following(of, annual, nothing, asking("county", "monthly"))
    with pytest.raises(ConservationError, match="the shape course adds up to 0 in a year"):
        written_result(engine, tmp_path, plan, annual, nothing)
