"""One of the two tables that are compared: what its columns mean, and how its rows are read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dsgrid.time.written import parse_step

if TYPE_CHECKING:
    import pyarrow as pa

    Pieces = Callable[[Sequence[str]], Iterator[pa.Table]]

VALUE: Final = "value"
UNIT: Final = "unit"
TIMESTAMP, WALL, DATE, TEXT = "timestamp", "wall", "date", "string"
NUMBERS: Final = frozenset({"int32", "int64", "float64"})


@dataclass(frozen=True)
class Key:
    """A column that tells rows apart.

    Parameters
    ----------
    type
        The dimension type, ``time``, or empty where nothing says it.
    holds
        ``string``, ``int32``, ``int64``, ``float64``, ``bool``, ``date``, ``timestamp`` (an instant) or ``wall`` (what
        a clock shows).
    dimension
        ``id@version`` of its dimension.
    only
        The one value of a dimension without a column.
    time_zone, calendar_zone, interval, step
        What a column of time means, as manifests say it.
    """

    name: str
    type: str = ""
    holds: str = TEXT
    dimension: str = ""
    only: str | None = None
    time_zone: str = ""
    calendar_zone: str = ""
    interval: str = ""
    step: timedelta | None = None


@dataclass(frozen=True)
class Value:
    """A column of values, with its unit where all of them have one."""

    name: str
    unit: str | None = None


@dataclass(frozen=True)
class Side:
    """A table to be compared.

    Parameters
    ----------
    label
        As the user named it.
    kind
        ``result``, ``dataset`` or ``table``.
    keys, values
        Its columns.
    rows
        How many it has; None where only reading tells.
    bytes
        Of its files.
    order
        The names of its columns in their order.
    pieces
        Yields the named columns piece by piece.
    unit
        The column that says the unit of each row.
    units_by
        A key, and the unit of each of its values: that of a dataset's metrics.
    pivot
        The key whose values name the value columns, where that is known.
    is_pivoted
        Whether the value columns are values of a key.
    offsets
        The column that says what the clock of readings is ahead of UTC.
    format
        What its files are, such as ``Parquet``.
    adds_up
        Whether the sum of its values means something, as far as is known.
    """

    label: str
    kind: str
    keys: tuple[Key, ...]
    values: tuple[Value, ...]
    rows: int | None
    bytes: int
    order: tuple[str, ...]
    pieces: Pieces = field(compare=False, repr=False)
    unit: str | None = None
    units_by: tuple[str, Mapping[str, str]] | None = None
    pivot: Key | None = None
    is_pivoted: bool = False
    offsets: str | None = None
    format: str = ""
    adds_up: bool = True

    def key(self, name: str) -> Key | None:
        """Return a key by its name."""
        return next((key for key in self.keys if key.name == name), None)

    def without(self, names: Sequence[str]) -> Side:
        """Return it without some columns."""
        kept = tuple(value for value in self.values if value.name not in names)
        keys = tuple(key for key in self.keys if key.name not in names)
        unit = None if self.unit in names else self.unit
        return replace(self, keys=keys, values=kept, unit=unit)


def step_in(text: str) -> timedelta | None:
    """Return a step as files and manifests say it; None where they say none."""
    with contextlib.suppress(ValueError):
        return parse_step(text)
    return None
