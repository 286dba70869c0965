"""Which picture fits a result: its kind, and what each column of the result becomes in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsgrid.errors import NotFoundError, UsageError, did_you_mean, listing
from dsgrid.query.plots.axes import axes_of, default_axes, fitting
from dsgrid.query.plots.columns import CATEGORY, CYCLE, HOUR_OF_DAY, INSTANT, SHORT_CYCLES, UNIT, YEAR, Column
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, LINE, LOAD_DURATION, Wish

# From what people tell apart first to what they tell apart last.
_COLOURED = ("metric", "sector", "subsector", "geography")
MOST_COLOURS = 12
FEW_YEARS = 6
FEW_ROWS = 4


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    Parameters
    ----------
    kind
        One of `dsgrid.query.plots.wish.KINDS`.
    x
        The column along the axis; empty where there is only one value.
    y
        Of a heat map the column of its rows; empty for the hours of the instants in `x`.
    by
        The columns that have colours, together; in an area they are stacked.
    facet
        The columns that have panels, together.
    summed
        The columns with several values that are summed over.
    stacked
        Whether bars of different colours stand on each other.
    asked
        Whether the user has chosen the kind.
    """

    kind: str
    x: str
    y: str = ""
    by: tuple[str, ...] = ()
    facet: tuple[str, ...] = ()
    summed: tuple[str, ...] = ()
    stacked: bool = False
    asked: bool = False


def choose(scene: Scene, wish: Wish) -> Picture:
    """Return the picture that is asked for; what is left open is what fits the columns.

    Raises
    ------
    NotFoundError
        If a column does not exist.
    UsageError
        If the kind does not fit the columns, or would add up what does not add up.
    """
    _check_names(scene, wish)
    kind = wish.kind or _kind(scene, wish)
    axes = axes_of(scene, kind, wish.x) if wish.x else default_axes(scene, kind)
    if axes is None:
        raise UsageError(_misfit(scene, kind))
    x, y = axes
    if kind == HEAT_MAP and wish.by:
        raise UsageError("a heat map has its colours for the values; use --facet for panels instead of --by")
    taken = {x, y}
    for name in (*(wish.by or ()), *(wish.facet or ())):
        if name in taken:
            raise UsageError(f'"{name}" is asked for twice: a column is the axis, or has colours, or has panels')
        taken.add(name)
    by, facet = _groups(scene, wish, kind, x, y)
    if len(scene.units) > 1 and UNIT not in (*by, *facet):
        facet = (*facet, UNIT)
    left = tuple(one for one in _beside(scene, x, y) if one.name not in (*by, *facet))
    _check_apart(scene, left, wish)
    stacks = scene.adds_up and not any(scene.column(name).apart for name in by)
    if kind == AREA:
        _check_stack(scene, by)
    summed = tuple(one.name for one in left) if scene.adds_up else ()
    return Picture(kind, x, y, by, facet, summed, kind == AREA or (kind == BAR and stacks), wish.kind is not None)


def _check_names(scene: Scene, wish: Wish) -> None:
    known = [one.name for one in scene.columns]
    for name in (*((wish.x,) if wish.x else ()), *(wish.by or ()), *(wish.facet or ())):
        if name not in known and not (name == UNIT and name != wish.x):
            raise NotFoundError(f'the result has no column "{name}"{did_you_mean(name, known)}')


def _kind(scene: Scene, wish: Wish) -> str:
    """Return the kind that fits the columns, or the column that is to be the axis."""
    if wish.x:
        return _kind_along(scene, scene.column(wish.x), wish)
    free = scene.free()
    instants = [one for one in free if one.role == INSTANT]
    cycles = [one for one in free if one.role == CYCLE]
    if instants:
        return _kind_along(scene, instants[0], wish)
    hours = any(one.name == HOUR_OF_DAY for one in cycles)
    if hours and not wish.by and any(one.count > FEW_ROWS for one in cycles if one.name != HOUR_OF_DAY):
        return HEAT_MAP
    axes = default_axes(scene, LINE)
    if axes is None:
        return BAR
    return _kind_along(scene, scene.column(axes[0]), wish)


def _kind_along(scene: Scene, x: Column, wish: Wish) -> str:
    if x.role == CATEGORY or (x.role == CYCLE and (x.name in SHORT_CYCLES or x.holds == "string")):
        return BAR
    if x.role == YEAR and x.count <= FEW_YEARS:
        return BAR
    if not scene.adds_up or x.role not in (INSTANT, CYCLE, YEAR):
        return LINE
    coloured = [scene.column(name) for name in wish.by] if wish.by is not None else _optional(scene, x.name)
    return AREA if coloured and not any(one.apart or one.is_time for one in coloured) else LINE


