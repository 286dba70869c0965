"""What queries ask of time: words, zones, sums; what plans make of it; all without an engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from reference.example import COUNTIES, TIME, dataset, plan_of, project
from reference.stored import Stored

from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import SpecError
from dsgrid.query.explain import explain
from dsgrid.query.plan import Plan
from dsgrid.query.time_columns import told
from dsgrid.registry.model import Project
from dsgrid.time.dimension import (
    GEOGRAPHY,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
)
from dsgrid.time.rules import TimeRules

HOUR = timedelta(hours=1)
WEEK = RepresentativeTime(
    "week", ("month", "day_of_week", "hour"), HOUR, PROJECT_GEOGRAPHY, "period_beginning", "total"
)
YEAR = DatetimeTime(
    "time_mst",
    (Span(datetime.fromisoformat("2018-01-01"), datetime.fromisoformat("2018-12-31 23:00")),),
    HOUR,
    "-07:00",
    "period_beginning",
    "total",
)


def _by(*names: str, **result: str) -> str:
    keys = "".join(f'{key} = "{value}"\n' for key, value in result.items())
    listed = ", ".join(f'"{name}"' for name in names)
    return f'[[step]]\nby = [{listed}]\n[result]\nunit = "MWh"\n{keys}'


def _refused(text: str, of: Project, *datasets: Stored) -> list[str]:
    with pytest.raises(SpecError) as error:
        plan_of(text, *datasets, of=of)
    return [str(problem) for problem in error.value.problems]


def _of(time: TimeDimension) -> Project:
    return project(time=time)


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "word", "known"),
    [
        (AnnualTime("years", (2018, 2019), "total"), "hourly", '"annual"'),
        (AnnualTime("years", (2018,), "total"), "month_of_year", '"annual"'),
        (replace(WEEK, zone=GEOGRAPHY), "daily", '"hour_of_day", "day_of_week", "month_of_year", "season", "day_type"'),
        (replace(WEEK, zone=GEOGRAPHY, by=("season", "hour")), "month_of_year", '"hour_of_day", "season"'),
    ],
)
def test_a_word_that_the_projects_time_cannot_say_is_refused_with_those_that_it_can(
    time: TimeDimension, word: str, known: str
) -> None:
    (found,) = _refused(_by("end_use", word), _of(time))
    assert f'step[0].by[1]: "{word}" means nothing for the time of west, ' in found
    assert found.startswith("query.toml:7:")
    assert found.endswith(known)


def test_a_project_without_time_has_no_words_and_its_queries_no_column_of_time() -> None:
    of = _of(NoTime("never"))
    (found,) = _refused(_by("end_use", "annual"), of)
    assert found.endswith("step[0].by[1]: project west has no time")
    assert "never" not in [column.name for column in plan_of("", of=of).columns]


def test_the_name_of_a_time_of_typical_periods_stands_for_its_parts() -> None:
    of = _of(replace(WEEK, zone=GEOGRAPHY))
    plan = plan_of(_by("end_use", "week"), of=of)
    assert [column.name for column in plan.columns] == ["end_use", "month_of_year", "day_of_week", "hour_of_day"]
    assert len(plan.time_keys) == 12 * 7 * 24
    (found,) = _refused(_by("end_use", "week", "hour_of_day"), of)
    assert '"hour_of_day" is named twice' in found


def test_seasons_and_day_types_are_those_of_the_projects_calendar() -> None:
    seasons = (("warm", (4, 5, 6, 7, 8, 9)), ("cold", (10, 11, 12, 1, 2, 3)))
    time = replace(YEAR, calendar=replace(YEAR.calendar, seasons=seasons))
    plan = plan_of(_by("end_use", "season"), of=_of(time))
    assert plan.time_keys == (("cold",), ("warm",))


# Zones ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("America/Denvr", 'there is no time zone "America/Denvr"; did you mean "America/Denver"?'),
        ("EST", '"EST" is no IANA time zone; write "-05:00"'),
        ("+25:00", '"+25:00" is no offset from UTC'),
    ],
)
def test_an_unknown_zone_is_refused_with_the_one_that_may_be_meant(zone: str, message: str) -> None:
    (found,) = _refused(_by("end_use", "time_mst", zone=zone), project())
    assert found == f"query.toml:10:8: result.zone: {message}"


@pytest.mark.parametrize(
    "time",
    [
        AnnualTime("years", (2018,), "total"),
        replace(WEEK, zone=GEOGRAPHY),
        replace(TIME, zone=GEOGRAPHY, clock="profile"),
        NoTime("never"),
    ],
)
def test_time_without_instants_is_told_in_no_other_zone(time: TimeDimension) -> None:
    found = _refused(_by("end_use", zone="America/Denver"), _of(time))
    assert found[0].startswith("query.toml:10:8: result.zone: time cannot be told in another zone: that of west has no")


def test_geographies_without_a_zone_are_named() -> None:
    of = project()
    rows = [Record(one.id, one.name, {**one.attributes, "time_zone": None}) for one in COUNTIES.records][1:]
    bare = replace(COUNTIES, records=Records((COUNTIES.records.by_id["06037"], *rows)))
    of = replace(of, base=(bare, *of.base[1:]))
    (found,) = _refused(_by("county", "time_mst", zone="geography"), of)
    assert found == (
        'query.toml:10:8: result.zone: time is told in the zone of each "county" of project west, but 2 records of it '
        'have no time_zone: "06073", "36061"'
    )
    # A filter that leaves only geographies with a zone needs no others.
    where = '[[where]]\ndimension = "county"\nequals = "06037"\n'
    plan_of(where + _by("county", "time_mst", zone="geography"), of=of)


def test_columns_say_which_clock_shows_the_time_where_each_geography_has_its_own() -> None:
    plan = plan_of(_by("state", "time_mst", "end_use", zone="geography"))
    assert [one.name for one in plan.columns] == ["state", "time_mst", "time_zone", "utc_offset", "end_use"]
    # Dates and hours of the day are no timestamps.
    plan = plan_of(_by("state", "daily", "hour_of_day", zone="geography"))
    assert [one.name for one in plan.columns] == ["state", "daily", "hour_of_day"]


def test_two_timestamps_on_clocks_are_refused_as_one_offset_stands_beside_them() -> None:
    (found,) = _refused(_by("county", "hourly", "time_mst", zone="geography"), project())
    assert 'step[0].by[2]: "hourly" and "time_mst" would be told' in found


def test_a_dimension_that_is_called_as_the_column_of_zones_is_refused_beside_it() -> None:
    of = project()
    county = replace(of.base[0], name="time_zone")
    supplemental = tuple(replace(one, of="time_zone") if one.of == "county" else one for one in of.supplemental)
    of = replace(of, base=(county, *of.base[1:]), supplemental=supplemental)
    (found,) = _refused(_by("time_zone", "time_mst", zone="geography"), of)
    assert '"time_zone" is the name of the column that says where a clock shows the time' in found


def test_readings_of_a_named_zone_are_those_of_its_clock_on_both_sides_of_a_change() -> None:
    span = Span(datetime.fromisoformat("2018-11-04 05:00"), datetime.fromisoformat("2018-11-04 07:00"))
    of = _of(replace(TIME, ranges=(span,), zone="UTC"))
    plan = plan_of(_by("time_mst", "hour_of_day", zone="America/New_York"), of=of)
    values = told(plan)
    assert values["hour_of_day"].tolist() == [1, 1, 2]  # 05:00 and 06:00 UTC are both one o'clock
    plan = plan_of(_by("county", "time_mst", zone="geography"), of=of)
    york = told(plan, "America/New_York")
    assert york["slot"].astype("datetime64[us]").astype("datetime64[h]").astype(str).tolist() == [
        "2018-11-04T01",
        "2018-11-04T01",
        "2018-11-04T02",
    ]
    assert york["utc_offset"].tolist() == ["-04:00", "-05:00", "-05:00"]
    lord_howe = told(plan, "Australia/Lord_Howe")
    assert lord_howe["utc_offset"].tolist() == ["+11:00"] * 3
    india = told(plan, "Asia/Kolkata")
    # 10:30 to 12:30: the clock hours begin half an hour before the slots.
    assert india["hourly"].astype("datetime64[us]").astype("datetime64[m]").astype(str).tolist() == [
        "2018-11-04T10:00",
        "2018-11-04T11:00",
        "2018-11-04T12:00",
    ]


# Sums ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measurement", ["mean", "min", "max"])
def test_what_is_no_total_is_not_summed_over_time(measurement: str) -> None:
    of = _of(replace(TIME, measurement=measurement))
    (found,) = _refused(_by("county"), of)
    assert found == (
        f'query.toml:6:1: step[0]: values over time are of the measurement "{measurement}" in west, so they do not add '
        'up over time; keep its slots with "time_mst" in `by`'
    )
    assert plan_of(_by("state", "time_mst"), of=of).rows == 2 * 4


@pytest.mark.parametrize(
    ("by", "lost", "words"),
    [
        ((), '"month"', '"month_of_year"'),
        (("season",), '"month"', '"month_of_year"'),
        (("hour_of_day",), '"month"', '"month_of_year"'),
    ],
)
def test_typical_periods_are_not_summed_as_if_each_occurred_once(by: tuple[str, ...], lost: str, words: str) -> None:
    of = _of(WEEK)
    (found,) = _refused(_by("end_use", *by), of)
    assert f"a sum over their {lost} says nothing" in found
    assert found.endswith(f"keep {words} in `by`")


def test_hours_and_days_inside_of_a_typical_week_add_up() -> None:
    of = _of(WEEK)
    for by in (("month_of_year",), ("month_of_year", "hour_of_day"), ("month_of_year", "day_of_week"), ("week",)):
        assert plan_of(_by("end_use", *by), of=of).sources
    day_types = _of(replace(WEEK, by=("month", "day_type", "hour")))
    (found,) = _refused(_by("end_use", "month_of_year"), day_types)
    assert 'a sum over their "day_type" says nothing' in found


def test_the_numbers_of_an_index_have_no_zone_but_its_words_do() -> None:
    of = _of(IndexTime("numbers", YEAR.start, 0, 8759, timedelta(hours=1), "-07:00", "period_beginning", "total"))
    (found,) = _refused(_by("end_use", "numbers", zone="America/Denver"), of)
    assert "the slots of west are numbers, which no zone changes" in found
    assert plan_of(_by("end_use", "daily", zone="America/Denver"), of=of).sources


def test_values_of_no_time_may_be_summed_but_not_asked_by_time() -> None:
    of = project()
    rates = dataset(of, time=NoTime("never"))
    plan = plan_of(_by("state"), rates, of=of)
    assert plan.rows == 2
    # Three counties, two building types, a MWh and a MBtu for each.
    assert [total for _, total, _ in plan.sources[0].totals] == [pytest.approx(6 + 6 * 0.2930710701722222)]
    (found,) = _refused(_by("state", "hour_of_day"), of, rates)
    assert found.endswith('dataset homes has no time, so it cannot be asked by time; ask for it without "hour_of_day"')
    assert "time_mst" not in [column.name for column in plan_of("", rates, of=of).columns]


# Plans ---------------------------------------------------------------------------------------------------------------


def _week(of: Project) -> Stored:
    return dataset(of, time=WEEK)


def _source_time(plan: Plan):  # type: ignore[no-untyped-def]
    (source,) = plan.sources
    assert source.time is not None
    return source.time


def test_typical_weeks_by_year_are_one_row_for_each_combination() -> None:
    plan = plan_of(_by("state", "annual"), _week(_of(YEAR)), of=_of(YEAR))
    time = _source_time(plan)
    assert (time.mode, time.stage1_rows, time.coupling.places) == ("direct", 1, 2)
    assert plan.sources[0].bounds is not None
    # 12 series of 2016 hours (three counties, two building types, two end uses) become one row for each state.
    assert plan.sources[0].bounds.facts == 12 * 2016
    assert plan.sources[0].bounds.stage1 == 2
    assert plan.rows == 2


def test_zones_that_make_no_difference_are_one_place() -> None:
    of = _of(YEAR)
    # By month, the hours of a typical day occur as often in Los Angeles as in New York but where clocks change.
    day = replace(WEEK, by=("month",), step=timedelta(days=1))
    california = '[[where]]\ndimension = "county"\nattribute = "state"\nequals = "CA"\n'
    assert _source_time(plan_of(california + _by("annual"), _week(of), of=of)).coupling.places == 1
    fixed = dataset(of, time=replace(day, zone="-07:00"), rules=TimeRules(resample=True))
    assert _source_time(plan_of(_by("annual"), fixed, of=of)).coupling.places == 1


def test_slots_that_no_zone_tells_apart_are_one_class() -> None:
    of = _of(YEAR)
    plan = plan_of(_by("hour_of_day", zone="geography"), _week(of), of=of)
    time = _source_time(plan)
    # The hours of each day of the week in a month occur as often as each other.
    assert time.mode == "direct"
    assert time.codes == 24
    hours = [np.unique(one.target[one.source % 24 == 5]).tolist() for one in time.entries]
    assert hours == [[5], [5]]


def test_counts_of_a_typical_week_are_those_of_the_calendar() -> None:
    of = _of(YEAR)
    time = _source_time(plan_of(_by("annual"), _week(of), of=of))
    at = {
        place: dict(zip(one.source.tolist(), one.weight.tolist(), strict=True))
        for place, one in enumerate(time.entries)
    }
    slot = lambda month, day, hour: ((month - 1) * 7 + day) * 24 + hour  # noqa: E731
    for place in at:
        assert at[place][slot(5, 1, 12)] == 5  # five Tuesdays in May 2018
        assert at[place].get(slot(3, 6, 2), 0) == 3  # four Sundays in March; clocks left out 02:00 on one
        assert at[place][slot(11, 6, 1)] == 5  # four Sundays in November; clocks showed 01:00 twice on one
    # The project's year is that of Mountain Standard Time: New York is two hours ahead, Los Angeles an hour behind.
    totals = sorted(sum(one.values()) for one in at.values())
    assert totals == [8760, 8760]


def test_explain_says_whose_zones_are_used_and_what_becomes_of_slots() -> None:
    of = _of(YEAR)
    text = explain(plan_of(_by("state", "annual"), _week(of), of=of))
    assert "2,016 slots -> 1 classes before the contraction" in text
    assert "from 1h by month, day_of_week, hour in the zone of each geography of the project" in text
    assert (
        "zones from the time_zone of the geography records of project west: America/Los_Angeles, America/New_York"
        in text
    )
    assert "2 places, by geography, have matrices of their own" in text
    assert "slots weigh differently: sums are checked before time is mapped" in text
    assert "MWh from homes, before time is mapped" in text
    assert "words of time are of the clock of -07:00" in text


def test_explain_tells_rules_and_what_they_did() -> None:
    of = project()
    late = replace(TIME, name="own", interval="period_ending")
    text = explain(plan_of(_by("county", "time_mst"), dataset(of, time=late, rules=TimeRules(wrap=True)), of=of))
    assert "rules wrap_time = true" in text
    assert "1 slot wrapped to the other end" in text
    assert "timestamps are UTC instants" in text


def test_an_index_is_shown_by_its_numbers_and_has_the_words_of_its_clock() -> None:
    numbers = IndexTime(
        "hours", datetime.fromisoformat("2018-07-01"), 5, 8, HOUR, "-07:00", "period_beginning", "total"
    )
    of = _of(numbers)
    plan = plan_of(_by("hours", "hour_of_day"), dataset(of), of=of)
    assert plan.time_keys == ((5, 0), (6, 1), (7, 2), (8, 3))


def test_years_of_model_years_are_told_apart_by_them() -> None:
    of = _of(AnnualTime("year", (2018,), "total", year_of="model_year"))
    plan = plan_of(_by("county", "annual"), dataset(of), of=of)
    assert plan.time_keys == ((2018,),)
