"""From a result to the numbers of a picture: look at the rows, choose the picture, read what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import DataError, UsageError
from dsgrid.query.plots.arranging import REST, Order, arrange, by_size, in_natural_order, refusal
from dsgrid.query.plots.clock import Clock, clock_of
from dsgrid.query.plots.columns import (
    CATEGORY,
    CLOCK,
    INSTANT,
    UNIT,
    Column,
    columns_of,
    keys,
    pivoted,
    value_columns,
)
from dsgrid.query.plots.condition import Condition, conditions, parse
from dsgrid.query.plots.gathering import COLOUR, PANEL, PLACE, ROW, Gathered, gather
from dsgrid.query.plots.picture import MOST_COLOURS, Picture, choose
from dsgrid.query.plots.ranking import largest, sizes
from dsgrid.query.plots.reported import compared, drawn_columns, kind_of
from dsgrid.query.plots.rows import Rows
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.series import Sheet, by_hour, daily, sorted_down
from dsgrid.query.plots.survey import Survey, survey
from dsgrid.query.plots.values import Slot, values_of
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, LINE, LOAD_DURATION, Wish

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result

MOST_PANELS: Final = 12
MOST_NAMED_BARS: Final = 40


@dataclass(frozen=True)
class Offered:
    """A column of a result before anything of it was chosen; of instants the first and the last, on the drawn clock."""

    column: Column
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A picture with all of its numbers.

    Parameters
    ----------
    scene
        The columns of what is drawn, with their values.
    clock
        That of the axis of time.
    conditions
        What of the result is drawn.
    rows
        How many rows of the result are in it.
    offered
        The columns of the whole result, with the values that can be chosen.
    rest_of_places
        Whether the last place along the axis is the sum of many small ones.
    """

    picture: Picture
    sheet: Sheet
    scene: Scene
    clock: Clock
    conditions: tuple[Condition, ...]
    rows: int
    offered: tuple[Offered, ...] = ()
    rest_of_places: bool = False


def prepare(
    result: Result,
    wish: Wish,
    where: Mapping[str, Any] | Sequence[str] = (),
    unit: str | None = None,
) -> Prepared:
    """Return the picture of a result.

    Raises
    ------
    NotFoundError
        If the table, a column or a value that is named does not exist.
    UsageError
        If the wished picture does not fit, or would add up what does not add up.
    DataError
        If there is nothing to be drawn.
    """
    columns = drawn_columns(columns_of(result.manifest), result.manifest)
    rows = Rows(result, columns)
    if not result.rows:
        raise DataError("the result has no rows, so there is nothing to be drawn")
    reader = Reader(rows, result.manifest, columns, where, unit)
    picture = choose(reader.scene, wish)
    return reader.read(picture)


