"""Time dimensions of dsgrid-toolkit to translate, and their translations as our loader takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.project_specs import one

from dsgrid.importers.adjustments import Adjustments
from dsgrid.importers.document import Entry
from dsgrid.importers.times import Owner, time_table
from dsgrid.importers.translation import Remarks
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.load import load_time

from .conftest import TIME

TYPES = ("geography", "sector", "subsector", "metric", "scenario", "model_year", "weather_year")
CLOCK = {"timezone": None, "time_zone_format": {"format_type": "aligned_in_clock_time", "time_zones": ["US/Pacific"]}}
PARTS = {
    "dtype": "time_format_in_parts",
    "year_column": "y",
    "month_column": "m",
    "day_column": "d",
    "hour_column": "h",
}
ANNUAL = {
    "name": "years",
    "time_type": "annual",
    "str_format": "%Y",
    "measurement_type": "total",
    "include_leap_day": True,
}
TYPICAL = {
    "name": "typical",
    "time_type": "representative_period",
    "measurement_type": "total",
    "time_interval_type": "period_ending",
    "ranges": [{"start": 1, "end": 12}],
}
INDEX = {
    "name": "hours",
    "time_type": "index",
    "measurement_type": "total",
    "time_interval_type": "period_beginning",
    "ranges": [{"start": 0, "end": 8759, "starting_timestamp": "2012-01-01 00:00:00", "frequency": "P0DT1H"}],
}
OWNER = Owner()
NO_ADJUSTMENT = Adjustments()
CLOCK_HOURS = Adjustments({"spring_forward": "drop", "fall_back": "duplicate"})


def table_of(values: dict[str, Any], remarks: Remarks | None = None, owner: Owner | None = OWNER) -> dict[str, Any]:
    collected = remarks or Remarks()
    table = time_table(Entry(values, Path("dataset.json5")), collected, owner)
    collected.finish("register_dataset", {})
    return table


def datetime_of(remarks: Remarks | None = None, owner: Owner = OWNER, **changes: Any) -> dict[str, Any]:
    return table_of(TIME | changes, remarks, owner)


def loaded(table: dict[str, Any]) -> TimeDimension:
    """Read a table as the spec of a dataset has it: what the schema or the loader refuses is no translation."""
    records = {type_: {"name": type_, "records": [one("a", unit="MWh")]} for type_ in TYPES}
    spec = {"job": "register_dataset", "dataset": {"id": "sales"}, "data": {"table": "t.csv"}, "dimension": records}
    return load_time(load_spec({**spec, "time": table}).root["time"])


def said(remarks: Remarks, kind: str) -> list[str]:
    return [remark.message for remark in remarks.remarks if remark.kind == kind]
