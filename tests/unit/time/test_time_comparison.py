"""Two times: nothing about time can be added, so all but the description is major."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dsgrid.time.comparison import compare_times
from dsgrid.time.dimension import DatetimeTime

TIME = DatetimeTime(
    name="time",
    start=datetime.fromisoformat("2018-01-01"),
    end=datetime.fromisoformat("2018-12-31 23:00"),
    step=timedelta(hours=1),
    zone="-05:00",
    interval="period_beginning",
    measurement="total",
)
OTHER: dict[type, Any] = {
    str: "other",
    datetime: datetime.fromisoformat("2017-01-01"),
    timedelta: timedelta(minutes=15),
}


@pytest.mark.parametrize("name", [each.name for each in fields(TIME) if each.name not in ("id", "version")])
def test_every_field_of_a_time_is_compared(name: str) -> None:
    new = replace(TIME, **{name: OTHER[type(getattr(TIME, name))]})
    (change,) = compare_times(TIME, new, "time")
    assert (change.action, change.where, change.key) == ("changed", "time", name)
    assert change.level == ("patch" if name == "description" else "major")
    assert (change.old, change.new) == (str(getattr(TIME, name)), str(getattr(new, name)))


def test_ids_and_versions_of_times_are_not_compared() -> None:
    assert compare_times(TIME, replace(TIME, id="conus/time", version="2.0.0")) == ()
