# ruff: noqa: DTZ001 - wall-clock times have no zone

import zoneinfo
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.time.tzdata import tzdata_version
from dsgrid.time.zones import (
    LEGACY,
    TimeError,
    is_fixed,
    january_offsets,
    occurrences,
    offsets,
    standard_offsets,
    to_instants,
    to_wall,
    zone,
)

# Half-hour offsets, a DST of 30 minutes, Ramadan, southern summers, a zone without DST, and a day that was left out.
ZONES = [
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
    "-05:00",
    "+05:30",
]
seconds = st.integers(946_684_800, 2_493_072_000)  # 2000 to 2049


@given(st.sampled_from(ZONES), st.lists(seconds, min_size=1, max_size=20))
def test_offsets_are_those_that_zoneinfo_gives_row_by_row(name, moments):
    expected = [datetime.fromtimestamp(moment, UTC).astimezone(zone(name)).utcoffset() for moment in moments]
    found = offsets(name, np.array(moments, np.int64) * 1_000_000)
    assert [timedelta(microseconds=int(offset)) for offset in found] == expected


@given(st.sampled_from(ZONES), st.lists(seconds, min_size=1, max_size=20))
def test_wall_clock_readings_become_the_instants_that_zoneinfo_gives(name, moments):
    walls = np.array(moments, np.int64) * 1_000_000
    expected = [
        datetime.fromtimestamp(moment, UTC).replace(tzinfo=zone(name)).timestamp() * 1_000_000 for moment in moments
    ]
    assert to_instants(name, walls).tolist() == [int(instant) for instant in expected]


@given(st.sampled_from(ZONES), seconds)
def test_an_instant_is_among_the_occurrences_of_its_reading(name, moment):
    instant = np.array([moment * 1_000_000])
    reading = int(to_wall(name, instant)[0])
    found = occurrences(name, reading)
    assert int(instant[0]) in found
    assert all(int(to_wall(name, np.array([other]))[0]) == reading for other in found)


def micros(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


@pytest.mark.parametrize(
    ("name", "standard", "january"),
    [
        ("America/New_York", -5, -5),
        ("Australia/Sydney", 10, 11),
        ("Europe/Dublin", 0, 0),
        ("Asia/Kolkata", 5.5, 5.5),
        ("-07:00", -7, -7),
    ],
)
def test_standard_time_is_the_lesser_offset_and_january_the_one_at_new_year(name, standard, january):
    readings = np.array([micros("2012-01-01T00:00"), micros("2012-07-01T12:00"), micros("2012-12-31T23:00")])
    assert (standard_offsets(name, readings) / 3.6e9).tolist() == [standard] * 3
    assert (january_offsets(name, readings) / 3.6e9).tolist() == [january] * 3
    nothing = np.zeros(0, np.int64)
    assert len(standard_offsets(name, nothing)) == len(january_offsets(name, nothing)) == 0


def test_a_reading_occurs_once_twice_or_never():
    assert len(occurrences("America/New_York", micros("2012-07-01T12:00"))) == 1
    assert len(occurrences("America/New_York", micros("2012-11-04T01:30"))) == 2
    assert occurrences("America/New_York", micros("2012-03-11T02:30")) == ()


def test_the_host_has_no_say_in_the_zone_data():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoneinfo, "TZPATH", ())
        zone.cache_clear()
        assert zone("America/New_York").utcoffset(datetime(2012, 7, 1)) == timedelta(hours=-4)
    assert tzdata_version().startswith("20")


def test_fixed_offsets_are_told_from_iana_zones():
    assert is_fixed("-05:00")
    assert is_fixed("UTC")
    assert not is_fixed("America/Denver")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Amrica/Denver", 'did you mean "America/Denver"?'),
        ("america/denver", 'did you mean "America/Denver"?'),
        ("EST", 'write "-05:00"'),
        ("EasternStandard", 'write "-05:00"'),
        ("EasternPrevailing", 'write "America/New_York"'),
        ("-5:00", 'write an offset such as "-05:00"'),
        ("../../etc/passwd", "write an offset"),
        ("zones", "write an offset"),
        ("tzdata.zi", "write an offset"),
        ("America", "there is no time zone"),
        ("", "write an offset"),
        ("+25:00", "is no offset from UTC"),
        ("-05:75", "is no offset from UTC"),
    ],
)
def test_a_name_that_is_no_zone_is_refused_with_what_to_write(name, hint):
    with pytest.raises(TimeError) as error:
        zone(name)
    assert hint in str(error.value)


def test_what_to_write_instead_of_a_legacy_name_is_a_zone():
    assert all(zone(name) for name in LEGACY.values())
