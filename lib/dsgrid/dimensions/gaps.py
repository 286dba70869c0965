"""What is missing of required combinations, in as few words as possible.

A pattern (some ids of one or two types) is *closed* when every required combination that matches it is missing. Ten
thousand missing rows are often one county, or one building type in one state; that is what the user is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations as pairs_of
from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.coverage import Codes, Columns, Combinations, Excused, chunks
from dsgrid.dimensions.types import PLURAL

# How far a large product is searched for patterns, how many missing rows are kept, and how large a pair of types is
# still counted. Beyond them the count of what is missing is exact, but less is said about it.
_EXAMINED = 200_000_000
_KEPT = 5_000_000
_PAIRS = 4_000_000


@dataclass(frozen=True)
class Missing:
    """Required combinations that are not there.

    Parameters
    ----------
    count, required
        How many combinations are missing, and how many there have to be (declared gaps taken off).
    patterns
        Closed patterns: ids by type, for one type, then for two.
    rows
        Missing combinations that no pattern covers (the first of them), by type.
    others
        How many combinations no pattern covers.
    varying
        The types with more than one required id.
    """

    count: int
    required: int
    patterns: tuple[dict[str, str], ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    others: int = 0
    varying: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    def summary(self, limit: int = 6) -> str:
        """Return a line such as ``12 combinations are missing: geography=06075 with sector=com (all metrics)``."""
        if not self.count:
            return "no combination is missing"
        noun = "combination is" if self.count == 1 else "combinations are"
        if self.count == self.required:
            return f"all {self.count:,} required {noun} missing"
        items = [*self._phrases(), *(_phrase(row) for row in self.rows)]
        shown = "; ".join(items[:limit])
        left = len(items) - limit + (self.others - len(self.rows))
        more = f"; and {left:,} more" if left > 0 else ""
        return f"{self.count:,} {noun} missing: {shown}{more}"

    def _phrases(self) -> list[str]:
        """Return a phrase per group of patterns that differ in one type only."""
        groups: dict[tuple[tuple[str, ...], tuple[str, str]], list[str]] = {}
        for types in dict.fromkeys(tuple(pattern) for pattern in self.patterns):
            found = [pattern for pattern in self.patterns if tuple(pattern) == types]
            # The type with fewer distinct ids leads: "subsector=hospital with geography in (...)".
            lead = min(types, key=lambda type_: len({pattern[type_] for pattern in found}))
            other = next((type_ for type_ in types if type_ != lead), "")
            for pattern in found:
                key = (types, (lead, pattern[lead]) if other else (lead, ""))
                groups.setdefault(key, []).append(pattern[other or lead])
        phrases = []
        for (types, (lead, value)), ids in groups.items():
            if value:
                other = next(type_ for type_ in types if type_ != lead)
                head = f"{lead}={value} with {_of(other, ids)}"
            else:
                head = _of(lead, ids)
            free = [f"all {PLURAL.get(type_, type_)}" for type_ in self.varying if type_ not in types]
            phrases.append(f"{head} ({', '.join(free)})" if free else head)
        return phrases


def missing(required: Combinations, present: Columns, excused: Sequence[Columns] = ()) -> Missing:
    """Return which required combinations a table lacks.

    Parameters
    ----------
    present
        A table with a column per dimension type; what it holds beyond the required combinations is ignored.
    excused
        Tables of declared gaps: any of the types as columns; each row takes away all combinations that match it.

    Notes
    -----
    The count follows from counts alone: required - excused - (present and not excused). Only where it is not 0 the
    product is walked through, in chunks.
    """
    patterns = Excused.of(required, excused)
    numbers = required.numbers(present)
    demanded = len(required) - patterns.count()
    there = len(numbers) - int(patterns.matches(numbers).sum())
    if there == demanded:
        return Missing(0, demanded)
    return _explained(required, numbers, patterns, demanded - there, demanded)


def _explained(required: Combinations, numbers: Codes, excused: Excused, count: int, demanded: int) -> Missing:
    varying = tuple(type_ for type_, ids in required.ids.items() if len(ids) > 1)
    if count == demanded:
        return Missing(count, demanded, varying=varying)
    tally = _Tally(required, varying)
    kept: list[Codes] = []
    room = _KEPT
    examined = 0
    for chunk in chunks(len(required)):
        if examined >= _EXAMINED:
            break
        examined += len(chunk)
        lacking = np.ones(len(chunk), bool)
        begin, end = np.searchsorted(numbers, (chunk[0], chunk[-1] + 1))
        lacking[numbers[begin:end] - chunk[0]] = False
        if excused.tables:
            free = excused.matches(chunk)
            lacking &= ~free
            tally.excuse(chunk[free])
        lacked = chunk[lacking]
        tally.lack(lacked)
        kept.append(lacked[:room])
        room -= len(kept[-1])

    closed = tally.closed() if examined >= len(required) else _Closed({}, {})
    rest = np.concatenate(kept)
    rest = rest[~closed.covers(required, rest)]
    rows = tuple(_varying(required.combination(int(number)), varying) for number in rest[:20])
    # With rows beyond what was kept, the number of uncovered ones is at least this.
    return Missing(count, demanded, closed.patterns(required), rows, len(rest), varying)


@dataclass(frozen=True)
class _Closed:
    """Which ids, and which pairs of ids, miss all of their combinations."""

    ones: dict[str, npt.NDArray[np.bool_]]
    twos: dict[tuple[str, str], npt.NDArray[np.bool_]]

    def covers(self, required: Combinations, numbers: Codes) -> npt.NDArray[np.bool_]:
        covered = np.zeros(len(numbers), bool)
        for type_, closed in self.ones.items():
            covered |= closed[required.codes_of(type_, numbers)]
        for (first, second), closed_pairs in self.twos.items():
            covered |= closed_pairs[required.codes_of(first, numbers), required.codes_of(second, numbers)]
        return covered

    def patterns(self, required: Combinations) -> tuple[dict[str, str], ...]:
        ids = required.ids
        ones = [{type_: ids[type_][at]} for type_, closed in self.ones.items() for at in np.flatnonzero(closed)]
        twos = [
            {first: ids[first][row], second: ids[second][column]}
            for (first, second), closed in self.twos.items()
            for row, column in np.argwhere(closed)
        ]
        return (*ones, *twos)


class _Tally:
    """Counts of required and of missing combinations by id, and by pair of ids."""

    def __init__(self, required: Combinations, types: tuple[str, ...]) -> None:
        self.required = required
        sizes = {type_: len(required.ids[type_]) for type_ in types}
        self.keys: list[tuple[str, ...]] = [(type_,) for type_ in types]
        self.keys += [pair for pair in pairs_of(types, 2) if sizes[pair[0]] * sizes[pair[1]] <= _PAIRS]
        self.wanted: dict[tuple[str, ...], Any] = {key: self._all(key) for key in self.keys}
        self.lacking: dict[tuple[str, ...], Any] = {key: np.zeros_like(self.wanted[key]) for key in self.keys}

    def _all(self, key: tuple[str, ...]) -> Any:
        """Return how many combinations of the whole product each id (pair of ids) has."""
        codes = [self.required.codes[type_] for type_ in key]
        shape = [len(self.required.ids[type_]) for type_ in key]
        if len({factor for factor, _ in codes}) == 1:
            within = np.zeros(shape, np.int64)
            np.add.at(within, tuple(rows for _, rows in codes), 1)
        else:
            (_, first), (_, second) = codes
            within = np.outer(np.bincount(first, minlength=shape[0]), np.bincount(second, minlength=shape[1]))
        used = {factor for factor, _ in codes}
        rest = 1
        for factor, size in enumerate(self.required.sizes):
            rest *= 1 if factor in used else size
        return within * rest

    def _count(self, key: tuple[str, ...], numbers: Codes) -> Any:
        flat: Any = np.int64(0)
        for type_ in key:
            flat = flat * len(self.required.ids[type_]) + self.required.codes_of(type_, numbers)
        shape = self.wanted[key].shape
        return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)

    def excuse(self, numbers: Codes) -> None:
        for key in self.keys:
            self.wanted[key] -= self._count(key, numbers)

    def lack(self, numbers: Codes) -> None:
        if len(numbers):
            for key in self.keys:
                self.lacking[key] += self._count(key, numbers)

    def closed(self) -> _Closed:
        full = {key: (self.wanted[key] > 0) & (self.lacking[key] == self.wanted[key]) for key in self.keys}
        ones = {key[0]: full[key] for key in self.keys if len(key) == 1}
        twos = {
            (key[0], key[1]): full[key] & ~ones[key[0]][:, None] & ~ones[key[1]][None, :]
            for key in self.keys
            if len(key) == 2
        }
        return _Closed(ones, twos)


def _varying(row: dict[str, str], types: tuple[str, ...]) -> dict[str, str]:
    return {type_: row[type_] for type_ in types} or row


def _phrase(row: dict[str, str]) -> str:
    return ", ".join(f"{type_}={id_}" for type_, id_ in row.items())


def _of(type_: str, ids: list[str], limit: int = 4) -> str:
    if len(ids) == 1:
        return f"{type_}={ids[0]}"
    more = f" and {len(ids) - limit:,} more" if len(ids) > limit else ""
    return f"{type_} in ({', '.join(ids[:limit])}{more})"
