"""Time dimensions in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.viewer.made_datasets import TIME

from dsgrid.viewer.parts.time_words import step_words, time_words, zone_words


def test_a_series_says_its_clock_its_step_and_what_labels_and_values_are() -> None:
    assert dict(time_words({**TIME, "interval": "period_ending", "leap_days": False})) == {
        "Time": "a series of times",
        "Labels": "2018-01-01 00:00 to 2018-12-31 23:00",
        "Step": "1 hour",
        "Clock": "UTC-07:00",
        "A label is": "the end of its period",
        "A value is": "the amount over the period",
        "29 February": "left out",
    }


def test_many_runs_of_years_are_cut_short_with_their_owners() -> None:
    runs = [
        {"start": f"{year}-01-01 00:00", "end": f"{year}-12-31 23:00", "weather_year": str(year)}
        for year in range(2000, 2012)
    ]
    text = dict(time_words({**TIME, "ranges": runs}))["Labels"]
    assert text.startswith("2000-01-01 00:00 to 2000-12-31 23:00 (2000); ")
    assert text.endswith("; and 6 more")


@pytest.mark.parametrize(
    ("time", "name", "text"),
    [
        (
            {"kind": "annual", "start": "2018", "end": "2040", "year_of": "model_year"},
            "Years are those of",
            "model year",
        ),
        ({"kind": "annual", "years": ["2018", "2030"]}, "Years", "2018, 2030"),
        ({"kind": "representative", "by": ["month", "day_of_week", "hour"]}, "Periods by", "month, day of week, hour"),
        ({"kind": "index", "first": 0, "last": 8759, "start": "2018-01-01 00:00"}, "Numbers", "0 to 8759"),
        ({"kind": "none"}, "Time", "no time: each value holds always"),
        ({"kind": "datetime", "seasons": {"wet": [1, 2]}}, "Seasons", "wet: 1, 2"),
        ({"kind": "datetime", "holidays": ["2018-01-01"]}, "Holidays", "1 dates"),
        ({"kind": "lunar"}, "Time", "lunar"),
    ],
)
def test_every_kind_of_time_has_words(time: dict[str, Any], name: str, text: str) -> None:
    assert dict(time_words(time))[name] == text


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ({"zone": "-05:00"}, "UTC-05:00"),
        ({"zone": "America/Denver", "clock": "standard"}, "America/Denver, standard time all year"),
        ({"zone": "geography", "clock": "prevailing"}, "the zone of each geography, as clocks show, with summer time"),
    ],
)
def test_a_zone_is_told_with_its_clock(time: dict[str, Any], words: str) -> None:
    assert zone_words(time) == words


@pytest.mark.parametrize(
    ("step", "words"), [("1h", "1 hour"), ("15min", "15 minutes"), ("2d", "2 days"), ("odd", "odd")]
)
def test_a_step_is_told_in_words(step: str, words: str) -> None:
    assert step_words(step) == words
