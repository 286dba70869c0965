"""Combinations of records of a few types, laid out one by one: which are required, and which of those are there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Combinations that are laid out at once; and so many of one record that nobody waits for their number.
_AT_ONCE: Final = 1 << 24
_MOST: Final = 1 << 27
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]
Tied = tuple[tuple[str, ...], Indices]


@dataclass(frozen=True)
class Part:
    """Types that are tied together. The first of them is counted record by record.

    Parameters
    ----------
    sizes
        How many records the dataset has of each type.
    ways
        By type, for each required base record: the places of the dataset's records that lead to it.
    entries
        Of each set of types that are required together the entries, by the places of required records.
    gaps
        Combinations that are not there, as places of the dataset's records, by the types that they name.
    """

    order: Sequence[str]
    sizes: Mapping[str, int]
    ways: Mapping[str, list[Indices]]
    entries: list[list[dict[str, Indices]]]
    gaps: list[Tied]

    def counts(self, check: Callable[[], None]) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
        """Return how many combinations are required of each record of the first type, and how many are there."""
        first, *rest = self.order
        shape = [len(self.ways[name]) for name in rest]
        if not self.gaps and not self.entries:
            others = math.prod(sum(len(way) > 0 for way in self.ways[name]) for name in rest)
            has = np.array([len(way) > 0 for way in self.ways[first]], dtype=np.int64)
            return np.full(len(has), math.prod(shape), dtype=np.int64), others * has
        widest = max([math.prod(shape), *self._widths(rest)])
        required = np.zeros(len(self.ways[first]), dtype=np.int64)
        present = np.zeros_like(required)
        if widest > _MOST:
            return None, None
        for begin, end in _chunks([len(way) for way in self.ways[first]], widest):
            check()
            wanted = self._wanted(begin, end, shape)
            there = self._there(begin, end)
            inner = tuple(range(1, wanted.ndim))
            required[begin:end] = wanted.sum(axis=inner)
            present[begin:end] = (wanted & there).sum(axis=inner)
        return required, present

    def _widths(self, rest: Sequence[str]) -> Iterator[int]:
        """Yield how many combinations there are of one record on the way from the dataset's to the base records."""
        sizes = [self.sizes[name] for name in rest]
        yield math.prod(sizes)
        for place, name in enumerate(rest):
            sizes[place] = sum(map(len, self.ways[name]))
            yield math.prod(sizes)
            sizes[place] = len(self.ways[name])

    def _wanted(self, begin: int, end: int, shape: Sequence[int]) -> Mask:
        wanted = np.ones((end - begin, *shape), dtype=bool)
        for entries in self.entries:
            any_of = np.zeros_like(wanted)
            for entry in entries:
                places = [entry.get(name, np.arange(len(self.ways[name]))) for name in self.order]
                places[0] = places[0][(places[0] >= begin) & (places[0] < end)] - begin
                any_of[np.ix_(*places)] = True
            wanted &= any_of
        return wanted

    def _there(self, begin: int, end: int) -> Mask:
        first, *rest = self.order
        ways = self.ways[first][begin:end]
        rows = np.unique(np.concatenate(ways)) if ways else np.zeros(0, dtype=np.intp)
        found = np.ones((len(rows), *(self.sizes[name] for name in rest)), dtype=bool)
        for types, gaps in self.gaps:
            places: list[Any] = [slice(None)] * len(self.order)
            if first in types:
                mine = gaps[:, types.index(first)]
                gaps = gaps[np.isin(mine, rows)]
            for number, type_ in enumerate(types):
                column = gaps[:, number]
                places[self.order.index(type_)] = np.searchsorted(rows, column) if type_ == first else column
            found[tuple(places)] = False
        found = _lifted(found, 0, [np.searchsorted(rows, way) for way in ways])
        for number, name in enumerate(rest, start=1):
            found = _lifted(found, number, self.ways[name])
        return found


def _lifted(found: Mask, along: int, ways: Sequence[Indices]) -> Mask:
    """Return what there is of other records, of each of which those of its ways are parts: any of them is enough."""
    counts = np.array([len(way) for way in ways], dtype=np.intp)
    shape = list(found.shape)
    shape[along] = len(ways)
    result = np.zeros(shape, dtype=bool)
    some = np.flatnonzero(counts)
    if not len(some):
        return result
    taken = np.take(found, np.concatenate([ways[place] for place in some.tolist()]), axis=along)
    if (counts[some] > 1).any():
        starts = np.concatenate([[0], np.cumsum(counts[some])[:-1]])
        taken = np.logical_or.reduceat(taken, starts, axis=along)
    places: list[Any] = [slice(None)] * len(shape)
    places[along] = some
    result[tuple(places)] = taken
    return result


def _chunks(sizes: Sequence[int], width: int) -> Iterator[tuple[int, int]]:
    """Yield where pieces begin and end that are not too large; each record has a number of ways."""
    begin, room = 0, max(1, _AT_ONCE // max(1, width))
    held = 0
    for place, size in enumerate(sizes):
        if held and held + max(1, size) > room:
            yield begin, place
            begin, held = place, 0
        held += max(1, size)
    if sizes:
        yield begin, len(sizes)
