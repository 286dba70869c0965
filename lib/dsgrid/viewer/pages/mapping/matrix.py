"""A mapping as a matrix: rows are the records of `from`, columns those of `to`, cells hold fractions."""

from __future__ import annotations

import html as texts
import math
from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.mapping.matrix_part import TABLE, Part, associations, link, target, ways
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.figures import graph
from dsgrid.viewer.parts.map_colours import SCALE
from dsgrid.viewer.parts.numbers import count, value
from dsgrid.viewer.parts.sides import sides_of
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

MOST: Final = 120  # rows and columns of a picture
_ASKED: Final = "mapping-matrix-asked"
_SHOWN: Final = "mapping-matrix"
_PICTURE: Final = "mapping-matrix-picture"
_LABEL: Final = 24  # characters
Found = Mapping[str, Any]


def place(visit: Visit, reference: str) -> Any:
    """Return where the matrix will stand."""
    return html.Div(
        [
            dcc.Store(id=_ASKED, data={"reference": reference, **Part.of(visit.params).params()}),
            waiting(html.Div(html.P("Drawing the matrix", className="hint"), id=_SHOWN), "Drawing", delay=200),
        ]
    )


def register(app: Dash) -> None:
    """Add what draws the matrix, and what follows a click into it."""

    @app.callback(Output(_SHOWN, "children"), Input(_ASKED, "data"))
    @guarded
    def show(asked: Found | None) -> Any:
        if not asked:
            raise PreventUpdate
        visit, part = here(), Part.of(asked)
        path = path_of("mappings", str(asked["reference"]), "matrix")
        found = visit.ask.get(path, most=MOST, **part.params())
        return shown(visit, found)

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(_PICTURE, "clickData"),
        State(_PICTURE, "figure"),
        prevent_initial_call=True,
    )
    def follow(clicked: Found | None, figure: Found | None) -> Any:
        if not clicked or not figure:
            raise PreventUpdate
        point = clicked["points"][0]
        return target(here(), figure["layout"]["meta"], int(point["y"]), int(point["x"]))


def shown(visit: Visit, found: Found) -> Any:
    """Return a part of a matrix: a table where it is small, else a picture, with the ways to other parts."""
    rows, columns = found["rows"], found["columns"]
    if rows["start"] >= rows["end"] or columns["start"] >= columns["end"]:
        return empty("There is nothing in this part of the matrix.", link(visit, found, "Show all of it", Part()))
    height, width = len(rows["labels"]), len(columns["labels"])
    is_table = rows["step"] == columns["step"] == 1 and height <= TABLE[0] and width <= TABLE[1]
    return html.Div(
        [
            html.P(said(found), className="hint"),
            ways(visit, found),
            as_table(visit, found) if is_table else picture(found),
            html.P(
                "A click on a cell shows its associations."
                if rows["step"] == columns["step"] == 1
                else "A click on a cell goes into it.",
                className="hint",
            )
            if not is_table
            else None,
        ]
    )


def said(found: Found) -> str:
    """Return in words which part of the matrix is shown, and what its cells are."""

    def side(name: str, axis: Found) -> str:
        number = axis["end"] - axis["start"]
        part = (
            f"all {count(number)}"
            if number == axis["total"]
            else f"{count(axis['start'] + 1)} to {count(axis['end'])} of {count(axis['total'])}"
        )
        bins = f", {count(axis['step'])} taken together in each" if axis["step"] > 1 else ""
        return f"{name}: {part}{bins}"

    summed = found["rows"]["step"] > 1 or found["columns"]["step"] > 1
    cells = "sums of fractions" if summed else "fractions"
    one, other = sides_of(str(found["reference"]))
    first, second = side(f"Rows are records of {one}", found["rows"]), side(f"those of {other}", found["columns"])
    return f"{first}; columns {second}. Cells hold {cells}."


