"""Figures: pictures that the server draws of results, with their legends, words and numbers; and figures of pages."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.numbers import count, value
from dsgrid.viewer.parts.picture_words import in_words

# Those of the server's pictures: people with any colour vision can tell them apart, on light and on dark ground.
COLOURS: Final = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#999933",
    "#aa4499",
    "#44aa99",
    "#c9b458",
    "#cc6677",
    "#7a78d8",
)
REST: Final = "#98a3ae"
_CLEAR: Final = "rgba(0,0,0,0)"
_HEIGHT: Final = 430


def graph(figure: Mapping[str, Any], *, id: str, label: str, height: int | None = None, image: str = "plot") -> Any:
    """Return a figure in the colours of the theme, as wide as its place.

    Parameters
    ----------
    figure
        ``data`` and ``layout``, as plain values.
    label
        What it shows, for who cannot see it; the numbers should stand beside it as text.
    height
        In pixels; by default what the layout says.
    image
        The name of the file when it is saved as an image.
    """
    layout = themed(figure.get("layout", {}))
    layout["height"] = height or layout.get("height", _HEIGHT)
    return html.Div(
        dcc.Graph(
            id=id,
            figure={"data": list(figure.get("data", ())), "layout": layout},
            responsive=True,
            style={"height": f"{layout['height']}px", "width": "100%"},
            config={
                "displaylogo": False,
                "doubleClick": "reset",
                # These and no others: nothing here goes to a server.
                "modeBarButtons": [["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"], ["toImage"]],
                "toImageButtonOptions": {"filename": image, "scale": 2},
                "plotlyServerURL": "",
            },
        ),
        role="group",
        className="graph",
        **{"aria-label": label},
    )


def themed(layout: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layout on clear ground, without the title and the legend that the page has itself."""
    own = {name: each for name, each in layout.items() if name != "title"}
    return {
        **own,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "showlegend": False,
        "autosize": True,
        "hoverlabel": {**own.get("hoverlabel", {}), "namelength": -1},
    }


def picture(answer: Mapping[str, Any], *, id: str) -> Any:
    """Return what ``.../result/plot?format=json`` answers: the figure, its legend, its words and its numbers."""
    caption = in_words(str(answer["caption"]))
    parts = [
        html.P(answer["fixed"], className="hint") if answer.get("fixed") else None,
        _legend(answer),
        _zooms(answer.get("zooms", ())),
        graph(answer["figure"], id=id, label=caption, image=str(answer.get("title") or "plot")),
        html.Figcaption(caption, className="hint"),
        html.Details([html.Summary("The numbers"), *_numbers(answer)], className="numbers"),
    ]
    # What readers have hidden or zoomed belongs to this figure, and not to the next one in its place.
    return html.Figure([one for one in parts if one is not None], className="figure", key=_mark(answer))


def _mark(answer: Mapping[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(answer['figure'], sort_keys=True).encode()):08x}"


def _legend(answer: Mapping[str, Any]) -> Any:
    colours: Sequence[Mapping[str, str]] = answer.get("legend", ())
    if not colours:
        return None
    columns = {one["name"]: one["title"] for one in answer["choices"]["columns"]}
    name = ", ".join(columns.get(one, one) for one in answer["chosen"]["by"])
    lines = answer["chosen"]["kind"] in ("line", "load_duration")
    buttons = [
        html.Button(
            [html.I(style={"background": _stroke(one, lines)}), one["name"]],
            type="button",
            className="colour",
            **{"aria-pressed": "true", "data-group": one["group"]},
        )
        for one in colours
    ]
    return html.Div(
        [html.Span(name) if name else None, *buttons],
        className="legend",
        role="group",
        title="Click hides or shows; double-click shows one alone",
        **{"aria-label": f"Colours: {name}" if name else "Colours"},
    )


def _stroke(one: Mapping[str, str], is_line: bool) -> str:
    """Return how a colour is shown in the legend: as a line is drawn."""
    if not is_line or one["dash"] == "solid":
        return one["colour"]
    return f"repeating-linear-gradient(90deg,{one['colour']} 0 4px,transparent 4px 6px)"


def _zooms(zooms: Sequence[Mapping[str, str]]) -> Any:
    if not zooms:
        return None
    buttons = [
        html.Button(one["title"], type="button", **{"data-from": one["from"], "data-to": one["to"]}) for one in zooms
    ]
    whole = html.Button("all", type="button", **{"data-from": "", "data-to": ""})
    return html.Div(
        [html.Span("zoom"), *buttons, whole], className="zooms", role="group", **{"aria-label": "Zoom of the time"}
    )


def _numbers(answer: Mapping[str, Any]) -> list[Any]:
    """Return the numbers of a small picture, or each series in short."""
    panels = answer.get("numbers")
    if panels is None:
        return [_short(answer.get("summary", ()))]
    columns = {one["name"]: one["title"] for one in answer["choices"]["columns"]}
    x = answer["chosen"]["x"]
    found = []
    for panel in panels:
        names = [one["name"] or "value" for one in panel["series"]]
        rows = [
            [place, *(value(one["values"][index]) for one in panel["series"])]
            for index, place in enumerate(panel["places"] or [""])
        ]
        caption = ", ".join(one for one in (panel["panel"], panel["unit"] or "no unit") if one)
        found.append(table([columns.get(x, x) or "", *names], rows, caption=caption, numeric=names))
    return found


def _short(summary: Sequence[Mapping[str, Any]]) -> Any:
    with_panel = any(one["panel"] for one in summary)
    with_series = any(one["series"] for one in summary)
    with_sum = any(one["sum"] is not None for one in summary)
    rows = [
        [
            *([one["panel"]] if with_panel else []),
            *([one["series"]] if with_series else []),
            one["unit"] or "no unit",
            count(one["count"]),
            value(one["least"]),
            value(one["mean"]),
            value(one["most"]),
            *([value(one["sum"])] if with_sum else []),
        ]
        for one in summary
    ]
    numeric = ["values", "smallest", "mean", "greatest", *(["sum"] if with_sum else [])]
    names = [*(["panel"] if with_panel else []), *(["series"] if with_series else []), "unit", *numeric]
    return table(names, rows, caption="Each series in short", numeric=numeric)
