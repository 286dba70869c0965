"""Which combinations of records something has to cover, and which of them are missing.

Required combinations are kept as a product of small factors and numbered by mixed radix, so that completeness is
proved by counting: nothing of the product's size is built unless something is missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.ids import unknown_ids
from dsgrid.errors import Problem, SpecError

Codes = npt.NDArray[np.int64]
Columns = Mapping[str, Sequence[str]]  # a pandas DataFrame serves as well

CHUNK = 1 << 22


@dataclass(frozen=True)
class Factor:
    """Combinations of the types that go together; one type alone in most cases.

    Parameters
    ----------
    types
        The dimension types.
    rows
        Distinct tuples of ids, in the order of `types`.
    """

    types: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Combinations:
    """The product of factors. Combination ``n`` is found by mixed radix, the last factor running fastest."""

    factors: tuple[Factor, ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of rows of each factor."""
        return tuple(len(factor.rows) for factor in self.factors)

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """What the number of a combination grows by from one row of a factor to the next."""
        return tuple(math.prod(self.sizes[place + 1 :]) for place in range(len(self.sizes)))

    def __len__(self) -> int:
        """Return the number of combinations."""
        return math.prod(self.sizes)

    @cached_property
    def ids(self) -> dict[str, tuple[str, ...]]:
        """The distinct ids of each type, in order of first appearance."""
        return {
            type_: tuple(dict.fromkeys(row[place] for row in factor.rows))
            for factor in self.factors
            for place, type_ in enumerate(factor.types)
        }

    @cached_property
    def codes(self) -> dict[str, tuple[int, Codes]]:
        """For each type its factor, and the position in `ids` of that type's id in each row of the factor."""
        found = {}
        for number, factor in enumerate(self.factors):
            for place, type_ in enumerate(factor.types):
                position = {id_: index for index, id_ in enumerate(self.ids[type_])}
                rows = np.fromiter((position[row[place]] for row in factor.rows), np.int64, len(factor.rows))
                found[type_] = (number, rows)
        return found

    def codes_of(self, type_: str, numbers: Codes) -> Codes:
        """Return for combinations the position of their id in the type's `ids`."""
        factor, rows = self.codes[type_]
        return rows[numbers // self.strides[factor] % self.sizes[factor]]

    def combination(self, number: int) -> dict[str, str]:
        """Return the ids of one combination by type."""
        at = np.array([number])
        return {type_: ids[int(self.codes_of(type_, at)[0])] for type_, ids in self.ids.items()}

    def numbers(self, columns: Columns) -> Codes:
        """Return the distinct numbers of the rows of a table that are combinations of this product, sorted."""
        import pandas as pd

        total: Codes | None = None
        inside: Any = True
        for factor, stride in zip(self.factors, self.strides, strict=True):
            rows = self._located(factor, columns, pd)
            inside = inside & (rows >= 0)
            total = rows * stride if total is None else total + rows * stride
        return np.unique(total[inside]) if total is not None else np.zeros(0, np.int64)

    def _located(self, factor: Factor, columns: Columns, pd: Any) -> Codes:
        """Return for each row of a table the factor's row, -1 where it has none."""
        key: Any = np.int64(0)
        given: Any = np.int64(0)
        known: Any = True
        for type_ in factor.types:
            ids = pd.Index(self.ids[type_], dtype=object)
            found = ids.get_indexer(pd.Index(np.asarray(columns[type_], dtype=object)))
            known = known & (found >= 0)
            given = given * len(ids) + found
            key = key * len(ids) + self.codes[type_][1]
        return np.where(known, pd.Index(key).get_indexer(given), -1).astype(np.int64)


def required(
    everything: Mapping[str, Sequence[str]],
    single: Mapping[str, Sequence[str]] | None = None,
    together: Sequence[Mapping[str, Sequence[str]]] = (),
) -> Combinations:
    """Return the combinations that are the product of `single`, all records of unnamed types, and of `together`.

    Parameters
    ----------
    everything
        All record ids of each type.
    single
        The required ids of a type, where they are not all.
    together
        Entries over two or more types. Those that name the same types give the union of their products.

    Raises
    ------
    SpecError
        If an id does not exist, a type stands in both places, or two entries share some of their types only.
    """
    single = single or {}
    problems = [
        Problem(f"{type_}: {message}")
        for entry in (single, *together)
        for type_, ids in entry.items()
        if (message := unknown_ids(ids, everything[type_])) is not None
    ]
    groups: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
    for entry in together:
        types = tuple(type_ for type_ in everything if type_ in entry)
        if len(types) < 2:
            problems.append(Problem(f"`together` needs two types or more; {', '.join(types)} can stand alone"))
        for type_ in set(types) & set(single):
            problems.append(Problem(f"{type_} is required alone and in `together`; say it in one place"))
        for other in groups:
            if other != types and set(other) & set(types):
                shared = ", ".join(sorted(set(other) & set(types)))
                problems.append(
                    Problem(f"entries of `together` name the same types or have none in common, not only {shared}")
                )
        groups.setdefault(types, {}).update(dict.fromkeys(product(*(entry[type_] for type_ in types))))
    if problems:
        raise SpecError(problems)
    grouped = {type_ for types in groups for type_ in types}
    factors = [
        Factor((type_,), tuple((id_,) for id_ in dict.fromkeys(single.get(type_, ids))))
        for type_, ids in everything.items()
        if type_ not in grouped
    ]
    factors.extend(Factor(types, tuple(rows)) for types, rows in groups.items())
    return Combinations(tuple(factors))


@dataclass(frozen=True)
class Excused:
    """Patterns whose combinations need not be there: any subset of the types, any combination that matches a row.

    Parameters
    ----------
    tables
        For each table its types and the sorted keys (mixed radix over the types' ids) of its rows.
    """

    within: Combinations
    tables: tuple[tuple[tuple[str, ...], Codes], ...]

    @classmethod
    def of(cls, within: Combinations, tables: Sequence[Columns]) -> Excused:
        """Return the patterns of tables whose columns are dimension types; rows with other ids match nothing."""
        import pandas as pd

        found = []
        for table in tables:
            types = tuple(type_ for type_ in within.ids if type_ in table)
            if not types:
                continue
            key: Any = np.int64(0)
            known: Any = True
            for type_ in types:
                ids = pd.Index(within.ids[type_], dtype=object)
                codes = ids.get_indexer(pd.Index(np.asarray(table[type_], dtype=object)))
                known = known & (codes >= 0)
                key = key * len(ids) + codes
            found.append((types, np.unique(key[known])))
        return cls(within, tuple(found))

    def matches(self, numbers: Codes, within: Combinations | None = None) -> npt.NDArray[np.bool_]:
        """Tell which combinations (of a projection with the same ids, if given) match a pattern."""
        combinations = within or self.within
        result = np.zeros(len(numbers), bool)
        for types, keys in self.tables:
            key: Any = np.int64(0)
            for type_ in types:
                key = key * len(self.within.ids[type_]) + combinations.codes_of(type_, numbers)
            result |= np.isin(key, keys)
        return result

    def count(self) -> int:
        """Return how many combinations match, through the product of only those factors that patterns name."""
        named = {type_ for types, _ in self.tables for type_ in types}
        kept = tuple(factor for factor in self.within.factors if named & set(factor.types))
        if not kept:
            return 0
        projection = Combinations(kept)
        weight = len(self.within) // max(len(projection), 1)
        return weight * sum(int(self.matches(numbers, projection).sum()) for numbers in chunks(len(projection)))


def chunks(total: int) -> Iterator[Codes]:
    """Return the numbers below `total` in arrays of bounded size."""
    for begin in range(0, total, CHUNK):
        yield np.arange(begin, min(begin + CHUNK, total), dtype=np.int64)