def as_table(visit: Visit, found: Found) -> Any:
    """Return a small part as a table, in which each cell leads to its association."""
    rows, columns = found["rows"], found["columns"]
    cells = {(y, x): (number, total) for y, x, number, total in found["cells"]}
    most = max((abs(total) for _, total in cells.values()), default=0.0) or 1.0
    places = list(range(len(columns["labels"])))
    if any(x == -1 for _, x in cells):
        places.append(-1)
    is_whole = columns["end"] - columns["start"] == columns["total"]
    head = [html.Th(" \\ ".join(sides_of(str(found["reference"]))), scope="col", className="first")]
    head += [_head(columns["labels"][x]) if x >= 0 else html.Th("no target", scope="col") for x in places]
    head += [html.Th("sum", scope="col", className="number")] if is_whole else []
    body = []
    for y, label in enumerate(rows["labels"]):
        line: list[Any] = [html.Th(_named(label), title=label["name"], scope="row", className="first")]
        for x in places:
            to = columns["labels"][x]["id"] if x >= 0 else None
            line.append(_cell(visit, found, label["id"], to, cells.get((y, x)), most))
        if is_whole:
            line.append(html.Td(value(sum(cells[y, x][1] for x in places if (y, x) in cells)), className="number"))
        body.append(html.Tr(line))
    caption = "Fractions from rows to columns"
    shown_table = [html.Caption(caption), html.Thead(html.Tr(head)), html.Tbody(body)]
    return html.Div(
        drawn(html.Table(shown_table, className="table fractions")),
        className="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


def picture(found: Found) -> Any:
    """Return a large part as a heat map."""
    rows, columns = found["rows"], found["columns"]
    height, width = len(rows["labels"]), len(columns["labels"])
    has_none = any(x == -1 for _, x, _, _ in found["cells"])
    froms = [_name(each) for each in rows["labels"]]
    tos = [_name(each) for each in columns["labels"]] + (["no target"] if has_none else [])
    z: list[list[float | None]] = [[None] * (width + has_none) for _ in range(height)]
    text = [[""] * (width + has_none) for _ in range(height)]
    for y, x, number, total in found["cells"]:
        x = width if x == -1 else x
        z[y][x] = total
        more = f" in {count(number)} associations" if number > 1 else ""
        text[y][x] = f"{froms[y]} to {tos[x]}<br>{value(total)}{more}"
    heat = {
        "type": "heatmap",
        "z": z,
        "text": text,
        "colorscale": [list(stop) for stop in SCALE],
        "hoverongaps": False,
        "xgap": 1 if width <= 60 else 0,
        "ygap": 1 if height <= 60 else 0,
        "colorbar": {
            "thickness": 12,
            "len": 0.6,
            "outlinewidth": 0,
            "title": {"text": "sum" if rows["step"] > 1 or columns["step"] > 1 else "fraction"},
        },
        "hovertemplate": "%{text}<extra></extra>",
    }
    sides = sides_of(str(found["reference"]))
    layout = {
        "meta": {
            "reference": found["reference"],
            "rows": {**rows, "labels": [each["id"] for each in rows["labels"]]},
            "columns": {**columns, "labels": [each["id"] for each in columns["labels"]]},
        },
        "xaxis": _axis(sides[1], tos, 14),
        "yaxis": {**_axis(sides[0], froms, 28), "autorange": "reversed"},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
    }
    label = f"Heat map of the fractions of {found['reference']}"
    tall = min(720, max(320, 140 + 7 * height))
    return graph({"data": [heat], "layout": layout}, id=_PICTURE, label=label, height=tall, image="matrix")


def _cell(
    visit: Visit, found: Found, from_id: str, to_id: str | None, cell: tuple[int, float] | None, most: float
) -> Any:
    if cell is None:
        return html.Td("", className="number")
    share = math.ceil(10 * min(1.0, abs(cell[1]) / most))
    link = dcc.Link(value(cell[1]), href=associations(visit, str(found["reference"]), from_id, to_id))
    return html.Td(link, className=f"number held share{share}")


def _axis(title: str, names: list[str], most: int) -> dict[str, Any]:
    every = max(1, -(-len(names) // most))
    shown = list(range(0, len(names), every))
    return {
        "title": {"text": title},
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": [names[index] for index in shown],
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }


def _name(label: Found) -> str:
    def short(text: str) -> str:
        return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"

    # Plotly reads labels as HTML.
    if label["records"] > 1:
        return texts.escape(f"{short(label['id'])} – {short(label['last'])}")
    return texts.escape(short(label["id"]))


def _named(label: Found) -> Any:
    name = str(label["name"] or "")
    return label["id"] if name in ("", label["id"]) else [label["id"], " ", html.Span(name, className="named")]


def _head(label: Found) -> Any:
    return html.Th(label["id"], title=label["name"], scope="col", className="number")
