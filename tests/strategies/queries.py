"""Random queries to a project that are one sum: what the planner does at once."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, RECORD_TYPES
from dsgrid.query.time_columns import known_words
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime, IndexTime
from strategies.filters import equalities, rarely


@st.composite
def query_specs(draw: st.DrawFn, project: Project, datasets: tuple[str, ...]) -> dict[str, Any]:
    """A spec of a query, as a mapping."""
    spec: dict[str, Any] = {"name": "asked", "project": project.id, "datasets": list(datasets)}
    if len(datasets) > 1 and not rarely(draw, 6):
        spec["overlap"] = "sum"
    filters = [draw(equalities(project)) for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2])))]
    if filters:
        spec["where"] = filters
    chosen = _columns(draw, project)
    if draw(st.integers(0, 7)):
        if not rarely(draw, 6):
            spec["allow_double_counting"] = True
        # A query may not keep nothing at all.
        by = [name for names in chosen.values() for name in names] or [project.time.name]
        over = [type_ for type_ in NAMED_REDUCTION_TYPES if not chosen[type_]]
        if rarely(draw, 10):
            over = over[1:]
        step: dict[str, Any] = {"function": "sum", "by": list(draw(st.permutations(by)))}
        if over:
            step["over"] = over
        if rarely(draw, 6):
            step["where"] = [draw(equalities(project))]
        spec["step"] = [step]
    else:
        chosen = {base.type: [base.name] for base in project.base}
    spec["result"] = _result(draw, chosen, project)
    return spec


def _columns(draw: st.DrawFn, project: Project) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for base in project.base:
        others = [one.dimension.name for one in project.supplemental if one.of == base.name]
        names = st.lists(st.sampled_from([base.name, *others]), max_size=2, unique=True)
        chosen[base.type] = draw(names)
    # Mostly words that mean something for the project's time.
    known = TIME_WORDS if rarely(draw, 10) else known_words(project.time)
    names = draw(st.lists(st.sampled_from([*known, project.time.name, project.time.name]), max_size=2, unique=True))
    chosen["time"] = names
    return chosen


def _result(draw: st.DrawFn, chosen: dict[str, list[str]], project: Project) -> dict[str, Any]:
    result: dict[str, Any] = {"path": "results", "format": "parquet"}
    single = [type_ for type_ in RECORD_TYPES if len(chosen[type_]) == 1]
    if single and not draw(st.integers(0, 2)):
        result["pivot"] = draw(st.sampled_from(single))
    if draw(st.booleans()):
        result["unit"] = draw(st.sampled_from(["MWh", "kWh", "GWh"]))
    if not draw(st.integers(0, 3)):
        result["names"] = True
    # Only instants can be told in another zone.
    has_instants = isinstance(project.time, DatetimeTime | IndexTime) and project.time.clock != "profile"
    if not draw(st.integers(0, 3)) and (has_instants or rarely(draw, 3)):
        result["zone"] = draw(st.sampled_from(["geography", "geography", "America/New_York", "Australia/Lord_Howe"]))
    return result
