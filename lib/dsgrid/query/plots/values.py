"""The values of a result as they are drawn: one column, in the wished unit, with texts that say what they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dsgrid.dimensions.units import UnitError, affine
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.query.plots.columns import UNIT, VALUE, Column
from dsgrid.query.plots.condition import Condition

if TYPE_CHECKING:
    import pyarrow as pa

NONE: Final = "(none)"
BETWEEN: Final = "\x1f"


@dataclass(frozen=True)
class Conversion:
    """How values of one unit are drawn: times `scale`, plus `offset`."""

    shown: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Values:
    """Where the values of a table are, and in which units they are drawn.

    Parameters
    ----------
    columns
        Those that hold them: one, or several of a pivoted table.
    pivot
        The column that these stand for; None for a stacked table.
    has_unit
        Whether the table has a column that says the unit of each row.
    conversions
        By the units of the rows.
    """

    columns: tuple[Column, ...]
    pivot: Column | None
    has_unit: bool
    conversions: dict[str, Conversion]

    @property
    def units(self) -> tuple[str, ...]:
        """The units that are drawn."""
        return tuple(dict.fromkeys(one.shown for one in self.conversions.values()))


def values_of(
    columns: Sequence[Column],
    pivot: Column | None,
    units: Sequence[str],
    wanted: str | None,
    conditions: Sequence[Condition],
) -> Values:
    """Return where values are: in the columns and units that conditions leave.

    Parameters
    ----------
    units
        Those of the rows, where a column tells them.
    wanted
        The unit that is asked for.

    Raises
    ------
    UsageError
        If a unit does not convert to the wanted one.
    """
    by_name = {one.column: one.values for one in conditions}
    chosen = [
        one
        for one in columns
        if one.role == VALUE and (pivot is None or pivot.name not in by_name or one.name in by_name[pivot.name])
    ]
    has_unit = any(one.role == UNIT for one in columns)
    if not has_unit and UNIT in by_name:
        chosen = [one for one in chosen if one.unit in by_name[UNIT]]
        if not chosen:
            # The conditions on records and on units leave no column together.
            raise NotFoundError(f"no values are left with {', '.join(str(one) for one in conditions)}")
    found = units if has_unit else tuple(dict.fromkeys(one.unit for one in chosen))
    conversions = {unit: _conversion(unit, wanted) for unit in found}
    return Values(tuple(chosen), pivot, has_unit, conversions)


def _conversion(unit: str, wanted: str | None) -> Conversion:
    if wanted is None or wanted == unit:
        return Conversion(unit)
    try:
        return Conversion(wanted, *affine(unit, wanted))
    except UnitError as error:
        raise UsageError(f"--unit {wanted}: {error}") from None


@dataclass(frozen=True)
class Slot:
    """Columns whose values together are one text, such as a colour's or a panel's.

    Parameters
    ----------
    name
        What the column of these texts is called.
    kept
        The texts that stay; of others the rows are left out, or become `rest`. None for all.
    """

    name: str
    columns: tuple[str, ...]
    kept: tuple[str, ...] | None = None
    rest: str | None = None


def stacked(
    piece: pa.Table, values: Values, slots: Sequence[Slot], others: Sequence[str]
) -> Iterator[tuple[pa.Table, int]]:
    """Yield a table of ``value`` for each column of values, with the texts of slots and other columns beside it.

    The second of each pair is how many values were infinite or no numbers, and are left out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    unit = texts(piece.column(UNIT)) if values.has_unit else None
    for column in values.columns:
        value = pc.cast(piece.column(column.name), pa.float64())
        finite = pc.is_finite(value)
        unusable = pc.sum(pc.invert(finite)).as_py() or 0
        if unusable:
            value = pc.if_else(finite, value, pa.scalar(None, pa.float64()))
        value, shown = _converted(value, values, unit, column.unit)
        constants = {UNIT: shown}
        if values.pivot is not None:
            constants[values.pivot.name] = pa.scalar(column.name)
        table = pa.table({**{name: piece.column(name) for name in others}, VALUE: value})
        for slot in slots:
            table = table.append_column(slot.name, _text(piece, slot, constants))
        for slot in slots:
            table = _kept(table, slot)
        yield table, int(unusable)


def _converted(value: Any, values: Values, unit: Any, own: str) -> tuple[Any, Any]:
    """Return values in their drawn units, and these units: one text, or one for each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if unit is None or len(values.conversions) == 1:
        one = values.conversions[own] if unit is None else next(iter(values.conversions.values()))
        if one.scale != 1.0 or one.offset:
            value = pc.add(pc.multiply(value, one.scale), one.offset)
        return value, pa.scalar(one.shown)
    known = list(values.conversions)
    at = pc.index_in(unit, value_set=pa.array(known))
    every = [values.conversions[name] for name in known]
    scale = pa.array([one.scale for one in every]).take(at.combine_chunks())
    offset = pa.array([one.offset for one in every]).take(at.combine_chunks())
    shown = pa.array([one.shown for one in every]).take(at.combine_chunks())
    return pc.add(pc.multiply(value, pa.chunked_array([scale])), pa.chunked_array([offset])), pa.chunked_array([shown])


def _text(piece: pa.Table, slot: Slot, constants: dict[str, Any]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [constants[name] if name in constants else texts(piece.column(name)) for name in slot.columns]
    text = pa.scalar("") if not parts else parts[0]
    if len(parts) > 1:
        text = pc.binary_join_element_wise(*parts, BETWEEN)
    if isinstance(text, pa.Scalar):
        text = pa.chunked_array([pa.repeat(text, piece.num_rows)])
    return text


def _kept(table: pa.Table, slot: Slot) -> pa.Table:
    """Return the rows whose text of a slot stays; others are left out, or get the text for the rest."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if slot.kept is None:
        return table
    text = table.column(slot.name)
    known = pc.is_in(text, value_set=pa.array(slot.kept, pa.string()))
    if slot.rest is None:
        return table.filter(known)
    named = pc.if_else(known, text, pa.scalar(slot.rest))
    return table.set_column(table.column_names.index(slot.name), slot.name, named)


def texts(column: Any) -> Any:
    """Return a column as texts, missing ones as ``(none)``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pc.fill_null(column.cast(pa.string()), NONE)
