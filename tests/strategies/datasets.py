"""Random small datasets in every stored layout, submitted to a project."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from hypothesis import reject
from hypothesis import strategies as st
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.acceptance import refused_time
from dsgrid.registry.model import Dataset, Layout, Project, Submission, TypeMapping
from dsgrid.time.dimension import DatetimeTime, TimeDimension, is_local
from dsgrid.time.labels import keys_in, slot_keys
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import TimeError
from strategies.mappings import mappings
from strategies.projects import CLASSES, SIZES, STEMS, records
from strategies.times import Axis, dataset_times, days_of_years, plain

MOST_COMBINATIONS = 16


@st.composite
def stored_datasets(draw: st.DrawFn, project: Project, axis: Axis, id_: str) -> Stored:
    """A dataset with values for some of the combinations of its records."""
    dimensions, mapped = _dimensions(draw, project)
    time, rules = _fitting(project, dimensions, mapped, *draw(dataset_times(project.time, axis)))
    combinations = _combinations(draw, dimensions)
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    facts, lookup, layout = draw(laid_out(dimensions, combinations, time, generator))
    dataset = Dataset(id_, "1.0.0", "modeled", dimensions, time, layout, folder=id_)
    submission = Submission(project.id, project.version, id_, "1.0.0", mapped, rules)
    return Stored(dataset, submission, facts, lookup).with_files()


@st.composite
def laid_out(
    draw: st.DrawFn,
    dimensions: dict[str, Dimension],
    combinations: list[tuple[str, ...]],
    time: TimeDimension,
    generator: np.random.Generator,
    *,
    scaled: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame | None, Layout]:
    """Facts and lookup of combinations, and how they lie there; `scaled`: perhaps with scaling factors."""
    layout = _layout(draw, dimensions, _deciding(time))
    if not scaled:
        layout = replace(layout, scaling_factor=False)
    return _tables(draw, layout, dimensions, combinations, time, generator)


def _fitting(
    project: Project,
    dimensions: dict[str, Dimension],
    mapped: dict[str, TypeMapping],
    time: TimeDimension,
    rules: TimeRules,
) -> tuple[TimeDimension, TimeRules]:
    """Return the time and its rules if the project accepts them, else the project's own."""
    if isinstance(time, DatetimeTime) and time.year_of:
        time, rules = _of_own_years(time, mapped["weather_year"], dimensions["weather_year"])
    if time.year_of == "model_year" and mapped["model_year"].mapping is not None:
        # Its records are no years; a year of days is one of any.
        return days_of_years(2018, 2018, "total"), TimeRules()
    dataset = Dataset("", "1.0.0", "modeled", dimensions, time, Layout(False, None, ()), folder="")
    submission = Submission(project.id, project.version, "", "1.0.0", mapped, rules)
    return plain(project.time) if refused_time(project, dataset, submission) else (time, rules)


def _dimensions(draw: st.DrawFn, project: Project) -> tuple[dict[str, Dimension], dict[str, TypeMapping]]:
    dimensions, mapped = {}, {}
    for base in project.base:
        type_ = base.type
        if draw(st.booleans()):
            kept = draw(st.integers(1, len(base.records)))
            own = records(draw, type_, kept, STEMS[type_])
            mapped[type_] = TypeMapping(base.name)
        else:
            own = records(draw, type_, draw(st.integers(1, SIZES[type_])), f"own {type_}.{{}}")
            mapped[type_] = TypeMapping(base.name, draw(mappings(own.ids, base.records.ids)))
        dimensions[type_] = Dimension(f"own_{type_}", type_, CLASSES.get(type_, type_), own)
    return dimensions, mapped


def _combinations(draw: st.DrawFn, dimensions: dict[str, Dimension]) -> list[tuple[str, ...]]:
    every = list(product(*(dimensions[type_].records.ids for type_ in RECORD_TYPES)))
    if len(every) <= MOST_COMBINATIONS and draw(st.booleans()):
        return every
    order = np.random.default_rng(draw(st.integers(0, 2**16))).permutation(len(every))
    return [every[index] for index in order[: draw(st.integers(1, min(len(every), MOST_COMBINATIONS)))]]


def _of_own_years(time: DatetimeTime, mapped: TypeMapping, years: Dimension) -> tuple[TimeDimension, TimeRules]:
    """Return the ranges of the project's years as those of the dataset's; where these reach several, of all years."""
    reached: dict[str, list[str]] = {id_: [] for id_ in years.records.ids}
    for one in mapped.mapping.associations if mapped.mapping is not None else ():
        if one.to_id is not None:
            reached[one.from_id].append(one.to_id)
    if mapped.mapping is None:
        reached = {id_: [id_] for id_ in years.records.ids}
    of_year = {span.record: span for span in time.ranges}
    targets = [ids[0] for ids in reached.values() if len(ids) == 1]
    if len(targets) == len(reached) == len(set(targets)):
        spans = sorted(
            (replace(of_year[ids[0]], record=id_) for id_, ids in reached.items()), key=lambda one: one.start
        )
        return replace(time, ranges=tuple(spans)), TimeRules()
    return replace(time, ranges=tuple(replace(one, record="") for one in time.ranges), year_of=""), TimeRules(trim=True)


