"""From gathered rows to panels of series: which colours, panels and places there are, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dsgrid.errors import UsageError, listing
from dsgrid.query.plots.clock import Clock, Int64, drawn
from dsgrid.query.plots.columns import INSTANT, UNIT, VALUE, YEAR, shown_value, spaced
from dsgrid.query.plots.gathering import COLOUR, PANEL, PLACE, ROW
from dsgrid.query.plots.picture import Picture
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.series import Float64, Panel, Series, Sheet, without_empty
from dsgrid.query.plots.values import BETWEEN, NONE

if TYPE_CHECKING:
    import pyarrow as pa

# What the rows of small groups have in place of a text; no record is called so.
REST: Final = "\x1eother"
_SHOWN_REST: Final = "other"


@dataclass(frozen=True)
class Order:
    """The texts of colours, panels, places and rows, in their order."""

    colours: tuple[str, ...]
    panels: tuple[str, ...]
    places: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def in_natural_order(scene: Scene, names: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Return texts in the order of the values that they are made of."""
    ranks = [{raw_text(value): rank for rank, value in enumerate(scene.column(name).values)} for name in names]

    def place(text: str) -> tuple[int | str, ...]:
        parts = text.split(BETWEEN) if names else []
        return (*(rank.get(part, len(rank)) for rank, part in zip(ranks, parts, strict=True)), text)

    return tuple(sorted(texts, key=place))


def raw_text(value: object) -> str:
    """Return a value as Arrow writes it."""
    if value is None:
        return NONE
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def shown_text(scene: Scene, names: Sequence[str], text: str, with_name: bool = False) -> str:
    """Return what a text of several columns is called; numbers say what they are of, where they stand alone."""
    return shown_texts(scene, names, (text,), with_name)[0]


def shown_texts(scene: Scene, names: Sequence[str], texts: Sequence[str], with_name: bool = False) -> tuple[str, ...]:
    """Return what many texts are called; see `shown_text`."""
    columns = [scene.column(name) for name in names]
    # Thousands of ranks of hours stand along a load duration curve.
    values = [{raw_text(value): value for value in reversed(column.values)} for column in columns]

    def shown(text: str) -> str:
        if text == REST:
            return _SHOWN_REST
        if not names:
            return text
        parts = []
        for name, column, known, part in zip(names, columns, values, text.split(BETWEEN), strict=True):
            value = known.get(part, part)
            label = shown_value(column, value) or NONE
            of_number = column.role == YEAR or not isinstance(value, str)
            parts.append(f"{spaced(name)} {label}" if with_name and of_number and name != UNIT else label)
        return ", ".join(parts)

    return tuple(shown(text) for text in texts)


def arrange(table: pa.Table, scene: Scene, picture: Picture, order: Order, clock: Clock) -> Sheet:
    """Return the panels of what was gathered."""
    x = scene.column(picture.x) if picture.x else None
    values = np.asarray(table.column(VALUE).to_numpy(zero_copy_only=False), np.float64)
    instants, at = None, np.zeros(len(values), np.int64)
    if x is not None and x.role == INSTANT:
        instants, at = np.unique(drawn(table, x, clock), return_inverse=True)
    elif x is not None:
        at = _numbers(table, PLACE, order.places)
    length = len(order.places) if instants is None else len(instants)
    panel_at, colour_at = _numbers(table, PANEL, order.panels), _numbers(table, COLOUR, order.colours)
    height = max(len(order.rows), 1)
    row_at = _numbers(table, ROW, order.rows) if order.rows else np.zeros(len(values), np.int64)
    shape = (len(order.panels), len(order.colours), height, max(length, 1))
    # Missing is not zero: what has no value stays NaN. Rows that meet at one place (clocks of places) are added.
    where = np.ravel_multi_index((panel_at, colour_at, row_at, at), shape)
    there = ~np.isnan(values)
    size = int(np.prod(shape))
    sums = np.bincount(where[there], values[there], size)
    counts = np.bincount(where[there], minlength=size)
    if not scene.adds_up and counts.max() > 1:
        raise UsageError(refusal(scene, picture))
    grid = np.where(counts > 0, sums, np.nan).reshape(shape)
    panels = tuple(
        Panel(_panel_name(scene, picture, text), _unit(scene, picture, text), _series(scene, picture, order, grid[i]))
        for i, text in enumerate(order.panels)
    )
    names = shown_texts(scene, (picture.x,), order.places) if x is not None else ("",)
    rows = shown_texts(scene, (picture.y,), order.rows) if order.rows else ()
    if order.rows:
        return Sheet(panels, None, names, rows=rows)
    return Sheet(
        without_empty(panels), instants, () if instants is not None else names, _as_numbers(order.places, names)
    )


def _as_numbers(texts: Sequence[str], names: Sequence[str]) -> Float64 | None:
    """Return places that are numbers, and are shown as such; None for names such as months."""
    try:
        return np.array([float(text) for text in texts]) if texts and list(names) == list(texts) else None
    except ValueError:
        return None


def refusal(scene: Scene, picture: Picture) -> str:
    """Return why several values at one place are not added up, and what to choose instead."""
    drawn_ones = {picture.x, picture.y, *picture.by, *picture.facet}
    left = [one for one in scene.free() if one.name not in drawn_ones] or scene.free()
    first = left[0].name if left else "..."
    example = raw_text(left[0].values[0]) if left and left[0].values else "..."
    return (
        "the values of this result do not add up (they are power, means, maxima or the like), and several of them are "
        f"at one place; give {listing([one.name for one in left])} to --by or --facet, or choose one value, such as "
        f"--where {first}={example}"
    )


def _series(scene: Scene, picture: Picture, order: Order, grid: Float64) -> tuple[Series, ...]:
    if order.rows:
        return tuple(
            Series(shown_text(scene, (picture.y,), text), grid[0, number], number)
            for number, text in enumerate(order.rows)
        )
    return tuple(
        Series(shown_text(scene, picture.by, text, with_name=True), grid[number, 0], -1 if text == REST else number)
        for number, text in enumerate(order.colours)
    )


def _numbers(table: pa.Table, name: str, known: Sequence[str]) -> Int64:
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(table.column(name), value_set=pa.array(known, pa.string()))
    return np.asarray(at.to_numpy(zero_copy_only=False), np.int64)


def _panel_name(scene: Scene, picture: Picture, text: str) -> str:
    return shown_text(scene, picture.facet, text, with_name=True)


def _unit(scene: Scene, picture: Picture, text: str) -> str:
    if UNIT in picture.facet:
        return text.split(BETWEEN)[picture.facet.index(UNIT)]
    return scene.units[0] if scene.units else ""


def by_size(table: pa.Table, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the texts of a column with the largest sums of values first, and the rest of many last."""
    import pyarrow.compute as pc

    sizes = table.append_column("#size", pc.abs(table.column(VALUE))).group_by(name).aggregate([("#size", "sum")])
    found = dict(zip(sizes.column(name).to_pylist(), sizes.column("#size_sum").to_pylist(), strict=True))
    return tuple(sorted(texts, key=lambda text: (text == REST, -(found.get(text) or 0.0), text)))