def _optional(scene: Scene, *taken: str) -> list[Column]:
    """Return the categories that may be stacked: those that people tell apart first come first."""
    found = [one for one in scene.free() if one.name not in taken and not one.apart and not one.is_time]
    rank = {type_: number for number, type_ in enumerate(_COLOURED)}
    return sorted(found, key=lambda one: (one.count > MOST_COLOURS, rank.get(one.type, len(rank))))


def _beside(scene: Scene, x: str, y: str) -> list[Column]:
    """Return the columns with several values that are neither axis, and that the axis does not decide."""
    found = [one for one in scene.free() if one.name not in (x, y)]
    return [one for one in found if not (x and _decides(scene.column(x), one))]


def _decides(x: Column, other: Column) -> bool:
    """Tell whether each instant on the axis has one value of another column of time: the month of an hour."""
    if x.role != INSTANT or not other.is_time:
        return False
    if x.holds != "date":
        return True
    longer = {"annual", "monthly", "month_of_year", "season"}
    if x.name == "daily":
        longer |= {"day_of_week", "day_of_month", "day_of_year", "day_type"}
    return other.name in longer


def _groups(scene: Scene, wish: Wish, kind: str, x: str, y: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that have colours, and those that have panels."""
    asked = {*(wish.by or ()), *(wish.facet or ())}
    beside = [one for one in _beside(scene, x, y) if one.name not in asked]
    apart = [one.name for one in beside if one.apart]
    times = [one.name for one in beside if one.is_time and not one.apart]
    if x and scene.column(x).role == CYCLE and kind != HEAT_MAP:
        # Hours of weekdays and of weekends are compared rather than added up.
        few = [one.name for one in beside if one.name in times and one.role == CYCLE and one.count <= FEW_ROWS]
        apart, times = [*apart, *few], [name for name in times if name not in few]
    optional = [one.name for one in _optional(scene, x, y, *asked)]
    if kind == BAR and wish.by is None:
        # The order of the columns is that in which the query names them.
        optional = [one.name for one in beside if one.name in optional]
    if kind == HEAT_MAP:
        return (), wish.facet or (*apart, *(() if scene.adds_up else (*optional, *times)))
    if wish.by is not None:
        return wish.by, tuple(apart) if wish.facet is None else wish.facet
    if kind == AREA:
        return tuple(optional[:1]), tuple(apart) if wish.facet is None else wish.facet
    apart_first = kind == BAR or (kind == LOAD_DURATION and scene.adds_up)
    first = [*apart, *optional] if apart_first else [*optional, *apart]
    by = first[:1]
    rest = [name for name in first[1:] if name in apart]
    if not scene.adds_up:
        by += [name for name in [*first[1:], *times] if name not in rest]
    if wish.facet is not None:
        return (*by, *rest), wish.facet
    return tuple(by), tuple(rest)


def _check_apart(scene: Scene, left: Iterable[Column], wish: Wish) -> None:
    for one in left:
        if one.apart:
            example = one.values[0] if one.values else "..."
            raise UsageError(
                f'"{one.name}" has {one.count} values, which are not added up; give it to --by or --facet, or choose '
                f"one, such as --where {one.name}={example}"
            )


def _check_stack(scene: Scene, by: tuple[str, ...]) -> None:
    if not scene.adds_up:
        raise UsageError(
            "the values of this result do not add up (they are power, means, maxima or the like), so they are not "
            "stacked; --kind line draws them beside each other"
        )
    for name in by:
        if scene.column(name).apart:
            raise UsageError(
                f'the values of "{name}" are not added up, so they are not stacked; give it to --facet, or use '
                "--kind line"
            )


def _misfit(scene: Scene, kind: str) -> str:
    needs = {
        LINE: "time, years or percentiles with several values",
        AREA: "time or years with several values",
        HEAT_MAP: "hours, or two cycles such as hour_of_day and month_of_year",
        LOAD_DURATION: "the values of many hours or days: a column such as hourly",
        BAR: "a column with names or years",
    }[kind]
    names = listing([one.name for one in scene.columns if one.count > 1], 12) or "none with several values"
    return (
        f"{kind.replace('_', ' ')} needs {needs}; the columns of this result are {names}; what fits: "
        f"{', '.join(fitting(scene))}"
    )
