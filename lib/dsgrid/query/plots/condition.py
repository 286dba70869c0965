"""What of a result is drawn: ``state=CO,NY``, ``annual=2030..2050``, ``hourly=2018-07-09..2018-07-15``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.errors import NotFoundError, UsageError, did_you_mean, listing
from dsgrid.query.plots.columns import INSTANT, UNIT, Column

if TYPE_CHECKING:
    import pyarrow as pa

_MOMENT: Final = re.compile(r"(\d{4})(-\d{2}(-\d{2}([T ]\d{2}(:\d{2})?)?)?)?")
# By the length of a written moment: the step after which the time that it names is over.
_STEPS: Final = {4: "Y", 7: "M", 10: "D", 13: "h", 16: "m"}


@dataclass(frozen=True)
class Condition:
    """Which values of a column are drawn: some that are named, or those of a range of time or numbers.

    Parameters
    ----------
    values
        Those that are named; empty for a range.
    low, high
        Of a range: the first value, and the last one. Of instants microseconds of the drawn clock, `high` being the
        first that is not meant any more.
    """

    column: str
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    text: str = ""

    def __str__(self) -> str:
        return f"{self.column} {self.text or ', '.join(map(str, self.values))}"


def parse(where: Mapping[str, Any] | Iterable[str]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """Return the column and the text, or the texts, of each condition.

    Raises
    ------
    UsageError
        If a text is not of the form ``column=value``.
    """
    if isinstance(where, Mapping):
        return tuple((str(name), _texts(wanted)) for name, wanted in where.items())
    found = []
    for one in [where] if isinstance(where, str) else where:
        name, equals, wanted = str(one).partition("=")
        wanted = wanted.removeprefix("=").strip()
        # What stands before the = may belong to it.
        name = name.strip()
        if not equals or not name or not wanted or name[-1] in "<>~" or wanted[0] == "~":
            raise UsageError(
                f'"{one}" is no condition; write column=value, such as state=CO, state=CO,NY or state!=CO, or a range '
                "such as annual=2030..2050"
            )
        found.append((name, wanted))
    return tuple(found)


def _texts(wanted: Any) -> str | tuple[str, ...]:
    if isinstance(wanted, Iterable) and not isinstance(wanted, str):
        return tuple(str(one) for one in wanted)
    return str(wanted)


def conditions(
    asked: Sequence[tuple[str, str | tuple[str, ...]]], columns: Sequence[Column], units: Sequence[str]
) -> tuple[Condition, ...]:
    """Return what texts mean, for columns whose values are known.

    Raises
    ------
    NotFoundError
        If there is no such column, or no such value; the closest is offered.
    """
    known = {one.name: one for one in columns}
    known.setdefault(UNIT, Column(UNIT, UNIT, UNIT, values=tuple(units)))
    found = []
    for written, wanted in asked:
        name = written.removesuffix("!").rstrip()
        negated = name != written and written not in known
        column = known.get(name if negated else written)
        if column is None:
            raise NotFoundError(f'the result has no column "{name}" to choose by{did_you_mean(name, known)}')
        if negated and column.role == INSTANT:
            raise UsageError(
                f'{name}: times are chosen by a range, such as {name}=2018-07-09..2018-07-15, and not by "!="'
            )
        one = _instants(column, wanted) if column.role == INSTANT else _values(column, wanted)
        found.append(_others(column, one) if negated else one)
    return tuple(found)


def _others(column: Column, one: Condition) -> Condition:
    """Return the condition that keeps what another one leaves out."""
    left = tuple(value for value in column.values if value not in one.values)
    if not left:
        raise NotFoundError(
            f'nothing is left of column "{column.name}" without {one.text or listing([str(v) for v in one.values])}'
        )
    return Condition(column.name, left, text=f"not {one.text or ', '.join(map(str, one.values))}")


def _values(column: Column, wanted: str | tuple[str, ...]) -> Condition:
    by_text = {str(value): value for value in column.values}
    if isinstance(wanted, str):
        span = re.fullmatch(r"(-?[\d.]+?)\.\.(-?[\d.]+)", wanted)
        if span and wanted not in by_text:
            return _numbers(column, wanted, span[1], span[2])
        # A name may hold a comma itself.
        wanted = (wanted,) if wanted in by_text else tuple(next(csv.reader([wanted], skipinitialspace=True)))
        wanted = tuple(part.strip() for part in wanted)
    for text in wanted:
        if text not in by_text:
            raise NotFoundError(f'no value "{text}" in column "{column.name}"{did_you_mean(text, by_text)}')
    return Condition(column.name, tuple(dict.fromkeys(by_text[text] for text in wanted)))


def _numbers(column: Column, text: str, low: str, high: str) -> Condition:
    try:
        first, last = float(low), float(high)
        chosen = tuple(value for value in column.values if first <= float(value) <= last)
    except (TypeError, ValueError):
        raise UsageError(f'"{column.name}" has no numbers, so "{text}" is no range of them; name the values') from None
    if not chosen:
        raise NotFoundError(
            f'no value of column "{column.name}" is in {text}; there are: {listing(list(map(str, column.values)))}'
        )
    return Condition(column.name, chosen, text=text)


def _instants(column: Column, wanted: str | tuple[str, ...]) -> Condition:
    text = wanted if isinstance(wanted, str) else "..".join(wanted)
    first, dots, last = text.partition("..")
    low, high = _moment(column, first), _moment(column, last if dots else first)
    begin, end = low[0], high[1]
    if end <= begin:
        raise UsageError(f'{column.name}: "{text}" ends before it begins')
    return Condition(column.name, low=float(begin), high=float(end), text=text)


def _moment(column: Column, text: str) -> tuple[int, int]:
    """Return the microseconds at which a written year, month, day, hour or minute begins and ends."""
    text = text.strip()
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        begin = np.array(text.replace(" ", "T"), f"datetime64[{_STEPS[len(text)]}]")
    except ValueError:
        raise UsageError(
            f'{column.name}: "{text}" is no time; write 2018-07, 2018-07-09, "2018-07-09 14:00", or two of these with '
            "two dots between them"
        ) from None
    ends = [int(each.astype("datetime64[us]").astype(np.int64)) for each in (begin, begin + 1)]
    return ends[0], ends[1]


def mask(batch: pa.Table, every: Sequence[Condition], shifts: Mapping[str, int]) -> pa.Table:
    """Return the rows of a table that pass all conditions.

    Parameters
    ----------
    shifts
        By column of instants: what the drawn clock is ahead of the table's timestamps, in microseconds.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for one in every:
        if one.column not in batch.column_names or not batch.num_rows:
            continue
        column = batch.column(one.column)
        if one.values:
            kept = pc.is_in(column, value_set=pa.array(list(one.values), _plain(column.type)))
        else:
            at = micros(column)
            assert one.low is not None
            assert one.high is not None
            ahead = shifts.get(one.column, 0)
            low, high = int(one.low) - ahead, int(one.high) - ahead
            kept = pc.and_(pc.greater_equal(at, low), pc.less(at, high))
        batch = batch.filter(kept)
    return batch


def micros(column: Any) -> Any:
    """Return timestamps or dates as microseconds."""
    import pyarrow as pa

    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    return column.cast(pa.timestamp("us", tz=column.type.tz)).cast(pa.int64())


def _plain(type_: Any) -> Any:
    import pyarrow as pa

    return type_.value_type if pa.types.is_dictionary(type_) else type_
