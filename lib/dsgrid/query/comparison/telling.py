"""What else two tables differ in, that is told and no difference: names, types and order of columns, units, zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from dsgrid.errors import listing
from dsgrid.query.comparison.forms import INSTANTS, READINGS, WORDS, form_of, told
from dsgrid.query.comparison.found import Cell, Told
from dsgrid.query.comparison.pairing import Pair, Pairing
from dsgrid.query.comparison.rows import RowReader
from dsgrid.query.comparison.side import Key, Side
from dsgrid.query.comparison.tally import Tally, conversion

_EXAMPLES: Final = 3
_NAMES: Final = 12
_KINDS: Final = {"wall": "readings of a clock", "timestamp": "instants", "date": "days", "string": "text"}


def all_told(a: RowReader, b: RowReader, pairing: Pairing, tally: Tally) -> tuple[Told, ...]:
    """Return what is to be told of the columns of two tables that were compared."""
    first, second = a.side, b.side
    return (
        *_forms(first, second, pairing),
        *_orders(first, second),
        *(one for pair in pairing.pairs for one in _of_pair(pair, first, second)),
        *_units(tally, first, second),
        *_names(a, b),
        *_not_keys(pairing),
        *_left_out(a, pairing, "A"),
        *_left_out(b, pairing, "B"),
        *(one for letter, reader in (("A", a), ("B", b)) for one in _added_up(letter, reader, tally)),
        *(one for index, pair in enumerate(pairing.pairs) for one in _strangers(index, pair, first, second, tally)),
    )


def _forms(a: Side, b: Side, pairing: Pairing) -> Iterator[Told]:
    if a.format != b.format:
        yield Told("", "format", f"A is {a.format}, B is {b.format}")
    for pair in pairing.pairs:
        if (pair.a is None) != (pair.b is None):
            wide = "A" if pair.a is None else "B"
            text = f"{wide} has a column for each {pair.name}, {'B' if wide == 'A' else 'A'} a row"
            yield Told(pair.name, "form", text)


def _orders(a: Side, b: Side) -> Iterator[Told]:
    there = [name for name in a.order if name in b.order]
    other = [name for name in b.order if name in a.order]
    if there != other:
        yield Told("", "order", f"the columns are in another order: {_some(there)} in A, {_some(other)} in B")


def _some(names: list[str]) -> str:
    return ", ".join([*names[:_NAMES], *(["..."] if len(names) > _NAMES else [])])


def _of_pair(pair: Pair, a: Side, b: Side) -> Iterator[Told]:
    if pair.a is None or pair.b is None:
        return
    if pair.a.name != pair.b.name:
        yield Told(pair.name, "name", f'"{pair.a.name}" in A is "{pair.b.name}" in B')
    # What a CSV holds is text as long as nothing says what it means.
    bare = {side.kind == "table" and side.format == "CSV" for side in (a, b)}
    told_as_zone = {form_of(key) for key in (pair.a, pair.b)} == {INSTANTS, READINGS}
    if pair.a.holds != pair.b.holds and not any(bare) and not told_as_zone:
        yield Told(pair.name, "type", f'"{pair.name}" holds {_kind(pair.a)} in A, {_kind(pair.b)} in B')
    yield from _zones(pair, pair.a, pair.b)
    yield from _intervals(pair, pair.a, pair.b)
    ids = [key.dimension for key in (pair.a, pair.b)]
    if all(ids) and ids[0] != ids[1]:
        yield Told(pair.name, "dimension", f'"{pair.name}" is of {ids[0]} in A, of {ids[1]} in B')


def _kind(key: Key) -> str:
    return _KINDS.get(key.holds, key.holds)


def _zones(pair: Pair, a: Key, b: Key) -> Iterator[Told]:
    if {form_of(a), form_of(b)} == {INSTANTS, READINGS}:
        yield Told(pair.name, "zone", f'"{pair.name}" holds {_kind(a)} in A, {_kind(b)} in B; instants are compared')
    elif pair.form == INSTANTS and a.time_zone and b.time_zone and a.time_zone != b.time_zone:
        text = f'instants of "{pair.name}" are shown in {a.time_zone} in A, in {b.time_zone} in B'
        yield Told(pair.name, "zone", text)
    elif pair.form != INSTANTS and a.calendar_zone and b.calendar_zone and a.calendar_zone != b.calendar_zone:
        text = f'"{pair.name}" is of the calendar of {a.calendar_zone} in A, of {b.calendar_zone} in B'
        yield Told(pair.name, "zone", text)


def _intervals(pair: Pair, a: Key, b: Key) -> Iterator[Told]:
    if not (a.interval and b.interval) or a.interval == b.interval:
        return
    shown = f'labels of "{pair.name}" are {_plain(a.interval)} in A, {_plain(b.interval)} in B'
    shifted = any(pair.shift(letter) for letter in "AB") and (a.step or b.step) is not None
    yield Told(pair.name, "interval", f"{shown}; the periods are compared" if shifted else shown)


def _plain(interval: str) -> str:
    return interval.replace("_", "-")


def _units(tally: Tally, a: Side, b: Side) -> Iterator[Told]:
    converted = {(int(tally.target[code]), code) for code in tally.target if tally.target[code] != code}
    for own, other in sorted(converted | set(tally.unit_pairs)):
        names = [tally.units.values[code] for code in (own, other)]
        if None in names:
            continue
        first, second = (str(name) or "(no unit)" for name in names)
        if conversion(names[1], names[0]) is None:
            rows = tally.unit_pairs.get((own, other), 0)
            yield Told("", "unit", f"{rows:,} values are in {first} in A and in {second} in B, which do not convert")
        else:
            yield Told("", "unit", f"{second} in B is compared in {first}, the unit of A")
    unknown = [code for code, unit in enumerate(tally.units.values) if unit is None]
    if unknown and len(tally.units.values) > 1:
        silent = [letter for letter, side in (("A", a), ("B", b)) if _is_silent(side)]
        what = " and ".join(silent) or "a part of the values"
        meant = tally.units.values[int(tally.alias[unknown[0]])]
        taken = f"taken to be in {meant}" if meant is not None else "compared as they are"
        yield Told("", "unit", f"{what} does not say the unit of its values; they are {taken}")


def _is_silent(side: Side) -> bool:
    return side.unit is None and side.units_by is None and any(one.unit is None for one in side.values)


def _names(a: RowReader, b: RowReader) -> Iterator[Told]:
    for name in sorted(a.translated ^ b.translated):
        letter = "A" if name in a.translated else "B"
        yield Told(name, "names", f'"{name}" shows names of records in {letter}; their ids are compared')


def _not_keys(pairing: Pairing) -> Iterator[Told]:
    names = [name for name in pairing.left_out["A"] if name in pairing.left_out["B"]]
    if names:
        yield Told("", "left out", f"{listing(names)} {'is no key' if len(names) == 1 else 'are no keys'}")


def _left_out(reader: RowReader, pairing: Pairing, letter: str) -> Iterator[Told]:
    other = pairing.left_out["B" if letter == "A" else "A"]
    names = [name for name in pairing.left_out[letter] if name not in other]
    names += [key.name for key in pairing.single[letter]]
    if names:
        said = f"only {letter} has {listing(names)}"
        yield Told("", "left out", f"{said}, with one value each" if pairing.single[letter] else said)
    if reader.nulls_dropped:
        text = f"{reader.nulls_dropped:,} cells of {letter} without a value are taken for rows that are not there"
        yield Told("", "left out", text)


def _added_up(letter: str, reader: RowReader, tally: Tally) -> Iterator[Told]:
    if tally.surplus[letter]:
        number = tally.rows[letter] - tally.surplus[letter]
        yield Told("", "added up", f"the {tally.rows[letter]:,} rows of {letter} are added up to {number:,} keys")


def _strangers(index: int, pair: Pair, a: Side, b: Side, tally: Tally) -> Iterator[Told]:
    """Say of a key whose values in one table are none of the other's why that may be."""
    by = tally.by[index]
    if by is None:
        return
    values = tally.books[index].values
    found: Mapping[str, list[Cell]] = {
        letter: [told(values[code], pair.form) for code in np.flatnonzero(by.counts[f"rows_{letter.lower()}"]).tolist()]
        for letter in "AB"
    }
    if not all(found.values()) or set(found["A"]) & set(found["B"]):
        return
    shown = {letter: listing([str(one) for one in cells], _EXAMPLES) for letter, cells in found.items()}
    text = f'no value of "{pair.name}" is in both: A has {shown["A"]}, B has {shown["B"]}'
    if pair.form == WORDS and _without_zeros(found["A"]) & _without_zeros(found["B"]):
        text += "; ids of one of them lost their leading zeros"
    elif pair.form == WORDS and len({_dimension(key) for key in (pair.a, pair.b)} - {""}) == 1:
        text += "; if one of them shows names of records, --registry lets their ids be compared"
    yield Told(pair.name, "values", text)


def _dimension(key: Key | None) -> str:
    return "" if key is None else key.dimension.partition("@")[0]


def _without_zeros(cells: list[Cell]) -> set[str]:
    return {str(cell).lstrip("0") for cell in cells}
