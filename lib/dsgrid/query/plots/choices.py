"""What else could be drawn of a result: kinds that fit, columns for axes, colours and panels, values, units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dsgrid.dimensions.units import alternatives
from dsgrid.errors import UsageError
from dsgrid.query.plots.axes import axes_of, fitting
from dsgrid.query.plots.columns import CLOCK, INSTANT, UNIT, Column, shown_value, spaced
from dsgrid.query.plots.prepared import Offered, Prepared
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.traces import moment
from dsgrid.query.plots.wish import AREA, HEAT_MAP

# Values of a column that are named; more are chosen by typing them.
MOST_VALUES: Final = 500


def choices(prepared: Prepared) -> dict[str, Any]:
    """Return what can be chosen instead, each as the word by which it is asked for."""
    scene, picture = prepared.scene, prepared.picture
    free = [one for one in scene.free() if one.name not in (picture.x, picture.y)]
    names = [one.name for one in free] + ([UNIT] if len(scene.units) > 1 else [])
    coloured = [one for one in names if not (picture.kind == AREA and _is_apart(scene, one))]
    return {
        "kinds": fitting(scene),
        "x": [one.name for one in scene.columns if one.count > 1 and _is_axis(scene, picture.kind, one.name)],
        "by": [] if picture.kind == HEAT_MAP else coloured,
        "facet": names,
        "units": units_to_choose(scene.units),
        "columns": columns_to_choose(prepared.offered),
    }


def _is_apart(scene: Scene, name: str) -> bool:
    return name != UNIT and scene.column(name).apart


def _is_axis(scene: Scene, kind: str, name: str) -> bool:
    try:
        axes_of(scene, kind, name)
    except UsageError:
        return False
    return True


def units_to_choose(shown: tuple[str, ...]) -> list[str]:
    """Return the units in which all values can be drawn: of several kinds there are none but their own."""
    common = alternatives(shown[0]) if shown else ()
    return [one for one in common if all(one in alternatives(each) for each in shown)]


def columns_to_choose(offered: Iterable[Offered]) -> list[dict[str, Any]]:
    """Return the columns of a whole result, with the values that can be chosen."""
    return [_column(one) for one in offered if one.column.role != CLOCK]


def _column(one: Offered) -> dict[str, Any]:
    column: Column = one.column
    told: dict[str, Any] = {
        "name": column.name,
        "title": spaced(column.name),
        "type": column.type,
        "role": column.role,
        "count": column.count,
        "added_up": not column.apart,
    }
    if column.role == INSTANT:
        ends = {"first": one.first, "last": one.last}
        return told | {"values": []} | {name: None if at is None else moment(at) for name, at in ends.items()}
    values = [] if column.count > MOST_VALUES else [value for value in column.values if value is not None]
    return told | {"values": [{"value": str(value), "title": shown_value(column, value)} for value in values]}
