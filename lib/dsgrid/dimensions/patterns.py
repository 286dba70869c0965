"""The fewest conditions that explain which required combinations are missing.

A pattern (ids of some types) is *closed* when at least one required combination matches it, and none that is present.
It is *prime* when no shorter part of it is closed. All that is missing is covered by prime patterns; of these, those
that others cover as well are left out one by one, the longest first, until none can go.

Whether a pattern is closed follows from what is present alone, so the search never lists what is missing. It works on
boolean arrays with an axis per type, block by block along the type with the most records: a pattern without that type
is decided over all blocks together, one with it in its block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets_of
from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.coverage import Codes, Combinations, Excused

# How many cells are looked at in all, and at once; how many patterns are kept. Beyond the first, types with few ids are
# left out of the search.
EXAMINED = 2_000_000_000
BLOCK = 1 << 24
KEPT = 1_000_000

Mask = npt.NDArray[np.bool_]
Axes = tuple[int, ...]
# In the array that counts the patterns of a cell: no combination is missing here. Larger than any count (at most 35
# sets out of seven types are such that none contains another), and 128 + 35 is still a byte.
_FREE = 128


@dataclass(frozen=True)
class Pattern:
    """Ids of some types: every required combination with all of them is missing.

    Parameters
    ----------
    ids
        The ids by type.
    rows
        How many required combinations match; 0 when they were not counted.
    """

    ids: dict[str, str]
    rows: int


@dataclass(frozen=True)
class Found:
    """Patterns, those with the most rows first.

    Parameters
    ----------
    patterns
        At most `KEPT` of them.
    more
        How many there are beyond these.
    whole
        Whether they explain all that is missing; not when types had to be left out.
    """

    patterns: tuple[Pattern, ...]
    more: int
    whole: bool


def search(required: Combinations, present: Codes, excused: Excused) -> Found:
    """Return the patterns of what a part of the required combinations lacks.

    Parameters
    ----------
    present
        The numbers of the combinations that are there, sorted; at least one, and not all.
    excused
        Those that need not be there.
    """
    types = [type_ for type_, ids in required.ids.items() if len(ids) > 1]
    types.sort(key=lambda type_: -len(required.ids[type_]))
    kept = list(types)
    while len(kept) > 1 and math.prod(len(required.ids[type_]) for type_ in kept) > EXAMINED:
        kept.pop()
    cube = _Cube(required, tuple(kept), excused)
    numbers = present[~excused.matches(present)]
    return _Search(cube, _Present.of(cube, numbers), exact=kept == types).run()


# The arrays -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cube:
    """The required combinations as an array with an axis per type: axis 0 is that with the most ids."""

    within: Combinations
    types: tuple[str, ...]
    excused: Excused

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(self.within.ids[type_]) for type_ in self.types)

    def masks(self) -> list[Mask]:
        """Return arrays (of size 1 along some axes) whose product is where something is required."""
        found = []
        for factor in self.within.factors:
            axes = [type_ for type_ in factor.types if type_ in self.types]
            if len(factor.types) > 1 and axes:
                mask = self._empty(axes)
                mask[self._at(axes, {type_: self.within.codes[type_][1] for type_ in axes})] = True
                found.append(mask)
        for types, keys in self.excused.tables:
            axes = [type_ for type_ in types if type_ in self.types]
            if not axes:
                continue
            mask = self._empty(axes)
            mask[self._at(axes, _parts(self.within, types, keys))] = True
            found.append(~mask)
        return found

    def _empty(self, types: Sequence[str]) -> Mask:
        return np.zeros(
            [size if type_ in types else 1 for type_, size in zip(self.types, self.shape, strict=True)], bool
        )

    def _at(self, types: Sequence[str], codes: dict[str, Codes]) -> tuple[Any, ...]:
        return tuple(codes[type_] if type_ in types else 0 for type_ in self.types)


def _parts(within: Combinations, types: Sequence[str], keys: Codes) -> dict[str, Codes]:
    """Return the codes that keys of mixed radix over some types are made of."""
    found: dict[str, Codes] = {}
    for type_ in reversed(types):
        keys, found[type_] = np.divmod(keys, len(within.ids[type_]))
    return found


@dataclass(frozen=True)
class _Present:
    """What is there, as places in the array: sorted by the first axis."""

    first: Codes
    rest: Codes

    @classmethod
    def of(cls, cube: _Cube, numbers: Codes) -> _Present:
        first = cube.within.codes_of(cube.types[0], numbers)
        order = np.argsort(first, kind="stable")
        rest: Any = np.zeros(len(numbers), np.int64)
        for type_, size in zip(cube.types[1:], cube.shape[1:], strict=True):
            rest = rest * size + cube.within.codes_of(type_, numbers)
        return cls(first[order], rest[order])

    def block(self, begin: int, end: int, shape: tuple[int, ...]) -> Mask:
        """Return which cells of some rows of the first axis are there."""
        low, high = np.searchsorted(self.first, (begin, end))
        size = math.prod(shape)
        flat = np.zeros((end - begin) * size, bool)
        flat[(self.first[low:high] - begin) * size + self.rest[low:high]] = True
        return flat.reshape(end - begin, *shape)


# The search -----------------------------------------------------------------------------------------------------------


@dataclass
class _Kept:
    """Patterns found: by axes the places of their ids, and how many rows each has."""

    places: list[tuple[Axes, list[Codes], Codes]]
    room: int
    more: int = 0

    def add(self, axes: Axes, prime: Mask, rows: Codes, begin: int = 0) -> None:
        where = np.nonzero(prime)
        taken = min(self.room, len(where[0]))
        self.more += len(where[0]) - taken
        self.room -= taken
        if taken:
            codes = [where[axis][:taken] + (begin if axis == 0 else 0) for axis in axes]
            self.places.append((axes, codes, rows[prime][:taken]))


class _Search:
    """The steps of `search`, with what they share."""

    def __init__(self, cube: _Cube, present: _Present, *, exact: bool) -> None:
        self.cube, self.present, self.exact = cube, present, exact
        self.masks = cube.masks()
        self.rest = tuple(range(1, len(cube.shape)))
        # Sets of axes other than the first, the longest first.
        self.sets: list[Axes] = [s for length in range(len(self.rest), -1, -1) for s in subsets_of(self.rest, length)]

    def run(self) -> Found:
        there, demanded = self._over_blocks()
        there_by = self._projections(there)
        everywhere = self._primes(self._projections(demanded), there_by, there_by)
        kept = _Kept([], KEPT)
        # Of each cell beyond the first axis: the fewest patterns with the first axis that cover a missing row of it,
        # and how many rows are missing.
        fewest = np.full(there.shape, 255, np.uint8)
        missing = np.zeros(there.shape, np.int64)
        for begin, block, wanted in self._blocks():
            cover, lacking = self._block(begin, block, wanted, there_by, everywhere, kept)
            fewest = np.minimum(fewest, cover.min(axis=0, keepdims=True))
            missing += lacking.sum(axis=0, keepdims=True)
        self._keep_everywhere(everywhere, fewest, missing, kept)
        return self._found(kept)

    def _over_blocks(self) -> tuple[Mask, Mask]:
        """Return where something is there, and where it is required, over all of the first axis."""
        shape = (1, *self.cube.shape[1:])
        there, demanded = np.zeros(shape, bool), np.zeros(shape, bool)
        for _, block, wanted in self._blocks():
            there |= block.any(axis=0, keepdims=True)
            demanded |= wanted.any(axis=0, keepdims=True)
        return there, demanded

    def _blocks(self) -> Iterator[tuple[int, Mask, Mask]]:
        """Return for each block where it begins, what is there, and what is required."""
        rest = self.cube.shape[1:]
        step = max(1, BLOCK // math.prod(rest))
        for begin in range(0, self.cube.shape[0], step):
            end = min(begin + step, self.cube.shape[0])
            block = self.present.block(begin, end, rest)
            wanted = np.ones(block.shape, bool)
            for mask in self.masks:
                wanted &= mask[begin:end] if mask.shape[0] > 1 else mask
            yield begin, block, wanted

    def _projections(self, full: Mask) -> dict[Axes, Mask]:
        """Return by set of axes where an array holds something, with size 1 along the others (but for the first)."""
        found = {self.rest: full}
        for axes in self.sets[1:]:
            gone = next(axis for axis in self.rest if axis not in axes)
            larger = tuple(sorted((*axes, gone)))
            found[axes] = np.asarray(found[larger].any(axis=gone, keepdims=True))
        return found

    def _primes(
        self, wanted: dict[Axes, Mask], there: dict[Axes, Mask], without_first: dict[Axes, Mask]
    ) -> dict[Axes, Mask]:
        """Return by set of axes the closed patterns of which no shorter part is closed.

        Parameters
        ----------
        wanted, there
            Where something is required, and there.
        without_first
            Where something is there over all of the first axis: what is left of a pattern without its first id.
        """
        found = {}
        for axes in self.sets:
            prime = wanted[axes] & ~there[axes]
            if prime.any():
                for gone in axes:
                    prime &= there[tuple(axis for axis in axes if axis != gone)]
                if without_first is not there:
                    prime &= without_first[axes]
                if prime.any():
                    found[axes] = prime
        return found

    def _block(
        self,
        begin: int,
        block: Mask,
        wanted: Mask,
        there_by: dict[Axes, Mask],
        everywhere: dict[Axes, Mask],
        kept: _Kept,
    ) -> tuple[npt.NDArray[np.uint8], Mask]:
        """Keep the patterns with an id of the first axis; return how many patterns cover each cell, and what lacks."""
        lacking = wanted & ~block
        cover = np.where(lacking, np.uint8(0), np.uint8(_FREE))
        primes = self._primes(self._projections(wanted), self._projections(block), there_by)
        for prime in (*everywhere.values(), *primes.values()):
            cover += prime
        for axes, prime in primes.items():
            others = tuple(axis for axis in self.rest if axis not in axes)
            spare = prime & (cover.min(axis=others, keepdims=True) > 1)
            if spare.any():
                cover -= spare
                prime &= ~spare
            if prime.any():
                kept.add((0, *axes), prime, lacking.sum(axis=others, keepdims=True), begin)
        for prime in everywhere.values():
            cover -= prime
        return cover, lacking

    def _keep_everywhere(
        self, everywhere: dict[Axes, Mask], fewest: npt.NDArray[np.uint8], missing: Codes, kept: _Kept
    ) -> None:
        cover = fewest.copy()
        for prime in everywhere.values():
            cover += prime
        for axes, prime in everywhere.items():
            others = tuple(axis for axis in self.rest if axis not in axes)
            spare = prime & (cover.min(axis=others, keepdims=True) > 1)
            cover -= spare
            kept.add(axes, prime & ~spare, missing.sum(axis=others, keepdims=True))

    def _found(self, kept: _Kept) -> Found:
        ids, types = self.cube.within.ids, self.cube.types
        order = {type_: place for place, type_ in enumerate(ids)}
        patterns = []
        for axes, codes, rows in kept.places:
            named = sorted(range(len(axes)), key=lambda place: order[types[axes[place]]])
            columns = [np.asarray(ids[types[axes[place]]], dtype=object)[codes[place]].tolist() for place in named]
            keys = [types[axes[place]] for place in named]
            counts = rows.tolist() if self.exact else [0] * len(rows)
            patterns += [
                Pattern(dict(zip(keys, values, strict=True)), count)
                for *values, count in zip(*columns, counts, strict=True)
            ]
        patterns.sort(key=lambda one: (-one.rows, len(one.ids), [order[type_] for type_ in one.ids]))
        return Found(tuple(patterns), kept.more, self.exact)
