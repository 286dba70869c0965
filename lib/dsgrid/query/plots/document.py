"""A picture as a document of JSON, for programs that draw it themselves: the figure, its words, what else could be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dsgrid.query.plots.caption import caption, fixed, source
from dsgrid.query.plots.choices import choices
from dsgrid.query.plots.encoding import plain
from dsgrid.query.plots.figure import figure
from dsgrid.query.plots.palette import colour, dash
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import Panel, Series
from dsgrid.query.plots.traces import group, moment
from dsgrid.query.plots.wish import HEAT_MAP
from dsgrid.query.plots.zooms import zooms

# Numbers that are told one by one; of more the summary of each series has to do.
MOST_NUMBERS: Final = 600


def document(prepared: Prepared, manifest: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the picture; the figure is the plain value that Plotly's script draws."""
    picture, scene = prepared.picture, prepared.scene
    return {
        "title": title,
        "source": source(manifest),
        "fixed": fixed(prepared),
        "caption": caption(prepared, manifest),
        "notes": list(prepared.sheet.notes),
        "chosen": {
            "kind": picture.kind,
            "x": picture.x,
            "y": picture.y,
            "by": list(picture.by),
            "facet": list(picture.facet),
            "summed": list(picture.summed),
            "stacked": picture.stacked,
            "units": list(scene.units),
            "rows": prepared.rows,
        },
        "choices": choices(prepared),
        "legend": _legend(prepared),
        "zooms": [{"title": one.name, "from": one.first, "to": one.last} for one in zooms(prepared)],
        "summary": _summary(prepared),
        "numbers": _numbers(prepared),
        "figure": plain(figure(prepared, manifest, title)),
    }


def _legend(prepared: Prepared) -> list[dict[str, Any]]:
    """Return each colour once, in the order in which series stand; a heat map has none."""
    if prepared.picture.kind == HEAT_MAP:
        return []
    seen: dict[str, Series] = {}
    for panel in prepared.sheet.panels:
        for one in panel.series:
            seen.setdefault(group(one), one)
    ordered = sorted(seen.items(), key=lambda item: (item[1].number < 0, item[1].number))
    if len({one.name for _, one in ordered}) < 2:
        return []
    return [
        {"name": one.name, "group": key, "colour": colour(one.number), "dash": dash(one.number)} for key, one in ordered
    ]


def _summary(prepared: Prepared) -> list[dict[str, Any]]:
    """Return what can be said of each series, for who cannot see them; of a heat map of each panel."""
    found = []
    for panel in prepared.sheet.panels:
        if prepared.picture.kind == HEAT_MAP:
            every = np.concatenate([one.values for one in panel.series])
            found.append(_told(prepared, panel, "", every))
        else:
            found += [_told(prepared, panel, one.name, one.values) for one in panel.series]
    return found


def _told(prepared: Prepared, panel: Panel, name: str, values: np.ndarray[Any, Any]) -> dict[str, Any]:
    there = values[~np.isnan(values)]
    adds_up = prepared.scene.adds_up and not prepared.sheet.mean and prepared.picture.kind != "load_duration"
    return {
        "panel": panel.name,
        "series": name,
        "unit": panel.unit,
        "count": len(there),
        "least": float(there.min()) if len(there) else None,
        "mean": float(there.mean()) if len(there) else None,
        "most": float(there.max()) if len(there) else None,
        "sum": float(there.sum()) if len(there) and adds_up else None,
    }


def _numbers(prepared: Prepared) -> list[dict[str, Any]] | None:
    """Return all numbers of a small picture, panel by panel; None where they are many."""
    sheet = prepared.sheet
    if sheet.points > MOST_NUMBERS:
        return None
    if sheet.instants is not None:
        places = [moment(one) for one in sheet.instants.tolist()]
    elif sheet.names:
        places = list(sheet.names)
    else:
        places = [f"{one:g}" for one in (sheet.numbers.tolist() if sheet.numbers is not None else [])]
    return [
        {
            "panel": panel.name,
            "unit": panel.unit,
            "places": places,
            "series": [
                {"name": one.name, "values": [None if np.isnan(each) else float(each) for each in one.values]}
                for one in panel.series
            ],
        }
        for panel in sheet.panels
    ]
