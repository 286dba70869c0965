from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.times import duration, step, time_table
from dsgrid.importers.translation import Remarks

from .conftest import TIME


def _time(remarks: Remarks | None = None, text_columns: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    said = remarks or Remarks()
    table = time_table(Entry(TIME | changes, Path("dataset.json5")), said, text_columns=text_columns)
    said.finish("register_dataset", {})
    return table


def test_the_old_form_with_keys_at_the_top_says_the_same_as_the_new_one() -> None:
    new = {
        "timezone": None,
        "str_format": None,
        "frequency": None,
        "time_zone_format": {"format_type": "aligned_in_absolute_time", "time_zone": "Etc/GMT+5"},
        "ranges": [
            {
                "start": "2012-01-01 00:00:00",
                "end": "2012-12-31 23:00:00",
                "str_format": "%Y-%m-%d %H:%M:%S",
                "frequency": "01:00:00",
            }
        ],
        "column_format": {"dtype": "TIMESTAMP_TZ", "time_column": "timestamp"},
    }
    assert _time(**new) == _time()
    assert _time() == {
        "name": "time_est",
        "kind": "datetime",
        "start": "2012-01-01 00:00",
        "end": "2012-12-31 23:00",
        "step": "1h",
        "zone": "-05:00",
        "interval": "period_beginning",
        "measurement": "total",
    }


def test_what_is_defaulted_is_remarked() -> None:
    remarks = Remarks()
    table = _time(remarks, frequency=None, measurement_type=None)
    assert (table["step"], table["measurement"]) == ("1h", "total")
    said = [remark.message for remark in remarks.remarks if remark.kind == "defaulted"]
    assert said == [
        'no frequency is given; step = "1h"',
        'no measurement_type is given; measurement = "total"',
    ]


@pytest.mark.parametrize(
    ("declared", "dtype", "labels"),
    [
        (None, "TIMESTAMP_TZ", None),
        (None, "TIMESTAMP_NTZ", "wall_clock"),
        ({}, "TIMESTAMP_TZ", "instants"),
        ({"hour": "TIMESTAMP_NTZ"}, "TIMESTAMP_TZ", "wall_clock"),
        ({"hour": ""}, "TIMESTAMP_NTZ", "wall_clock"),
    ],
)
def test_labels_are_said_where_the_file_does_not(
    declared: dict[str, str] | None, dtype: str, labels: str | None
) -> None:
    table = _time(text_columns=declared, column_format={"dtype": dtype, "time_column": "hour"})
    assert table["column"] == "hour"
    assert table.get("labels") == labels


@pytest.mark.parametrize(
    ("changes", "place", "what"),
    [
        ({"time_type": "annual"}, "time_type", 'time of the type "annual"'),
        ({"ranges": [TIME["ranges"][0]] * 2}, "ranges", "several ranges"),
        ({"leap_day_adjustment": "drop_dec31"}, "leap_day_adjustment", 'the leap day adjustment "drop_dec31"'),
        ({"timezone": "LOCAL"}, "timezone", "local time of each geography"),
        ({"localize_to_time_zone": False}, "localize_to_time_zone", "not localized"),
        ({"column_format": {"dtype": "time_format_in_parts"}}, "column_format.dtype", "time in parts"),
        (
            {"time_zone_format": {"format_type": "aligned_in_clock_time", "time_zones": ["US/Pacific"]}},
            "time_zone_format.format_type",
            "aligned_in_clock_time",
        ),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(changes: dict[str, Any], place: str, what: str) -> None:
    with pytest.raises(SpecError, match=f"^dataset.json5: {place}: not supported yet: .*{what}"):
        _time(**changes)


def test_a_label_in_another_format_is_an_error() -> None:
    with pytest.raises(SpecError, match=r'ranges\[0\].start: "1/1/2012" is not written as'):
        _time(ranges=[{"start": "1/1/2012", "end": "2012-12-31 23:00:00"}])


def test_a_missing_zone_is_an_error_and_no_guess() -> None:
    with pytest.raises(SpecError, match="no time zone is given"):
        _time(timezone=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("P0DT1H", "1h"), ("01:00:00", "1h"), ("P0DT0H15M0.000000S", "15min"), ("P1D", "1d"), ("PT30S", "30s")],
)
def test_durations_are_written_in_the_largest_unit(text: str, expected: str) -> None:
    assert step(duration(text)) == expected


def test_ninety_minutes_stay_ninety_minutes() -> None:
    assert step(timedelta(minutes=90)) == "90min"


@pytest.mark.parametrize("text", ["P", "1 hour", "P1Y", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration(text)
