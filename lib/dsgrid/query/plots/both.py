"""Two results in one picture: beside each other by a column that says whose a row is, or as what one has more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.dimensions.units import UnitError, affine
from dsgrid.errors import UsageError, listing
from dsgrid.query.plots.columns import CATEGORY, INSTANT, UNIT, VALUE, Column, columns_of
from dsgrid.query.plots.condition import Condition, mask
from dsgrid.query.plots.picture import choose
from dsgrid.query.plots.prepared import Prepared, Reader
from dsgrid.query.plots.reported import drawn_columns
from dsgrid.query.plots.rows import Rows
from dsgrid.query.plots.series import Sheet
from dsgrid.query.plots.values import texts
from dsgrid.query.plots.wish import AREA, BAR, LINE, LOAD_DURATION, Wish

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result

LABELS: Final = ("A", "B")
_NAME: Final = "result"
_EQUAL: Final = 1e-9  # as in comparisons value by value
_OVERLAID: Final = (LINE, LOAD_DURATION, BAR)


@dataclass(frozen=True)
class Beside:
    """The second of two results that are drawn together.

    Parameters
    ----------
    difference
        Whether its values minus those of the first are drawn, and not both.
    """

    result: Result
    difference: bool = False


def prepare_both(
    first: Result,
    beside: Beside,
    wish: Wish,
    where: Mapping[str, Any] | Sequence[str] = (),
    unit: str | None = None,
) -> tuple[Prepared, dict[str, Any]]:
    """Return the picture of two results, and a manifest of both.

    Raises
    ------
    UsageError
        If their columns are not the same, or differences of what does not add up are asked for.
    """
    rows = BothRows(first, beside)
    manifest = _manifest(first.manifest, beside.result.manifest)
    if beside.difference and not manifest["adds_up"]:
        raise UsageError(
            "the values of these results do not add up (they are power, means, maxima or the like), so their "
            "difference is not drawn; both beside each other are"
        )
    reader = Reader(rows, manifest, rows.columns, where, unit)
    picture = choose(reader.scene, wish)
    if not beside.difference and manifest["adds_up"]:
        if picture.kind == AREA and not picture.asked:
            # Of lines on one ground differences are seen.
            wish = replace(wish, kind=LINE)
            picture = choose(reader.scene, wish)
        if picture.kind in _OVERLAID and wish.by is None and rows.name not in (picture.x, *(wish.facet or ())):
            picture = replace(choose(reader.scene, replace(wish, by=(rows.name,))), asked=picture.asked)
    prepared = reader.read(picture)
    if beside.difference:
        sheet = without_rounding(prepared.sheet, _EQUAL * rows.largest * reader.scale)
        notes = ("values are those of B minus those of A", *sheet.notes)
        prepared = replace(prepared, sheet=replace(sheet, notes=notes))
    return prepared, manifest


class BothRows(Rows):
    """The rows of two results, one after the other.

    Parameters
    ----------
    first
        The result that is called A.
    beside
        The one that is called B.
    """

    def __init__(self, first: Result, beside: Beside) -> None:
        own, others = (drawn_columns(columns_of(one.manifest), one.manifest) for one in (first, beside.result))
        _check_columns(own, others)
        super().__init__(first, own)
        self._second = Rows(beside.result, others)
        self._difference = beside.difference
        self._scales = _scales(own, others)
        self._unit = next((one.name for one in own if one.role == UNIT), "")
        self._units: tuple[str, ...] | None = None
        self.largest = 0.0  # of the values of A that were read, in its units
        self.name = _NAME
        while any(one.name == self.name for one in own):
            self.name += "_"
        label = Column(self.name, CATEGORY, "scenario", count=2, values=LABELS)
        self.columns: tuple[Column, ...] = own if beside.difference else (label, *own)

    def pieces(
        self,
        names: Sequence[str],
        conditions: Sequence[Condition] = (),
        shifts: Mapping[str, int] = MappingProxyType({}),
    ) -> Iterator[pa.Table]:
        """Yield pieces of both tables; see `Rows.pieces`."""
        import pyarrow as pa

        own = [one for one in names if one != self.name] or [self._columns[0].name]
        if self._unit and any(one.role == VALUE for one in self._columns if one.name in own):
            own = list(dict.fromkeys([*own, self._unit]))
        wanted = [one.values for one in conditions if one.column == self.name]
        # Rows of B have units of their own until they are read.
        late = [one for one in conditions if one.column == self._unit]
        own += [self._unit] if late and self._unit not in own else []
        kept = [one for one in conditions if one.column != self.name and one not in late]
        for label, source in zip(LABELS, (super().pieces, self._second.pieces), strict=True):
            if any(label not in values for values in wanted):
                continue
            for piece in source(own, kept, shifts):
                made = mask(self._alike(piece, label), late, shifts)
                if self.name in names:
                    made = made.append_column(self.name, pa.repeat(pa.scalar(label), made.num_rows))
                yield made.select(list(dict.fromkeys(names)))

    def _alike(self, piece: pa.Table, label: str) -> pa.Table:
        """Return a piece with instants of one type and values in the units of A; for differences A's are negative."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for index, name in enumerate(piece.column_names):
            column = next(one for one in self._columns if one.name == name)
            data = piece.column(name)
            if column.role == INSTANT and pa.types.is_timestamp(data.type):
                piece = piece.set_column(index, name, data.cast(pa.timestamp("us", data.type.tz and "UTC")))
            if column.role != VALUE:
                continue
            if label == LABELS[0] and self._difference:
                self.largest = max(self.largest, _largest(data))
            scale, offset = self._scales[name] if label == LABELS[1] else (1.0, 0.0)
            scale = -scale if self._difference and label == LABELS[0] else scale
            if (scale, offset) != (1.0, 0.0):
                data = pc.add(pc.multiply(pc.cast(data, pa.float64()), scale), offset)
                piece = piece.set_column(index, name, data)
        return self._in_own_units(piece) if self._unit in piece.column_names and label == LABELS[1] else piece

    def _in_own_units(self, piece: pa.Table) -> pa.Table:
        """Return a piece of B, whose rows say their units, in those of A, as far as they convert."""
        import pyarrow as pa
        import pyarrow.compute as pc

        unit = texts(piece.column(self._unit)).combine_chunks()
        known = pc.unique(unit).to_pylist()
        found = [_to_one_of(each, self._units_of_first()) for each in known]
        if [each for each, _, _ in found] == known:
            return piece
        at = pc.index_in(unit, value_set=pa.array(known, pa.string()))
        shown, scale, offset = (pa.array(each).take(at) for each in zip(*found, strict=True))
        piece = piece.set_column(piece.column_names.index(self._unit), self._unit, shown)
        for index, name in enumerate(piece.column_names):
            if any(one.name == name and one.role == VALUE for one in self._columns):
                data = pc.cast(piece.column(name), pa.float64()).combine_chunks()
                piece = piece.set_column(index, name, pc.add(pc.multiply(data, scale), offset))
        return piece

    def _units_of_first(self) -> tuple[str, ...]:
        if self._units is None:
            found: dict[str, None] = {}
            for piece in super().pieces([self._unit]):
                found |= dict.fromkeys(texts(piece.column(self._unit)).unique().to_pylist())
            self._units = tuple(found)
        return self._units


