"""Maps: states or counties coloured by what their records have, from shapes that the viewer holds itself."""

from __future__ import annotations

import colorsys
import html as texts
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.dots import dots_of
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.figures import COLOURS, REST
from dsgrid.viewer.parts.numbers import count, value
from dsgrid.viewer.parts.shapes import Shapes, all_places, bounds_of, state_of, title_of
from dsgrid.viewer.visit import Visit

Cell = str | float | int | bool | None
_CLEAR: Final = "rgba(0,0,0,0)"
_LINE: Final = "rgba(128,128,128,0.55)"
# From little to much, told apart by brightness alone, too.
_SCALE: Final = (
    (0.0, "#f0e9a8"),
    (0.2, "#b9d59a"),
    (0.4, "#6bb79b"),
    (0.6, "#33909a"),
    (0.8, "#2a6388"),
    (1.0, "#2b2f63"),
)
_LEGEND: Final = 12  # categories that a legend names
_LISTED: Final = 12
_DOTTED: Final = 100  # records of which small ones have dots
_MARGIN: Final = 0.3  # degrees around states that are looked at closely
_SKEWED: Final = 15  # times the median that the largest number is
_NEAR: Final = 20  # degrees from west to east that are looked at closely
_UNSEEN: Final = 40  # records without a shape that are named


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
            _legend(title, colours) if colours else None,
            _valueless(shapes, values),
            # It has its room before it is drawn, so that nothing below it moves.
            html.Div(graph, role="group", className="graph map", style={"minHeight": tall}, **{"aria-label": label}),
            *_numbers(shapes, values, title=title, unit=unit, names=names or {}),
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
        said = [_said(shapes, each, f"{title}: {value(_number(values[each]))} {unit}".strip(), names) for each in shown]
        scaled, ticks = scale([_number(values[each]) for each in shown])
        head = f"{title}{f' ({unit})' if unit else ''}{', logarithmic' if ticks else ''}"
        traces.append(
            {
                **_trace(visit, shapes, [*shown], said),
                "z": scaled,
                "colorscale": [list(stop) for stop in _SCALE],
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
        found = Counter(_word(values[each]) for each in shown)
        # By name, so that a category keeps its colour whatever else is there.
        colours = dict(zip(sorted(found, key=_order), palette(len(found)), strict=True))
        for word, colour in colours.items():
            of = [each for each in shown if _word(values[each]) == word]
            traces.append(
                _flat(visit, shapes, of, colour, [_said(shapes, each, f"{title}: {word}", names) for each in of])
            )
    dots = dots_of(shapes, traces[1:]) if near is None and len(shapes.places) <= _DOTTED else []
    return {"data": [traces[0], *dots, *traces[1:]], "layout": _layout(near)}, colours


def scale(numbers: Sequence[float]) -> tuple[list[float], dict[str, Any]]:
    """Return numbers as colours show them, and the ticks of the bar beside.

    Where a few are far larger than all others, as with populations, colours follow the logarithm; without ticks of its
    own a bar is linear.
    """
    ordered = sorted(numbers)
    middle = ordered[len(ordered) // 2]
    if ordered[0] <= 0 or ordered[-1] < _SKEWED * middle:
        return list(numbers), {}
    logs = [math.log10(each) for each in numbers]
    powers = range(math.floor(min(logs)), math.ceil(max(logs)) + 1)
    return logs, {"tickvals": list(powers), "ticktext": [value(10.0**power) for power in powers]}


def palette(number: int) -> list[str]:
    """Return so many colours; the first twelve are those of all figures, more differ in hue and brightness."""
    if number <= len(COLOURS):
        return list(COLOURS[:number])
    made = []
    for index in range(number):
        # Neighbours in the list, which are often neighbours on the map, are far from each other in hue.
        red, green, blue = colorsys.hls_to_rgb((index * 0.381966) % 1, (0.42, 0.56, 0.68)[index % 3], 0.5)
        made.append(f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}")
    return made


def is_numeric(cells: Any) -> bool:
    """Return whether all cells are numbers."""
    found = list(cells)
    return bool(found) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in found)


def unseen(shapes: Shapes, names: Mapping[str, str]) -> Any:
    """Return which records have no shape; nothing if all have one."""
    if not shapes.without:
        return None
    number = len(shapes.without)
    listed = [f"{each} ({names[each]})" if names.get(each, each) != each else each for each in shapes.without[:_UNSEEN]]
    more = f" and {count(number - _UNSEEN)} more" if number > _UNSEEN else ""
    return html.Details(
        [
            html.Summary(f"{count(number)} of {count(number + len(shapes.places))} records have no shape"),
            html.P(", ".join(listed) + more),
            html.P(
                "The map knows the 50 states, the District of Columbia and their counties of 2016; Connecticut's "
                "planning regions and territories are not among them.",
                className="hint",
            ),
        ],
        className="map-unseen",
    )


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
        "marker": {"line": {"color": _LINE, "width": 0.8}},
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
        "marker": {"line": {"color": _LINE, "width": 0.8 if shapes.level == "states" else 0.25}},
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


def _legend(title: str, colours: Mapping[str, str]) -> Any:
    if len(colours) > _LEGEND:
        return html.P(f"{count(len(colours))} values of {title}: point at a shape to read its own.", className="hint")
    items = [
        html.Li([html.I(style={"background": colour}), word or "(empty)"], className="colour")
        for word, colour in colours.items()
    ]
    return html.Ul(items, className="map-legend", **{"aria-label": f"Colours: {title}"})


def _valueless(shapes: Shapes, values: Mapping[str, Cell]) -> Any:
    """Return what grey means, where something is grey: no value is not zero."""
    number = sum(values.get(record) is None for record in shapes.places)
    if not number:
        return None
    said = f"no value ({count(number)} of {count(len(shapes.places))})"
    return html.Ul(html.Li([html.I(style={"background": REST}), said], className="colour"), className="map-legend")


def _numbers(
    shapes: Shapes, values: Mapping[str, Cell], *, title: str, unit: str, names: Mapping[str, str]
) -> list[Any]:
    """Return what the map shows for who cannot see it: the largest and smallest, or how many of each category."""
    shown = {record: cell for record in shapes.places if (cell := values.get(record)) is not None}
    if not shown:
        return [html.P(f"No record has a value of {title}.", className="hint")]
    if not is_numeric(shown.values()):
        found = Counter(_word(cell) for cell in shown.values())
        rows = [[word or "(empty)", count(number)] for word, number in found.most_common()]
        shown_table = drawn(table([title, "records"], rows, caption=f"{shapes.level} by {title}", numeric=("records",)))
        return [
            html.Details([html.Summary("The numbers"), shown_table], open=len(rows) <= _LEGEND, className="numbers")
        ]
    head = f"{title}{f' ({unit})' if unit else ''}"
    order = sorted(shown, key=lambda record: -_number(shown[record]))
    if len(order) > 2 * _LISTED:
        order = [*order[:_LISTED], *order[-_LISTED:]]
        caption = f"The {_LISTED} largest and the {_LISTED} smallest of {count(len(shown))}"
    else:
        caption = f"All {count(len(shown))}"
    rows = [
        [names.get(each) or title_of(shapes.level, shapes.places[each]), each, value(_number(shown[each]))]
        for each in order
    ]
    numbers = sorted(_number(cell) for cell in shown.values())
    middle = numbers[len(numbers) // 2] if len(numbers) % 2 else sum(numbers[len(numbers) // 2 - 1 :][:2]) / 2
    summary = f"{title}: {value(numbers[0])} to {value(numbers[-1])}, median {value(middle)} {unit}".strip()
    return [
        html.P(summary, className="hint"),
        html.Details(
            [html.Summary("The numbers"), drawn(table(["name", "id", head], rows, caption=caption, numeric=(head,)))],
            className="numbers",
        ),
    ]


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _word(cell: Cell) -> str:
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


def _order(word: str) -> tuple[bool, str]:
    return word == "", word.casefold()