def _deciding(time: TimeDimension) -> str:
    """Return the type whose records decide which labels there are; it has to be in the facts."""
    if isinstance(time, DatetimeTime) and is_local(time) and time.clock == "prevailing":
        return "geography"
    return time.year_of if isinstance(time, DatetimeTime) else ""


def _labels(time: TimeDimension, dimension: Dimension | None, id_: str) -> np.ndarray:
    """Return the labels of the rows of a record of that type."""
    if dimension is None or not isinstance(time, DatetimeTime):
        return slot_keys(time)
    if time.year_of:
        ranges = tuple(one for one in time.ranges if one.record == id_)
        return slot_keys(replace(time, ranges=ranges, year_of=""))
    try:
        return keys_in(time, str(dimension.records.by_id[id_].get("time_zone")))
    except TimeError:
        # Where clocks change by half an hour, hours over the change end between labels: no dataset has such a time.
        reject()


def _layout(draw: st.DrawFn, dimensions: dict[str, Dimension], deciding: str) -> Layout:
    """Draw which table each type is in; only types with one record can be in none."""
    pivot = draw(st.sampled_from([None, "metric", "metric", "subsector", "geography"]))
    pivot = "metric" if pivot == deciding else pivot
    two_tables = draw(st.booleans())
    trivial, of_facts, of_lookup = [], [], []
    for type_ in RECORD_TYPES:
        if type_ == pivot:
            continue
        if len(dimensions[type_].records) == 1 and draw(st.integers(0, 3)):
            trivial.append(type_)
        elif two_tables and type_ != deciding and draw(st.integers(0, 2)):
            of_lookup.append(type_)
        else:
            of_facts.append(type_)
    return Layout(
        two_tables,
        pivot,
        tuple(of_facts),
        tuple(of_lookup),
        tuple(trivial),
        scaling_factor=two_tables and draw(st.booleans()),
    )


def _tables(
    draw: st.DrawFn,
    layout: Layout,
    dimensions: dict[str, Dimension],
    combinations: list[tuple[str, ...]],
    time: TimeDimension,
    generator: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame | None, Layout]:
    """Lay the combinations out as facts and lookup.

    Where several rows of the lookup share an id, each of them has all the values of that id.
    """
    table = pd.DataFrame(combinations, columns=list(RECORD_TYPES))
    lookup = None
    if layout.two_tables:
        table, lookup = _with_ids(draw, layout, table, generator)
    keys = [*(["id"] if layout.two_tables else []), *layout.fact_types]
    series = [*keys, layout.pivot] if layout.pivot else keys
    # Without any key there is one series.
    table = table[series].drop_duplicates(ignore_index=True) if series else pd.DataFrame({"only": [0]})
    deciding = _deciding(time)
    dimension = dimensions[deciding] if deciding else None
    ids = (
        table[deciding] if deciding in table else pd.Series(dimension.records.ids[0] if dimension else "", table.index)
    )
    labels = {id_: pd.DataFrame({"label": _labels(time, dimension, id_)}) for id_ in ids.unique()}
    rows = pd.concat([table[ids == id_].merge(own, how="cross") for id_, own in labels.items()], ignore_index=True)
    rows = rows.assign(value=_values(draw, generator, len(rows)))
    rows = rows.sample(frac=1, random_state=int(generator.integers(2**31))).reset_index(drop=True)
    if layout.pivot is None:
        return rows[[*keys, "label", "value"]], lookup, layout
    wide = rows.pivot(index=[*keys, "label"], columns=layout.pivot, values="value").reset_index()
    names = list(dimensions[layout.pivot].records.ids)
    wide = wide.reindex(columns=[*keys, "label", *names])
    wide.columns.name = None
    return wide, lookup, replace(layout, null_cells=bool(wide[names].isna().to_numpy().any()))


def _values(draw: st.DrawFn, generator: np.random.Generator, count: int) -> np.ndarray:
    kind = draw(st.sampled_from(["positive", "signed", "whole"]))
    if kind == "whole":
        return generator.integers(0, 5, count).astype(float)
    return generator.gamma(2.0, 10.0, count) if kind == "positive" else generator.normal(0.0, 5.0, count)


def _with_ids(
    draw: st.DrawFn, layout: Layout, table: pd.DataFrame, generator: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Number the lookup's combinations; with `shared`, several of them get one id."""
    types = list(layout.lookup_types)
    distinct = table[types].drop_duplicates(ignore_index=True) if types else pd.DataFrame(index=[0])
    shared = bool(types) and draw(st.booleans())
    count = max(1, len(distinct) // 2) if shared else len(distinct)
    ids = 100 + generator.permutation(np.arange(len(distinct)) % count)
    lookup = distinct.assign(id=ids.astype("int64"))
    table = table.merge(lookup, on=types) if types else table.assign(id=int(ids[0]))
    if layout.scaling_factor:
        lookup = lookup.assign(scaling_factor=generator.choice([1.0, 0.5, 3.0, 0.0, -2.0], len(lookup)))
    return table, lookup[["id", *types, *(["scaling_factor"] if layout.scaling_factor else [])]]
