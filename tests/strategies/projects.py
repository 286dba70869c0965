"""Random small projects."""

from __future__ import annotations

from hypothesis import strategies as st

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.records import Attribute, Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Project
from dsgrid.time.dimension import TimeDimension
from strategies.mappings import mappings
from strategies.times import PLACES, Axis, project_times

UNITS = ("kWh", "MWh", "MBtu")
# Class of a supplemental's and a subset's records, where it differs from the type's name.
CLASSES = {"metric": "energy_end_use"}
# Dots and blanks have to be quoted in both engines, leading zeros have to stay.
STEMS = {
    "geography": "0{}",
    "sector": "sec {}",
    "subsector": "sub.{}",
    "metric": "end-use.{}",
    "scenario": "sc{}",
    "model_year": "202{}",
    "weather_year": "201{}",
}
# Names become columns: some are those that a careless execution would use for its own.
NAMES = {
    "geography": "county",
    "sector": "code",
    "subsector": "slot",
    "metric": "end use",
    "scenario": "scenario",
    "model_year": "digit_0",
    "weather_year": "geography",
}
PEOPLE = (3, 1, 2.5, 10)
SIZES = {"geography": 4, "sector": 2, "subsector": 3, "metric": 4, "scenario": 2, "model_year": 2, "weather_year": 2}


def records(draw: st.DrawFn, type_: str, count: int, stem: str) -> Records:
    """Records with attributes to filter and weigh by, a unit for metrics, and now and then two of one name."""
    rows = []
    for index in range(count):
        attributes: dict[str, Attribute] = {"kind": draw(st.sampled_from(["a", "b"])), "people": PEOPLE[index]}
        # Texts that are numbers, as CSV files have them; and what not every record has.
        attributes |= {"size": str(10**index), **({"region": "west"} if index % 2 else {})}
        if type_ == "metric":
            attributes["unit"] = draw(st.sampled_from(UNITS))
        if type_ == "geography":
            attributes["time_zone"] = draw(st.sampled_from(PLACES))
        name = draw(st.sampled_from([f"Name {index}"] * 9 + ["Same"]))
        rows.append(Record(stem.format(index), name, attributes))
    return Records(tuple(rows))


def _count(draw: st.DrawFn, type_: str, time: TimeDimension) -> int:
    # Years of time dimensions are those of records; there are two.
    if type_ == "weather_year" and time.year_of != "weather_year":
        return 1
    return 2 if type_ == time.year_of else draw(st.integers(1, SIZES[type_]))


@st.composite
def projects(draw: st.DrawFn) -> tuple[Project, Axis]:
    """A project with one base dimension per type, supplementals, subsets, and what is added by itself."""
    time, axis = draw(project_times())
    base = tuple(
        Dimension(
            NAMES[type_],
            type_,
            CLASSES.get(type_, type_),
            records(draw, type_, _count(draw, type_, time), STEMS[type_]),
        )
        for type_ in RECORD_TYPES
    )
    supplemental: list[Supplemental] = []
    subsets: list[Subset] = []
    for dimension in base:
        if dimension.type == "weather_year":
            continue
        for number in range(draw(st.integers(0, 2)) if dimension.type in ("geography", "metric") else 0):
            supplemental.append(_supplemental(draw, dimension, f"other_{dimension.type}_{number}"))
        if draw(st.booleans()) and dimension.type in ("geography", "subsector", "metric"):
            subsets.append(_subset(draw, dimension))
    automatic = automatic_supplementals(base, [(subset, True, "") for subset in subsets])
    return (
        Project("project", "Project", time, base, (*supplemental, *automatic), tuple(subsets)),
        axis,
    )


def _supplemental(draw: st.DrawFn, base: Dimension, name: str) -> Supplemental:
    count = draw(st.integers(1, 3))
    dimension = Dimension(name, base.type, base.record_class, records(draw, base.type, count, f"{name}:{{}}"))
    return Supplemental(dimension, base.name, draw(mappings(base.records.ids, dimension.records.ids)))


def _subset(draw: st.DrawFn, base: Dimension) -> Subset:
    selectors = []
    for number in range(draw(st.integers(1, 2))):
        ids = draw(st.lists(st.sampled_from(base.records.ids), min_size=1, max_size=3, unique=True))
        attributes: dict[str, Attribute] = {"unit": draw(st.sampled_from(UNITS))} if base.type == "metric" else {}
        selectors.append(Selector(f"{base.type}_group_{number}", tuple(ids), attributes=attributes))
    return Subset(f"{base.type}_groups", base.name, tuple(selectors))
