"""Which columns are good for the axes of each kind of picture."""

from __future__ import annotations

from collections.abc import Iterable

from dsgrid.errors import UsageError
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.plots.columns import CATEGORY, CLOCK, CYCLE, HOUR_OF_DAY, INSTANT, SHORT_CYCLES, YEAR, Column
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, KINDS, LINE, LOAD_DURATION

MOST_BARS = 400
_HOURS = 24


def fitting(scene: Scene) -> list[str]:
    """Return the kinds that fit the columns."""
    return [
        kind for kind in KINDS if default_axes(scene, kind) is not None and not (kind == AREA and not scene.adds_up)
    ]


def default_axes(scene: Scene, kind: str) -> tuple[str, str] | None:
    """Return the columns for the axis of a kind, and for the rows of a heat map; None if there are none."""
    free = scene.free()
    instants = sorted((one for one in free if one.role == INSTANT), key=lambda one: -one.count)
    cycles = sorted((one for one in free if one.role == CYCLE), key=lambda one: -one.count)
    years = [one for one in free if one.role == YEAR]
    if kind == HEAT_MAP:
        return _heat_map(cycles, instants)
    if kind == LOAD_DURATION:
        return _first(instants)
    if kind == BAR:
        return _bar(scene, instants, cycles, years)
    percentiles = [one for one in free if one.role == PERCENTILE and kind == LINE]
    return _first([*instants, *cycles, *percentiles, *years])


def _bar(scene: Scene, instants: list[Column], cycles: list[Column], years: list[Column]) -> tuple[str, str]:
    short = [one for one in cycles if one.name in SHORT_CYCLES or one.holds == "string"]
    categories = [one for one in scene.free() if one.role == CATEGORY]
    ordered = sorted(categories, key=lambda one: one.apart)
    few = [one for one in [*cycles, *instants] if one.count <= MOST_BARS]
    # A result of one value is one bar, with the name that it has.
    single = [one for one in scene.columns if one.role in (CATEGORY, YEAR)]
    return _first([*short, *years, *ordered, *few, *single]) or ("", "")


def _heat_map(cycles: list[Column], instants: list[Column]) -> tuple[str, str] | None:
    within_days = [one for one in instants if _is_within_days(one)]
    if within_days:
        return within_days[0].name, ""
    hours = [one for one in cycles if one.name == HOUR_OF_DAY]
    others = [one for one in cycles if one.name != HOUR_OF_DAY]
    if hours and others:
        return _wide(hours[0], others[0])
    return _wide(cycles[0], cycles[1]) if len(cycles) > 1 else None


def _wide(first: Column, second: Column) -> tuple[str, str]:
    """Return two cycles, that with more values along the axis; hours of the day are the axis where days are few."""
    if first.name == HOUR_OF_DAY:
        return (second.name, first.name) if second.count > _HOURS + 7 else (first.name, second.name)
    return (first.name, second.name) if first.count >= second.count else (second.name, first.name)


def axes_of(scene: Scene, kind: str, name: str) -> tuple[str, str]:
    """Return the axes of a kind along a column that the user has chosen.

    Raises
    ------
    UsageError
        If the column is no axis of such a picture.
    """
    x = scene.column(name)
    if x.role == CLOCK:
        raise UsageError(f'"{name}" says which clock other columns are of, and is no axis')
    if kind == HEAT_MAP:
        return _heat_map_along(scene, x)
    if kind == LOAD_DURATION and x.role != INSTANT:
        raise UsageError(
            f'a load duration curve puts hours or days in order; its axis is one such as hourly, and not "{name}"'
        )
    if kind in (LINE, AREA) and x.role == CATEGORY:
        raise UsageError(f'a line along "{name}" would join what has no order; --kind bar fits it')
    if kind == BAR and x.count > MOST_BARS:
        raise UsageError(
            f'"{name}" has {x.count:,} values, and {MOST_BARS} bars are the most that can be told apart; {_instead(x)}'
        )
    return name, ""


def _instead(x: Column) -> str:
    return "--kind line fits it" if x.role == INSTANT else "choose some with --where"


def _heat_map_along(scene: Scene, x: Column) -> tuple[str, str]:
    if x.role == INSTANT:
        if not _is_within_days(x):
            raise UsageError(f'"{x.name}" has no hours, and the rows of a heat map are hours of days')
        return x.name, ""
    others = sorted(
        (one for one in scene.free() if one.role == CYCLE and one.name != x.name),
        key=lambda one: one.name != HOUR_OF_DAY,
    )
    if x.role != CYCLE or not others:
        raise UsageError(
            f'a heat map along "{x.name}" has no rows: it needs hours, or two cycles such as hour_of_day and '
            "month_of_year"
        )
    return x.name, others[0].name


def _is_within_days(column: Column) -> bool:
    return column.holds in ("timestamp", "wall") and not column.step.endswith("d")


def _first(columns: Iterable[Column]) -> tuple[str, str] | None:
    return next(((one.name, "") for one in columns), None)
