"""The matrix of datasets and records as a picture, for more records than a table has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.project.cells import ACCEPTED, COMPOSITE
from dsgrid.viewer.parts.figures import graph
from dsgrid.viewer.parts.numbers import count

Json = Mapping[str, Any]
# What is due, nothing, from some to almost all, and all, each apart from its neighbour. Seen on light and on dark.
_DUE: Final = -1
_SCALE: Final = [
    *([0, "#98a3ae"], [0.49, "#98a3ae"], [0.4901, "#b4443b"], [0.5, "#b4443b"], [0.5001, "#d99a3d"]),
    *([0.75, "#c9c06a"], [0.9995, "#6bb3a6"], [0.9999, "#1d7d8a"], [1, "#1d7d8a"]),
]
_ROW: Final = 22
_NAME: Final = 44  # characters of a dataset's id


def heat(found: Json, search: str = "") -> Any:
    """Return the picture, and in words what it shows."""
    rows = [
        row
        for row in found["datasets"]
        if row["required"] is not None and row["status"] != COMPOSITE and search.casefold() in row["dataset"].casefold()
    ]
    name, records = found["dimension"]["name"], found["records"]
    label = f"What {len(rows):,} datasets cover of {len(records):,} records of {name}"
    drawn, height = figure(rows, records, name), 90 + _ROW * len(rows)
    return html.Div(
        [
            html.Div(
                graph(drawn, id="project-heat", label=label, height=height, image=f"coverage_{name}"),
                className="scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": label},
            ),
            html.P(
                "Blue: all that is required; ochre to green: a part; red: nothing; grey: due; blank: nothing is "
                "required. Drag to enlarge, click twice for all."
                + (f" The first {count(len(records))} records." if len(records) < found["total"] else ""),
                className="hint",
            ),
        ]
    )


def figure(rows: Sequence[Json], records: Sequence[Json], name: str) -> dict[str, Any]:
    """Return the picture for Plotly: a share for each dataset and record; nothing where nothing is required."""
    names = [f"{row['dataset']}@{row['version']}" if row["version"] else row["dataset"] for row in rows]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": [shares(row["required"], row["present"], row["status"] == ACCEPTED) for row in rows],
                "x": [_told(record) for record in records],
                "y": names,
                "zmin": _DUE,
                "zmax": 1,
                "colorscale": _SCALE,
                "showscale": False,
                "hoverongaps": False,
                "hovertemplate": "%{y}<br>%{x}<br>%{z:.1%} of what is required<extra></extra>",
            }
        ],
        "layout": {
            "margin": {"l": 8, "r": 8, "t": 34, "b": 34},
            "xaxis": {"title": {"text": name}, "showticklabels": False, "ticks": "", "type": "category"},
            "yaxis": {
                "autorange": "reversed",
                "automargin": True,
                "fixedrange": True,
                "type": "category",
                "ticks": "",
                "tickmode": "array",
                "tickvals": names,
                "ticktext": [_short(row["dataset"]) for row in rows],
            },
        },
    }


def shares(required: Sequence[int], present: Sequence[int], is_there: bool = True) -> list[float | None]:
    """Return which share of what is required is there, and -1 for what is due; only all of it is 1, and none 0."""
    nothing = 0 if is_there else _DUE
    return [
        None
        if not wanted
        else 1
        if there >= wanted
        else min(0.999, max(0.001, round(there / wanted, 3)))
        if there
        else nothing
        for wanted, there in zip(required, present, strict=True)
    ]


def _told(record: Json) -> str:
    id_, name = record["id"], record["name"]
    return str(id_) if name == id_ else f"{name} ({id_})"


def _short(text: str) -> str:
    return text if len(text) <= _NAME else f"{text[: _NAME // 2]}…{text[1 - _NAME // 2 :]}"
