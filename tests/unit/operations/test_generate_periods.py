"""Drafts of years, typical periods, numbers and data without time."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from drafting import HOUR, SPAN, answered, asked, assert_blanks_are_named, draft, of_time, rows, year_of_hours

from dsgrid.errors import DsgridError
from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.validate import validate
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import AnnualTime, IndexTime, NoTime, RepresentativeTime

SEASONS = ("winter", "spring", "summer", "autumn")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (
            {"year": [2018, 2019, 2020]},
            AnnualTime("time", (2018, 2019, 2020), "total", "model_year"),
        ),
        (
            {"model_year": [2020, 2030]},
            AnnualTime("time", (2020, 2030), "total", "model_year"),
        ),
        (
            {"time_year": [2018, 2019], "model_year": [2018, 2019]},
            AnnualTime("time", (2018, 2019), "total", "model_year", columns=(("year", "time_year"),)),
        ),
        (
            {"time_year": [2018, 2019], "model_year": [2019, 2018]},
            AnnualTime("time", (2018, 2019), "total", columns=(("year", "time_year"),)),
        ),
        (
            {"time_year": [2018, 2019]},
            AnnualTime("time", (2018, 2019), "total", "model_year", columns=(("year", "time_year"),)),
        ),
    ],
)
def test_years_are_drafted(tmp_path: Path, times: dict[str, list[Any]], expected: AnnualTime) -> None:
    made = draft(tmp_path, times)
    assert asked(made) == ["measurement"]
    assert_blanks_are_named(made)
    assert answered(made, measurement="total") == expected


def test_data_of_one_year_are_of_its_weather_too(tmp_path: Path) -> None:
    made = draft(tmp_path, {"year": [2018, 2018]}, {"measurement": "total"})
    assert made.decisions == ()
    dimensions, time = load_dimensions(load_spec(made.specs[0]).root, None)
    assert (time.kind, dimensions["weather_year"].records.ids) == ("annual", ("2018",))


WEEK = rows("month", "day_of_week", "hour", of=product(range(1, 13), range(7), range(24)))


@pytest.mark.parametrize(
    ("times", "by", "columns"),
    [
        (WEEK, ("month", "day_of_week", "hour"), {}),
        (
            rows("month", "is_weekday", "hour", of=product(range(1, 13), ("TRUE", "FALSE"), range(24))),
            ("month", "day_type", "hour"),
            {"day_type": "is_weekday"},
        ),
        (
            rows("Season", "DayType", "hour", of=product(SEASONS, ("weekend", "weekday"), range(24))),
            ("season", "day_type", "hour"),
            {"season": "Season", "day_type": "DayType"},
        ),
        (rows("day_of_week", of=[("Monday",), ("Sunday",)]), ("day_of_week",), {}),
        (rows("hour_of_day", of=[(hour,) for hour in range(24)]), ("hour",), {"hour": "hour_of_day"}),
    ],
)
def test_typical_periods_are_drafted(
    tmp_path: Path, times: dict[str, list[Any]], by: tuple[str, ...], columns: dict[str, str]
) -> None:
    made = draft(tmp_path, times)
    hourly = "hour" in by
    assert asked(made) == (["zone", "interval", "measurement"] if hourly else ["zone", "measurement"])
    assert_blanks_are_named(made)
    answers = {"zone": "project_geography", "measurement": "total"}
    time = answered(made, **answers, **({"interval": "period_beginning"} if hourly else {}))
    assert isinstance(time, RepresentativeTime)
    assert (time.by, time.step) == (by, HOUR if hourly else timedelta(days=1))
    assert dict(time.columns) == {part: columns.get(part, part) for part in by}
    assert (time.calendar.seasons[0][0], time.calendar.day_types[0][0]) == ("winter", "weekday")


def test_other_seasons_and_day_types_are_written_as_far_as_they_are_known(tmp_path: Path) -> None:
    days = ("weekday", "saturday", "sunday", "holiday")
    seasons = ("winter", "spring", "summer", "fall")
    made = draft(tmp_path, rows("season", "day_type", of=product(seasons, days)))
    time = answered(made, zone="-05:00", measurement="total")
    assert dict(time.calendar.seasons)["fall"] == (9, 10, 11)
    assert dict(time.calendar.day_types) == {
        "holiday": (),
        "saturday": (5,),
        "sunday": (6,),
        "weekday": (0, 1, 2, 3, 4),
    }


def test_seasons_that_are_not_known_are_asked_for(tmp_path: Path) -> None:
    made = draft(tmp_path, rows("season", of=[("heating",), ("summer",)]))
    assert asked(made) == ["zone", "seasons", "measurement"]
    assert of_time(made)["seasons"] == {"heating": [], "summer": [6, 7, 8]}
    with pytest.raises(DsgridError) as left:
        validate(made.specs[0])
    assert any(problem.key.startswith("time.seasons") for problem in left.value.problems)


@pytest.mark.parametrize(
    ("count", "step"), [(8760, "1h"), (8784, "1h"), (35040, "15min"), (105120, "5min"), (365, "1d"), (100, "")]
)
def test_numbers_are_drafted(tmp_path: Path, count: int, step: str) -> None:
    # More numbers than are kept of other columns, too.
    made = draft(tmp_path, {"time_index": list(range(1, count + 1))})
    asked_for = ["start", *([] if step else ["step"]), "zone", "interval", "measurement"]
    assert asked(made) == asked_for
    assert_blanks_are_named(made)
    answers = {"start": "2018-01-01 00:00", "zone": "-05:00", **SPAN}
    time = answered(made, **answers, **({} if step else {"step": "1h"}))
    assert isinstance(time, IndexTime)
    assert (time.first, time.last) == (1, count)
    assert of_time(made)["step"] == (step or "1h")
    assert any("leap_days = false" in note for note in made.notes) == (count in (8760, 35040, 105120, 365))


def test_numbers_on_the_clock_of_each_place_say_which(tmp_path: Path) -> None:
    made = draft(tmp_path, {"hour_of_year": [0, 1, 2, 4]}, {"zone": "project_geography"})
    assert made.notes == ('column "hour_of_year": 1 number missing between 0 and 4',)
    answers = {"start": "2018-01-01 00:00", "clock": "profile", "step": "1h"}
    time = answered(made, **answers, **SPAN)
    assert (time.clock, dict(time.columns)) == ("profile", {"index": "hour_of_year"})


def test_a_table_without_time_has_none(tmp_path: Path) -> None:
    made = draft(tmp_path, {})
    assert asked(made) == []
    assert answered(made) == NoTime("time")
    assert "# assumed, as no column of the table holds times" in made.specs[0].read_text("utf-8")


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"timestamp": year_of_hours(2018)[:3]}, 'time          column "timestamp"'),
        ({"month": [1, 2, 3], "hour": [0, 1, 2]}, 'time          columns "month", "hour": representative'),
        ({"year": [2018, 2019]}, "time          no column; annual"),
        ({}, "time          no column"),
    ],
)
def test_what_was_found_is_told(tmp_path: Path, times: dict[str, list[Any]], told: str) -> None:
    assert f"  {told}" in draft(tmp_path, times).report().splitlines()
