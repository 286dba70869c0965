"""Compare two tables: read both, lay them side by side, say what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from dsgrid.errors import DataError
from dsgrid.query.comparison.choice import Choice
from dsgrid.query.comparison.codes import Codebook
from dsgrid.query.comparison.differences import summed_up
from dsgrid.query.comparison.forms import told
from dsgrid.query.comparison.found import Comparison
from dsgrid.query.comparison.pairing import Pairing, paired
from dsgrid.query.comparison.rows import RowReader, Translation
from dsgrid.query.comparison.shards import Shards
from dsgrid.query.comparison.side import Side
from dsgrid.query.comparison.tally import Tally, Tolerance, targets, there

# Bytes of a row of CSV, to guess how many there are.
_CSV_ROW = 20


def compared(
    a: Side,
    b: Side,
    choice: Choice,
    translations: Callable[[Pairing], Mapping[str, Translation]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Compare two tables.

    Parameters
    ----------
    translations
        Returns by key what turns names of records into ids.
    progress
        Called with a few words at every step.

    Raises
    ------
    DataError
        If the tables cannot be compared: no columns in common, or keys that occur more than once.
    """
    say = progress or (lambda _: None)
    a, b = a.without(choice.ignore), b.without(choice.ignore)
    pairing = paired(a, b, choice.keys)
    books = [Codebook() for _ in pairing.pairs]
    units = Codebook()
    # A combination that a pivoted table has no value for is not there: it has no other way to say so.
    drop = any(len(side.values) > 1 for side in (a, b)) or any(None in (pair.a, pair.b) for pair in pairing.pairs)
    readers = {
        letter: RowReader(side, letter, pairing, books, units, zone=choice.zone, drop_nulls=drop)
        for letter, side in (("A", a), ("B", b))
    }
    if translations is not None:
        _tell_names_from_ids(readers, translations(pairing))
    of_units: dict[str, list[int]] = {}
    with Shards(len(books), _rows(a) + _rows(b), choice.part) as shards:
        for letter, reader in readers.items():
            say(f"reading {reader.side.label}")
            seen: dict[int, None] = {}
            for rows in reader.read():
                if len(rows):
                    seen |= dict.fromkeys(there(rows.units))
                    shards.add(letter, rows)
            of_units[letter] = list(seen)
        say("comparing")
        alias = _alias(units)
        of_units = {letter: list(dict.fromkeys(alias[codes].tolist())) for letter, codes in of_units.items()}
        target = targets(units, of_units["A"], of_units["B"])
        tolerance = Tolerance(choice.rtol, choice.atol)
        tally = Tally(books, units, target, alias, tolerance, choice.shown, choice.add_up)
        for first, second in shards.parts():
            tally.add(first, second)
    if not choice.add_up:
        _refuse_repeated(tally, pairing, readers)
    return summed_up(tally, pairing, readers, of_units, choice)


def _tell_names_from_ids(readers: Mapping[str, RowReader], translations: Mapping[str, Translation]) -> None:
    """Where one table shows names of records and the other ids, let ids be compared."""
    found = {letter: reader.look_for_names(translations) for letter, reader in readers.items()}
    both = set(found["A"]) & set(found["B"])
    for letter, reader in readers.items():
        reader.translate({name: ids for name, ids in found[letter].items() if name not in both})


def _rows(side: Side) -> int:
    rows = side.rows if side.rows is not None else side.bytes // _CSV_ROW
    return rows * max(1, len(side.values))


def _alias(units: Codebook) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return by code the unit that is meant: values without a word on it are in the only unit that there is."""
    found = np.arange(len(units), dtype=np.int32)
    known = [code for code, unit in enumerate(units.values) if unit is not None]
    if len(known) == 1:
        found[:] = known[0]
    return found


def _refuse_repeated(tally: Tally, pairing: Pairing, readers: Mapping[str, RowReader]) -> None:
    lines = list(_repeated(tally, pairing, readers))
    if lines:
        raise DataError(
            f"{'; '.join(lines)}: name more columns in --keys, or say --duplicates sum, which adds up their values"
        )


def _repeated(tally: Tally, pairing: Pairing, readers: Mapping[str, RowReader]) -> Iterator[str]:
    for letter, reader in readers.items():
        if tally.surplus[letter]:
            example = _shown_keys(tally.books, pairing, tally.repeated[letter][:1])
            yield f"{reader.side.label} has {tally.surplus[letter]:,} rows whose keys other rows have too{example}"


def _shown_keys(books: Sequence[Codebook], pairing: Pairing, places: Sequence[tuple[int, ...]]) -> str:
    if not places:
        return ""
    pairs = zip(pairing.pairs, books, places[0], strict=True)
    return ", such as " + ", ".join(f"{pair.name}={told(book.values[code], pair.form)}" for pair, book, code in pairs)
