"""Random queries that use the whole model: projections, expressions, adjustments, filters anywhere, several steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from reference.moments import LABEL, known

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Project
from dsgrid.time.dimension import DatetimeTime, NoTime, RepresentativeTime
from strategies.filters import filter_specs, rarely, seen_at_base, without_label
from strategies.sources import Asked
from strategies.steps import Seeing, at_base, step_lists


@st.composite
def whole_query_specs(draw: st.DrawFn, project: Project, asked: Asked) -> dict[str, Any]:
    """A spec of a query, as a mapping."""
    spec: dict[str, Any] = {"name": "asked", "project": project.id, **asked.spec}
    zone = _zone(draw, project)
    timeless = all(isinstance(one.dataset.time, NoTime) for one in asked.datasets)
    words = frozenset() if timeless else without_label(known(project.time), project)
    _filter_members(draw, project, asked, spec, words, zone)
    if not draw(st.integers(0, 2)):
        spec["adjust"] = [_adjustment(draw, project, asked) for _ in range(draw(st.integers(1, 2)))]
    seen = seen_at_base(project, words, values=True)
    filters = [draw(filter_specs(project, seen, zone)) for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2])))]
    for described in spec.get("source", {}).values():
        if "where" in described and rarely(draw, 3):
            # What one of the members lacks may be left out of all.
            filters += described["where"]
    if filters:
        spec["where"] = filters
    if not rarely(draw, 10):
        spec["allow_double_counting"] = True
    seeing = at_base(project, zone, timeless=timeless, sums=not asked.unitless)
    steps: list[dict[str, Any]] = []
    if not rarely(draw, 10):
        steps, seeing = draw(step_lists(seeing))
        spec["step"] = steps
    elif not timeless and not isinstance(project.time, RepresentativeTime):
        seeing = replace(seeing, told=(LABEL,))
    spec["result"] = _result(draw, seeing, steps, zone, unitless=asked.unitless)
    return spec


def _zone(draw: st.DrawFn, project: Project) -> str | None:
    time = project.time
    if not isinstance(time, DatetimeTime) or time.clock == "profile" or draw(st.integers(0, 3)):
        return None
    return draw(st.sampled_from(["geography", "geography", "America/New_York", "Australia/Lord_Howe"]))


def _filter_members(
    draw: st.DrawFn,
    project: Project,
    asked: Asked,
    spec: dict[str, Any],
    words: frozenset[str],
    zone: str | None,
) -> None:
    """Give one of the members filters of its own, now and then; one of an expression mostly lacks combinations then."""
    lacks = "expression" in spec and "|" not in spec["expression"] and "fill" not in spec
    if draw(st.integers(0, 3)) or (lacks and not rarely(draw, 3)):
        return
    name = draw(st.sampled_from(asked.names))
    seen = seen_at_base(project, words, values=False)
    filters = [draw(filter_specs(project, seen, zone)) for _ in range(draw(st.integers(1, 2)))]
    described = dict(spec.get("source", {}))
    described[name] = {**described.get(name, {}), "where": filters}
    spec["source"] = described


def _adjustment(draw: st.DrawFn, project: Project, asked: Asked) -> dict[str, Any]:
    every = [*project.base, *(one.dimension for one in project.supplemental)]
    if rarely(draw, 4):
        # Several entries about records of one type.
        of = draw(st.sampled_from(every)).type
        every = [one for one in every if one.type == of]
    chosen = draw(st.lists(st.sampled_from(every), min_size=1, max_size=3, unique_by=lambda one: one.name))
    where: dict[str, Any] = {}
    for dimension in chosen:
        ids = dimension.records.ids
        several = st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True)
        where[dimension.name] = draw(several if draw(st.booleans()) else st.sampled_from(ids))
    found: dict[str, Any] = {"where": where, "multiply": draw(st.sampled_from([1.1, 0.5, 2, -1, 0]))}
    if not draw(st.integers(0, 2)):
        found["sources"] = [draw(st.sampled_from(asked.names))]
    return found


def _result(
    draw: st.DrawFn, seeing: Seeing, steps: list[dict[str, Any]], zone: str | None, *, unitless: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {"path": "results", "format": "parquet"}
    single = [type_ for type_ in RECORD_TYPES if len(seeing.columns.get(type_, ())) == 1]
    if single and not draw(st.integers(0, 2)):
        result["pivot"] = draw(st.sampled_from(single))
    # Without a unit of its own there is little that a result may leave out of the metrics.
    counts = any(step["function"] == "count" for step in steps)
    if not unitless and not counts and not rarely(draw, 4):
        result["unit"] = draw(st.sampled_from(["MWh", "kWh", "GWh"]))
    if not draw(st.integers(0, 3)):
        result["names"] = True
    if zone is not None:
        result["zone"] = zone
    if not draw(st.integers(0, 3)):
        result["where"] = [draw(filter_specs(seeing.project, seeing.filterable, zone))]
    return result