class Reader:
    """Reads a result in passes: what there is, what is largest, and the numbers."""

    def __init__(
        self,
        rows: Rows,
        manifest: Mapping[str, Any],
        columns: tuple[Column, ...],
        where: Mapping[str, Any] | Sequence[str],
        unit: str | None,
    ) -> None:
        self._rows = rows
        self._manifest = manifest
        pivot = pivoted(columns, compared(manifest))
        self._columns = columns
        self._keys = [one.name for one in keys(columns)]
        beside = [UNIT] if any(one.role == UNIT for one in columns) else []
        looked_at = [*self._keys, *beside]
        # A result without keys has only values.
        looked_at = looked_at or [value_columns(columns)[0].name]
        seen = survey(self._rows.pieces(looked_at), keys(columns))
        pivots = [] if pivot is None else [pivot]
        units = seen.units or tuple(dict.fromkeys(one.unit for one in value_columns(columns)))
        self.conditions = conditions(parse(where), [*seen.columns, *pivots], units)
        self._clocks = {
            one.name: clock_of(self._manifest, one, *seen.spans[one.name])
            for one in seen.columns
            if one.role == INSTANT and one.name in seen.spans
        }
        self.offered = tuple(Offered(one, *self._ends(one, seen)) for one in [*seen.columns, *pivots])
        if self.conditions:
            seen = survey(self._pieces(looked_at), keys(columns))
            if not seen.rows:
                raise DataError(f"no row of the result is left with {_told(self.conditions)}")
        self._values = values_of(columns, pivot, seen.units, unit, self.conditions)
        self.scene = self._scene(seen)

    def _ends(self, column: Column, seen: Survey) -> tuple[int, ...]:
        shift = self._clocks[column.name].shift if column.name in self._clocks else 0
        return tuple(one + shift for one in seen.spans.get(column.name, ()))

    def _scene(self, seen: Survey) -> Scene:
        values = self._values
        found = list(seen.columns)
        if values.pivot is not None:
            names = tuple(one.name for one in values.columns)
            found.append(replace(values.pivot, values=names, count=len(names)))
        return Scene(tuple(found), bool(self._manifest.get("adds_up", False)), values.units)

    def _pieces(self, names: Sequence[str]) -> Iterator[pa.Table]:
        shifts = {name: clock.shift for name, clock in self._clocks.items()}
        kept = [one for one in self.conditions if any(each.name == one.column for each in self._columns)]
        return self._rows.pieces(names, kept, shifts)

    def read(self, picture: Picture) -> Prepared:
        """Return the picture with its numbers."""
        notes: list[str] = []
        slots = self._slots(picture, notes)
        x = self.scene.column(picture.x) if picture.x else None
        instants = (picture.x,) if x is not None and x.role == INSTANT else ()
        clock = self._clocks.get(picture.x, Clock())
        own = [one.name for one in self._columns if one.role == CLOCK] if clock.by_place and instants else []
        # A peak that several slots have is one.
        how = "max" if kind_of(self._manifest) == "peak_load" else "sum"
        gathered = gather(self._pieces(self._needed(slots, *instants)), self._values, slots, (*instants, *own), how)
        if instants:
            gathered = replace(gathered, table=gathered.table.filter(_is_there(gathered.table, picture.x)))
            if not gathered.table.num_rows:
                raise DataError(f'there is nothing to be drawn: every value of "{picture.x}" is NULL')
        if not self.scene.adds_up and gathered.repeated > 1:
            raise UsageError(refusal(self.scene, picture))
        order = self._order(picture, gathered)
        sheet = arrange(gathered.table, self.scene, picture, order, clock)
        if gathered.unusable:
            notes.append(f"{gathered.unusable:,} values that are infinite or no numbers are left out")
        picture, sheet = _finished(picture, replace(sheet, notes=tuple(notes)))
        return Prepared(
            picture, sheet, self.scene, clock, self.conditions, gathered.rows, self.offered, REST in order.places
        )

    @property
    def scale(self) -> float:
        """What values are multiplied with at least, to be in the units that are drawn."""
        return min((abs(one.scale) for one in self._values.conversions.values()), default=1.0)

    def gathered(self, slots: tuple[Slot, ...]) -> Gathered:
        """Return the sums by the texts of slots."""
        return gather(self._pieces(self._needed(slots)), self._values, slots, ())

    def _slots(self, picture: Picture, notes: list[str]) -> tuple[Slot, ...]:
        adds_up = self.scene.adds_up
        # A line that is the sum of many would make those flat that it is drawn beside.
        beside = picture.kind in (LINE, LOAD_DURATION)
        found = [
            self._largest(Slot(PANEL, picture.facet), MOST_PANELS, "panels", False, notes),
            self._largest(Slot(COLOUR, picture.by), MOST_COLOURS, "", adds_up and not beside, notes),
        ]
        x = self.scene.column(picture.x) if picture.x else None
        if x is None or x.role != INSTANT:
            place = Slot(PLACE, (picture.x,) if x is not None else ())
            is_category = x is not None and x.role == CATEGORY
            found.append(self._largest(place, MOST_NAMED_BARS, "", adds_up, notes) if is_category else place)
        if picture.y:
            found.append(Slot(ROW, (picture.y,)))
        return tuple(found)

    def _largest(self, slot: Slot, most: int, what: str, with_rest: bool, notes: list[str]) -> Slot:
        """Return a slot that keeps the largest groups, where there are too many to be told apart."""
        every = [self.scene.column(name) for name in slot.columns]
        if prod(one.count for one in every) <= most:
            return slot
        found = sizes(self._pieces(self._needed((slot,))), self._values, slot, self.scene.adds_up)
        if len(found) <= most:
            return slot
        with_rest = with_rest and not any(one.apart for one in every)
        kept = largest(found, most - 1 if with_rest else most)
        of = f"{len(found):,} {what or 'values'} of {', '.join(slot.columns)}"
        rest = len(found) - len(kept)
        notes.append(
            f"of {of} the {len(kept)} largest are drawn; "
            + (f'"other" is the sum of the other {rest:,}' if with_rest else "--where chooses others")
        )
        return replace(slot, kept=kept, rest=REST if with_rest else None)

    def _needed(self, slots: Sequence[Slot], *others: str) -> list[str]:
        own = {one.name for one in self._columns}
        names = [name for slot in slots for name in slot.columns if name in own]
        return self._rows.names_beside([*names, *others])

    def _order(self, picture: Picture, gathered: Gathered) -> Order:
        def texts(name: str) -> list[str]:
            table = gathered.table
            return table.column(name).unique().to_pylist() if name in table.column_names else []

        def natural(names: tuple[str, ...], slot: str) -> tuple[str, ...]:
            found = texts(slot)
            kept = in_natural_order(self.scene, names, [text for text in found if text != REST])
            return (*kept, *([REST] if REST in found else []))

        coloured = [self.scene.column(name) for name in picture.by]
        are_ranked = all(one.role == CATEGORY and not one.apart for one in coloured)
        colours = by_size(gathered.table, COLOUR, texts(COLOUR)) if are_ranked else natural(picture.by, COLOUR)
        x = self.scene.column(picture.x) if picture.x else None
        places = natural((picture.x,) if x is not None else (), PLACE)
        if x is not None and x.role == CATEGORY and not x.apart:
            places = by_size(gathered.table, PLACE, texts(PLACE))
        return Order(colours, natural(picture.facet, PANEL), places, natural((picture.y,), ROW) if picture.y else ())


def _finished(picture: Picture, sheet: Sheet) -> tuple[Picture, Sheet]:
    """Return what is drawn in the end: curves that are sorted, days that have rows, means of what are too many."""
    if picture.kind == LOAD_DURATION:
        return picture, sorted_down(sheet)
    if picture.kind == HEAT_MAP and sheet.instants is not None:
        return picture, by_hour(sheet)
    if picture.kind == AREA and sheet.least < 0:
        if picture.asked:
            raise UsageError(
                f"some values are negative (down to {sheet.least:,.6g}), and areas of such do not stack; --kind line "
                "draws them beside each other"
            )
        picture = replace(picture, kind=LINE, stacked=False)
        sheet = replace(sheet, notes=(*sheet.notes, "lines and no stacked areas, as some values are negative"))
    return picture, sheet if picture.kind == BAR else daily(sheet)


def _is_there(table: pa.Table, name: str) -> Any:
    import pyarrow.compute as pc

    return pc.is_valid(table.column(name))


def _told(every: Sequence[Condition]) -> str:
    return " and ".join(str(one) for one in every)
