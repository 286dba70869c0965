"""Shapes of annual values: the dataset that a submission names, and whether it has a course for every combination."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError, Problem
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.node import Node

_SHOWN = 3


def registered_shape(node: Node, registry: Registry | None) -> Dataset:
    """Return the dataset that a rule names.

    Raises
    ------
    NotFoundError
        If it is not registered.
    """
    assert registry is not None, "a shape is registered somewhere"
    try:
        return registry.dataset(*parse_reference(node.value))
    except NotFoundError as error:
        raise NotFoundError([replace(one, where=node.where, key=node.key) for one in error.problems]) from None


def refused_series(registry: Registry, dataset: Dataset, shape: Dataset) -> tuple[Problem, ...]:
    """Say for which combinations of a dataset its shape has no values, or values that add up to nothing.

    A dataset that has no data yet is asked for all combinations of its records.
    """
    import numpy as np

    from dsgrid.query.planner import read_associations

    types = [type_ for type_ in RECORD_TYPES if len(shape.dimensions[type_].records) > 1]
    series = read_associations(registry, shape).distinct(types)
    known = {
        tuple(shape.dimensions[type_].records.ids[series.codes[type_][row]] for type_ in types): float(series.sums[row])
        for row in range(len(series))
    }
    if dataset.files:
        own = read_associations(registry, dataset).distinct(types)
        ids = [np.array(dataset.dimensions[type_].records.ids, dtype=object)[own.codes[type_]] for type_ in types]
        wanted = list(zip(*ids, strict=True)) if types else [()]
    else:
        wanted = list(product(*(dataset.dimensions[type_].records.ids for type_ in types)))
    lacking = [key for key in wanted if known.get(key, 0.0) == 0.0]
    if not lacking:
        return ()
    shown = "; ".join(", ".join(key) or "the only series" for key in lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN:,} more" if len(lacking) > _SHOWN else ""
    return (
        Problem(
            f"the shape {shape.id} has no values, or values that add up to 0, for {len(lacking):,} of the dataset's "
            f"combinations: {shown}{more}",
            key="shape",
        ),
    )
