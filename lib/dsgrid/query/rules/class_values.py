"""Values of a small dataset at base level, by classes of base records that it does not tell apart.

They are the dataset's stored sums: where a combination has one value of time, its sum is that value. No fact is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.matrix import Matrix
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.query.associations import fan
from dsgrid.query.source import Source

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassValues:
    """Values by the places of base records.

    Parameters
    ----------
    numbers, sizes
        By type the class of each base record, and how many classes there are; the first type is the fastest digit.
    places, values, weights
        The places that have a value, ascending; the sum of values times fractions in each; the sum of the fractions.
    """

    numbers: dict[str, dict[str, int]]
    sizes: dict[str, int]
    places: Int64
    values: Float64
    weights: Float64


def values_by_class(source: Source, wanted: Mapping[str, Sequence[str]], apart: Collection[str] = ()) -> ClassValues:
    """Return the values of a source with one value per combination.

    Parameters
    ----------
    wanted
        By type the base records that are asked for.
    apart
        Types whose records are a class each.
    """
    numbers: dict[str, dict[str, int]] = {}
    sizes: dict[str, int] = {}
    tables: dict[str, list[tuple[str, int, float]]] = {}
    for type_ in RECORD_TYPES:
        matrix = source.factor(type_).to_base
        numbers[type_], tables[type_] = _classes(matrix, wanted[type_], apart=type_ in apart)
        sizes[type_] = max(1, len(set(numbers[type_].values())))
    places, values, weights = _mapped(source, tables, sizes)
    return ClassValues(numbers, sizes, places, values, weights)


def _classes(
    matrix: Matrix, wanted: Sequence[str], *, apart: bool
) -> tuple[dict[str, int], list[tuple[str, int, float]]]:
    """Return the class of each base record, and rows (record, class, fraction).

    Base records that nothing reaches are a class, too: one without a value.
    """
    columns: dict[str, list[tuple[str, float]]] = {id_: [] for id_ in wanted}
    for record, target, fraction in matrix:
        if target in columns:
            columns[str(target)].append((record, fraction))
    classes: dict[tuple[str, tuple[tuple[str, float], ...]], int] = {}
    numbers = {
        id_: classes.setdefault((id_ if apart else "", tuple(column)), len(classes)) for id_, column in columns.items()
    }
    rows = [(record, number, fraction) for (_, column), number in classes.items() for record, fraction in column]
    return numbers, rows


def _mapped(
    source: Source, tables: Mapping[str, list[tuple[str, int, float]]], sizes: Mapping[str, int]
) -> tuple[Int64, Float64, Float64]:
    """Return the places that are reached, the sum of values times fractions in each, and what the fractions sum to."""
    associations = source.associations
    assert associations is not None
    kept = np.arange(len(associations))
    codes, weights = np.zeros(len(kept), np.int64), np.ones(len(kept))
    stride = 1
    for type_ in RECORD_TYPES:
        one = fan(source.factor(type_).records, tables[type_])
        repeated, picked = one.spread(associations.codes[type_][kept])
        codes = codes[repeated] + one.codes[picked] * stride
        weights = weights[repeated] * one.coefficients[picked]
        kept = kept[repeated]
        stride *= sizes[type_]
    places, inverse = np.unique(codes, return_inverse=True)
    values = np.bincount(inverse, weights=weights * associations.sums[kept], minlength=len(places))
    sums = np.bincount(inverse, weights=weights, minlength=len(places))
    return places, values.astype(np.float64), sums.astype(np.float64)
