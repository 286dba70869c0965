"""Drafts of data with labels: what files show is written, what they do not is asked; with answers they are valid."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drafting import (
    HOUR,
    METRIC,
    SPAN,
    answered,
    asked,
    assert_blanks_are_named,
    draft,
    moments,
    of_time,
    rows,
    year_of_hours,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.operations.generate_dataset import generate_dataset
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import DatetimeTime, Span
from dsgrid.time.grid import moment, slots
from dsgrid.time.load import load_time

DATE = ("year", "month", "day", "hour")
DENVER = ZoneInfo("America/Denver")

# Labels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "written"),
    [
        (timedelta(minutes=5), "5min"),
        (timedelta(minutes=15), "15min"),
        (timedelta(minutes=90), "90min"),
        (HOUR, "1h"),
        (timedelta(days=1), "1d"),
        (timedelta(days=7), "7d"),
    ],
)
@pytest.mark.parametrize("instants", [True, False])
def test_labels_of_any_step_are_drafted(tmp_path: Path, step: timedelta, written: str, instants: bool) -> None:
    labels = moments(datetime(2018, 1, 1), step, 40)
    made = draft(tmp_path, {"time": [f"{at:%Y-%m-%d %H:%M}{'Z' if instants else ''}" for at in labels]})
    assert asked(made) == ["zone", "interval", "measurement"]
    assert made.notes == ()
    assert_blanks_are_named(made)
    time = answered(made, zone="UTC", **SPAN)
    assert isinstance(time, DatetimeTime)
    assert (time.ranges, time.step) == ((Span(labels[0], labels[-1]),), step)
    assert dict(time.columns) == {"label": "time"}
    assert of_time(made)["step"] == written
    assert of_time(made).get("labels") == (None if instants else "wall_clock")


@rounds(3)
@given(
    st.sampled_from([timedelta(minutes=5), timedelta(minutes=15), HOUR, timedelta(days=1)]),
    st.lists(st.tuples(st.integers(4, 40), st.integers(8, 400)), min_size=1, max_size=3),
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_the_ranges_of_a_draft_hold_all_labels_and_no_others(
    step: timedelta, runs: list[tuple[int, int]], start: datetime
) -> None:
    labels: list[datetime] = []
    for count, days_apart in runs:
        labels += moments(start, step, count)
        start = labels[-1] + timedelta(days=days_apart)
    with TemporaryDirectory() as folder:
        made = draft(Path(folder), {"timestamp": labels})
        table = of_time(made)
        time = load_time(Node({"time": {**table, "zone": "UTC", **SPAN}}, (), Source(None, "", Path(folder)))["time"])
    assert [moment(label) for label in slots(time)] == labels
    assert len(time.ranges) == len(runs)
    assert made.notes == ()


def test_dates_are_labels_of_days(tmp_path: Path) -> None:
    days = [datetime(2018, 1, 1) + timedelta(days=number) for number in range(31)]
    table = tmp_path / "table.parquet"
    plain = {"geography": ["06037"] * 31, "sector": ["com"] * 31, "subsector": ["office"] * 31, "cooling": [1.5] * 31}
    pq.write_table(pa.table({**plain, "date": [day.date() for day in days]}), table)
    made = generate_dataset({"table": str(table), "output": str(tmp_path / "out"), "metric": METRIC})
    time = answered(made, zone="-07:00", **SPAN)
    assert (time.start, time.end, time.step) == (days[0], days[-1], timedelta(days=1))


def test_years_of_the_weather_that_do_not_follow_each_other_are_ranges(tmp_path: Path) -> None:
    labels = [*year_of_hours(2007), *year_of_hours(2012)]
    made = draft(tmp_path, {"timestamp": labels, "weather_year": [at.year for at in labels]})
    time = answered(made, zone="-07:00", **SPAN)
    assert time.year_of == "weather_year"
    assert time.ranges == (
        Span(datetime(2007, 1, 1), datetime(2007, 12, 31, 23), "2007"),
        Span(datetime(2012, 1, 1), datetime(2012, 12, 31, 23), "2012"),
    )
    assert made.notes == ()
    # A single weather year that is called by no year may have both.
    made = draft(tmp_path, {"timestamp": labels})
    text = made.specs[0].read_text("utf-8")
    assert "2 runs; 17,544 labels, none missing" in text
    assert [span["start"] for span in of_time(made)["ranges"]] == ["2007-01-01 00:00", "2012-01-01 00:00"]
    assert not any("weather_year" in span for span in of_time(made)["ranges"])


def test_years_that_follow_each_other_belong_to_their_records_all_the_same(tmp_path: Path) -> None:
    labels = [at + HOUR for at in (*year_of_hours(2011), *year_of_hours(2012))]
    made = draft(tmp_path, {"timestamp": labels, "weather_year": [(at - HOUR).year for at in labels]})
    time = answered(made, zone="-07:00", interval="period_ending", measurement="total")
    assert [(span.start, span.record) for span in time.ranges] == [
        (datetime(2011, 1, 1, 1), "2011"),
        (datetime(2012, 1, 1, 1), "2012"),
    ]
    # The same labels for all records belong to none of them.
    both = [(at, year) for year in (2018, 2030) for at in year_of_hours(2018)]
    made = draft(tmp_path, rows("timestamp", "model_year", of=both))
    assert "start" in of_time(made)


def test_a_year_without_29_february_has_no_leap_day_and_no_gap(tmp_path: Path) -> None:
    plain = [at for at in year_of_hours(2012) if (at.month, at.day) != (2, 29)]
    for lag, interval in ((timedelta(0), "period_beginning"), (HOUR, "period_ending")):
        made = draft(tmp_path, {"timestamp": [at + lag for at in plain]})
        assert made.notes == ()
        time = answered(made, zone="-07:00", interval=interval, measurement="total")
        assert time.leap_days is False
    # As instants, whose day is not that of UTC.
    made = draft(tmp_path, {"timestamp": [f"{at:%Y-%m-%d %H:%M}-07:00" for at in plain]})
    assert of_time(made)["leap_days"] is False
    utc = [f"{at + 7 * HOUR:%Y-%m-%d %H:%M}Z" for at in plain]
    assert of_time(draft(tmp_path, {"timestamp": utc}))["leap_days"] is False
    # Another day that lacks is a gap.
    other = [at for at in year_of_hours(2012) if (at.month, at.day) != (3, 1)]
    made = draft(tmp_path, {"timestamp": other})
    assert "leap_days" not in of_time(made)
    assert made.notes == (
        'column "timestamp": 24 labels missing between the first and the last, the first 2012-03-01 00:00',
    )


def test_the_hour_that_clocks_leave_out_is_explained(tmp_path: Path) -> None:
    instants = [at.replace(tzinfo=ZoneInfo("UTC")) for at in moments(datetime(2018, 3, 10, 7), HOUR, 48)]
    shown = [f"{at.astimezone(DENVER):%Y-%m-%d %H:%M}" for at in instants]
    made = draft(tmp_path, {"timestamp": shown})
    (note,) = made.notes
    assert note.endswith("the first 2018-03-11 02:00; perhaps clocks were put forward, as in a zone with summer time")
    # In the right zone nothing is missing.
    made = draft(tmp_path, {"timestamp": shown}, {"zone": "America/Denver"})
    assert made.notes == ()
    time = answered(made, **SPAN)
    assert (time.zone, time.start, time.step) == ("America/Denver", datetime(2018, 3, 10), HOUR)


def test_the_hour_that_clocks_repeat_needs_a_column_that_tells_it_apart(tmp_path: Path) -> None:
    instants = [at.replace(tzinfo=ZoneInfo("UTC")) for at in moments(datetime(2018, 11, 4, 6), HOUR, 25)]
    shown = [at.astimezone(DENVER) for at in instants]
    times = {"timestamp": [f"{at:%Y-%m-%d %H:%M}" for at in shown]}
    told = {"zone": "America/Denver"}
    (note,) = draft(tmp_path, times, told).notes
    assert "2018-11-04 01:00; clocks of America/Denver show it twice" in note
    made = draft(tmp_path, {**times, "fold": [at.fold for at in shown]}, told)
    assert made.notes == ()
    assert dict(answered(made, **SPAN).columns) == {"label": "timestamp", "fold": "fold"}


def test_offsets_beside_labels_make_them_instants(tmp_path: Path) -> None:
    made = draft(tmp_path, {"at": year_of_hours(2018), "utc_offset": ["-05:00"] * 8760})
    time = answered(made, zone="-05:00", **SPAN)
    assert dict(time.columns) == {"label": "at", "offset": "utc_offset"}
    assert time.labels == ""


def test_the_clock_of_each_geography_has_to_be_named(tmp_path: Path) -> None:
    made = draft(tmp_path, {"timestamp": year_of_hours(2018)}, {"zone": "geography"})
    assert asked(made) == ["clock", "interval", "measurement"]
    assert "labels" not in of_time(made)
    (tmp_path / "out/dimensions/geography.csv").write_text("id,name,time_zone\n06037,LA,America/Los_Angeles\n", "utf-8")
    assert answered(made, clock="profile", **SPAN).clock == "profile"
    # Labels with an offset are no readings of clocks.
    made = draft(tmp_path, {"timestamp": [f"{at}Z" for at in year_of_hours(2018)]}, {"zone": "geography"})
    assert any("so they are instants" in note for note in made.notes)


def test_labels_by_month_have_no_step(tmp_path: Path) -> None:
    made = draft(tmp_path, {"timestamp": [date(2018, month, 1) for month in range(1, 13)]})
    assert "step" in asked(made)
    assert made.notes == (
        'column "timestamp": labels are a month or a year apart; a column of years makes annual data',
    )


def test_what_is_read_at_instants_is_measured(tmp_path: Path) -> None:
    times = {"timestamp": moments(datetime(2018, 1, 1), HOUR, 4)}
    for told in ({"interval": "instantaneous"}, {"measurement": "measured"}):
        made = draft(tmp_path, times, told)
        assert asked(made) == ["zone"]
        assert answered(made, zone="UTC").measurement == "measured"


# Parts ----------------------------------------------------------------------------------------------------------------


def test_labels_in_parts_are_put_together(tmp_path: Path) -> None:
    labels = moments(datetime(2012, 1, 1, 1), HOUR, 168)
    parts = rows("year", "month", "day", "hr", of=((at.year, at.month, at.day, at.hour) for at in labels))
    parts["hour"] = parts.pop("hr")
    made = draft(tmp_path, parts)
    time = answered(made, zone="-05:00", interval="period_ending", measurement="total")
    assert (time.start, time.end, time.step) == (labels[0], labels[-1], HOUR)
    assert dict(time.columns) == {"year": "year", "month": "month", "day": "day", "hour": "hour"}
    assert made.notes == ()
    # Hour 24 is midnight, and days have no hours.
    parts = rows("year", "month", "day_of_month", "hour", of=((2012, 2, 28, hour) for hour in range(1, 25)))
    made = draft(tmp_path, parts)
    assert (of_time(made)["end"], made.notes) == ("2012-02-29 00:00", ())
    days = rows("year", "month", "day", of=((at.year, at.month, at.day) for at in labels if not at.hour))
    time = answered(draft(tmp_path, days), zone="-05:00", **SPAN)
    assert (time.step, time.end) == (timedelta(days=1), datetime(2012, 1, 8))


def test_gaps_between_parts_are_counted(tmp_path: Path) -> None:
    labels = [at for at in moments(datetime(2012, 1, 1), HOUR, 100) if at.hour != 7]
    made = draft(tmp_path, rows(*DATE, of=((at.year, at.month, at.day, at.hour) for at in labels)))
    assert made.notes == (
        'columns "year", "month", "day", "hour": 4 labels missing between the first and the last, the first '
        "2012-01-01 07:00",
    )


def test_the_year_of_a_date_may_be_that_of_the_weather(tmp_path: Path) -> None:
    labels = [at for year in (2007, 2012) for at in year_of_hours(year) if not at.hour]
    parts = rows("weather_year", "month", "day", of=((at.year, at.month, at.day) for at in labels))
    time = answered(draft(tmp_path, parts), zone="-07:00", **SPAN)
    assert [(span.start.year, span.record) for span in time.ranges] == [(2007, "2007"), (2012, "2012")]
    assert dict(time.columns)["year"] == "weather_year"
