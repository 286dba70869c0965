"""Durations as configurations write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dsgrid.importers.slots import duration
from dsgrid.time.written import shown_step


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P0DT1H", "1h"),
        ("01:00:00", "1h"),
        ("3600", "1h"),
        ("300.0", "5min"),
        ("P0DT0H15M0.000000S", "15min"),
        ("P1D", "1d"),
        ("PT30S", "30s"),
    ],
)
def test_durations_are_written_in_the_largest_unit(text: str, expected: str) -> None:
    assert shown_step(duration(text)) == expected


def test_ninety_minutes_stay_ninety_minutes() -> None:
    assert shown_step(timedelta(minutes=90)) == "90min"


@pytest.mark.parametrize("text", ["P", "1 hour", "P1Y", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration(text)
