"""Sparse matrices of associations: how the records of one dimension feed the keys of another.

A query is a product of one large tensor with a few of these. They are composed on the driver, exactly and without an
engine. An association with the coefficient 0 is one like any other (it says "0", where no association says "absent"),
so nothing here ever drops a 0.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from functools import cached_property

from dsgrid.dimensions.mapping import Mapping

Key = Hashable
Row = tuple[tuple[Key, float], ...]

# Two rows that are proportional in real numbers differ after rounding by at most 6 half-ulps (each coefficient, the
# quotient and the product round once): 6.7e-16.
TOLERANCE = 1e-15


@dataclass(frozen=True)
class Matrix:
    """Associations with coefficients, by source.

    Parameters
    ----------
    entries
        For each source id its row: pairs of a target key and a coefficient. Target keys are unique inside a row. A
        source without any target has no entry.
    """

    entries: dict[str, Row]

    def __iter__(self) -> Iterator[tuple[str, Key, float]]:
        for source, row in self.entries.items():
            for target, coefficient in row:
                yield source, target, coefficient

    def __len__(self) -> int:
        """Return the number of associations."""
        return sum(map(len, self.entries.values()))

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids that reach at least one target."""
        return tuple(self.entries)

    @cached_property
    def targets(self) -> tuple[Key, ...]:
        """The target keys, in order of first appearance."""
        return tuple(dict.fromkeys(target for row in self.entries.values() for target, _ in row))

    @cached_property
    def is_identity(self) -> bool:
        """Whether every source reaches itself, with coefficient 1, and nothing else."""
        return all(row == ((source, 1.0),) for source, row in self.entries.items())


@dataclass(frozen=True)
class Quotient:
    """Sources grouped into classes that no other factor can tell apart, up to a scalar.

    Parameters
    ----------
    classes
        For each source the index of its class, and the coefficient to multiply with when it is summed into the class.
    expansion
        For each class its row. ``coefficient * expansion`` reproduces the source's row within `TOLERANCE`.
    """

    classes: dict[str, tuple[int, float]]
    expansion: tuple[Row, ...]


def identity(ids: Iterable[str]) -> Matrix:
    """Return the matrix that leaves every id as it is."""
    return Matrix({id_: ((id_, 1.0),) for id_ in ids})


def from_mapping(mapping: Mapping) -> Matrix:
    """Return the matrix of a mapping; associations with no target are absent from it.

    Raises
    ------
    ValueError
        If a pair of ids occurs twice (`dsgrid.dimensions.kinds.check_mapping` reports it to the user).
    """
    rows: dict[str, dict[Key, float]] = {}
    for association in mapping.associations:
        if association.to_id is None:
            continue
        row = rows.setdefault(association.from_id, {})
        if association.to_id in row:
            raise ValueError(f"the pair {association.from_id!r} -> {association.to_id!r} occurs twice")
        row[association.to_id] = association.fraction
    return Matrix({source: tuple(row.items()) for source, row in rows.items()})


