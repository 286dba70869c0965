"""Which column of one table is compared with which of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.dimensions.types import TIME
from dsgrid.errors import DataError, UsageError, did_you_mean, listing
from dsgrid.query.comparison.forms import INSTANTS, READINGS, WORDS, common_form, form_of
from dsgrid.query.comparison.side import Key, Side
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET

COLUMN: Final = "column"  # what the key is called whose values name the value columns of both tables
_BEGINNING, _ENDING = "period_beginning", "period_ending"


@dataclass(frozen=True)
class Pair:
    """A key of both tables.

    Parameters
    ----------
    name
        What it is called in what is told: as in the first table that has it.
    form
        In which its values are compared; see `forms`.
    a, b
        The column of each table; None where the names of its value columns are meant.
    """

    name: str
    form: str
    a: Key | None
    b: Key | None

    def of(self, letter: str) -> Key | None:
        """Return the column of the table ``A`` or ``B``."""
        return self.a if letter == "A" else self.b

    def shift(self, letter: str) -> int:
        """Return what is added to the labels of a table, in steps, so that they mean the begin of a period."""
        if self.a is None or self.b is None or {self.a.interval, self.b.interval} != {_BEGINNING, _ENDING}:
            return 0
        key = self.of(letter)
        return -1 if key is not None and key.interval == _ENDING and self.form in (INSTANTS, READINGS) else 0


@dataclass(frozen=True)
class Pairing:
    """How two tables are compared.

    Parameters
    ----------
    pairs
        The keys.
    single
        By table (``A``, ``B``) the columns that the other one lacks: they have to have one value.
    left_out
        By table the keys that are not compared.
    """

    pairs: tuple[Pair, ...]
    single: dict[str, tuple[Key, ...]]
    left_out: dict[str, tuple[str, ...]]


def paired(a: Side, b: Side, keys: Sequence[str] = ()) -> Pairing:
    """Return which columns of two tables are compared.

    Parameters
    ----------
    keys
        The columns that tell rows apart, ``county=geography`` where the tables have two names for one. Without any:
        all, found by name, by dimension, by type.

    Raises
    ------
    UsageError
        If there is no such column.
    DataError
        If the tables have no columns in common, or such that cannot be compared.
    """
    found = _named(a, b, keys) if keys else _found(a, b)
    wrong = [pair for pair in found.pairs if pair.form == ""]
    if wrong:
        one = wrong[0]
        assert one.a is not None
        assert one.b is not None
        raise DataError(
            f'the column "{one.name}" holds {_holds(one.a)} in {a.label} and {_holds(one.b)} in {b.label}, '
            "which cannot be compared"
        )
    return found


def _holds(key: Key) -> str:
    return {"wall": "readings of a clock", "timestamp": "instants", "date": "days", "string": "texts"}.get(
        key.holds, "numbers"
    )


def _pair(name: str, a: Key | None, b: Key | None) -> Pair:
    forms = (WORDS if key is None else form_of(key) for key in (a, b))
    return Pair(name, common_form(*forms) or "", a, b)


# By name ----------------------------------------------------------------------------------------------------------


def _named(a: Side, b: Side, keys: Sequence[str]) -> Pairing:
    pairs = []
    for asked in keys:
        first, _, second = asked.partition("=")
        pairs.append(_pair(first, _column(a, first), _column(b, second or first)))
    if not any(pair.a for pair in pairs) or not any(pair.b for pair in pairs):
        raise UsageError("at least one key has to be a column of each table")
    pivots = {"A": [pair for pair in pairs if pair.a is None], "B": [pair for pair in pairs if pair.b is None]}
    for letter, side in (("A", a), ("B", b)):
        if len(pivots[letter]) > 1:
            names = listing([pair.name for pair in pivots[letter]])
            raise UsageError(f"{side.label} has no columns {names}{_there(side, pivots[letter][0].name)}")
        if side.is_pivoted and len(side.values) > 1 and not pivots[letter]:
            if all(one.is_pivoted for one in (a, b)):
                pairs.append(_pair(COLUMN, None, None))
                break
            raise UsageError(
                f"{side.label} has several columns of values ({listing([one.name for one in side.values], 4)}); "
                "say in the keys what these are called in the other table"
            )
    left = {
        letter: tuple(
            key.name for key in side.keys if key.only is None and key not in [pair.of(letter) for pair in pairs]
        )
        for letter, side in (("A", a), ("B", b))
    }
    return Pairing(tuple(pairs), {"A": (), "B": ()}, left)


def _column(side: Side, name: str) -> Key | None:
    key = side.key(name)
    if key is not None:
        return key
    if side.is_pivoted and side.pivot is None:
        return None
    if side.pivot is not None and side.pivot.name == name:
        return None
    raise UsageError(f'{side.label} has no column "{name}"{_there(side, name)}')


def _there(side: Side, name: str) -> str:
    return did_you_mean(name, [*(key.name for key in side.keys), *((side.pivot.name,) if side.pivot else ())], 20)


# Found ------------------------------------------------------------------------------------------------------------


def _found(a: Side, b: Side) -> Pairing:
    first, second = _keys(a), _keys(b)
    pairs: list[Pair] = []
    # Of two results, places in counties and in states are not the same; a dataset names its columns by their types.
    same_type = _same_type if "dataset" in (a.kind, b.kind) else _same_time
    for match in (_same_name, _same_dimension, same_type):
        for one, other in list(match(first, second)):
            first.remove(one)
            second.remove(other)
            pairs.append(_pair(one.name, one, other))
    pairs = [_unpivoted(pair, a, b) for pair in pairs]
    first, second = [key for key in first if key is not a.pivot], [key for key in second if key is not b.pivot]
    pairs += _pivots(a, b, first, second, pairs)
    order = {key.name: place for place, key in enumerate(_keys(a))}
    pairs.sort(key=lambda pair: order.get(pair.name, len(order)))
    single = {letter: tuple(filter(_counts, rest)) for letter, rest in (("A", first), ("B", second))}
    if not pairs and (a.keys or b.keys):
        raise DataError(
            f"{a.label} and {b.label} have no key in common: one has {listing([key.name for key in _keys(a)])}, the "
            f"other {listing([key.name for key in _keys(b)])}; --keys says which are meant, such as county=geography"
        )
    left = {
        letter: tuple(key.name for key in rest if not _counts(key)) for letter, rest in (("A", first), ("B", second))
    }
    return Pairing(tuple(pairs), single, left)


def _counts(key: Key) -> bool:
    """Tell whether a key that the other table lacks may tell rows apart: the words for a row's zone do not."""
    return key.only is None and not (key.type == TIME and key.name in (TIME_ZONE, UTC_OFFSET))