def _largest(data: pa.ChunkedArray) -> float:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.cast(data, pa.float64())
    return float(pc.max(pc.abs(values.filter(pc.is_finite(values)))).as_py() or 0.0)


def without_rounding(sheet: Sheet, least: float) -> Sheet:
    """Return a sheet of differences in which those that are of rounding are 0: they would look like large ones."""
    panels = [
        replace(
            panel,
            series=tuple(
                replace(one, values=np.where(np.abs(one.values) <= least, 0.0, one.values)) for one in panel.series
            ),
        )
        for panel in sheet.panels
    ]
    return replace(sheet, panels=tuple(panels))


def _to_one_of(unit: str, units: Sequence[str]) -> tuple[str, float, float]:
    """Return the unit that values become, the first that they convert to, what they are multiplied with, and added."""
    for one in units if unit not in units else ():
        try:
            return one, *affine(unit, one)
        except UnitError:
            continue
    return unit, 1.0, 0.0


def _check_columns(first: Sequence[Column], second: Sequence[Column]) -> None:
    own, others = ({one.name: one for one in every} for every in (first, second))
    lines = [f"only A has {listing(alone)}" for alone in [[name for name in own if name not in others]] if alone]
    lines += [f"only B has {listing(alone)}" for alone in [[name for name in others if name not in own]] if alone]
    lines += [
        f'"{name}" holds {own[name].holds} in A, and {others[name].holds} in B'
        for name in own
        if name in others and own[name].holds != others[name].holds
    ]
    if lines:
        raise UsageError(f"two results are drawn together where they have the same columns; {'; '.join(lines)}")


def _scales(first: Sequence[Column], second: Sequence[Column]) -> dict[str, tuple[float, float]]:
    """Return for each column of values what those of B are multiplied with, and what is added, to be in A's unit."""
    others = {one.name: one for one in second}
    # Where rows say their units, these count; where all have one, the column says it, too, and it shall convert.
    by_row = any(one.role == UNIT for one in first)
    found = {}
    for one in first:
        if one.role != VALUE:
            continue
        own, other = one.unit, others[one.name].unit
        try:
            scale = affine(other, own) if not by_row or (own and other) else (1.0, 0.0)
        except UnitError as error:
            raise UsageError(f'"{one.name}" of the two results: {error}') from None
        found[one.name] = (1.0, 0.0) if by_row else scale
    return found


def _manifest(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is true of both results together."""
    datasets = {f"{one['id']}@{one['version']}": one for told in (first, second) for one in told.get("datasets", ())}
    projects = dict.fromkeys(str(told["project"]) for told in (first, second) if told.get("project"))
    names = dict.fromkeys(str(told.get("query", "a query")) for told in (first, second))
    return {
        **first,
        "adds_up": bool(first.get("adds_up")) and bool(second.get("adds_up")),
        "datasets": list(datasets.values()),
        "project": ", ".join(projects),
        "query": " and ".join(names),
        "rows": int(first["rows"]) + int(second["rows"]),
        "finished": "",
    }
