"""The example's datasets, laid out in other ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.registry.model import Layout, TypeMapping
from reference.example import records
from reference.stored import Stored

# A factor of 0 still says that there is a value; one below 0 makes the least of what was the greatest.
FACTORS = (0.0, -2.0, 3.0)


def pivoted_by(stored: Stored, type_: str) -> Stored:
    """Return a dataset with the records of a type as columns."""
    layout = stored.dataset.layout
    keys = tuple(one for one in layout.fact_types if one != type_)
    ids = [*(["id"] if layout.two_tables else []), *keys, "label"]
    wide = stored.facts.pivot(index=ids, columns=type_, values="value").reset_index()
    wide.columns.name = None
    return _laid_out(stored, replace(layout, pivot=type_, fact_types=keys), wide)


def two_tables(stored: Stored, type_: str, factors: Sequence[float] = FACTORS, *, shared: bool = False) -> Stored:
    """Return a dataset with a type in a lookup; if `shared`, all of its records have one id, and the same values."""
    layout = stored.dataset.layout
    ids = stored.dataset.dimensions[type_].records.ids
    lookup = pd.DataFrame({"id": [7 if shared else 100 + index for index in range(len(ids))], type_: ids})
    facts = stored.facts[stored.facts[type_] == ids[0]] if shared else stored.facts
    facts = facts.merge(lookup, on=type_).drop(columns=type_)
    scaled = lookup.assign(scaling_factor=[factors[index % len(factors)] for index in range(len(ids))])
    layout = replace(
        layout,
        two_tables=True,
        fact_types=tuple(one for one in layout.fact_types if one != type_),
        lookup_types=(type_,),
        scaling_factor=True,
    )
    return replace(_laid_out(stored, layout, facts), lookup=scaled).with_files()


LAYOUTS: dict[str, Callable[[Stored], Stored]] = {
    "stacked": lambda stored: stored,
    "pivoted by metric": lambda stored: pivoted_by(stored, "metric"),
    "pivoted by geography": lambda stored: pivoted_by(stored, "geography"),
    "two tables": lambda stored: two_tables(stored, "geography"),
    "two tables that share ids": lambda stored: two_tables(stored, "geography", shared=True),
    "two tables, pivoted": lambda stored: pivoted_by(two_tables(stored, "geography"), "metric"),
    "two tables, pivoted by geography": lambda stored: pivoted_by(two_tables(stored, "metric"), "geography"),
}


def without_column(stored: Stored, type_: str) -> Stored:
    """Return a dataset whose one record of a type is in no table."""
    layout = stored.dataset.layout
    fact_types = tuple(one for one in layout.fact_types if one != type_)
    layout = replace(layout, fact_types=fact_types, trivial=(type_, *layout.trivial))
    return _laid_out(stored, layout, stored.facts.drop(columns=type_))


def with_records(stored: Stored, type_: str, *ids: str) -> Stored:
    """Return a dataset with several records of a type that had one, each with the same values."""
    layout, dimensions = stored.dataset.layout, dict(stored.dataset.dimensions)
    dimensions[type_] = replace(dimensions[type_], records=records(*ids))
    trivial = tuple(one for one in layout.trivial if one != type_)
    layout = replace(layout, fact_types=(*layout.fact_types, type_), trivial=trivial)
    facts = pd.concat([stored.facts.assign(**{type_: id_}) for id_ in ids], ignore_index=True)
    return _laid_out(replace(stored, dataset=replace(stored.dataset, dimensions=dimensions)), layout, facts)


def mapped(stored: Stored, type_: str, *pairs: tuple[str, str, float]) -> Stored:
    """Return a dataset with a mapping of a type."""
    mapping = Mapping("many_to_many_explicit_multipliers", tuple(Association(*one) for one in pairs))
    base = stored.submission.mappings[type_].base
    mappings = {**stored.submission.mappings, type_: TypeMapping(base, mapping)}
    return replace(stored, submission=replace(stored.submission, mappings=mappings))


def _laid_out(stored: Stored, layout: Layout, facts: pd.DataFrame) -> Stored:
    return replace(stored, dataset=replace(stored.dataset, layout=layout), facts=facts).with_files()
