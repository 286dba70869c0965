"""Maps: states or counties coloured by what their records have, from shapes that the viewer holds itself."""

from __future__ import annotations

import html as texts
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.dots import dots_of
from dsgrid.viewer.parts.figures import REST
from dsgrid.viewer.parts.map_colours import LINE, SCALE, Cell, by_name, is_numeric, number_of, palette, scale, word_of
from dsgrid.viewer.parts.map_legends import legend, numbers_of, unseen, valueless
from dsgrid.viewer.parts.numbers import value
from dsgrid.viewer.parts.shapes import Shapes, all_places, bounds_of, state_of, title_of
from dsgrid.viewer.visit import Visit

_CLEAR: Final = "rgba(0,0,0,0)"
_DOTTED: Final = 100  # records of which small ones have dots
_MARGIN: Final = 0.3  # degrees around states that are looked at closely
_NEAR: Final = 20  # degrees from west to east that are looked at closely


def choropleth(
    visit: Visit,
    shapes: Shapes,
    values: Mapping[str, Cell],
    *,
    id: str,
    title: str,
    unit: str = "",
    names: Mapping[str, str] | None = None,
    height: int = 520,
) -> Any:
    """Return a map with its legend, what it shows as a table, and the records that it cannot show.

    Parameters
    ----------
    shapes
        From `dsgrid.viewer.parts.shapes.shapes_for`.
    values
        Of each record, by its id: numbers, or texts, which are taken as categories.
    title, unit
        What the values are.
    names
        Of records, by their ids; those of the shapes, unless told.
    """
    figure, colours = figure_of(visit, shapes, values, title=title, unit=unit, names=names or {})
    label = f"Map of {shapes.level}, coloured by {title}{f' in {unit}' if unit else ''}"
    tall = f"clamp(280px, 62vw, {height}px)"
    graph = dcc.Graph(
        id=id,
        figure=figure,
        responsive=True,
        style={"height": tall, "width": "100%"},
        config={
            "displaylogo": False,
            "scrollZoom": False,
            "modeBarButtons": [["zoomInGeo", "zoomOutGeo", "resetGeo"], ["toImage"]],
            "toImageButtonOptions": {"filename": "map", "scale": 2},
            "plotlyServerURL": "",
            "topojsonURL": f"{visit.prefix}assets/shapes/",
        },
    )
    return html.Div(
        [
            legend(title, colours) if colours else None,
            valueless(shapes, values),
            # It has its room before it is drawn, so that nothing below it moves.
            html.Div(graph, role="group", className="graph map", style={"minHeight": tall}, **{"aria-label": label}),
            *numbers_of(shapes, values, title=title, unit=unit, names=names or {}),
            unseen(shapes, names or {}),
        ],
        className="map-part",
    )


