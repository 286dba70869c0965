"""Two results in one picture: beside each other by a column that says whose a row is, or as what one has more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dsgrid.dimensions.units import UnitError, affine
from dsgrid.errors import UsageError, listing
from dsgrid.query.plots.columns import CATEGORY, INSTANT, VALUE, Column, columns_of
from dsgrid.query.plots.condition import Condition
from dsgrid.query.plots.picture import choose
from dsgrid.query.plots.prepared import Prepared, Reader
from dsgrid.query.plots.reported import drawn_columns
from dsgrid.query.plots.rows import Rows
from dsgrid.query.plots.wish import AREA, BAR, LINE, LOAD_DURATION, Wish

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result

LABELS: Final = ("A", "B")
_NAME: Final = "result"
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
    note = "values are those of B minus those of A" if beside.difference else ""
    if note:
        prepared = replace(prepared, sheet=replace(prepared.sheet, notes=(note, *prepared.sheet.notes)))
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
        wanted = [one.values for one in conditions if one.column == self.name]
        kept = [one for one in conditions if one.column != self.name]
        for label, source in zip(LABELS, (super().pieces, self._second.pieces), strict=True):
            if any(label not in values for values in wanted):
                continue
            for piece in source(own, kept, shifts):
                made = self._alike(piece, label)
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
            scale, offset = self._scales[name] if label == LABELS[1] else (1.0, 0.0)
            scale = -scale if self._difference and label == LABELS[0] else scale
            if (scale, offset) != (1.0, 0.0):
                data = pc.add(pc.multiply(pc.cast(data, pa.float64()), scale), offset)
                piece = piece.set_column(index, name, data)
        return piece


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
    found = {}
    for one in first:
        if one.role != VALUE:
            continue
        try:
            found[one.name] = affine(others[one.name].unit, one.unit)
        except UnitError as error:
            raise UsageError(f'"{one.name}" of the two results: {error}') from None
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
