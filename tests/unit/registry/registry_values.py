"""Values that the tests of the registry register: a small example, and random ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from strategies.time_dimensions import time_dimensions

from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import (
    Coverage,
    DataFile,
    Dataset,
    Layout,
    MetricProfile,
    Project,
    Requirement,
    Submission,
    TypeMapping,
)
from dsgrid.registry.registry import Registry
from dsgrid.time.dimension import DatetimeTime, Span

TIME = DatetimeTime(
    name="time_est",
    ranges=(Span(datetime.fromisoformat("2018-01-01"), datetime.fromisoformat("2018-12-31 23:00")),),
    step=timedelta(hours=1),
    zone="-05:00",
    interval="period_beginning",
    measurement="total",
)
COUNTIES = Records(
    (
        Record("06037", "Los Angeles", {"state": "CA", "time_zone": "America/Los_Angeles"}),
        Record("08001", "Adams", {"state": "CO", "time_zone": "America/Denver"}),
    )
)
STATES = Records((Record("CA", "California"), Record("CO", "Colorado")))


def example_dimension(type_: str, name: str | None = None) -> Dimension:
    if type_ == "geography":
        return Dimension(name or "county", type_, "county", COUNTIES)
    if type_ == "metric":
        units = Records((Record("one", "One", {"unit": "MWh"}), Record("two", "Two", {"unit": "kWh"})))
        return Dimension(name or type_, type_, "energy_end_use", units)
    return Dimension(name or type_, type_, type_, Records((Record("one", "One"), Record("two", "Two"))))


def example_project(id_: str = "conus_2022") -> Project:
    by_state = Mapping("many_to_one_aggregation", (Association("06037", "CA"), Association("08001", "CO")))
    return Project(
        id=id_,
        name="CONUS 2022",
        time=TIME,
        base=tuple(example_dimension(type_) for type_ in RECORD_TYPES),
        supplemental=(Supplemental(Dimension("state", "geography", "state", STATES), "county", by_state),),
        subsets=(Subset("western", "county", (Selector("pacific", ("06037",)), Selector("mountain", ("08001",)))),),
        requirements=(Requirement("comstock", Coverage({"geography": ("06037",)})),),
        description="A small project",
        metadata={
            "status": "in_progress",
            "tags": ["load_profiles", "2022"],
            "origin": {"contributors": ["Ann", "Bob"], "date": "2022-03"},
            "metadata": {"contact": "ann@example.org", "reviewed": True, "rounds": 3},
        },
    )


def example_dataset(id_: str = "comstock", folder: str = "") -> Dataset:
    dimensions = {type_: example_dimension(type_, f"{id_}_{type_}") for type_ in RECORD_TYPES}
    return Dataset(
        id=id_,
        version="1.0.0",
        kind="modeled",
        dimensions=dimensions,
        time=TIME,
        layout=Layout(two_tables=False, pivot="metric", fact_types=("geography", "sector")),
        folder=folder,
        description="Commercial buildings",
        metadata={
            "classification": "low",
            "tags": ["commercial"],
            "origin": {"authors": ["A", "B"], "doi": "10.1234/5"},
        },
        checks=({"kind": "range", "min": 0, "where": {"metric": ["one"]}}, {"kind": "not_null"}),
        profile=(MetricProfile("one", 4, 8760, -0.5, 12.25, 480.0), MetricProfile("two", 2, 4380, 0.0, 1.0, 99.5)),
    )


def example_submission(project: str = "conus_2022", dataset: str = "comstock") -> Submission:
    mappings = {type_: TypeMapping(type_) for type_ in RECORD_TYPES}
    same = Mapping("one_to_one", tuple(Association(id_, id_) for id_ in COUNTIES.ids))
    mappings["geography"] = TypeMapping("county", same)
    return Submission(project, "1.0.0", dataset, "1.0.0", mappings)


def register(
    registry: Registry, *values: Project | Dataset | Submission, submitter: str | None = None
) -> list[Project | Dataset | Submission]:
    """Register values together, as one registration."""
    with registry.registration("test", submitter) as registration:
        add = {
            Project: registration.add_project,
            Dataset: registration.add_dataset,
            Submission: registration.add_submission,
        }
        return [add[type(value)](value) for value in values]  # type: ignore[operator]


# Random values -------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=6)
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ -]{0,5}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{1,6}", fullmatch=True)
numbers = st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | st.integers() | numbers | texts
types = st.sampled_from(RECORD_TYPES)

records = st.lists(
    st.builds(
        Record,
        texts,
        texts,
        st.dictionaries(texts.filter(lambda name: name not in ("id", "name")), scalars, max_size=3),
    ),
    max_size=4,
    unique_by=lambda record: record.id,
).map(lambda rows: Records(tuple(rows)))
mappings = st.builds(
    Mapping,
    kind=texts,
    associations=st.lists(
        st.builds(Association, texts, st.none() | texts, st.floats(allow_nan=False, allow_infinity=False)), max_size=4
    ).map(tuple),
    description=texts,
    tolerance=st.floats(0, 1),
)
times = st.builds(replace, time_dimensions(), name=names, description=texts)
coverages = st.builds(Coverage, st.dictionaries(types, st.lists(texts, max_size=3).map(tuple), max_size=3))
selectors = st.builds(
    Selector, texts, st.lists(texts, max_size=3).map(tuple), texts, st.dictionaries(texts, scalars, max_size=2)
)


# Those that hold something of any dataset, and those that name records.
PLAIN_CHECKS: list[dict[str, Any]] = [
    {"kind": "range", "min": 0},
    {"kind": "sum", "equals": 12.5, "tolerance": 1e-9, "by": ["metric", "geography"]},
    {"kind": "share_sums_to", "over": ["subsector"]},
    {"kind": "monotone", "along": "time", "direction": "decreasing"},
    {"kind": "row_count", "min": 1, "max": 8760},
    {"kind": "unique", "of": "sector", "by": ["subsector"]},
    {"kind": "not_null"},
]
checks = st.sampled_from(
    [*PLAIN_CHECKS, {"kind": "range", "max": 1.5, "where": {"metric": ["one", "two"], "geography": ["06037"]}}]
)
metadata = st.dictionaries(
    texts,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
    ),
    max_size=3,
)


def dimensions(name: str) -> st.SearchStrategy[Dimension]:
    return st.builds(Dimension, st.just(name), types, texts, records, texts)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    all_names = draw(st.lists(names, min_size=2, max_size=7, unique=True))
    cut = draw(st.integers(1, len(all_names) - 1))
    base = [draw(dimensions(name)) for name in all_names[1 : cut + 1]]
    of = st.sampled_from([dimension.name for dimension in base])
    supplemental = [Supplemental(draw(dimensions(name)), draw(of), draw(mappings)) for name in all_names[cut + 1 :]]
    subsets = st.builds(
        Subset, texts, of, st.lists(selectors, max_size=3, unique_by=lambda each: each.name).map(tuple), texts
    )
    requirements = st.builds(Requirement, ids, coverages, st.lists(coverages, max_size=2).map(tuple))
    return Project(
        id=draw(ids),
        name=draw(texts),
        time=replace(draw(times), name=all_names[0]),
        base=tuple(base),
        supplemental=tuple(supplemental),
        subsets=tuple(draw(st.lists(subsets, max_size=2, unique_by=lambda each: each.name))),
        requirements=tuple(draw(st.lists(requirements, max_size=2, unique_by=lambda each: each.dataset_id))),
        description=draw(texts),
        metadata=draw(metadata),
    )


files = st.builds(
    DataFile, path=texts, role=texts, bytes=st.integers(0, 2**62), rows=st.integers(0, 2**62), sha256=texts
)
layouts = st.builds(
    Layout,
    two_tables=st.booleans(),
    pivot=st.none() | types,
    fact_types=st.lists(types, max_size=3).map(tuple),
    lookup_types=st.lists(types, max_size=3).map(tuple),
    trivial=st.lists(types, max_size=3).map(tuple),
    scaling_factor=st.booleans(),
    null_cells=st.booleans(),
)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    chosen = draw(st.lists(types, unique=True))
    all_names = draw(st.lists(names, min_size=len(chosen) + 1, max_size=len(chosen) + 1, unique=True))
    return Dataset(
        id=draw(ids),
        version="1.0.0",
        kind=draw(texts),
        dimensions={
            type_: replace(draw(dimensions(name)), type=type_)
            for type_, name in zip(chosen, all_names[1:], strict=True)
        },
        time=replace(draw(times), name=all_names[0]),
        layout=draw(layouts),
        folder="",
        files=tuple(draw(st.lists(files, max_size=2, unique_by=lambda file: file.path))),
        description=draw(texts),
        metadata=draw(metadata),
        checks=tuple(draw(st.lists(checks, max_size=3))),
    )