def figure_of(
    visit: Visit,
    shapes: Shapes,
    values: Mapping[str, Cell],
    *,
    title: str,
    unit: str = "",
    names: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the figure of a map, and the colours of its categories; none where the values are numbers."""
    shown = {record: place for record, place in shapes.places.items() if values.get(record) is not None}
    numbers = is_numeric(values[record] for record in shown)
    near = _states(shapes)
    traces = [_outlines(visit, near)]
    none = [record for record in shapes.places if record not in shown]
    if none:
        traces.append(_flat(visit, shapes, none, REST, [_said(shapes, each, "no value", names) for each in none]))
    colours: dict[str, str] = {}
    if numbers:
        said = [
            _said(shapes, each, f"{title}: {value(number_of(values[each]))} {unit}".strip(), names) for each in shown
        ]
        scaled, ticks = scale([number_of(values[each]) for each in shown])
        head = f"{title}{f' ({unit})' if unit else ''}{', logarithmic' if ticks else ''}"
        traces.append(
            {
                **_trace(visit, shapes, [*shown], said),
                "z": scaled,
                "colorscale": [list(stop) for stop in SCALE],
                "colorbar": {
                    "title": {"text": texts.escape(head), "side": "top"},
                    "thickness": 12,
                    "len": 0.6,
                    "tickangle": 0,
                    "orientation": "h",
                    "y": -0.02,
                    "yanchor": "top",
                    "outlinewidth": 0,
                    **ticks,
                },
            }
        )
    else:
        found = Counter(word_of(values[each]) for each in shown)
        # By name, so that a category keeps its colour whatever else is there.
        colours = dict(zip(sorted(found, key=by_name), palette(len(found)), strict=True))
        for word, colour in colours.items():
            of = [each for each in shown if word_of(values[each]) == word]
            traces.append(
                _flat(visit, shapes, of, colour, [_said(shapes, each, f"{title}: {word}", names) for each in of])
            )
    dots = dots_of(shapes, traces[1:]) if near is None and len(shapes.places) <= _DOTTED else []
    return {"data": [traces[0], *dots, *traces[1:]], "layout": _layout(near)}, colours


def _states(shapes: Shapes) -> list[str] | None:
    """Return the states that a map of a part of the country shows; None for a map of all of it."""
    found = sorted({state_of(shapes.level, place) for place in shapes.places.values()})
    west, _, east, _ = bounds_of("states", found)
    return found if east - west <= _NEAR else None


def _outlines(visit: Visit, near: Sequence[str] | None) -> dict[str, Any]:
    places = list(near) if near is not None else all_places("states")
    return {
        "type": "choropleth",
        "locationmode": "geojson-id",
        "geojson": f"{visit.prefix}assets/shapes/states.json",
        "locations": places,
        "z": [0] * len(places),
        "colorscale": [[0, _CLEAR], [1, _CLEAR]],
        "showscale": False,
        "hoverinfo": "skip",
        "marker": {"line": {"color": LINE, "width": 0.8}},
    }


def _trace(visit: Visit, shapes: Shapes, records: Sequence[str], said: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "choropleth",
        "locationmode": "geojson-id",
        "geojson": f"{visit.prefix}{shapes.file}",
        "locations": [shapes.places[each] for each in records],
        "text": list(said),
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": list(records),
        "marker": {"line": {"color": LINE, "width": 0.8 if shapes.level == "states" else 0.25}},
    }


def _flat(visit: Visit, shapes: Shapes, records: Sequence[str], colour: str, said: Sequence[str]) -> dict[str, Any]:
    return {
        **_trace(visit, shapes, records, said),
        "z": [0] * len(records),
        "colorscale": [[0, colour], [1, colour]],
        "showscale": False,
    }


def _said(shapes: Shapes, record: str, shown: str, names: Mapping[str, str]) -> str:
    """Return what is told of a shape under the pointer. Plotly reads it as HTML, and it comes from the registry."""
    name = title_of(shapes.level, shapes.places[record])
    own = names.get(record, "")
    head = name if own in ("", record) or own in name else f"{name}: {own}"
    return f"<b>{texts.escape(head)}</b> ({texts.escape(record)})<br>{texts.escape(shown)}"


def _layout(near: Sequence[str] | None) -> dict[str, Any]:
    view: dict[str, Any] = {"scope": "usa", "projection": {"type": "albers usa"}}
    if near is not None:
        # The projection of the whole country cannot go closer.
        west, south, east, north = bounds_of("states", near)
        view = {
            "scope": "world",
            "projection": {"type": "mercator"},
            "lonaxis": {"range": [west - _MARGIN, east + _MARGIN]},
            "lataxis": {"range": [south - _MARGIN, north + _MARGIN]},
        }
    return {
        "geo": {
            **view,
            # Anything else of the base map would be fetched from elsewhere.
            "visible": False,
            "bgcolor": _CLEAR,
            "showlakes": False,
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "autosize": True,
        "showlegend": False,
        "dragmode": "pan",
    }
