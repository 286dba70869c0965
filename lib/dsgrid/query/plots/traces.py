"""What Plotly draws of each panel, as plain values: lines, areas, bars and heat maps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.query.plots.gaps import step_of, with_gaps
from dsgrid.query.plots.labels import number_format, text
from dsgrid.query.plots.palette import REST, SCALE, TWO_SIDED, colour, dash
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import Panel, Series, Sheet
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, LINE
from dsgrid.time.zones import DAY

Trace = dict[str, Any]
_MILLISECOND = 1000
_MARKED = 60  # values of a line that are points, too
HIDDEN_TOTAL = "all"


def traces(prepared: Prepared, number: int) -> list[Trace]:
    """Return what is drawn in a panel."""
    if prepared.picture.kind in (LINE, AREA):
        prepared = _with_gaps(prepared)
    panel = prepared.sheet.panels[number]
    axes = {"xaxis": axis("x", number), "yaxis": axis("y", number)}
    if prepared.picture.kind == HEAT_MAP:
        return [_heat_map(prepared, panel) | axes]
    make = _bar if prepared.picture.kind == BAR else _line
    found = [make(prepared, panel, one) | axes | _named(one) for one in panel.series]
    if prepared.picture.kind == LINE:
        found += [
            _points(prepared, one) | axes | _named(one) for one in panel.series if _is_long(one) and _lonely(one).any()
        ]
    if prepared.picture.kind == AREA and len(found) > 1:
        found.append(_total(prepared, panel) | axes)
    return found


def _with_gaps(prepared: Prepared) -> Prepared:
    sheet, x = prepared.sheet, prepared.picture.x
    if sheet.instants is None:
        return prepared
    step = DAY if sheet.mean else step_of(prepared.scene.column(x), sheet.instants)
    return replace(prepared, sheet=with_gaps(sheet, step))


def axis(letter: str, number: int) -> str:
    """Return the name of an axis of a panel, as traces know it."""
    return letter if number == 0 else f"{letter}{number + 1}"


def group(one: Series) -> str:
    """Return the name of a colour, which its series in all panels have."""
    return f"colour {one.number}"


def is_horizontal(prepared: Prepared) -> bool:
    """Tell whether bars lie: where their names are long, or many."""
    sheet, picture = prepared.sheet, prepared.picture
    if picture.kind != BAR or not picture.x or sheet.instants is not None:
        return False
    if prepared.scene.column(picture.x).role != "category":
        return False
    return len(sheet.names) > 8 or max(map(len, sheet.names)) > 10


def places(sheet: Sheet) -> dict[str, Any]:
    """Return where values are along an axis; hours without a gap are told by the first one and their distance."""
    if sheet.instants is None:
        return {"x": sheet.numbers if sheet.numbers is not None else [text(name) for name in sheet.names]}
    steps = np.unique(np.diff(sheet.instants))
    if len(steps) == 1:
        return {"x0": moment(int(sheet.instants[0])), "dx": int(steps[0]) // _MILLISECOND}
    return {"x": [moment(one) for one in sheet.instants.tolist()]}


def moment(micros: int) -> str:
    """Return an instant of the drawn clock as Plotly reads it."""
    shown = np.datetime_as_string(np.datetime64(micros, "us"), unit="m" if micros % DAY else "D")
    return str(shown).replace("T", " ")


def _named(one: Series) -> Trace:
    return {"name": text(one.name), "legendgroup": group(one)}


def _hover(panel: Panel, prepared: Prepared, letter: str) -> str:
    unit = f" {text(panel.unit)}" if panel.unit else ""
    return f"%{{{letter}:{number_format(prepared.sheet.most)}}}{unit}"


def _line(prepared: Prepared, panel: Panel, one: Series) -> Trace:
    found: Trace = {
        "type": "scatter",
        "mode": "lines",
        "y": one.values,
        "line": {"color": colour(one.number), "width": 1.6},
        "hovertemplate": _hover(panel, prepared, "y"),
        **places(prepared.sheet),
    }
    if not _is_long(one):
        found["mode"] = "lines+markers"
        found["marker"] = {"size": 5, "color": colour(one.number)}
    if prepared.picture.kind == AREA:
        found |= {
            "mode": "lines",
            "stackgroup": f"panel {panel.name}",
            "stackgaps": "infer zero",
            "fillcolor": colour(one.number),
            "line": {"color": colour(one.number), "width": 0},
        }
    else:
        found["line"]["dash"] = dash(one.number)
    return found


def _is_long(one: Series) -> bool:
    return bool(np.count_nonzero(~np.isnan(one.values)) > _MARKED)


def _lonely(one: Series) -> npt.NDArray[np.bool_]:
    """Return which values have no neighbours, so that no line shows them."""
    there = np.concatenate([[False], ~np.isnan(one.values), [False]])
    return there[1:-1] & ~there[:-2] & ~there[2:]


def _points(prepared: Prepared, one: Series) -> Trace:
    """Return the lonely values of a long line as points: a point for each value would hide it."""
    sheet, alone = prepared.sheet, _lonely(one)
    if sheet.instants is not None:
        where: Any = [moment(at) for at in sheet.instants[alone].tolist()]
    elif sheet.numbers is not None:
        where = sheet.numbers[alone]
    else:
        where = [text(name) for name, is_alone in zip(sheet.names, alone.tolist(), strict=True) if is_alone]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": where,
        "y": one.values[alone],
        "marker": {"size": 5, "color": colour(one.number)},
        "hoverinfo": "skip",
    }


def _total(prepared: Prepared, panel: Panel) -> Trace:
    """Return a line that cannot be seen, for the sum of a stack in hovers."""
    every = np.array([one.values for one in panel.series])
    total = np.where(np.isnan(every).all(axis=0), np.nan, np.nansum(every, axis=0))
    return {
        "type": "scatter",
        "mode": "lines",
        "y": total,
        "line": {"width": 0, "color": "rgba(0,0,0,0)"},
        "name": HIDDEN_TOTAL,
        "showlegend": False,
        "hovertemplate": _hover(panel, prepared, "y"),
        **places(prepared.sheet),
    }


def _bar(prepared: Prepared, panel: Panel, one: Series) -> Trace:
    flat = is_horizontal(prepared)
    along, up = ("y", "x") if flat else ("x", "y")
    where = places(prepared.sheet)
    if "x" in where and prepared.sheet.numbers is not None:
        # Years are names here: a bar for each, and no empty place between.
        where = {"x": [text(name) for name in prepared.sheet.names]}
    if flat:
        where = {"y": where["x"]}
    found: Trace = {
        "type": "bar",
        up: one.values,
        "marker": {"color": _bar_colours(prepared, panel, one), "line": {"width": 0}},
        "hovertemplate": _hover(panel, prepared, up),
        **where,
    }
    if flat:
        found["orientation"] = "h"
    assert along in found or f"{along}0" in found
    return found


def _bar_colours(prepared: Prepared, panel: Panel, one: Series) -> str | list[str]:
    """Return the colour of bars; the sum of the rest stands apart where all others have one colour."""
    own = colour(one.number)
    if not prepared.rest_of_places or len(panel.series) > 1:
        return own
    return [own] * (len(one.values) - 1) + [REST]


def _heat_map(prepared: Prepared, panel: Panel) -> Trace:
    sheet = prepared.sheet
    unit = f" {text(panel.unit)}" if panel.unit else ""
    x = "%{x|%a %-d %b %Y}" if sheet.instants is not None else "%{x}"
    return {
        "type": "heatmap",
        "z": np.array([one.values for one in panel.series]),
        "y": [text(name) for name in sheet.rows],
        "hovertemplate": f"{x}, %{{y}}<br>%{{z:{number_format(sheet.most)}}}{unit}<extra></extra>",
        "hoverongaps": False,
        "coloraxis": coloraxis(prepared, panel.unit),
        **places(sheet),
    }


def coloraxis(prepared: Prepared, unit: str) -> str:
    """Return the name of the scale of colours that values of a unit have."""
    units = list(dict.fromkeys(panel.unit for panel in prepared.sheet.panels))
    return axis("coloraxis", units.index(unit))


def scale(least: float, most: float) -> dict[str, Any]:
    """Return colours for values: from dark to light, or from one colour over white to another around zero."""
    if least < 0 < most:
        return {"colorscale": [list(one) for one in TWO_SIDED], "cmid": 0}
    return {"colorscale": SCALE}
