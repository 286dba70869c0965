"""A project and datasets of a handful of values, to work queries out by hand."""

from __future__ import annotations

from collections.abc import Mapping as ByType
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.registry.model import Dataset, Layout, Project, Submission, TypeMapping
from dsgrid.time.dimension import DatetimeTime, NoTime, Span, TimeDimension
from dsgrid.time.labels import slot_keys
from dsgrid.time.rules import TimeRules
from reference.stored import TYPES, Stored

# Four hours of a summer night, on the clock of the mountains.
HOURS = DatetimeTime(
    "hours",
    (Span(datetime.fromisoformat("2018-06-30 22:00"), datetime.fromisoformat("2018-07-01 01:00")),),
    timedelta(hours=1),
    "-07:00",
    "period_beginning",
    "total",
)
Rows = ByType[Any, Sequence[float]]  # by county, building, end use and year


def mapping(kind: str, *rows: tuple[str, str | None, float]) -> Mapping:
    return Mapping(kind, tuple(Association(*row) for row in rows))


def records(*ids: str, **attributes: Sequence[str | float]) -> Records:
    rows = [
        Record(id_, id_.title(), {name: cells[number] for name, cells in attributes.items()})
        for number, id_ in enumerate(ids)
    ]
    return Records(tuple(rows))


def small_project(*, metric: Dimension | None = None, time: TimeDimension = HOURS) -> Project:
    """Three counties in two states; a region has half of the second one. Houses and flats; three years."""
    county = records(
        "a",
        "b",
        "c",
        people=(1, 3, 2),
        time_zone=("America/Denver", "America/Los_Angeles", "America/Denver"),
    )
    base = (
        Dimension("county", "geography", "county", county),
        Dimension("sector", "sector", "sector", records("res")),
        Dimension("building", "subsector", "subsector", records("house", "flat")),
        metric or Dimension("end_use", "metric", "energy_end_use", records("cool", "heat", unit=("kWh", "MWh"))),
        Dimension("scenario", "scenario", "scenario", records("reference")),
        Dimension("year", "model_year", "model_year", records("2020", "2021", "2022")),
        Dimension("weather", "weather_year", "weather_year", records("2012")),
    )
    state = Supplemental(
        Dimension("state", "geography", "state", records("x", "y", people=(4, 2))),
        "county",
        mapping("many_to_one_aggregation", ("a", "x", 1.0), ("b", "x", 1.0), ("c", "y", 1.0)),
    )
    region = Supplemental(
        Dimension("region", "geography", "geography", records("north", "south")),
        "county",
        mapping(
            "many_to_many_aggregation",
            ("a", "north", 1.0),
            ("b", "north", 0.5),
            ("b", "south", 0.5),
            ("c", "south", 1.0),
        ),
    )
    coast = Supplemental(
        Dimension("coast", "geography", "geography", records("wet", "warm")),
        "county",
        mapping("many_to_many_explicit_multipliers", ("a", "wet", 1.0), ("b", "wet", 1.0), ("b", "warm", 1.0)),
    )
    return Project("small", "Small", time, base, (state, region, coast, *automatic_supplementals(base)))


def small_dataset(
    of: Project,
    id_: str,
    rows: Rows,
    *,
    own: ByType[str, Records] | None = None,
    mapped: ByType[str, Mapping] | None = None,
    time: TimeDimension | None = None,
    rules: TimeRules | None = None,
    record_class: str = "",
) -> Stored:
    """A stacked dataset.

    Parameters
    ----------
    rows
        County, building, end use and year, each with a value per slot.
    own
        Records that are not the project's, by type.
    mapped
        How they reach the project's.
    """
    time = time or replace(of.time, name="own")
    keys = ("geography", "subsector", "metric", "model_year")
    dimensions = {}
    for base in of.base:
        position = keys.index(base.type) if base.type in keys else None
        used = {row[position] for row in rows} if position is not None else set(base.records.ids)
        kept = (own or {}).get(base.type, base.records)
        dimensions[base.type] = replace(base, records=Records(tuple(one for one in kept if one.id in used)))
    if record_class:
        dimensions["metric"] = replace(dimensions["metric"], record_class=record_class)
    labels = slot_keys(time)
    facts = [
        pd.DataFrame({**dict(zip(keys, row, strict=True)), "label": labels, "value": [float(one) for one in values]})
        for row, values in rows.items()
    ]
    layout = Layout(False, None, keys, trivial=tuple(type_ for type_ in TYPES if type_ not in keys))
    mappings = {base.type: TypeMapping(base.name, (mapped or {}).get(base.type)) for base in of.base}
    return Stored(
        Dataset(id_, "1.0.0", "modeled", dimensions, time, layout, id_),
        Submission(of.id, of.version, id_, "1.0.0", mappings, rules or TimeRules()),
        pd.concat(facts, ignore_index=True),
    ).with_files()


def rates(of: Project, rows: ByType[tuple[str, str], float], mapped: Mapping | None = None) -> Stored:
    """A dataset of growth rates by county and year; buildings and end uses share them."""
    unit = {"unit": ("",)}
    ids = sorted({county for county, _ in rows})
    uses = next(base for base in of.base if base.type == "metric").records.ids
    own = {"metric": records("rate", **unit), "subsector": records("every")}
    if mapped is not None:
        own["geography"] = records(*ids, time_zone=["America/Denver"] * len(ids))
    copied = {
        "metric": mapping("duplication", *(("rate", use, 1.0) for use in uses)),
        "subsector": mapping("duplication", ("every", "house", 1.0), ("every", "flat", 1.0)),
    }
    return small_dataset(
        of,
        "growth",
        {(county, "every", "rate", year): [value] for (county, year), value in rows.items()},
        own=own,
        mapped={**copied, **({"geography": mapped} if mapped is not None else {})},
        time=NoTime("own"),
        record_class="growth_rate",
    )


def pivoted(stored: Stored) -> Stored:
    """Return a dataset with its end uses as columns; what it has no values of is NULL."""
    layout = stored.dataset.layout
    keys = [type_ for type_ in layout.fact_types if type_ != "metric"]
    wide = stored.facts.pivot(index=[*keys, "label"], columns="metric", values="value").reset_index()
    wide.columns.name = None
    layout = replace(layout, pivot="metric", fact_types=tuple(keys), null_cells=bool(wide.isna().to_numpy().any()))
    return replace(stored, dataset=replace(stored.dataset, layout=layout), facts=wide).with_files()
