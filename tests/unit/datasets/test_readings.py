"""Labels in files become the instants at which a clock shows them, or are refused with how often they occur."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.small_dataset import TIME, spanning

from dsgrid.datasets.cells import check_cells
from dsgrid.datasets.readings import PARTS, behind_utc, instants_of, readings_of_parts, shown_reading
from dsgrid.errors import DataError
from dsgrid.time.dimension import Calendar
from dsgrid.time.grid import wall

ZONES = ("America/Denver", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Dublin", "America/St_Johns")


def at(text: str) -> datetime:
    """Return a reading of a clock."""
    return datetime.fromisoformat(text)


moments = st.datetimes(at("1975-01-01"), at("2037-12-31")).map(lambda found: found.replace(microsecond=0))


@given(st.sampled_from(ZONES), st.lists(moments, min_size=1, max_size=20))
def test_a_reading_with_its_fold_leads_back_to_its_instant(zone: str, found: list[datetime]):
    shown = [at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for at in found]
    readings = np.array([wall(at.replace(tzinfo=None)) for at in shown])
    folds = np.array([at.fold for at in shown])
    instants = instants_of(replace(TIME, zone=zone), readings, folds, [1] * len(found), "data")
    assert instants.tolist() == [wall(at) for at in found]


@given(st.sampled_from(ZONES), st.lists(moments, min_size=1, max_size=20))
def test_readings_that_a_clock_skips_are_refused_and_no_others(zone: str, found: list[datetime]):
    clock = ZoneInfo(zone)
    back = [at.replace(tzinfo=clock).astimezone(UTC).astimezone(clock).replace(tzinfo=None) for at in found]
    time, readings = replace(TIME, zone=zone), np.array([wall(at) for at in found])
    if back == found:
        assert len(instants_of(time, readings, None, [1] * len(found), "data")) == len(found)
    else:
        with pytest.raises(DataError, match=f"labels that the clock of {zone} never shows"):
            instants_of(time, readings, None, [1] * len(found), "data")


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("America/Denver", "2012-03-11 02:30"),
        ("Australia/Lord_Howe", "2012-10-07 02:15"),
        ("Pacific/Apia", "2011-12-30 12:00"),
    ],
)
def test_a_label_in_a_gap_of_the_clock_is_named_with_the_number_of_its_rows(zone: str, label: str):
    readings = np.array([wall(datetime.fromisoformat(label)), wall(datetime.fromisoformat("2012-07-01 00:00"))])
    with pytest.raises(DataError) as caught:
        instants_of(replace(TIME, zone=zone), readings, None, [1200, 7], "data.csv")
    assert str(caught.value).startswith(
        f"data.csv: 1,200 rows have labels that the clock of {zone} never shows: {label};"
    )


def test_standard_time_is_the_same_all_year():
    time = spanning("2012-01-01 00:00", "2012-12-31 23:00", zone="America/Denver", clock="standard")
    readings = np.array([wall(at("2012-03-11 02:00")), wall(at("2012-07-01"))])
    instants = instants_of(time, readings, None, [1, 1], "data")
    assert (instants - readings).tolist() == [7 * 3_600_000_000] * 2
    with pytest.raises(DataError, match="1 row has fold 1 at labels that the clock of America/Denver shows once"):
        instants_of(time, readings, np.array([0, 1]), [1, 1], "data")


@given(st.datetimes(at("1900-01-01"), at("2100-01-01")))
def test_parts_stand_for_their_minute_and_hour_24_for_the_next_day(found: datetime):
    found = found.replace(second=0, microsecond=0)
    parts = {
        name: [getattr(found, name), str(getattr(found, name))] for name in ("year", "month", "day", "hour", "minute")
    }
    assert readings_of_parts(parts, [1, 1], "data").tolist() == [wall(found)] * 2
    midnight = {**parts, "hour": [24, 0], "minute": [0, 0]}
    day = found.replace(hour=0, minute=0)
    assert readings_of_parts(midnight, [1, 1], "data").tolist() == [wall(day + timedelta(days=1)), wall(day)]


@pytest.mark.parametrize(
    "parts", [(2012, 2, 30, 0, 0), (2012, 1, 1, 24, 30), (2012, 1, 1, -1, 0), (2012, 1, None, 1, 0)]
)
def test_parts_that_are_no_minute_are_named(parts: tuple[int | None, ...]):
    with pytest.raises(DataError) as caught:
        readings_of_parts({name: [part] for name, part in zip(PARTS, parts, strict=True)}, [12], "data.csv")
    shown = ", ".join(f"{name} {'NULL' if part is None else part}" for name, part in zip(PARTS, parts, strict=True))
    assert str(caught.value) == f"data.csv: 12 rows have no date and time: {shown}"


def test_offsets_are_read_as_they_are_written():
    texts = ["-05:00", "+05:30", "Z", "+0545", "-11"]
    minutes = [-300, 330, 0, 345, -660]
    assert behind_utc(texts, [1] * 5, "data").tolist() == [60_000_000 * minute for minute in minutes]


def test_labels_of_any_year_can_be_shown():
    assert shown_reading(wall(at("2012-03-11 07:00"))) == "2012-03-11 07:00"
    assert shown_reading(1_331_449_200_000_001) == "2012-03-11 07:00:00.000001"
    assert shown_reading(2**62).startswith("148108-07-06 14:00:27")


def test_all_columns_with_unknown_cells_are_named_at_once():
    calendar = Calendar(seasons=(("wet", tuple(range(1, 7))), ("dry", tuple(range(7, 13)))))
    found = pa.table({"month": [1, 13, 0], "season": ["Wet", "dy", "DRY"], "rows": [1, 2000, 3]})
    time = replace(TIME, calendar=calendar)
    with pytest.raises(DataError) as caught:
        check_cells(time, {"month": "m", "season": "s"}, found, "data.csv")
    assert str(caught.value).splitlines() == [
        'data.csv: column "m": 0, 13 in 2,003 rows; expected 1 to 12',
        'data.csv: column "s": "dy" in 2,000 rows; a season is one of "wet", "dry"; did you mean "dry"?',
    ]
