"""Missing slots of time are seen in lines and areas: these stop, and do not lead across."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tests.plots.made import hours, made

from dsgrid.query.plots.prepared import prepare
from dsgrid.query.plots.traces import Trace, traces
from dsgrid.query.plots.wish import Wish


def drawn(folder: Path, name: str, times: Sequence[datetime | date], kind: str = "line") -> Trace:
    rows: dict[str, Any] = {name: list(times), "value": [float(number + 1) for number in range(len(times))]}
    rows["unit"] = ["MWh"] * len(times)
    return traces(prepare(made(folder, rows), Wish(kind=kind)), 0)[0]


def places(trace: Trace) -> list[tuple[str, float | None]]:
    return [
        (at, None if np.isnan(each) else float(each)) for at, each in zip(trace["x"], trace["y"].tolist(), strict=True)
    ]


def test_a_line_stops_before_missing_hours_and_goes_on_behind_them(tmp_path: Path) -> None:
    kept = [at for number, at in enumerate(hours(12)) if number not in (4, 5, 6, 7, 9)]
    found = places(drawn(tmp_path, "hourly", kept))
    # One place without a value is enough for one hour; two for more, so that areas fall at once on both sides.
    assert [value for _, value in found] == [1, 2, 3, 4, None, None, 5, None, 6, 7]
    assert found[4][0][-5:] == "04:00"
    assert found[5][0][-5:] == "07:00"
    assert found[7][0][-5:] == "09:00"


def test_a_stacked_area_is_nothing_where_hours_are_missing(tmp_path: Path) -> None:
    kept = hours(10)[:4] + hours(10)[7:]
    trace = drawn(tmp_path, "hourly", kept, "area")
    assert [value for _, value in places(trace)] == [1, 2, 3, 4, None, None, 5, 6, 7]
    assert trace["stackgaps"] == "infer zero"


def test_only_the_lonely_hours_of_a_long_line_are_points(tmp_path: Path) -> None:
    kept = [*hours(100)[:80], hours(100)[85], *hours(100)[90:]]
    rows: dict[str, Any] = {"hourly": kept, "value": [1.0] * 80 + [7.0] + [1.0] * 10, "unit": ["MWh"] * 91}
    line, points = traces(prepare(made(tmp_path, rows), Wish(kind="line")), 0)
    assert line["mode"] == "lines"
    assert (points["mode"], points["y"].tolist(), len(points["x"])) == ("markers", [7.0], 1)
    assert points["legendgroup"] == line["legendgroup"]


def test_hours_that_are_all_there_have_no_gaps(tmp_path: Path) -> None:
    trace = drawn(tmp_path, "hourly", hours(9000))
    assert len(trace["y"]) == 9000
    assert trace["dx"] == 3_600_000


def test_one_hour_of_each_day_is_joined_and_a_missing_day_is_a_gap(tmp_path: Path) -> None:
    days = hours(24 * 10)[17::24]
    trace = drawn(tmp_path, "hourly", days[:6] + days[8:])
    # Whole days are left: with those that are missing the places have one distance.
    assert trace["dx"] == 24 * 3_600_000
    assert [None if np.isnan(one) else one for one in trace["y"].tolist()] == [1, 2, 3, 4, 5, 6, None, None, 7, 8]


def test_months_are_of_different_length_and_no_gaps(tmp_path: Path) -> None:
    months = [date(2016, month, 1) for month in range(1, 13)]
    assert None not in [value for _, value in places(drawn(tmp_path / "all", "monthly", months))]
    found = places(drawn(tmp_path / "some", "monthly", months[:5] + months[6:]))
    assert [value for _, value in found].count(None) >= 1
