"""What is found when the rows of two tables are laid side by side, added up part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.units import affine
from dsgrid.errors import DataError
from dsgrid.query.comparison.codes import Codebook, Codes, combined
from dsgrid.query.comparison.rows import Rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Of a key with more values no totals by value are kept.
MOST_VALUES: Final = 1_000_000
_COUNTS: Final = ("rows_a", "rows_b", "only_a", "only_b", "changed")


@dataclass(frozen=True)
class Tolerance:
    """Which differences do not count: at most `relative` of the greater value, or `absolute`."""

    relative: float = 1e-9
    absolute: float = 0.0

    def passes(self, first: Floats, second: Floats) -> Mask:
        """Tell which values are equal within it."""
        greater = np.maximum(np.abs(first), np.abs(second))
        with np.errstate(invalid="ignore"):
            near = np.abs(first - second) <= np.maximum(self.absolute, self.relative * greater)
        return np.asarray((first == second) | (near & np.isfinite(greater)))


@dataclass(frozen=True)
class Place:
    """A row that is told: the codes of its keys, its unit, and the values of both tables; NaN is none."""

    codes: tuple[int, ...]
    unit: int
    a: float
    b: float

    @property
    def size(self) -> float:
        """How far apart the values are; what is not there counts as 0."""
        first, second = (0.0 if np.isnan(value) else value for value in (self.a, self.b))
        return abs(second - first) if np.isfinite(first) or np.isfinite(second) else np.inf


@dataclass
class ByValue:
    """What is counted for each value of a key, and its sums by unit (a column each)."""

    counts: dict[str, Ints]
    sums: dict[str, Floats]


@dataclass
class Tally:
    """What two tables have in common, and what not.

    Parameters
    ----------
    books, units
        The values of the keys, and the units.
    target
        By the code of a unit that of the unit that its values are told in.
    alias
        By the code of a unit that of the same unit: of one that is not said, the only one that is.
    tolerance
        Which differences do not count.
    limit
        How many rows of a kind are kept to be shown.
    add_up
        Whether rows with equal keys are added up; else they are counted, and the first counts.
    """

    books: Sequence[Codebook]
    units: Codebook
    target: Mapping[int, int]
    alias: Codes
    tolerance: Tolerance
    limit: int
    add_up: bool
    rows: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    surplus: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    repeated: dict[str, list[tuple[int, ...]]] = field(default_factory=lambda: {"A": [], "B": []})
    only: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    only_places: dict[str, list[Place]] = field(default_factory=lambda: {"A": [], "B": []})
    both: int = 0
    same: int = 0
    near: int = 0
    changed: int = 0
    no_value: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    other_unit: int = 0
    unit_pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    largest: dict[int, list[Place]] = field(default_factory=dict)
    greatest_relative: float = 0.0
    by: list[ByValue | None] = field(default_factory=list)
    sums: dict[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        width = len(self.units)
        self.sums = {letter: np.zeros(width) for letter in "AB"}
        self.by = [
            None
            if len(book) > MOST_VALUES
            else ByValue(
                {name: np.zeros(len(book), np.int64) for name in _COUNTS},
                {letter: np.zeros((len(book), width)) for letter in "AB"},
            )
            for book in self.books
        ]

    def add(self, a: Rows, b: Rows) -> None:
        """Lay the rows of a part side by side."""
        sizes = [len(book) for book in self.books]
        pairs = zip(a.keys, b.keys, strict=True)
        numbers = combined([np.concatenate(both) for both in pairs], sizes, len(a) + len(b))
        first = self._grouped("A", numbers[: len(a)], a)
        second = self._grouped("B", numbers[len(a) :], b)
        places = np.searchsorted(second.numbers, first.numbers)
        found = places < len(second.numbers)
        found[found] = second.numbers[places[found]] == first.numbers[found]
        self._match(_taken(first.rows, found), _taken(second.rows, places[found]))
        self._lone("A", _taken(first.rows, ~found))
        missing = np.ones(len(second.numbers), bool)
        missing[places[found]] = False
        self._lone("B", _taken(second.rows, missing))

    def _grouped(self, letter: str, numbers: Ints, rows: Rows) -> _Grouped:
        """Return rows in the order of their keys, each key once."""
        self.rows[letter] += len(rows)
        order = np.argsort(numbers, kind="stable")
        numbers, rows = numbers[order], _taken(rows, order)
        rows.units = self.alias[rows.units]
        starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]])) if len(rows) else order
        if len(starts) == len(numbers):
            return _Grouped(numbers, rows)
        counts = np.diff([*starts, len(numbers)])
        self.surplus[letter] += int((counts - 1).sum())
        kept = _taken(rows, starts)
        room = self.limit - len(self.repeated[letter])
        for place in np.flatnonzero(counts > 1)[: max(room, 0)]:
            self.repeated[letter].append(tuple(int(codes[place]) for codes in kept.keys))
        if self.add_up:
            if (rows.units != np.repeat(kept.units, counts)).any():
                raise DataError(
                    "rows that would be added up have different units; name the column that tells them apart in --keys"
                )
            kept = Rows(kept.keys, _sums(rows.values, starts), kept.units)
        return _Grouped(numbers[starts], kept)

    # Rows of both ------------------------------------------------------------------------------------------------

    def _match(self, a: Rows, b: Rows) -> None:
        first, second, unit, comparable = self._in_one_unit(a, b)
        self.both += len(first)
        lacking = np.isnan(first), np.isnan(second)
        self.no_value["A"] += int((lacking[0] & ~lacking[1]).sum())
        self.no_value["B"] += int((lacking[1] & ~lacking[0]).sum())
        same = comparable & ((first == second) | (lacking[0] & lacking[1]))
        passes = same | (comparable & self.tolerance.passes(first, second))
        self.same += int(same.sum())
        self.near += int((passes & ~same).sum())
        changed = ~passes
        self.changed += int(changed.sum())
        self.other_unit += int((~comparable).sum())
        self._note_relative(first[comparable & ~same], second[comparable & ~same])
        self._keep_largest(a.keys, unit, first, second, changed & comparable)
        self._add_sums("A", a.keys, a.units, a.values, "rows_a")
        # What cannot be converted is summed in its own unit.
        self._add_sums("B", a.keys, np.where(comparable, unit, b.units), second, "rows_b")
        for by, codes in zip(self.by, a.keys, strict=True):
            if by is not None:
                by.counts["changed"] += np.bincount(codes[changed], minlength=len(by.counts["changed"]))

    def _in_one_unit(self, a: Rows, b: Rows) -> tuple[Floats, Floats, Codes, Mask]:
        """Return the values of both, those of ``B`` in the units of ``A``; the units; and where that can be done."""
        second, unit, comparable = b.values, a.units, np.ones(len(a), bool)
        differ = a.units != b.units
        if not differ.any():
            return a.values, second, unit, comparable
        second, unit = second.copy(), unit.copy()
        width = len(self.units)
        for own, other in (divmod(pair, width) for pair in there(a.units[differ] * width + b.units[differ])):
            rows = differ & (a.units == own) & (b.units == other)
            self.unit_pairs[own, other] = self.unit_pairs.get((own, other), 0) + int(rows.sum())
            names = self.units.values[own], self.units.values[other]
            change = conversion(names[1], names[0])
            if change is None:
                comparable &= ~rows
                continue
            second[rows] = second[rows] * change[0] + change[1]
            unit[rows] = own
        return a.values, second, unit, comparable

    def _note_relative(self, first: Floats, second: Floats) -> None:
        greater = np.maximum(np.abs(first), np.abs(second))
        known = np.isfinite(greater) & (greater > 0)
        if known.any():
            found = np.abs(first[known] - second[known]) / greater[known]
            self.greatest_relative = max(self.greatest_relative, float(found.max()))

    def _keep_largest(self, keys: Sequence[Codes], unit: Codes, first: Floats, second: Floats, changed: Mask) -> None:
        rows = np.flatnonzero(changed)
        if not len(rows) or not self.limit:
            return
        with np.errstate(invalid="ignore"):
            size = np.abs(np.nan_to_num(second[rows], nan=0.0) - np.nan_to_num(first[rows], nan=0.0))
        for code in there(unit[rows]):
            of_unit = np.flatnonzero(unit[rows] == code)
            # Of equal ones those with the lesser keys: rows are in the order of their keys.
            best = of_unit[np.argsort(-size[of_unit], kind="stable")[: self.limit]]
            found = self.largest.setdefault(code, [])
            found += [_place(keys, code, row, first[row], second[row]) for row in rows[best].tolist()]
            found.sort(key=lambda place: (-place.size, place.codes))
            del found[self.limit :]

    # Rows of one -------------------------------------------------------------------------------------------------

    def _lone(self, letter: str, rows: Rows) -> None:
        self.only[letter] += len(rows)
        if not len(rows):
            return
        values, units = self._in_target(rows)
        nothing = np.full(len(values), np.nan)
        pair = (values, nothing) if letter == "A" else (nothing, values)
        kept = self.only_places[letter]
        kept += [
            _place(rows.keys, int(units[row]), row, pair[0][row], pair[1][row])
            for row in range(min(self.limit, len(values)))
        ]
        kept.sort(key=lambda place: place.codes)
        del kept[self.limit :]
        self._add_sums(letter, rows.keys, units, values, f"rows_{letter.lower()}")
        for by, codes in zip(self.by, rows.keys, strict=True):
            if by is not None:
                name = f"only_{letter.lower()}"
                by.counts[name] += np.bincount(codes, minlength=len(by.counts[name]))

    def _in_target(self, rows: Rows) -> tuple[Floats, Codes]:
        values, units = rows.values, rows.units
        for code in there(units):
            wanted = self.target.get(code, code)
            change = conversion(self.units.values[code], self.units.values[wanted])
            if wanted != code and change is not None:
                chosen = rows.units == code
                values, units = values.copy(), units.copy()
                values[chosen] = values[chosen] * change[0] + change[1]
                units[chosen] = wanted
        return values, units

    def _add_sums(self, letter: str, keys: Sequence[Codes], units: Codes, values: Floats, count: str) -> None:
        counted = np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf)
        width = len(self.units)
        self.sums[letter] += np.bincount(units, weights=counted, minlength=width)
        for by, codes in zip(self.by, keys, strict=True):
            if by is None:
                continue
            size = len(by.counts[count])
            by.counts[count] += np.bincount(codes, minlength=size)
            places = codes.astype(np.int64) * width + units
            by.sums[letter] += np.bincount(places, weights=counted, minlength=size * width).reshape(size, width)


@dataclass(frozen=True)
class _Grouped:
    numbers: Ints
    rows: Rows


def _taken(rows: Rows, which: Any) -> Rows:
    return Rows([codes[which] for codes in rows.keys], rows.values[which], rows.units[which])


def there(codes: Codes) -> list[int]:
    """Return the codes that occur."""
    found: list[int] = np.flatnonzero(np.bincount(codes)).tolist()
    return found


def _sums(values: Floats, starts: Ints) -> Floats:
    """Return the sums of runs; what is not there adds nothing, and a run of nothing is nothing."""
    lacking = np.isnan(values)
    found = np.add.reduceat(np.where(lacking, 0.0, values), starts)
    return np.where(np.add.reduceat((~lacking).astype(np.int64), starts) > 0, found, np.nan)


def _place(keys: Sequence[Codes], unit: int, row: int, first: float, second: float) -> Place:
    return Place(tuple(int(codes[row]) for codes in keys), unit, float(first), float(second))


def conversion(from_unit: Any, to_unit: Any) -> tuple[float, float] | None:
    """Return scale and offset from one unit to another, None where there are none; an unknown unit is any unit."""
    if from_unit is None or to_unit is None or from_unit == to_unit:
        return 1.0, 0.0
    try:
        return affine(from_unit, to_unit)
    except ValueError:
        return None


def targets(units: Codebook, of_a: Sequence[int], of_b: Sequence[int]) -> dict[int, int]:
    """Return by the code of a unit in which unit its values are told: that of the first table, where one converts."""
    found = {code: code for code in of_a}
    for code in of_b:
        fitting = (one for one in of_a if conversion(units.values[code], units.values[one]) is not None)
        found.setdefault(code, next(fitting, code))
    return found
