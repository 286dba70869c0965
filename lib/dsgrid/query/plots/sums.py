"""What the values of a result add up to by one column: for a map, where a picture has a place for each value."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import NotFoundError, UsageError, did_you_mean
from dsgrid.query.plots.choices import columns_to_choose, units_to_choose
from dsgrid.query.plots.columns import CATEGORY, UNIT, columns_of, spaced
from dsgrid.query.plots.gathering import PLACE
from dsgrid.query.plots.prepared import Reader
from dsgrid.query.plots.reported import drawn_columns
from dsgrid.query.plots.rows import Rows
from dsgrid.query.plots.values import Slot

if TYPE_CHECKING:
    from dsgrid.query.plots.scene import Scene
    from dsgrid.query.result import Result

MOST: Final = 20_000


def sums_by(result: Result, by: str, where: Sequence[str] = (), unit: str | None = None) -> dict[str, Any]:
    """Return the sums as a document of JSON.

    Of scenarios, percentiles and units, over which nothing adds up, the first is taken where none is chosen.

    Raises
    ------
    NotFoundError
        If a column or a value that is named does not exist.
    UsageError
        If the column has no names, or too many, or what has the same one does not add up.
    DataError
        If there is nothing to add up.
    """
    columns = drawn_columns(columns_of(result.manifest), result.manifest)
    rows = Rows(result, columns)
    reader = Reader(rows, result.manifest, columns, where, unit)
    _check(reader.scene, by)
    taken = _taken(reader.scene, by)
    if taken:
        chosen = [*where, *(f"{name}={_written(value)}" for name, value in taken.items())]
        reader = Reader(rows, result.manifest, columns, chosen, unit)
    gathered = reader.gathered((Slot(PLACE, (by,)),))
    if not reader.scene.adds_up and gathered.repeated > 1:
        others = [one.name for one in reader.scene.free() if one.name != by]
        raise UsageError(
            f"the values of this result do not add up, and one {spaced(by)} has several; choose one value of "
            f"{', '.join(others)} with --where"
        )
    table = gathered.table
    found = dict(zip(table.column(PLACE).to_pylist(), table.column("value").to_pylist(), strict=True))
    return {
        "by": by,
        "unit": reader.scene.units[0] if reader.scene.units else "",
        "adds_up": reader.scene.adds_up,
        "rows": gathered.rows,
        "taken": taken,
        "units": units_to_choose(reader.scene.units),
        "columns": columns_to_choose(reader.offered),
        "values": [{"value": name, "sum": found[name]} for name in sorted(found)],
    }


def _check(scene: Scene, by: str) -> None:
    names = [one.name for one in scene.columns if one.role == CATEGORY]
    if by not in names:
        raise NotFoundError(f'the result has no column "{by}" with names{did_you_mean(by, names)}')
    if scene.column(by).count > MOST:
        raise UsageError(f'"{by}" has {scene.column(by).count:,} values, and sums of {MOST:,} are the most')


def _taken(scene: Scene, by: str) -> dict[str, str]:
    """Return what is chosen of that which is never added up."""
    found = {one.name: str(one.values[0]) for one in scene.free() if one.apart and one.name != by and one.values}
    return found | ({UNIT: scene.units[0]} if len(scene.units) > 1 else {})


def _written(value: str) -> str:
    """Return a value as conditions take it, commas and all."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow([value])
    return file.getvalue()
