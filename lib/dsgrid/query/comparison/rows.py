"""The rows of a table as numbers: a code for each key, a code for the unit, and the value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dsgrid.errors import DataError
from dsgrid.query.comparison.codes import Codebook, Codes, Encoder, distinct_values
from dsgrid.query.comparison.forms import INSTANTS, READINGS, FormError, ahead_of_utc, form_of, taker
from dsgrid.query.comparison.pairing import Pair, Pairing
from dsgrid.query.comparison.side import Key, Side

if TYPE_CHECKING:
    import pyarrow as pa

# From values of a key to what turns names of records into ids; empty where these are no names.
Translation = Callable[[Sequence[Any]], Mapping[Any, Any]]


@dataclass
class Rows:
    """Rows of one table.

    Parameters
    ----------
    keys
        The codes of each key, one after the other.
    values
        NaN where there is none.
    units
        The code of each value's unit.
    """

    keys: list[Codes]
    values: npt.NDArray[np.float64]
    units: Codes

    def __len__(self) -> int:
        return len(self.values)


class RowReader:
    """Reads one of two tables as `Rows`.

    Parameters
    ----------
    letter
        Which of the two it is: ``A`` or ``B``.
    books, units
        Of the keys, and of the units; shared by both tables.
    zone
        The zone of readings of clocks whose own is not known.
    drop_nulls
        Whether a value that is not there means that the row is not: so it is where one of the tables is pivoted.
    """

    def __init__(
        self,
        side: Side,
        letter: str,
        pairing: Pairing,
        books: Sequence[Codebook],
        units: Codebook,
        *,
        zone: str | None = None,
        drop_nulls: bool = False,
    ) -> None:
        self.side, self.letter, self.pairs = side, letter, pairing.pairs
        self.nulls_dropped = 0
        self.translated: frozenset[str] = frozenset()
        self._pieces: Iterator[pa.Table] | None = None
        self._zone, self._drop_nulls = zone, drop_nulls
        self._units = Encoder(units, str, f"{side.label}: unit", blank=False)
        self._encoders = [
            Encoder(book, self._taker(pair), f"{side.label}: {pair.name}", side.format == "CSV")
            for book, pair in zip(books, self.pairs, strict=True)
        ]
        self._single = {
            key.name: Encoder(Codebook(), str, f"{side.label}: {key.name}") for key in pairing.single[letter]
        }

    def _taker(self, pair: Pair) -> Callable[[Any], Any]:
        take = taker(pair.form, self._zone)
        steps = pair.shift(self.letter)
        if not steps:
            return take
        step = next((key.step for key in (pair.a, pair.b) if key is not None and key.step is not None), None)
        if step is None:
            return take
        microseconds = steps * round(step.total_seconds() * 1e6)
        # Instants and readings are integers.
        return lambda value: int(take(value) or 0) + microseconds

    def encoder(self, pair: Pair) -> Encoder:
        """Return what numbers a key."""
        return self._encoders[self.pairs.index(pair)]

    def read(self) -> Iterator[Rows]:
        """Yield the rows, one value each.

        Raises
        ------
        DataError
            If a value is not what it should be, or a column that the other table lacks has several values.
        """
        for piece in self._pieces or self.side.pieces(self._columns()):
            if piece.num_rows:
                self._check_single(piece)
                yield from self._rows(piece)

    def _columns(self) -> list[str]:
        keys = [key.name for pair in self.pairs if (key := pair.of(self.letter)) is not None and key.only is None]
        more = [*self._single, *(one.name for one in self.side.values)]
        more += [name for name in (self.side.unit, self._offsets()) if name is not None]
        if self.side.units_by is not None and self.side.key(self.side.units_by[0]) is not None:
            more.append(self.side.units_by[0])
        with_column = {key.name for key in self.side.keys if key.only is None}
        known = with_column | {one.name for one in self.side.values} | {self.side.unit, self.side.offsets}
        return [name for name in dict.fromkeys([*keys, *more]) if name in known]

    def _offsets(self) -> str | None:
        """Return the column that makes instants of readings, where that is wanted."""
        for pair in self.pairs:
            key = pair.of(self.letter)
            if key is not None and pair.form == INSTANTS and form_of(key) == READINGS:
                return self.side.offsets
        return None

    def _rows(self, piece: pa.Table) -> Iterator[Rows]:
        import pyarrow as pa

        count = piece.num_rows
        codes = {
            index: self._codes(pair, key, piece)
            for index, pair in enumerate(self.pairs)
            if (key := pair.of(self.letter)) is not None
        }
        row_units = self._row_units(piece)
        for value in self.side.values:
            column = piece.column(value.name)
            if not pa.types.is_floating(column.type):
                column = column.cast(pa.float64(), safe=False)
            values = column.to_numpy().astype(np.float64, copy=False)
            keys = [
                codes[index] if index in codes else self._encoders[index].constant(value.name, count)
                for index in range(len(self.pairs))
            ]
            units = row_units if value.unit is None else None
            if units is None:
                units = self._units.constant(value.unit, count)
            rows = Rows(keys, values, units)
            yield self._present(rows) if self._drop_nulls else rows

    def _present(self, rows: Rows) -> Rows:
        there = ~np.isnan(rows.values)
        if there.all():
            return rows
        self.nulls_dropped += int(len(rows) - there.sum())
        return Rows([codes[there] for codes in rows.keys], rows.values[there], rows.units[there])

    def _codes(self, pair: Pair, key: Key, piece: pa.Table) -> Codes:
        encoder = self.encoder(pair)
        if key.only is not None:
            return encoder.constant(key.only, piece.num_rows)
        column = piece.column(key.name)
        if pair.form == INSTANTS and form_of(key) == READINGS:
            column = self._instants(pair, key, piece)
        return encoder.column(column)

    def _instants(self, pair: Pair, key: Key, piece: pa.Table) -> pa.ChunkedArray:
        """Return the instants of readings: by the column that says their offset, or in a zone that was named."""
        import pyarrow as pa

        from dsgrid.time.zones import to_instants

        where = f"{self.side.label}: {key.name}"
        distinct, places = distinct_values(piece.column(key.name))
        try:
            numbers = [taker(READINGS, None)(value) if value is not None else None for value in distinct]
            readings = np.array([0 if number is None else number for number in numbers] or [0], np.int64)
            absent = np.array([number is None for number in numbers] or [True])[places]
            if self.side.offsets is not None:
                texts, rows = distinct_values(piece.column(self.side.offsets))
                ahead = np.array([ahead_of_utc(text or "") for text in texts] or [0], np.int64)
                instants = readings[places] - ahead[rows]
            elif self._zone is not None:
                instants = to_instants(self._zone, readings)[places]
            else:
                raise FormError(
                    "holds readings of a clock, and the other table instants; say with --zone which clock: UTC, "
                    "-05:00, America/Denver"
                )
        except FormError as error:
            raise DataError(f"{where} {error}") from None
        return pa.chunked_array([pa.array(instants, pa.int64(), mask=absent)])

    def _row_units(self, piece: pa.Table) -> Codes | None:
        if self.side.unit is not None:
            return self._units.column(_filled(piece.column(self.side.unit)))
        if self.side.units_by is not None:
            name, units = self.side.units_by
            key = self.side.key(name)
            if key is not None and key.only is not None:
                return self._units.constant(units.get(key.only), piece.num_rows)
            if key is not None:
                distinct, places = distinct_values(piece.column(name))
                numbers = [int(self._units.constant(units.get(one), 1)[0]) for one in distinct] or [0]
                return np.array(numbers, np.int32)[places]
        return None

    def _check_single(self, piece: pa.Table) -> None:
        for name, encoder in self._single.items():
            encoder.column(piece.column(name))
            if len(encoder.seen) > 1:
                raise DataError(
                    f'{self.side.label} has several values in the column "{name}", which the other table does not '
                    "have; name the columns to compare by with --keys, and add up the others with --duplicates sum"
                )

    def look_for_names(self, translations: Mapping[str, Translation]) -> dict[str, Mapping[Any, Any]]:
        """Return by key the ids of the names of records that it shows, by the first rows; not of keys that show ids."""
        found = {}
        pieces = iter(self.side.pieces(self._columns()))
        first = next(pieces, None)
        for pair in self.pairs:
            if pair.name in translations and (seen := self._seen(pair, first)):
                ids = translations[pair.name](seen)
                if ids:
                    found[pair.name] = ids
        self._pieces = pieces if first is None else chain([first], pieces)
        return found

    def translate(self, ids: Mapping[str, Mapping[Any, Any]]) -> None:
        """From now on take names of records for their ids, by key."""
        self.translated = frozenset(ids)
        for encoder, pair in zip(self._encoders, self.pairs, strict=True):
            if pair.name in ids:
                encoder.translate(ids[pair.name])

    def _seen(self, pair: Pair, first: pa.Table | None) -> list[Any]:
        key = pair.of(self.letter)
        if key is None:
            return [one.name for one in self.side.values]
        if key.only is not None:
            return [key.only]
        return [] if first is None else distinct_values(first.column(key.name))[0]


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return units, an empty text where there is none: so CSV writes it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pc.fill_null(column, "")
