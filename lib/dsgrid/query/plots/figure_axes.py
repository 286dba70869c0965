"""The axes of the panels of a figure: titles, marks, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dsgrid.query.factor import PERCENTILE
from dsgrid.query.plots.columns import INSTANT, MEASURE
from dsgrid.query.plots.labels import column_title, place_title, text, value_title
from dsgrid.query.plots.palette import GRID
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import Panel
from dsgrid.query.plots.traces import is_horizontal
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, LINE, LOAD_DURATION

_SLIDER: Final = 0.09
# So many names of so few letters have a place on a phone.
_MANY, _SHORT = 12, 3
# Beyond this ratio of the largest values, panels have a scale of their own.
_MOST_UNLIKE: Final = 4.0


def shares_scale(prepared: Prepared) -> bool:
    """Tell whether all panels have the same scale of values: of one unit, and of a size that lets all be seen."""
    panels = prepared.sheet.panels
    if len(panels) < 2 or len({panel.unit for panel in panels}) > 1:
        return False
    sizes = [_size(prepared, panel) for panel in panels]
    return max(sizes) <= _MOST_UNLIKE * min(sizes)


def _size(prepared: Prepared, panel: Panel) -> float:
    every = np.abs(np.nan_to_num(np.array([one.values for one in panel.series])))
    return float(every.sum(axis=0).max() if prepared.picture.stacked else every.max())


def panel_axes(
    prepared: Prepared, manifest: Mapping[str, Any], number: int, shared: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the axes of a panel from left to right, and from its bottom to its top."""
    sheet = prepared.sheet
    is_last = number == len(sheet.panels) - 1
    title = text(place_title(prepared, manifest)) if is_last else ""
    along = _plain(title) | _along(prepared)
    if number and not is_horizontal(prepared):
        along["matches"] = "x"
    if prepared.picture.kind == HEAT_MAP:
        return along, _rows(prepared, manifest)
    values = _plain(text(value_title(prepared, sheet.panels[number].unit))) | _values(prepared)
    if number and shared:
        values["matches"] = "x" if is_horizontal(prepared) else "y"
    if not is_horizontal(prepared):
        return along, values
    names = _plain("") | {"type": "category", "autorange": "reversed", "ticks": "", "showgrid": False}
    if not is_last:
        values["title"] = (
            {"text": ""} if shared or len({panel.unit for panel in sheet.panels}) == 1 else values["title"]
        )
    return values, names


def _plain(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": 12}},
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "automargin": True,
        "ticklabelstandoff": 4,
    }


def _along(prepared: Prepared) -> dict[str, Any]:
    """Return how the axis of places is marked."""
    sheet, picture = prepared.sheet, prepared.picture
    x = prepared.scene.column(picture.x) if picture.x else None
    if sheet.instants is not None:
        found: dict[str, Any] = {"type": "date", "hoverformat": _moments(prepared)}
        found |= {"showgrid": False, "nticks": 8, "tickangle": 0}
        if len(sheet.panels) == 1 and picture.kind in (LINE, AREA) and len(sheet.instants) > 48:
            found["rangeslider"] = {"visible": True, "thickness": _SLIDER, "bordercolor": GRID, "borderwidth": 1}
        return found
    if sheet.numbers is None or picture.kind == BAR:
        found = {"type": "category", "showgrid": False}
        if len(sheet.names) > _MANY and max(map(len, sheet.names)) <= _SHORT:
            found |= {"tickangle": 0, "tick0": 0, "dtick": -(-len(sheet.names) // _MANY)}
        return found
    found = {"type": "linear", "showgrid": picture.kind != AREA, "zeroline": False}
    if x is not None and x.name == "hour_of_day":
        found |= {"tick0": 0, "dtick": 3}
    is_quantity = picture.kind == LOAD_DURATION or (
        x is not None and (x.role in (INSTANT, PERCENTILE) or x.type == MEASURE)
    )
    return found | {"tickformat": "," if is_quantity else "d"}


def _moments(prepared: Prepared) -> str:
    x = prepared.scene.column(prepared.picture.x)
    if x.name == "monthly":
        return "%B %Y"
    return "%a %-d %b %Y" if x.holds == "date" or prepared.sheet.mean else "%a %-d %b %Y %H:%M"


def _values(prepared: Prepared) -> dict[str, Any]:
    """Return how the axis of values is marked; millions have no long rows of zeros."""
    sheet = prepared.sheet
    stacked = prepared.picture.stacked
    size = max(_size(prepared, panel) for panel in sheet.panels) if stacked else max(abs(sheet.least), abs(sheet.most))
    found: dict[str, Any] = {"nticks": 6, "exponentformat": "B", "separatethousands": True}
    if 1 <= size < 1e7:
        found["tickformat"] = ",~r" if size < 10 else ",.6~r"
    if prepared.scene.adds_up or prepared.picture.kind == BAR:
        found["rangemode"] = "tozero"
    return found


def _rows(prepared: Prepared, manifest: Mapping[str, Any]) -> dict[str, Any]:
    picture, sheet = prepared.picture, prepared.sheet
    title = column_title(prepared.scene.column(picture.y), manifest) if picture.y else "hour of day"
    every = max(1, round(len(sheet.rows) / 8)) if len(sheet.rows) > 12 else 1
    return _plain(text(title)) | {
        "type": "category",
        "autorange": "reversed",
        "showgrid": False,
        "tick0": 0,
        "dtick": every,
    }
