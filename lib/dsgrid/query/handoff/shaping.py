"""The rows of an export's files: wide tables, with a column for each record, or long ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.query.handoff.blocks import Block, RepeatedError, named
from dsgrid.query.handoff.calendar import CalendarError
from dsgrid.query.handoff.clock import Clock
from dsgrid.query.handoff.columns import Columns
from dsgrid.query.handoff.labels import Labels, labels_of
from dsgrid.query.handoff.layout import Layout, at
from dsgrid.query.handoff.model import ERROR, HDF5, HOUR_OF_YEAR, WIDE, ZERO
from dsgrid.query.handoff.naming import NamingError, refuse_repeated
from dsgrid.query.handoff.rows import TIME, ZONE
from dsgrid.query.handoff.survey import Survey
from dsgrid.query.handoff.tally import Tally
from dsgrid.query.handoff.units import Conversion
from dsgrid.query.rules.presentation import UNIT
from dsgrid.time.pieces import Int64

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS: Final = 500_000


class GapError(ValueError):
    """A wide table has cells without a value, and the export does not say what they are."""


@dataclass
class Shaper:
    """Makes the tables of files, and counts what it does.

    Parameters
    ----------
    units
        The conversion of each series.
    notes
        What was done to the calendar, in sentences.
    gaps
        How many cells had no value.
    """

    layout: Layout
    found: Survey
    units: Sequence[Conversion]
    tally: Tally = field(default_factory=Tally)
    notes: dict[str, None] = field(default_factory=dict)
    gaps: int = 0

    @cached_property
    def columns(self) -> Columns:
        """The columns of values."""
        return Columns(self.layout, self.found, self.units)

    @cached_property
    def has_offsets(self) -> bool:
        """Whether labels say what the clock is ahead of UTC, as it may show an hour twice."""
        layout = self.layout
        if layout.source.stamp is None or layout.export.time == HOUR_OF_YEAR:
            return False
        if not layout.by_zone:
            return not layout.clock.is_steady
        zones = self.found.slots.table.column(ZONE)
        clocks = [{zones[slot].as_py() for slot in slots.tolist()} for slots in self.found.slots_of]
        steady = all(Clock.of(zone, layout.source.stamp.standard).is_steady for zone in set().union(*clocks))
        return not steady and (layout.export.shape != WIDE or all(len(one) == 1 for one in clocks))

    def labels(self, block: Block, year: int | None) -> Labels:
        """Return the labels of a file's slots."""
        source, export = self.layout.source, self.layout.export
        slots = self.found.slots.table.take(block.slots) if self.found.slots.columns else None
        if source.stamp is None:
            columns = (
                {} if slots is None else {name: slots.column(name).combine_chunks() for name in slots.column_names}
            )
            return Labels(columns, np.arange(len(block.slots)), np.ones(len(block.slots), bool))
        assert slots is not None
        zones = slots.column(ZONE).to_pylist() if self.layout.by_zone else None
        begins = slots.column(TIME).to_numpy().astype(np.int64)
        texts = export.format in ("csv", HDF5)
        try:
            made = labels_of(begins, zones, self.layout.clock, source.stamp, export, year, texts, self.has_offsets)
        except CalendarError as error:
            raise at(export, error.key).error(str(error)) from None
        self.notes.update(dict.fromkeys(made.notes))
        return made

    def year_of(self, series: int) -> int | None:
        """Return the year that labels of a series say, where it is not their own."""
        export = self.layout.export
        if export.year is None:
            return None
        text = str(self.found.series.table.column(export.year)[series].as_py())
        if not (text.isdigit() and 1600 <= int(text) <= 9999):
            raise at(export, "year").error(f'"{text}" of "{export.year}" is no year')
        return int(text)

    def tables(self, block: Block) -> Iterator[pa.Table]:
        """Yield the rows of a file, some at a time."""
        return self._wide(block) if self.layout.export.shape == WIDE else self._long(block)

    # Wide ------------------------------------------------------------------------------------------------------------

    def _wide(self, block: Block) -> Iterator[pa.Table]:
        others = self.found.series.tuples(self.layout.others)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for row, series in enumerate(block.series.tolist()):
            groups.setdefault(others[series], []).append(row)
        made: dict[int | None, Labels] = {}
        for group, rows in groups.items():
            year = self.year_of(int(block.series[rows[0]]))
            if year not in made:
                made[year] = self.labels(block, year)
            yield self._grid(block, rows, made[year], group)

    def _grid(self, block: Block, rows: list[int], labels: Labels, group: tuple[Any, ...]) -> pa.Table:
        import pyarrow as pa

        export = self.layout.export
        column_of, names = self.columns.of_series, self.columns.names(block.file)
        kept = np.flatnonzero(labels.kept)
        _, first, place = np.unique(labels.keys[kept], return_index=True, return_inverse=True)
        row_of = np.full(len(labels.keys), -1, np.int64)
        row_of[kept] = place
        cells = np.full((len(first), len(names)), np.nan)
        for row in rows:
            column = column_of[block.series[row]]
            self._put(cells[:, column], block.values[row], row_of, int(block.series[row]))
        shown = {name: column.take(pa.array(kept[first])) for name, column in labels.columns.items()}
        if export.decimals is not None:
            cells = np.round(cells, export.decimals) + 0.0
        self._count(block, rows, cells)
        empty = np.isnan(cells)
        if empty.any():
            self._gaps(cells, empty, names, shown, group)
        length = len(first)
        columns = {name: _constant(value, length) for name, value in zip(self.layout.others, group, strict=True)}
        if self.columns.in_rows:
            columns[UNIT] = _constant(self._unit_of(block, rows), length)
        columns |= shown
        self._refuse_repeated(list(columns), names)
        values = {name: pa.array(cells[:, place], from_pandas=True) for place, name in enumerate(names)}
        return pa.table(columns | values)

    def _unit_of(self, block: Block, rows: list[int]) -> str:
        """Return the unit of the rows of a wide table, where these say it."""
        found = sorted({self.units[block.series[row]].unit for row in rows})
        if len(found) > 1:
            message = (
                f"rows have values in {' and '.join(found)}; name the dimensions of metrics in `columns` or `files`"
            )
            raise at(self.layout.export, "columns").error(message)
        return found[0]

    def _put(self, cells: Any, values: Any, row_of: Int64, series: int) -> None:
        there, unit = ~np.isnan(values), self.units[series]
        converted = self.tally.take(values[there], unit)
        rows = row_of[there]
        written = rows >= 0
        if not written.all():
            self.tally.drop(converted[~written], unit.unit)
        rows = rows[written]
        if not np.isnan(cells[rows]).all() or np.bincount(rows, minlength=1).max() > 1:
            raise RepeatedError(f"several rows are of {named(self.found, series)} at one time")
        cells[rows] = converted[written]

    def _count(self, block: Block, rows: list[int], cells: Any) -> None:
        for row in rows:
            values = cells[:, self.columns.of_series[block.series[row]]]
            self.tally.write(values[~np.isnan(values)], self.units[block.series[row]].unit)

    def _gaps(
        self, cells: Any, empty: Any, names: list[str], shown: dict[str, pa.Array], group: tuple[Any, ...]
    ) -> None:
        export = self.layout.export
        number = int(empty.sum())
        if export.missing in (None, ERROR):
            row, column = (int(one) for one in np.argwhere(empty)[0])
            where = [f"{name} {values[row].as_py()}" for name, values in shown.items()]
            where += [f"{name} {one}" for name, one in zip(self.layout.others, group, strict=True)]
            hint = '; say missing = "zero" or "blank"' if export.missing is None else ""
            raise GapError(
                f'{number:,} of {cells.size:,} cells have no value, the first in column "{names[column]}"'
                f"{' at ' + ', '.join(where) if where else ''}{hint}"
            )
        self.gaps += number
        if export.missing == ZERO:
            cells[empty] = 0.0

    def _refuse_repeated(self, in_front: list[str], names: list[str]) -> None:
        try:
            refuse_repeated(names, in_front)
        except NamingError as error:
            raise at(self.layout.export, "columns").error(
                f"{error}; choose another `separator`, or other dimensions"
            ) from None

    # Long ------------------------------------------------------------------------------------------------------------

    def _long(self, block: Block) -> Iterator[pa.Table]:
        made: dict[int | None, tuple[Labels, Int64]] = {}
        pending: list[tuple[int, Labels, Int64, Any]] = []
        count = 0
        for row, series in enumerate(block.series.tolist()):
            year = self.year_of(series)
            if year not in made:
                labels = self.labels(block, year)
                made[year] = labels, np.argsort(labels.keys, kind="stable")
            labels, order = made[year]
            slots = order[~np.isnan(block.values[row][order])]
            unit = self.units[series]
            values = self.tally.take(block.values[row][slots], unit)
            kept = labels.kept[slots]
            if not kept.all():
                self.tally.drop(values[~kept], unit.unit)
            slots, values = slots[kept], values[kept]
            if self.layout.export.decimals is not None:
                values = np.round(values, self.layout.export.decimals) + 0.0
            self.tally.write(values, unit.unit)
            pending.append((series, labels, slots, values))
            count += len(slots)
            if count >= CHUNK_ROWS:
                yield self._rows(pending, block.file)
                pending, count = [], 0
        if pending:
            yield self._rows(pending, block.file)

    def _rows(self, pending: list[tuple[int, Labels, Int64, Any]], file: int) -> pa.Table:
        import pyarrow as pa

        series = np.repeat([one for one, *_ in pending], [len(slots) for _, _, slots, _ in pending])
        columns = {
            name: self.found.series.table.column(name).take(pa.array(series)) for name in self.layout.source.keys
        }
        for name in pending[0][1].columns:
            columns[name] = pa.chunked_array(
                [labels.columns[name].take(pa.array(slots)) for _, labels, slots, _ in pending]
            )
        names = self.columns.names(file)
        self._refuse_repeated(list(columns), names)
        (value,) = names
        columns[value] = pa.array(np.concatenate([values for *_, values in pending]), pa.float64())
        if self.columns.in_rows:
            columns[UNIT] = pa.array([one.unit for one in self.units], pa.string()).take(pa.array(series))
        return pa.table(columns)


def _constant(value: Any, length: int) -> pa.Array:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value), length)
