"""Random members of a query: datasets alike, growth, and expressions of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Dataset, Project, Submission, TypeMapping
from dsgrid.time.dimension import NoTime
from dsgrid.time.rules import TimeRules
from strategies.datasets import laid_out
from strategies.filters import rarely

RATE = "growth_rate"


@dataclass(frozen=True)
class Asked:
    """What a query asks: the part of its spec that says so, and what has to be stored for it.

    Parameters
    ----------
    unitless
        Whether the values have lost their unit.
    """

    spec: dict[str, Any]
    datasets: tuple[Stored, ...]
    growth: tuple[Stored, ...] = ()
    unitless: bool = False
    names: tuple[str, ...] = field(default=())


@st.composite
def asked_members(draw: st.DrawFn, project: Project, datasets: tuple[Stored, ...]) -> Asked:
    """A union, a projection, or an expression."""
    timed = {isinstance(one.dataset.time, NoTime) for one in datasets}
    if len(timed) > 1:
        # What has no time can be added to what has; there is little else to ask.
        datasets = datasets[:1]
    kind = draw(st.sampled_from(["union", "projection", "projection", "expression", "expression"]))
    if kind == "projection" and project.time.year_of != "model_year":  # type: ignore[union-attr]
        return _projection(draw, project, datasets)
    if kind == "expression":
        return _expression(draw, project, datasets)
    names = tuple(one.dataset.id for one in datasets)
    overlap = {"overlap": "sum"} if len(names) > 1 and draw(st.integers(0, 7)) else {}
    return Asked({"datasets": list(names), **overlap}, datasets, names=names)


def _projection(draw: st.DrawFn, project: Project, datasets: tuple[Stored, ...]) -> Asked:
    first, *others = datasets
    growth = draw(growth_datasets(project))
    kind = draw(st.sampled_from(["exponential_growth", "annual_multiplier"]))
    source: dict[str, Any] = {"kind": kind, "initial": first.dataset.id, "growth": growth.dataset.id}
    if rarely(draw, 5):
        source["base_year"] = draw(st.sampled_from(_years(first)))
    names = ("grown", *(one.dataset.id for one in others))
    spec: dict[str, Any] = {"source": {"grown": source}}
    form = draw(st.sampled_from(["datasets", "datasets", "scaled"]))
    if form == "datasets":
        spec |= {"datasets": list(names), "overlap": "sum"}
    else:
        spec |= {"expression": " | ".join(f"{name} * 1.5" for name in names), "overlap": "sum"}
    return Asked(spec, datasets, (growth,), names=names)


def _years(stored: Stored) -> list[str]:
    """Return the base years that a dataset may have."""
    mapping = stored.submission.mappings["model_year"].mapping
    if mapping is None:
        return list(stored.dataset.dimensions["model_year"].records.ids)
    return sorted({one.to_id for one in mapping.associations if one.to_id is not None}) or ["2020"]


def _expression(draw: st.DrawFn, project: Project, datasets: tuple[Stored, ...]) -> Asked:
    spec: dict[str, Any] = {}
    a = datasets[0]
    twin, rate = draw(twins(a, "twin")), draw(twins(a, "rate", of_growth=True))
    one, other, third = a.dataset.id, twin.dataset.id, rate.dataset.id
    text, needed, unitless = draw(
        st.sampled_from(
            [
                (f"{one} + {other}", (a, twin), False),
                (f"{one} - 0.5 * {other}", (a, twin), False),
                (f"{one} * {third}", (a, rate), False),
                (f"{one} * (1 + {third}) | {other}", (a, rate, twin), False),
                (f"{one} / {other}", (a, twin), True),
                (f"{one} / {third} + {other}", (a, rate, twin), False),
                (f"-{one} * 2 / 3", (a,), False),
                (f"({one} + 1.5) * 2", (a,), False),
                (f"10 - {one}", (a,), False),
            ]
        )
    )
    if not draw(st.integers(0, 5)) and not isinstance(a.dataset.time, NoTime):
        growth = draw(growth_datasets(project))
        text, needed, unitless = f"{one} * (1 + {growth.dataset.id})", (a, growth), False
        spec = {"fill": 0}
    if rarely(draw, 12):
        # Both have units.
        text, needed, unitless = f"{one} * {other}", (a, twin), False
    spec["expression"] = text
    if " | " in text:
        spec["overlap"] = "sum"
    if len(datasets) > 1:
        b = datasets[1]
        form = draw(st.sampled_from(["none", "union", "sum"]))
        if form == "union" and not unitless:
            spec |= {"expression": f"({text}) | {b.dataset.id}", "overlap": "sum"}
            needed = (*needed, b)
        elif form == "sum" and not unitless:
            spec |= {"expression": f"({text}) - {b.dataset.id}", "fill": 0}
            needed = (*needed, b)
    names = tuple(stored.dataset.id for stored in needed)
    return Asked(spec, needed, unitless=unitless, names=names)


@st.composite
def twins(draw: st.DrawFn, stored: Stored, id_: str, *, of_growth: bool = False) -> Stored:
    """A dataset of the same combinations, with other values: all of them positive."""
    dataset, layout = stored.dataset, stored.dataset.layout
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    pivot = () if layout.pivot is None else dataset.dimensions[layout.pivot].records.ids
    facts = stored.facts.copy()
    for name in pivot or ("value",):
        facts[name] = pd.Series(generator.uniform(0.5, 2.0, len(facts)), facts.index).where(facts[name].notna())
    dimensions = dict(dataset.dimensions)
    if of_growth:
        metric = dimensions["metric"]
        rows = tuple(replace(row, attributes={**row.attributes, "unit": ""}) for row in metric.records)
        dimensions["metric"] = replace(metric, record_class=RATE, records=Records(rows))
    return replace(
        stored,
        dataset=replace(dataset, id=id_, folder=id_, dimensions=dimensions),
        submission=replace(stored.submission, dataset_id=id_),
        facts=facts,
    ).with_files()


@st.composite
def growth_datasets(draw: st.DrawFn, project: Project, id_: str = "growth") -> Stored:
    """Rates without time for all base combinations: by the same ids, copied, or averaged; seldom with a gap."""
    dimensions, mapped = {}, {}
    # Weights that do not sum to 1 are no mean.
    whole = 0.9 if rarely(draw, 15) else 1.0
    for base in project.base:
        shape = draw(st.sampled_from(["same", "copied", "copied", "averaged"]))
        if base.type == "model_year":
            shape = "same"
        own, mapping = _growing(draw, base, shape, whole)
        class_ = RATE if base.type == "metric" else base.record_class
        dimensions[base.type] = Dimension(f"own_{base.type}", base.type, class_, own)
        mapped[base.type] = TypeMapping(base.name, mapping)
    combinations = list(product(*(dimensions[type_].records.ids for type_ in RECORD_TYPES)))
    if len(combinations) > 1 and rarely(draw, 15):
        del combinations[draw(st.integers(0, len(combinations) - 1))]
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    facts, lookup, layout = draw(laid_out(dimensions, combinations, NoTime("own"), generator, scaled=False))
    values = dimensions[layout.pivot].records.ids if layout.pivot else ("value",)
    for name in values:
        rates = pd.Series(generator.uniform(-0.2, 0.4, len(facts)), facts.index)
        facts[name] = rates.where(facts[name].notna())
    dataset = Dataset(id_, "1.0.0", "modeled", dimensions, NoTime("own"), layout, folder=id_)
    submission = Submission(project.id, project.version, id_, "1.0.0", mapped, TimeRules())
    return Stored(dataset, submission, facts, lookup).with_files()


def _growing(draw: st.DrawFn, base: Dimension, shape: str, whole: float) -> tuple[Records, Mapping | None]:
    """Return records of a growth dataset, and how they reach all base records with weights that sum to 1."""
    blank = {"unit": ""} if base.type == "metric" else {}
    zone = {"time_zone": "America/Denver"} if base.type == "geography" else {}
    if shape == "same":
        rows = tuple(replace(row, attributes={**row.attributes, **blank}) for row in base.records)
        return Records(rows), None
    if shape == "copied":
        record = Record("every", "Every", {**blank, **zone})
        return Records((record,)), Mapping(
            "duplication", tuple(Association("every", id_, 1.0) for id_ in base.records.ids)
        )
    rows = tuple(Record(f"part {number}", f"Part {number}", {**blank, **zone}) for number in range(2))
    associations = []
    for id_ in base.records.ids:
        share = draw(st.sampled_from([0.25, 0.5, 1.0]))
        associations.append(Association("part 0", id_, share))
        if share < 1:
            associations.append(Association("part 1", id_, whole - share))
    return Records(rows), Mapping("many_to_many_assignment", tuple(associations))