def _keys(side: Side) -> list[Key]:
    return [*side.keys, *((side.pivot,) if side.pivot is not None else ())]


def _unpivoted(pair: Pair, a: Side, b: Side) -> Pair:
    """Return a pair with None for the key that is no column, but the names of columns."""
    first = None if pair.a is a.pivot else pair.a
    second = None if pair.b is b.pivot else pair.b
    return replace(pair, a=first, b=second)


def _pivots(a: Side, b: Side, first: list[Key], second: list[Key], pairs: Sequence[Pair]) -> Iterator[Pair]:
    """Yield the keys that are the names of value columns, and take them from those that are left."""
    open_a = a.is_pivoted and not any(pair.a is None for pair in pairs)
    open_b = b.is_pivoted and not any(pair.b is None for pair in pairs)
    # A key without a column of its own in one table may be what the value columns of the other are named by.
    of_a, of_b = ([key for key in rest if key.only is None] for rest in (first, second))
    if open_a and len(of_b) == 1:
        second.remove(of_b[0])
        yield _pair(of_b[0].name, None, of_b[0])
        open_a = False
    if open_b and len(of_a) == 1:
        first.remove(of_a[0])
        yield _pair(of_a[0].name, of_a[0], None)
        open_b = False
    if not (open_a or open_b):
        return
    if open_a and open_b:
        # Two tables with a column of values each, whatever these are called.
        if not (len(a.values) == len(b.values) == 1 and "table" in (a.kind, b.kind)):
            yield _pair(COLUMN, None, None)
        return
    side, other = (a, b) if open_a else (b, a)
    if len(side.values) > 1:
        raise DataError(
            f"{side.label} has several columns of values ({listing([one.name for one in side.values], 4)}), and "
            f"{other.label} has no column that says which is meant; it has {listing([one.name for one in other.keys])}"
        )


def _same_name(first: list[Key], second: list[Key]) -> Iterator[tuple[Key, Key]]:
    for key in list(first):
        other = next((one for one in second if one.name == key.name), None)
        if other is not None:
            yield key, other


def _same_dimension(first: list[Key], second: list[Key]) -> Iterator[tuple[Key, Key]]:
    for key in list(first):
        others = [one for one in second if key.dimension and _id(one) == _id(key)]
        if len(others) == 1 and sum(_id(one) == _id(key) for one in first) == 1:
            yield key, others[0]


def _id(key: Key) -> str:
    return key.dimension.partition("@")[0]


def _same_time(first: list[Key], second: list[Key]) -> Iterator[tuple[Key, Key]]:
    yield from ((one, other) for one, other in _same_type(first, second) if one.type == TIME)


def _same_type(first: list[Key], second: list[Key]) -> Iterator[tuple[Key, Key]]:
    for key in list(first):
        mine = [one for one in first if key.type and one.type == key.type]
        others = [one for one in second if key.type and one.type == key.type]
        if key.type == TIME:
            mine = [one for one in mine if form_of(one) == form_of(key)]
            others = [one for one in others if form_of(one) == form_of(key)]
        if len(mine) == len(others) == 1:
            yield key, others[0]
