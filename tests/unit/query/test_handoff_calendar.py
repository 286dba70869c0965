"""The calendar of an export: whole years, leap years, years of other years, and clocks that are put forward."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.query.handoff.calendar import CalendarError, Laid, lay
from dsgrid.query.handoff.clock import Clock
from dsgrid.query.handoff.labels import written
from dsgrid.query.handoff.model import Export, read_export
from dsgrid.spec.node import Node, Source
from dsgrid.time.zones import HOUR

EST = Clock("-05:00")
NEW_YORK = Clock("America/New_York")


def asked(**keys: Any) -> Export:
    return read_export(Node(keys, (), Source(None, "", Path())), "example")


def hours_of(year: int, clock: Clock = EST, years: int = 1) -> Any:
    first, last = clock.begins(np.array([year, year + years]))
    return np.arange(first, last, HOUR)


def shown(laid: Laid, clock: Clock = EST) -> list[str]:
    return written(clock.readings(laid.begins)[laid.kept])


def said(*given_: Any, **keys: Any) -> str:
    with pytest.raises(CalendarError) as caught:
        lay(*given_, **keys)
    return str(caught.value)


def test_hours_of_a_year_are_counted_from_1() -> None:
    laid = lay(hours_of(2018), EST, asked(calendar="8760"))
    assert laid.hours.tolist() == list(range(1, 8761))
    assert laid.kept.all()


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Sydney", "America/Sao_Paulo"])
def test_a_clock_that_is_put_forward_has_8760_hours_in_its_year(zone: str) -> None:
    clock = Clock(zone)
    laid = lay(hours_of(2017, clock), clock, asked(calendar="8760"))
    assert laid.hours.tolist() == list(range(1, 8761))


def test_a_leap_year_needs_its_rule() -> None:
    message = (
        '2012 has 8,784 hours; say which of them are left out: leap_day is one of "drop_feb_29", "drop_dec_31", "keep"'
    )
    assert said(hours_of(2012), EST, asked(calendar="8760")) == message


def test_29_february_is_left_out_and_later_hours_count_less() -> None:
    laid = lay(hours_of(2012), EST, asked(calendar="8760", leap_day="drop_feb_29"))
    texts = shown(laid)
    assert len(texts) == 8760
    assert not [text for text in texts if text.startswith("2012-02-29")]
    assert texts[-1] == "2012-12-31 23:00"
    assert laid.hours[laid.kept].tolist() == list(range(1, 8761))


def test_31_december_is_left_out() -> None:
    laid = lay(hours_of(2012), EST, asked(calendar="8760", leap_day="drop_dec_31"))
    texts = shown(laid)
    assert (len(texts), texts[-1]) == (8760, "2012-12-30 23:00")
    assert "2012-02-29 12:00" in texts
    assert laid.hours[laid.kept].tolist() == list(range(1, 8761))


def test_a_leap_year_that_is_kept_has_8784_hours() -> None:
    laid = lay(hours_of(2012), EST, asked(calendar="8760", leap_day="keep"))
    assert laid.hours[laid.kept].tolist() == list(range(1, 8785))
    assert laid.notes == ("2012 has 8,784 hours: nothing is left out (leap_day = keep).",)


def test_the_rule_of_leap_years_leaves_other_years_alone() -> None:
    laid = lay(hours_of(2011, years=3), EST, asked(calendar="8760", leap_day="drop_feb_29"))
    for year in (2011, 2012, 2013):
        assert laid.hours[laid.kept & (laid.years == year)].tolist() == list(range(1, 8761))


def test_years_that_are_not_whole_are_refused_with_what_there_is() -> None:
    message = (
        "whole years are needed, but on the clock UTC the hours are of 2018 (8,755 of 8,760) and 2019 (5 of 8,760)"
    )
    assert said(hours_of(2018), Clock("UTC"), asked(calendar="8760")).startswith(message)
    message = "whole years are needed, but on the clock -05:00 the hours are of 2018 (8,759 of 8,760)"
    assert said(np.delete(hours_of(2018), 100), EST, asked(calendar="8760")) == message


def test_hours_beyond_a_year_stand_at_its_other_end() -> None:
    given_ = hours_of(2018)
    laid = lay(given_, Clock("UTC"), asked(calendar="8760", wrap=True))
    assert sorted(laid.hours.tolist()) == list(range(1, 8761))
    moved = np.flatnonzero(laid.begins != given_)
    assert laid.hours[moved].tolist() == [1, 2, 3, 4, 5]
    assert laid.notes == ("On the clock UTC, 5 hours after the end of 2018 stand at the beginning (wrap).",)


@given(
    st.integers(-14, 14), st.integers(2010, 2013), st.integers(1, 3), st.sampled_from(["drop_feb_29", "drop_dec_31"])
)
def test_wrapped_years_have_each_hour_once_in_any_zone(offset: int, year: int, years: int, rule: str) -> None:
    clock = Clock(f"{'-' if offset < 0 else '+'}{abs(offset):02}:00")
    laid = lay(hours_of(year, years=years), clock, asked(calendar="8760", wrap=True, leap_day=rule))
    found = sorted(zip(laid.years[laid.kept].tolist(), laid.hours[laid.kept].tolist(), strict=True))
    assert found == [(one, hour) for one in range(year, year + years) for hour in range(1, 8761)]


def test_hours_that_do_not_make_whole_years_are_not_wrapped() -> None:
    message = said(hours_of(2018)[:-1], Clock("UTC"), asked(calendar="8760", wrap=True))
    assert message.endswith("; wrapping does not make whole years of them")


def test_hours_of_a_clock_that_is_half_an_hour_off_are_refused() -> None:
    message = said(hours_of(2018), Clock("Asia/Kolkata"), asked(time="hour_of_year"))
    assert message == "hours begin 30 minutes after those of the clock Asia/Kolkata"


# Years of other years ------------------------------------------------------------------------------------------------


def test_a_year_is_renamed_by_day_and_month() -> None:
    laid = lay(hours_of(2018), EST, asked(year="model_year"), 2030)
    assert shown(laid)[:2] == ["2030-01-01 00:00", "2030-01-01 01:00"]
    assert shown(laid)[-1] == "2030-12-31 23:00"
    assert laid.notes == ("Hours of 2018 are labelled as of 2030; days of the week are those of 2018.",)


def test_a_leap_year_to_come_has_no_29_february() -> None:
    laid = lay(hours_of(2018), EST, asked(year="model_year"), 2040)
    texts = shown(laid)
    assert texts[59 * 24 - 1 : 59 * 24 + 1] == ["2040-02-28 23:00", "2040-03-01 00:00"]
    assert texts[-1] == "2040-12-31 23:00"
    assert laid.hours[-1] == 8760
    assert laid.notes[-1] == "There is no 29 February 2040."


def test_a_leap_year_of_weather_keeps_its_days_in_another_leap_year() -> None:
    laid = lay(hours_of(2012), EST, asked(year="model_year"), 2040)
    assert shown(laid) == [text.replace("2012", "2040") for text in written(EST.readings(hours_of(2012)))]


def test_a_leap_year_of_weather_needs_a_rule_for_years_that_are_none() -> None:
    start = "2012 is a leap year and 2030 is not; say which day is left out"
    assert said(hours_of(2012), EST, asked(year="model_year"), 2030).startswith(start)
    assert said(hours_of(2012), EST, asked(year="model_year", leap_day="keep"), 2030).startswith(start)
    laid = lay(hours_of(2012), EST, asked(year="model_year", leap_day="drop_feb_29"), 2030)
    assert shown(laid)[59 * 24] == "2030-03-01 00:00"
    assert len(shown(laid)) == 8760
    laid = lay(hours_of(2012), EST, asked(year="model_year", leap_day="drop_dec_31"), 2030)
    # Hour by hour: what was 29 February is 1 March.
    assert shown(laid)[59 * 24] == "2030-03-01 00:00"
    assert shown(laid)[-1] == "2030-12-31 23:00"


def test_a_clock_that_is_put_forward_has_no_other_years() -> None:
    message = said(hours_of(2018, NEW_YORK), NEW_YORK, asked(year="model_year"), 2030)
    assert message.startswith("the clock America/New_York is put forward on other days of 2030")


def test_hours_of_several_years_are_not_renamed_to_one() -> None:
    message = said(hours_of(2017, years=2), EST, asked(year="model_year"), 2030)
    assert message == "a table has hours of 2 years (2017 to 2018), not of one"


@pytest.mark.parametrize("year", [1999, 2000, 2018, 2024])
def test_years_begin_when_a_clock_says_so(year: int) -> None:
    for name in ("America/New_York", "Australia/Sydney", "-05:00"):
        clock = Clock(name)
        (begin,) = clock.readings(clock.begins(np.array([year])))
        assert begin == int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
