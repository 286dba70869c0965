"""Random small datasets in every stored layout, submitted to a project."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Dataset, Layout, Project, Submission, TypeMapping
from dsgrid.time.grid import slots
from strategies.mappings import mappings
from strategies.projects import CLASSES, SIZES, STEMS, records
from strategies.times import Axis, dataset_times

MOST_COMBINATIONS = 16


@st.composite
def stored_datasets(draw: st.DrawFn, project: Project, axis: Axis, id_: str) -> Stored:
    """A dataset with values for some of the combinations of its records."""
    dimensions, mapped = _dimensions(draw, project)
    time, wrap = draw(dataset_times(axis))
    combinations = _combinations(draw, dimensions)
    layout = _layout(draw, dimensions)
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    facts, lookup, layout = _tables(draw, layout, dimensions, combinations, slots(time), generator)
    dataset = Dataset(id_, "1.0.0", "modeled", dimensions, time, layout, folder=id_)
    submission = Submission(project.id, project.version, id_, "1.0.0", mapped, wrap)
    return Stored(dataset, submission, facts, lookup).with_files()


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


def _layout(draw: st.DrawFn, dimensions: dict[str, Dimension]) -> Layout:
    """Draw which table each type is in; only types with one record can be in none."""
    pivot = draw(st.sampled_from([None, "metric", "metric", "subsector"]))
    two_tables = draw(st.booleans())
    trivial, of_facts, of_lookup = [], [], []
    for type_ in RECORD_TYPES:
        if type_ == pivot:
            continue
        if len(dimensions[type_].records) == 1 and draw(st.integers(0, 3)):
            trivial.append(type_)
        elif two_tables and draw(st.integers(0, 2)):
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
    labels: np.ndarray,
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
    rows = table.merge(pd.DataFrame({layout.time_column: labels}), how="cross")
    rows = rows.assign(value=_values(draw, generator, len(rows)))
    rows = rows.sample(frac=1, random_state=int(generator.integers(2**31))).reset_index(drop=True)
    if layout.pivot is None:
        return rows[[*keys, layout.time_column, "value"]], lookup, layout
    wide = rows.pivot(index=[*keys, layout.time_column], columns=layout.pivot, values="value").reset_index()
    ids = list(dimensions[layout.pivot].records.ids)
    wide = wide.reindex(columns=[*keys, layout.time_column, *ids])
    wide.columns.name = None
    return wide, lookup, replace(layout, null_cells=bool(wide[ids].isna().to_numpy().any()))


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
        lookup = lookup.assign(scaling_factor=generator.choice([1.0, 0.5, 3.0, 0.0], len(lookup)))
    return table, lookup[["id", *types, *(["scaling_factor"] if layout.scaling_factor else [])]]