def compose(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix product: what `second` makes of the targets of `first`.

    A source none of whose targets is a source of `second` has no entry in the result.
    """
    following = second.entries
    entries: dict[str, Row] = {}
    for source, row in first.entries.items():
        if len(row) == 1:
            between, coefficient = row[0]
            reached = following.get(between)  # type: ignore[call-overload]
            if reached is not None:
                entries[source] = (
                    reached if coefficient == 1.0 else tuple((target, coefficient * other) for target, other in reached)
                )
            continue
        sums: dict[Key, float] = {}
        for between, coefficient in row:
            for target, other in following.get(between, ()):  # type: ignore[call-overload]
                product = coefficient * other
                sums[target] = sums[target] + product if target in sums else product
        if sums:
            entries[source] = tuple(sums.items())
    return Matrix(entries)


def restrict_sources(matrix: Matrix, ids: Collection[str]) -> Matrix:
    """Return the matrix without the sources that are not in `ids`."""
    kept = ids if isinstance(ids, (set, frozenset, dict)) else set(ids)
    return Matrix({source: row for source, row in matrix.entries.items() if source in kept})


def restrict_targets(matrix: Matrix, keys: Collection[Key]) -> Matrix:
    """Return the matrix without the associations whose target is not in `keys`; empty rows vanish."""
    kept = keys if isinstance(keys, (set, frozenset, dict)) else set(keys)
    entries = {}
    for source, row in matrix.entries.items():
        remaining = tuple(pair for pair in row if pair[0] in kept)
        if remaining:
            entries[source] = remaining
    return Matrix(entries)


def scaled(matrix: Matrix, factors: MappingType[str, float]) -> Matrix:
    """Return the matrix with the row of each source multiplied by its factor (a unit conversion, say).

    Raises
    ------
    KeyError
        If a source has no factor.
    """
    entries = {}
    for source, row in matrix.entries.items():
        factor = factors[source]
        entries[source] = row if factor == 1.0 else tuple((target, factor * other) for target, other in row)
    return Matrix(entries)


def row_sums(matrix: Matrix) -> dict[str, float]:
    """Return for each source the sum of its coefficients, correctly rounded."""
    return {source: math.fsum(other for _, other in row) for source, row in matrix.entries.items()}


def column_sums(matrix: Matrix) -> dict[Key, float]:
    """Return for each target the sum of its coefficients, correctly rounded."""
    columns: dict[Key, list[float]] = {}
    for _, target, coefficient in matrix:
        columns.setdefault(target, []).append(coefficient)
    return {target: math.fsum(column) for target, column in columns.items()}


def quotient(matrix: Matrix, tolerance: float = TOLERANCE) -> Quotient:
    """Group the sources whose rows are equal up to a scalar.

    The expansion of a class is the row of its first source, whose coefficient is 1; where the only target of a source
    is reached with a coefficient other than 0, the expansion is 1 and the coefficient is the source's own, so that
    a pure aggregation needs no second stage. Rows that hold nothing but 0 are a class of their own for each set of
    targets, with coefficient 1 and an expansion of zeros.

    Parameters
    ----------
    tolerance
        How far, relatively, ``coefficient * expansion`` may be from each coefficient of the row. A source joins a class
        only if all of its coefficients pass, so that no result can move by more than this.
    """
    number = {target: index for index, target in enumerate(matrix.targets)}
    classes: dict[str, tuple[int, float]] = {}
    expansion: list[Row] = []
    single: dict[tuple[Key, bool], int] = {}
    found: dict[tuple[tuple[int, ...], int], list[int]] = {}

    for source, row in matrix.entries.items():
        if len(row) == 1:
            target, coefficient = row[0]
            key = (target, coefficient == 0)
            if key not in single:
                single[key] = len(expansion)
                expansion.append(((target, 0.0 if coefficient == 0 else 1.0),))
            classes[source] = (single[key], 1.0 if coefficient == 0 else coefficient)
            continue

        ordered = tuple(sorted(row, key=lambda pair: number[pair[0]]))
        support = tuple(number[target] for target, _ in ordered)
        mark = _fingerprint(ordered)
        for neighbour in (mark, mark - 1, mark + 1):
            index = _joined(ordered, found.get((support, neighbour), ()), expansion, tolerance)
            if index is not None:
                classes[source] = index
                break
        else:
            found.setdefault((support, mark), []).append(len(expansion))
            classes[source] = (len(expansion), 1.0)
            expansion.append(ordered)
    return Quotient(classes, tuple(expansion))


def _fingerprint(row: Row) -> int:
    """Return a number that is the same, or differs by 1, for rows that are proportional up to rounding.

    It is the upper 32 bits of a weighted sum of the ratios to the first coefficient that is not 0. Numbering floats
    through their exponent has no seams, so a sum that rounds across a boundary lands in the next number.
    """
    pivot = next((other for _, other in row if other != 0), None)
    if pivot is None:
        return -1
    # The weights differ by position (golden ratio), so that rows with permuted coefficients seldom collide.
    total = math.fsum((1 + index * 0.6180339887 % 1) * abs(other / pivot) for index, (_, other) in enumerate(row))
    if not math.isfinite(total):
        return -2
    mantissa, exponent = math.frexp(total)
    return (exponent << 32) + int(mantissa * 2**33) - 2**32


def _joined(row: Row, candidates: Iterable[int], expansion: list[Row], tolerance: float) -> tuple[int, float] | None:
    """Return the first class whose expansion reproduces the row, with the coefficient that does so."""
    for index in candidates:
        other = expansion[index]
        pivot = next((place for place, (_, value) in enumerate(row) if value != 0), None)
        if pivot is None:
            if all(value == 0 for _, value in other):
                return index, 1.0
            continue
        if other[pivot][1] == 0:
            continue
        factor = row[pivot][1] / other[pivot][1]
        if all(
            abs(factor * expanded - value) <= tolerance * abs(value) and (value == 0) == (expanded == 0)
            for (_, value), (_, expanded) in zip(row, other, strict=True)
        ):
            return index, factor
    return None
