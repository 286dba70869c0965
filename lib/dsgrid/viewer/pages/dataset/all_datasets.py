"""The list of all datasets."""

from __future__ import annotations

from typing import Any

from dash import html

from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.grid import grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.paging import Source
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit


def all_datasets(visit: Visit) -> Any:
    """Return the newest versions of all datasets, to search, filter and sort."""
    total = visit.ask.get("/datasets", limit=1)["total"]
    head = heading("Datasets", "Registry")
    if not total:
        return html.Div([head, empty("There are no datasets yet.", "dsgrid register registers the first one.")])
    columns = [
        Column("id", "Dataset", "link", page="datasets", width=200, grows=2),
        Column("version", "Version"),
        Column("kind", "Kind"),
        Column("rows", "Rows", "count"),
        Column("bytes", "Size", "size"),
        Column("tags", "Tags"),
        Column("registered_at", "Registered", "moment"),
        Column("description", "Description", width=300, grows=3),
    ]
    shown = grid(
        "datasets-all",
        Source("/datasets"),
        columns,
        visit,
        label="Datasets",
        noun="datasets",
        rows=total,
        keeps=True,
    )
    return html.Div([head, shown])
