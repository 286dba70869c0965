"""The table of a result, in a grid whose rows come as they are seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.parts.grid import grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.paging import Source
from dsgrid.viewer.visit import Visit

_NUMBERS: Final = frozenset({"float64", "float32"})
_COUNTS: Final = frozenset({"int32", "int64"})


def rows_part(visit: Visit, place: Place, summary: Mapping[str, Any]) -> Any:
    """Return the grid; its rows are filtered and sorted by the server, and else in the order of the query."""
    return html.Div(
        [
            html.P(_said(summary), className="hint"),
            grid(
                "results-table",
                Source(f"{place.plain_path}/table.json"),
                [column_of(one) for one in summary["columns"]],
                visit,
                label=f"Rows of {summary['query']}",
                noun="rows",
                rows=int(summary["rows"]),
                exports=f"{place.plain_path}/table",
                formats=("csv", "arrow"),
                keeps=True,
            ),
        ]
    )


def column_of(column: Mapping[str, Any]) -> Column:
    """Return a column of a result as grids take it: values have their unit beside the name."""
    name, holds = str(column["name"]), str(column["holds"])
    kind = "number" if holds in _NUMBERS else "count" if holds in _COUNTS and column["type"] != "time" else "text"
    beside = column.get("unit") or (column.get("time_zone") if holds == "timestamp" else "")
    return Column(name, title=f"{name} ({beside})" if beside else name, kind=kind)


def _said(summary: Mapping[str, Any]) -> str:
    zones = [f"{one['name']} in {one['time_zone']}" for one in summary["columns"] if one.get("time_zone")]
    times = f"Times: {', '.join(zones)}. " if zones else ""
    return (
        f"{times}Rows stand as the query has sorted them. The head of a column sorts by it, with Shift by several; "
        "downloads have what is shown."
    )
