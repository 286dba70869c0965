"""The pictures of a load: what stands where, in which order, and what the numbers beside them say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.unit.viewer.showing import words

from dsgrid.viewer.pages.dataset import shape_plots as plots

DENVER = ZoneInfo("America/Denver")


def year(zone: ZoneInfo = DENVER) -> list[list[Any]]:
    """Return the hours of 2018 as a table has them, each with its number as its value."""
    begin = datetime(2018, 1, 1, tzinfo=zone).timestamp()
    hours = (datetime.fromtimestamp(begin + 3_600 * number, zone) for number in range(8_760))
    return [[each.isoformat(), float(number), "kWh"] for number, each in enumerate(hours)]


COLUMNS = ["hourly", "value", "unit"]


def test_a_year_has_a_column_for_each_day_and_a_row_for_each_hour() -> None:
    (trace,) = plots.year_map(COLUMNS, year(ZoneInfo("UTC")), "kWh")["data"]
    assert (len(trace["x"]), len(trace["z"])) == (365, 24)
    assert trace["z"][5][0] == 5.0
    assert trace["z"][0][364] == 364 * 24


def test_hours_that_clocks_leave_out_are_empty_and_repeated_ones_are_means() -> None:
    (trace,) = plots.year_map(COLUMNS, year(), "kWh")["data"]
    spring, autumn = trace["x"].index("2018-03-11"), trace["x"].index("2018-11-04")
    assert trace["z"][2][spring] is None
    assert sum(cell is None for row in trace["z"] for cell in row) == 1
    first = next(row[1] for row in year() if row[0].startswith("2018-11-04T01:00"))
    assert trace["z"][1][autumn] == first + 0.5


def test_empty_values_are_left_out_and_not_taken_for_zero() -> None:
    rows = [["2018-01-01T00:00:00Z", None, "kWh"], ["2018-01-01T01:00:00Z", 4.0, "kWh"]]
    (trace,) = plots.year_map(COLUMNS, rows, "kWh")["data"]
    assert (trace["z"][0][0], trace["z"][1][0]) == (None, 4.0)
    assert "4 kWh" in words(plots.load_facts(COLUMNS, rows, "kWh", adds_up=True))


DAYS = ["season", "day_type", "hour_of_day", "value", "unit"]


def days(*seasons: str, kinds: tuple[str, ...] = ("weekend", "weekday")) -> list[list[Any]]:
    return [
        [season, kind, hour, hour + len(season), "kWh"] for season in seasons for kind in kinds for hour in range(24)
    ]


def test_seasons_have_their_usual_order_and_colours_days_their_dashes() -> None:
    traces = plots.season_days(DAYS, days("autumn", "monsoon", "winter"), "kWh")["data"]
    assert [one["name"] for one in traces][:2] == ["winter, weekday", "winter, weekend"]
    assert [one["name"].split(",")[0] for one in traces][::2] == ["winter", "autumn", "monsoon"]
    colours = [one["line"]["color"] for one in traces]
    assert colours[0] == colours[1] != colours[2]
    assert [one["line"]["dash"] for one in traces[:2]] == ["solid", "dash"]


def test_a_day_without_some_hours_has_gaps_there() -> None:
    rows = [row for row in days("winter", kinds=("weekday",)) if row[2] != 3]
    (trace,) = plots.season_days(DAYS, rows, "kWh")["data"]
    assert trace["y"][3] is None
    assert trace["y"][4] == 10


def test_both_maps_of_months_have_one_scale() -> None:
    columns = ["month_of_year", "day_type", "hour_of_day", "value", "unit"]
    rows = [[1, "weekday", 0, 5.0, "kWh"], [12, "weekend", 23, 9.0, "kWh"]]
    first, second = (plots.month_days(columns, rows, "kWh", kind)["data"][0] for kind in ("weekday", "weekend"))
    assert (first["zmin"], first["zmax"]) == (second["zmin"], second["zmax"]) == (5.0, 9.0)
    assert (first["z"][0][0], first["z"][11][23]) == (5.0, None)
    assert second["z"][11][23] == 9.0


def test_typical_weeks_are_maps_with_names_of_months_and_days() -> None:
    columns = ["month_of_year", "day_of_week", "hour_of_day", "value", "unit"]
    rows = [[month, day, hour, 1.0, "kWh"] for month in (1, 7) for day in range(7) for hour in range(24)]
    (trace,) = plots.period_days(columns, rows, "kWh")["data"]
    assert (trace["y"][0], trace["y"][7], len(trace["y"])) == ("Jan Mon", "Jul Mon", 14)


def test_typical_periods_without_hours_are_bars() -> None:
    (trace,) = plots.period_days(["season", "value", "unit"], [["winter", 2.0, "kWh"]], "kWh")["data"]
    assert (trace["type"], trace["x"]) == ("bar", ["winter"])


@pytest.mark.parametrize(
    ("columns", "rows", "names"),
    [
        (["model_year", "value", "unit"], [["2018", 1.0, ""], ["2030", 2.0, ""]], ["2018", "2030"]),
        (["model_year", "annual", "value", "unit"], [["2030", 2030, 1.0, ""]], ["2030"]),
        (["model_year", "annual", "value", "unit"], [["2030", 2012, 1.0, ""]], ["2030 / 2012"]),
    ],
)
def test_years_are_bars(columns: list[str], rows: list[list[Any]], names: list[str]) -> None:
    (trace,) = plots.year_bars(columns, rows, "")["data"]
    assert (trace["type"], trace["x"]) == ("bar", names)


def test_the_numbers_are_those_of_the_hours() -> None:
    text = words(plots.load_facts(COLUMNS, year(ZoneInfo("UTC")), "MWh", adds_up=True))
    assert "38,364,420 MWh" in text
    assert "8,759 MWh, 2018-12-31 23:00" in text
    assert "0.500" in text


def test_what_does_not_add_up_has_no_sum_and_what_is_never_positive_no_load_factor() -> None:
    rows = [["2018-01-01T00:00:00Z", -2.0, ""], ["2018-01-01T01:00:00Z", -1.0, ""]]
    text = words(plots.load_facts(COLUMNS, rows, "", adds_up=False))
    assert "In all" not in text
    assert "Load factor" not in text
    assert plots.load_facts(COLUMNS, [], "", adds_up=True) is None


def test_a_course_of_days_is_a_line_by_its_own_clock() -> None:
    rows = [[(datetime(2018, 1, 1, tzinfo=DENVER) + timedelta(days=day)).isoformat(), day, "kWh"] for day in range(3)]
    (trace,) = plots.course(["time", "value", "unit"], rows, "kWh")["data"]
    assert trace["x"] == ["2018-01-01 00:00", "2018-01-02 00:00", "2018-01-03 00:00"]


def test_the_numbers_of_mean_days_stand_beside_the_picture() -> None:
    text = words(plots.days_table(DAYS, days("winter", kinds=("weekday",)), "kWh"))
    assert "winter, weekday" in text
    assert "23:00  29" in text or "23:00 29" in text
