"""Whether the years of records agree with the years of labels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.time_cells import DAY, grid, index, typical, years

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.time.agreement import of_records, project_disagreements, year_disagreements
from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, NoTime, TimeDimension


def records(type_: str, *ids: str, **attributes: str) -> Dimension:
    return Dimension(type_, type_, type_, Records(tuple(Record(id_, "", dict(attributes)) for id_ in ids)))


def disagreements(time: TimeDimension, *weather: str, model: tuple[str, ...] = ("2018",)) -> list[str]:
    dimensions = {"weather_year": records("weather_year", *weather), "model_year": records("model_year", *model)}
    return year_disagreements(time, dimensions)


HOURS_OF_2018 = grid("-05:00", "2018-01-01 00:00 / 2018-12-31 23:00")
BOTH = grid("-05:00", "2007-01-01 / 2007-12-31", "2012-01-01 / 2012-12-31", step=DAY)


def tied(time: DatetimeTime, *of: str) -> DatetimeTime:
    ranges = tuple(replace(one, record=record) for one, record in zip(time.ranges, of, strict=True))
    return replace(time, ranges=ranges, year_of="weather_year")


@pytest.mark.parametrize(
    "time",
    [
        HOURS_OF_2018,
        # The hour that ends at midnight is of the year before, and a whole day may be.
        grid("-05:00", "2018-01-01 00:00 / 2018-12-31 23:00", interval="period_ending"),
        grid("UTC", "2018-01-01 08:00 / 2019-01-01 07:00"),
        index(GEOGRAPHY, "2018-01-01", 8760),
        grid(GEOGRAPHY, "2018-01-01 00:00 / 2018-12-31 23:00", clock="profile"),
    ],
)
def test_labels_of_the_weather_year_agree_with_it(time):
    assert disagreements(time, "2018") == []


@pytest.mark.parametrize(
    ("time", "way"),
    [
        (HOURS_OF_2018, 'where that is meant, a range says to which weather year it belongs: weather_year = "..."'),
        (index("-05:00", "2018-01-01", 8760), '"start", 2018-01-01 00:00, says which year label 1 is in'),
    ],
)
def test_weather_of_one_year_with_labels_of_another_is_a_mistake(time, way):
    assert disagreements(time, "2012") == [f'the weather year "2012" and the labels, of 2018, disagree; {way}']


@pytest.mark.parametrize("weather", [("2018",), ("2018", "2019")])
def test_an_index_is_of_one_weather_year(weather):
    found = disagreements(index("-05:00", "2018-12-31", 48), *weather)
    assert [text.rpartition("; ")[2] for text in found] == (
        ["an index has the labels of one weather year"] if len(weather) > 1 else []
    )


@pytest.mark.parametrize(
    ("time", "left"),
    [
        (years(2018, 2030, year_of="model_year"), (2030,)),
        (years(2018, 2030), (2018, 2030)),
    ],
)
def test_only_the_years_of_records_that_are_left_stay(time, left):
    assert of_records(time, ["2030"]).years == left


def test_only_the_ranges_of_records_that_are_left_stay():
    two = tied(BOTH, "2007", "2012")
    assert of_records(two, ["2012"]).ranges == two.ranges[1:]
    assert of_records(BOTH, ["2012"]) == BOTH


def test_a_range_may_say_that_another_year_is_meant():
    assert disagreements(tied(HOURS_OF_2018, "2012"), "2012") == []


def test_some_hours_are_of_the_year_that_they_are_of():
    assert disagreements(grid("-05:00", "2018-01-01 00:00 / 05:00"), "2018") == []
    assert len(disagreements(grid("-05:00", "2018-01-01 00:00 / 05:00"), "2017")) == 1


def test_weather_that_is_not_called_by_a_year_agrees_with_any_labels():
    assert disagreements(HOURS_OF_2018, "typical") == []
    assert disagreements(HOURS_OF_2018, "typical", "2012") == []


def test_ranges_have_to_say_which_of_several_weather_years_they_are_of():
    (found,) = disagreements(BOTH, "2007", "2012")
    assert found.startswith(
        'each of the weather years "2007", "2012" would have the labels of 2007, 2012; `ranges` say'
    )
    assert disagreements(tied(BOTH, "2007", "2012"), "2007", "2012") == []


def test_ranges_name_every_weather_year_and_no_other():
    assert disagreements(tied(BOTH, "2007", "2012"), "2007", "2011", "2012") == [
        'of the weather years, "2011" is not in the ranges'
    ]
    assert disagreements(tied(BOTH, "2007", "2012"), "2012") == [
        'the ranges name "2007", which is none of the weather years'
    ]


def test_annual_values_of_model_years_have_a_value_for_each():
    time = years(2018, 2030, year_of="model_year")
    assert disagreements(time, "2012", model=("2018", "2030")) == []
    assert disagreements(time, "2012", model=("2018", "2030", "2040", "2050")) == [
        'of the model years, "2040", "2050" are not in the years of the time dimension'
    ]
    assert disagreements(time, "2012", model=("2018",)) == [
        'the years of the time dimension name "2030", which is none of the model years'
    ]
    assert disagreements(years(2018), "2012") == []


@pytest.mark.parametrize("time", [typical("UTC", "month"), NoTime("t")])
def test_what_has_no_years_agrees_with_all(time):
    assert disagreements(time, "2012") == []


# Projects


def test_a_project_in_each_geography_needs_a_zone_for_each():
    local = grid(GEOGRAPHY, "2018-01-01 00:00 / 05:00", clock="standard")
    zoned = records("geography", "06037", time_zone="America/Los_Angeles")
    assert project_disagreements(local, [zoned]) == []
    (found,) = project_disagreements(local, [records("geography", "02001", "02002")])
    assert found == (
        'time is told in the zone of each geography, but 2 of the records of "geography" have no time_zone: '
        '"02001", "02002"'
    )
    assert project_disagreements(HOURS_OF_2018, [records("geography", "02001")]) == []


def test_a_project_in_each_geography_has_a_clock_that_never_changes():
    zoned = records("geography", "06037", time_zone="America/Los_Angeles")
    (found,) = project_disagreements(grid(GEOGRAPHY, "2018-01-01 00:00 / 05:00"), [zoned])
    assert 'its clock is "standard" or "profile", not "prevailing"' in found
    assert project_disagreements(typical(GEOGRAPHY, "month"), [zoned]) == []


def test_the_ranges_of_a_project_name_its_weather_years():
    time = tied(BOTH, "2007", "2012")
    assert project_disagreements(time, [records("weather_year", "2007", "2012")]) == []
    assert project_disagreements(time, [records("weather_year", "2007")]) == [
        'the ranges name "2012", which is none of the weather years'
    ]
    assert project_disagreements(HOURS_OF_2018, [records("weather_year", "2012")]) == []
