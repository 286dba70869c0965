"""A project and datasets small enough to work out by hand, and queries to them as TOML."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.query.plan import Plan
from dsgrid.query.planner import apply_rules, initial_plan
from dsgrid.query.reading import read_query
from dsgrid.query.source import Source
from dsgrid.registry.model import Dataset, Layout, Project, Submission, TypeMapping
from dsgrid.spec.load import Spec, parse_spec
from dsgrid.time.dimension import DatetimeTime, Span, TimeDimension
from dsgrid.time.labels import slot_keys
from dsgrid.time.rules import TimeRules
from reference.stored import TYPES, Stored, association_table

HOURS = 4
TIME = DatetimeTime(
    "time_mst",
    (Span(datetime.fromisoformat("2018-07-01"), datetime.fromisoformat(f"2018-07-01 0{HOURS - 1}:00")),),
    timedelta(hours=1),
    "-07:00",
    "period_beginning",
    "total",
)
HEAD = """\
spec_version = 1
job = "query"
name = "example"
project = "west"
datasets = ["homes"]
"""


def records(*ids: str, names: dict[str, str] | None = None, **attributes: tuple[str, ...]) -> Records:
    """Records whose attributes are given as one value per id."""
    rows = []
    for index, id_ in enumerate(ids):
        own = {name: values[index] for name, values in attributes.items()}
        rows.append(Record(id_, (names or {}).get(id_, id_.title()), own))
    return Records(tuple(rows))


COUNTIES = Dimension(
    "county",
    "geography",
    "county",
    records(
        "06037",
        "06073",
        "36061",
        names={"06037": "Los Angeles"},
        state=("CA", "CA", "NY"),
        time_zone=("America/Los_Angeles", "America/Los_Angeles", "America/New_York"),
    ),
)
STATES = Supplemental(
    Dimension("state", "geography", "state", records("CA", "NY")),
    "county",
    Mapping(
        "many_to_one_aggregation", (Association("06037", "CA"), Association("06073", "CA"), Association("36061", "NY"))
    ),
)
# Nothing is known of New York.
COASTS = Supplemental(
    Dimension("coast", "geography", "geography", records("west")),
    "county",
    Mapping(
        "many_to_one_aggregation",
        (Association("06037", "west"), Association("06073", "west"), Association("36061", None)),
    ),
)
END_USES = Dimension(
    "end_use",
    "metric",
    "energy_end_use",
    records("cooling", "heating", unit=("MWh", "MBtu"), fuel_id=("electricity", "gas")),
)
FUELS = Subset(
    "end_uses_by_fuel_type",
    "end_use",
    (
        Selector("electricity", ("cooling",), attributes={"unit": "MWh"}),
        Selector("natural_gas", ("heating",), attributes={"unit": "MWh"}),
    ),
)


def project(
    metric: Dimension = END_USES,
    subsets: tuple[Subset, ...] = (FUELS,),
    time: TimeDimension = TIME,
    geography: Dimension = COUNTIES,
) -> Project:
    """The project "west": three counties in two states, two scenarios, an hour or four."""
    base = (
        geography,
        Dimension("sector", "sector", "sector", records("res")),
        Dimension("building_type", "subsector", "subsector", records("house", "flat")),
        metric,
        Dimension("scenario", "scenario", "scenario", records("reference", "high")),
        Dimension("model_year", "model_year", "model_year", records("2018")),
        Dimension("weather_year", "weather_year", "weather_year", records("2012")),
    )
    automatic = automatic_supplementals(base, [(subset, True, "") for subset in subsets])
    regions = (STATES, COASTS) if geography is COUNTIES else ()
    return Project("west", "West", time, base, (*regions, *automatic), subsets)


def dataset(
    of: Project,
    id_: str = "homes",
    counties: tuple[str, ...] | None = None,
    scenario: Mapping | None = None,
    time: TimeDimension | None = None,
    rules: TimeRules | None = None,
) -> Stored:
    """A stacked dataset: value 1 for every county, end use, building type and slot, in the scenario "reference"."""
    time = time or of.time
    dimensions = {base.type: base for base in of.base}
    trivial = ("sector", "scenario", "model_year", "weather_year")
    dimensions["scenario"] = replace(dimensions["scenario"], records=records("reference"))
    known = dimensions["geography"].records
    dimensions["geography"] = replace(
        dimensions["geography"], records=Records(tuple(known.by_id[county] for county in counties or known.ids))
    )
    keys = [type_ for type_ in TYPES if type_ not in trivial]
    facts = pd.MultiIndex.from_product(
        [*(dimensions[type_].records.ids for type_ in keys), slot_keys(time)], names=[*keys, "label"]
    ).to_frame(index=False)
    mappings = {base.type: TypeMapping(base.name, scenario if base.type == "scenario" else None) for base in of.base}
    layout = Layout(False, None, tuple(keys), trivial=trivial)
    return Stored(
        Dataset(id_, "1.0.0", "modeled", dimensions, time, layout, id_),
        Submission(of.id, of.version, id_, "1.0.0", mappings, rules or TimeRules()),
        facts.assign(value=np.ones(len(facts))),
    ).with_files()


def query_spec(text: str, head: str = HEAD) -> Spec:
    """Return a query spec as if it stood in ``query.toml``; its first line is line 6."""
    return parse_spec(head + text, "query", path=Path("query.toml"))


def plan_of(text: str, *datasets: Stored, of: Project | None = None, head: str = HEAD) -> Plan:
    """Return the plan of a query to the example project."""
    of = of or project()
    found = datasets or (dataset(of),)
    names = ", ".join(f'"{one.dataset.id}"' for one in found)
    head = head.replace('datasets = ["homes"]', f"datasets = [{names}]")
    sources = tuple(Source(one.dataset, one.submission, associations=association_table(one)) for one in found)
    return apply_rules(initial_plan(read_query(query_spec(text, head)), of, sources))


def pivoted(stored: Stored) -> Stored:
    """Return a dataset with its metrics as columns."""
    layout = stored.dataset.layout
    keys = tuple(type_ for type_ in layout.fact_types if type_ != "metric")
    wide = stored.facts.pivot(index=[*keys, "label"], columns="metric", values="value").reset_index()
    wide.columns.name = None
    dataset = replace(stored.dataset, layout=replace(layout, pivot="metric", fact_types=keys))
    return replace(stored, dataset=dataset, facts=wide).with_files()
