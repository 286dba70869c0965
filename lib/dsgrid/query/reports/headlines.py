"""What a report says first: its greatest peak, its worst difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dsgrid.query.quantity import quantity
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.measures import system_time
from dsgrid.query.reports.table import form_of, stamped
from dsgrid.query.timestamps import readable

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]


def headline(load: Load, table: pa.Table) -> tuple[str, ...]:
    """Return a line or two for people, of a table that is small and in order."""
    return tuple(_OF[load.report.kind](load, table)) if table.num_rows else ()


def _top(table: pa.Table, name: str, unit: str | None = None) -> int:
    """Return the first row with the greatest of a column; of one unit where that is given."""
    import pyarrow.compute as pc

    values = table.column(name)
    if unit is not None:
        values = pc.if_else(pc.equal(table.column("unit"), unit), values, None)
    return int(pc.index(values, pc.max(values)).as_py())


def _row(load: Load, table: pa.Table, number: int) -> Row:
    """Return a row with its timestamps as texts."""
    (row,) = readable(stamped(load), table.slice(number, 1)).to_pylist()
    return dict(row)


def _named(load: Load, row: Row, but: tuple[str, ...]) -> str:
    """Return the keys of a row: ``state=CA, scenario=reference``."""
    names = [column.name for column in form_of(load).columns if column.name not in but]
    return ", ".join(f"{name}={row[name]}" for name in names)


def _peak_load(load: Load, table: pa.Table) -> list[str]:
    row = _row(load, table, _top(table, "peak", table.column("unit")[0].as_py()))
    ties = f", one of {row['ties']:,} such slots" if row["ties"] > 1 else ""
    when = "" if load.slot_column is None else f" at {row[load.slot_column.name]}"
    but = () if load.slot_column is None else (load.slot_column.name,)
    lines = [f"greatest: {quantity(row['peak'], row['unit'])}{_of(load, row, but)}{when}{ties}"]
    if load.report.coincident_with is not None and load.slot_column is not None:
        when = row[system_time(load)]
        lines.append(
            f"its system: {quantity(row['system_peak'], row['unit'])} at {when}; "
            f"peaks add up to {quantity(row['sum_of_peaks'], row['unit'])}"
        )
    return lines


def _load_duration(load: Load, table: pa.Table) -> list[str]:
    row = _row(load, table, _top(table, "load", table.column("unit")[0].as_py()))
    return [f"greatest: {quantity(row['load'], row['unit'])}{_of(load, row)}"]


def _annual_summary(load: Load, table: pa.Table) -> list[str]:
    row = _row(load, table, _top(table, "total", table.column("unit")[0].as_py()))
    share = "" if row["share_of_total"] is None else f", {row['share_of_total']:.1%} of its total"
    return [f"greatest: {quantity(row['total'], row['unit'])}{_of(load, row)}{share}"]


def _load_factor(load: Load, table: pa.Table) -> list[str]:
    import pyarrow.compute as pc

    if table.column("load_factor").null_count == table.num_rows:
        return []
    row = _row(load, table, _top(table.set_column(0, "#", pc.negate(table.column("load_factor"))), "#"))
    return [f"lowest: {row['load_factor']:.3f}{_of(load, row)}"]


def _calibration(load: Load, table: pa.Table) -> list[str]:
    import pyarrow.compute as pc

    row = _row(load, table, 0)
    percent = "" if row["difference_percent"] is None else f" ({row['difference_percent']:+.1f} %)"
    lines = [f"largest difference: {quantity(row['difference'], row['unit'])}{percent}{_of(load, row)}"]
    counts = {one["values"]: one["counts"] for one in pc.value_counts(table.column("status")).to_pylist()}
    both, own, other = (counts.get(status, 0) for status in ("both", "only_modelled", "only_benchmark"))
    compared = f"{both:,} compared, {own:,} only modelled, {other:,} only in the benchmark"
    if load.report.tolerance is not None:
        outside = pc.sum(pc.equal(table.column("tolerance"), "outside")).as_py()
        compared += f"; {outside:,} outside {load.report.tolerance:g} %"
    return [*lines, compared]


def _of(load: Load, row: Row, but: tuple[str, ...] = ()) -> str:
    named = _named(load, row, but)
    return f" of {named}" if named else ""


_OF: Final[Mapping[str, Callable[[Load, Any], list[str]]]] = {
    "peak_load": _peak_load,
    "load_duration": _load_duration,
    "annual_summary": _annual_summary,
    "load_factor": _load_factor,
    "calibration": _calibration,
}
