"""A picture as a figure of Plotly: plain values, which its Python package and its browser script both take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dsgrid.query.plots.columns import spaced
from dsgrid.query.plots.figure_axes import panel_axes, shares_scale
from dsgrid.query.plots.labels import number_format, text, value_title
from dsgrid.query.plots.palette import GROUND, INK
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import Panel
from dsgrid.query.plots.traces import Trace, axis, coloraxis, is_horizontal, scale, traces
from dsgrid.query.plots.wish import BAR, HEAT_MAP

FONT: Final = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_TOP, _BOTTOM, _HEADING, _TICKS = 34, 64, 30, 44


def figure(prepared: Prepared, manifest: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return ``data`` and ``layout``; the layout's height is for a wide screen."""
    sheet = prepared.sheet
    numbers = range(len(sheet.panels))
    names = {one.name for panel in sheet.panels for one in panel.series}
    height, domains = _domains(prepared)
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 56, "r": 24, "t": _TOP, "b": _BOTTOM},
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": GROUND,
        "plot_bgcolor": GROUND,
        "separators": ".,",
        "showlegend": prepared.picture.kind != HEAT_MAP and len(names) > 1,
        "legend": {"title": {"text": text(", ".join(map(spaced, prepared.picture.by)))}, "traceorder": "normal"},
        "title": {"text": text(title), "x": 0, "xanchor": "left", "xref": "paper"},
        "hovermode": _hovermode(prepared),
        "annotations": [],
    }
    if prepared.picture.kind == BAR:
        layout |= {"barmode": "relative" if prepared.picture.stacked else "group", "bargap": 0.25}
    shared = shares_scale(prepared)
    for number in numbers:
        panel, domain = sheet.panels[number], domains[number]
        along, up = panel_axes(prepared, manifest, number, shared)
        up["domain"] = domain
        along["anchor"], up["anchor"] = axis("y", number), axis("x", number)
        layout[_key("x", number)], layout[_key("y", number)] = along, up
        if panel.name:
            layout["annotations"].append(_heading(panel, domain[1]))
    if prepared.picture.kind == HEAT_MAP:
        layout |= _coloraxes(prepared, domains)
    return {"data": _named_once([one for number in numbers for one in traces(prepared, number)]), "layout": layout}


def _named_once(every: list[Trace]) -> list[Trace]:
    """Return traces of which the first of each colour is in the legend, and no other one."""
    seen: set[str] = set()
    for one in every:
        group = one.get("legendgroup")
        if group in seen:
            one["showlegend"] = False
        elif group is not None:
            seen.add(group)
    return every


def _key(letter: str, number: int) -> str:
    return f"{letter}axis{'' if number == 0 else number + 1}"


def _domains(prepared: Prepared) -> tuple[int, list[list[float]]]:
    """Return the height, and the part of it that each panel has, the first at the top."""
    sheet = prepared.sheet
    count = len(sheet.panels)
    each = 430 if count == 1 else 250 if count <= 3 else 200
    if is_horizontal(prepared):
        beside = 1 if prepared.picture.stacked else max(len(panel.series) for panel in sheet.panels)
        each = max(160, len(sheet.names) * max(24, 13 * beside + 8))
    gap = _HEADING + _TICKS
    whole = each * count + gap * (count - 1)
    height = whole + _TOP + _BOTTOM
    domains = []
    for number in range(count):
        low = (whole - (number + 1) * each - number * gap) / whole
        domains.append([round(max(low, 0.0), 5), round(min(low + each / whole, 1.0), 5)])
    return height, domains


def _hovermode(prepared: Prepared) -> str:
    if prepared.picture.kind == HEAT_MAP:
        return "closest"
    return "y unified" if is_horizontal(prepared) else "x unified"


def _heading(panel: Panel, top: float) -> dict[str, Any]:
    return {
        "text": f"<b>{text(panel.name)}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 13},
    }


def _coloraxes(prepared: Prepared, domains: list[list[float]]) -> dict[str, Any]:
    """Return a scale of colours for each unit, beside the panels that have it."""
    found: dict[str, Any] = {}
    panels = prepared.sheet.panels
    for unit in dict.fromkeys(panel.unit for panel in panels):
        mine = [number for number, panel in enumerate(panels) if panel.unit == unit]
        every = np.array([one.values for number in mine for one in panels[number].series])
        low, high = min(domains[number][0] for number in mine), max(domains[number][1] for number in mine)
        whole = prepared.sheet.panels[mine[0]].unit
        bar = {
            "title": {"text": text(value_title(prepared, whole)), "side": "right", "font": {"size": 12}},
            "thickness": 12,
            "outlinewidth": 0,
            "y": (low + high) / 2,
            "len": high - low,
            "nticks": 6,
            "exponentformat": "B",
            "separatethousands": True,
        }
        most = float(np.nanmax(np.abs(every)))
        if 1 <= most < 1e7:
            bar["tickformat"] = number_format(most) if most < 10 else ",.6~r"
        found[coloraxis(prepared, unit)] = {
            **scale(float(np.nanmin(every)), float(np.nanmax(every))),
            "colorbar": bar,
        }
    return found
