"""From the tally of two tables to what is told of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from dsgrid.query.comparison.choice import Choice
from dsgrid.query.comparison.forms import told
from dsgrid.query.comparison.found import (
    DIFFERENT,
    EQUAL,
    WITHIN,
    By,
    Cell,
    Comparison,
    Lone,
    Pattern,
    RecordTotal,
    Row,
    Table,
    Total,
    Values,
)
from dsgrid.query.comparison.pairing import Pairing
from dsgrid.query.comparison.rows import RowReader
from dsgrid.query.comparison.tally import ByValue, Ints, Place, Tally
from dsgrid.query.comparison.telling import all_told

FEW: Final = 5  # values of a key that are named


def summed_up(
    tally: Tally,
    pairing: Pairing,
    readers: Mapping[str, RowReader],
    units: Mapping[str, Sequence[int]],
    choice: Choice,
) -> Comparison:
    """Return what is told of the tally of two tables."""
    telling = _Telling(tally, pairing)
    different = tally.changed or any(tally.only.values())
    verdict = DIFFERENT if different else WITHIN if tally.near else EQUAL
    tables = {
        letter: Table(
            reader.side.label,
            reader.side.kind,
            reader.side.format,
            tally.rows[letter],
            tally.surplus[letter],
            tuple(telling.unit(code) for code in units[letter]),
        )
        for letter, reader in readers.items()
    }
    return Comparison(
        verdict=verdict,
        a=tables["A"],
        b=tables["B"],
        keys=tuple(pair.name for pair in pairing.pairs),
        told=all_told(readers["A"], readers["B"], pairing, tally),
        both=tally.both,
        only_a=telling.lone("A"),
        only_b=telling.lone("B"),
        values=Values(
            tally.same,
            tally.near,
            tally.changed,
            tally.no_value["B"],
            tally.no_value["A"],
            tally.other_unit,
            tally.greatest_relative,
        ),
        totals=telling.totals(),
        by=tuple(telling.by(choice.shown)) if different else (),
        largest=telling.largest(),
        rtol=choice.rtol,
        atol=choice.atol,
        adds_up=all(reader.side.adds_up for reader in readers.values()),
    )


class _Telling:
    """Turns codes back into values."""

    def __init__(self, tally: Tally, pairing: Pairing) -> None:
        self.tally, self.pairs = tally, pairing.pairs

    def unit(self, code: int) -> str:
        unit = self.tally.units.values[code]
        return "" if unit is None else str(unit)

    def value(self, place: int, code: int) -> Cell:
        return told(self.tally.books[place].values[code], self.pairs[place].form)

    def row(self, place: Place) -> Row:
        keys = {pair.name: self.value(index, place.codes[index]) for index, pair in enumerate(self.pairs)}
        return Row(keys, self.unit(place.unit), _number(place.a), _number(place.b))

    def totals(self) -> tuple[Total, ...]:
        sums = self.tally.sums
        there = [code for code in range(len(self.tally.units)) if self._has(code)]
        return tuple(Total(self.unit(code), float(sums["A"][code]), float(sums["B"][code])) for code in there)

    def _has(self, code: int) -> bool:
        """Tell whether values are told in a unit: others were converted."""
        return self.tally.alias[code] == code and (
            self.tally.target.get(code) == code or any(self.tally.sums[letter][code] for letter in "AB")
        )

    def largest(self) -> tuple[Row, ...]:
        return tuple(self.row(place) for code in sorted(self.tally.largest) for place in self.tally.largest[code])

    def lone(self, letter: str) -> Lone:
        count = self.tally.only[letter]
        if not count:
            return Lone(0, (), ())
        examples = tuple(self.row(place) for place in self.tally.only_places[letter])
        return Lone(count, examples, tuple(self._patterns(letter.lower())))

    def _patterns(self, letter: str) -> Iterator[Pattern]:
        for index, (pair, by) in enumerate(zip(self.pairs, self.tally.by, strict=True)):
            if by is None:
                continue
            lone, rows = by.counts[f"only_{letter}"], by.counts[f"rows_{letter}"]
            codes = np.flatnonzero(lone)
            of = int((rows > 0).sum())
            if of == 1 and not self._is_new(by.counts, letter, codes):
                continue
            named = tuple(self.value(index, code) for code in codes.tolist()) if len(codes) <= FEW else ()
            yield Pattern(pair.name, named, len(codes), of, int((lone[codes] == rows[codes]).sum()))

    @staticmethod
    def _is_new(counts: Mapping[str, Ints], letter: str, codes: Ints) -> bool:
        """Tell whether the other table has none of these values."""
        other = counts[f"rows_{'b' if letter == 'a' else 'a'}"]
        return not other[codes].any()

    def by(self, shown: int) -> Iterator[By]:
        for index, (pair, by) in enumerate(zip(self.pairs, self.tally.by, strict=True)):
            values = len(self.tally.books[index])
            if by is None or values < 2:
                continue
            differing, order = self._differing(by)
            if differing:
                totals = tuple(self._record(by, index, code, unit) for code, unit in order[:shown])
                yield By(pair.name, values, differing, totals)

    def _differing(self, by: ByValue) -> tuple[int, list[tuple[int, int]]]:
        """Return how many values differ, and these with the units in which they do, the largest differences first."""
        first, second, counts = by.sums["A"], by.sums["B"], by.counts
        greater = np.maximum(np.abs(first), np.abs(second))
        limit = np.maximum(self.tally.tolerance.absolute, self.tally.tolerance.relative * greater)
        with np.errstate(invalid="ignore"):
            size = np.abs(second - first)
        touched = (counts["only_a"] + counts["only_b"] + counts["changed"]) > 0
        differs = (size > limit) & touched[:, None]
        rows, units = np.nonzero(differs)
        order = np.lexsort((rows, -size[rows, units], units))
        found = list(zip(rows[order].tolist(), units[order].tolist(), strict=True))
        # Values whose changes make up for each other, or whose rows have no value, in the unit that most of them have.
        others = np.flatnonzero(touched & ~differs.any(axis=1))
        found += list(zip(others.tolist(), greater[others].argmax(axis=1).tolist(), strict=True))
        return int(touched.sum()), found

    def _record(self, by: ByValue, index: int, code: int, unit: int) -> RecordTotal:
        sums = {letter: float(by.sums[letter][code, unit]) for letter in "AB"}
        counts = {name: int(numbers[code]) for name, numbers in by.counts.items()}
        return RecordTotal(unit=self.unit(unit), a=sums["A"], b=sums["B"], record=self.value(index, code), **counts)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
