"""The grid: a table with any number of rows, which are fetched, filtered and sorted by the server as they are seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate
from dash_ag_grid import AgGrid

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError
from dsgrid.viewer.parts.grid_columns import Column, definition
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.parts.paging import Source, block, choice_of, source_of
from dsgrid.viewer.parts.states import sign_in
from dsgrid.viewer.problems import line_of
from dsgrid.viewer.visit import Visit, here

BLOCK: Final = 200  # rows that are fetched at once
_ROW: Final = 34  # pixels, as in grid.css
_HEAD: Final = 76  # names of columns, and a bar to move them
_MOST_HIGH: Final = 15  # rows that are seen at once
_PLAIN: Final = "/:@,+=~!$'()*;"


def grid(
    id: str,
    source: Source,
    columns: Sequence[Column],
    visit: Visit,
    *,
    label: str,
    noun: str = "records",
    rows: int | None = None,
    exports: str | None = None,
    formats: Sequence[str] = ("csv", "parquet"),
    keeps: bool = False,
) -> Any:
    """Return a grid of a list of the server.

    Parameters
    ----------
    id
        Begins with the page's name; the grid itself is `ids(id)`.
    source
        The list; see `dsgrid.viewer.parts.paging.Source`.
    label
        What it holds, for who cannot see it.
    noun
        What its rows are called, such as ``records``.
    rows
        How many there are, if that is known: a short list takes little room.
    exports
        The path below ``/v1`` that all chosen rows are downloaded from; the source's own, unless told. Empty for none.
    formats
        The forms that they are downloaded in.
    keeps
        Search, filters and order stand in the page's address, as ``?search=``, ``?filter=`` and ``?sort=``. For one
        grid of a page.
    """
    search = visit.params.get("search", "") if keeps else ""
    filters, order = _kept(visit, columns) if keeps else ({}, {})
    kept = {
        "path": source.path,
        "params": [list(pair) for pair in source.params],
        "noun": noun,
        "exports": source.path if exports is None else exports,
        "formats": list(formats),
        "keeps": keeps,
    }
    bar = html.Div(
        [
            html.Div(
                [
                    html.Label("Search", htmlFor=_written(_of(id, "search"))),
                    dcc.Input(id=_of(id, "search"), type="search", value=search, debounce=0.35, placeholder="any cell"),
                ],
                className="field",
            )
            if source.is_searched
            else dcc.Input(id=_of(id, "search"), type="hidden", value=""),
            html.P("Loading", id=_of(id, "count"), className="grid-count", role="status"),
            html.Div(id=_of(id, "exports"), className="grid-exports"),
        ],
        className="bar grid-bar",
    )
    return html.Div(
        [
            dcc.Store(id=_of(id, "source"), data=kept),
            dcc.Store(id=_of(id, "stale")),
            bar,
            html.Div(
                [
                    AgGrid(
                        id=ids(id),
                        rowModelType="infinite",
                        columnDefs=[definition(column, visit.prefix, order) for column in columns],
                        defaultColDef={"resizable": True, "sortable": True, "floatingFilter": False},
                        filterModel=filters,
                        dashGridOptions={
                            **_options(),
                            "cacheBlockSize": BLOCK,
                            "maxBlocksInCache": 20,
                            "maxConcurrentDatasourceRequests": 1,
                            "blockLoadDebounceMillis": 80,
                            "infiniteInitialRowCount": max(1, min(rows or _MOST_HIGH, BLOCK)),
                        },
                        style={"height": f"{_height(rows)}px", "width": "100%"},
                        className="dsgrid-grid",
                    ),
                    html.Div(id=_of(id, "note"), className="grid-note"),
                ],
                className="grid-frame",
                role="group",
                **{"aria-label": label},
            ),
        ],
        className="grid-part",
    )


def short_grid(
    id: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], visit: Visit, *, label: str
) -> Any:
    """Return a grid of rows that are all here already; the browser filters and sorts them."""
    return html.Div(
        AgGrid(
            id=id,
            rowModelType="clientSide",
            rowData=list(rows),
            columnDefs=[definition(column, visit.prefix, {}) for column in columns],
            defaultColDef={"resizable": True, "sortable": True},
            dashGridOptions=_options(),
            style={"height": f"{_height(len(rows))}px", "width": "100%"},
            className="dsgrid-grid",
        ),
        className="grid-frame",
        role="group",
        **{"aria-label": label},
    )


def ids(id: str) -> dict[str, str]:
    """Return the id of the AgGrid inside of a grid, for callbacks of a page that listen to its cells."""
    return _of(id, "rows")


def register(app: Dash) -> None:
    """Add what fetches the rows of all grids."""

    @app.callback(
        Output(_of(MATCH, "rows"), "getRowsResponse"),
        Output(_of(MATCH, "count"), "children"),
        Output(_of(MATCH, "exports"), "children"),
        Output(_of(MATCH, "note"), "children"),
        Output(_of(MATCH, "stale"), "data"),
        Input(_of(MATCH, "rows"), "getRowsRequest"),
        State(_of(MATCH, "source"), "data"),
        State(_of(MATCH, "search"), "value"),
        prevent_initial_call=True,
    )
    def fetch(asked: Mapping[str, Any] | None, kept: Mapping[str, Any] | None, search: str | None) -> Any:
        if not asked or not kept:
            raise PreventUpdate
        return fetched(here(), asked, kept, search or "")

    arguments = (State(_of(MATCH, "source"), "data"), State(_of(MATCH, "search"), "value"))
    app.clientside_callback(
        ClientsideFunction("dsgrid_grid", "again"),
        Output(_of(MATCH, "search"), "className"),
        Input(_of(MATCH, "search"), "value"),
        Input(_of(MATCH, "stale"), "data"),
        State(_of(MATCH, "rows"), "id"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("dsgrid_grid", "remember"),
        Output(_of(MATCH, "source"), "modified_timestamp"),
        Input(_of(MATCH, "rows"), "getRowsRequest"),
        *arguments,
        prevent_initial_call=True,
    )


def fetched(visit: Visit, asked: Mapping[str, Any], kept: Mapping[str, Any], search: str) -> tuple[Any, ...]:
    """Return what a grid shows of its list: rows, how many there are, where to download them, what is to be said."""
    noun = str(kept.get("noun") or "rows")
    start, end = int(asked.get("startRow") or 0), int(asked.get("endRow") or BLOCK)
    try:
        source = source_of(kept.get("path"), kept.get("params"))
        choice = choice_of(source, asked.get("filterModel"), asked.get("sortModel"), search)
        found = block(visit.ask, source, choice, start, max(start + 1, min(end, start + BLOCK)))
    except DsgridError as error:
        return {"rowData": [], "rowCount": 0}, "not shown", no_update, _problem(error, visit), no_update
    # An order chooses no rows.
    is_chosen = {pair for pair in choice if pair[0] != "sort"} > {pair for pair in source.params if pair[0] != "sort"}
    total = found.total if not found.is_last else start + len(found.rows)
    note = None
    if total == 0:
        note = f"None of the {noun} fit." if is_chosen else f"There are no {noun}."
    return (
        {"rowData": list(found.rows), "rowCount": total},
        words(total, noun, is_chosen),
        _exports(visit, kept, choice),
        note,
        {"seen": start} if found.is_changed else no_update,
    )


def words(total: int | None, noun: str, is_chosen: bool) -> str:
    """Return how many rows there are, in words."""
    if total is None:
        return f"many {noun}"
    if total == 1:
        return f"1 {noun.removesuffix('s')}{' that fits' if is_chosen else ''}"
    return f"{count(total)} {noun}{' that fit' if is_chosen else ''}"


def _problem(error: DsgridError, visit: Visit) -> Any:
    again = html.Button("Try again", type="button", className="button", **{"data-grid": "again"})
    way = sign_in(visit) if isinstance(error, TokenError) or visit.session.is_anonymous else again
    return html.Div([html.P(line_of(error), className="problem"), html.P(way)], role="alert")


def _exports(visit: Visit, kept: Mapping[str, Any], choice: Sequence[tuple[str, str]]) -> Any:
    path = str(kept.get("exports") or "")
    if not path:
        return None
    params: dict[str, list[str]] = {}
    for name, value in choice:
        params.setdefault(name, []).append(value)
    return [
        html.A(
            _TITLES.get(form, form), href=visit.download(quote(path, safe=_PLAIN), **params, format=form), download=""
        )
        for form in kept.get("formats") or ()
    ]


_TITLES: Final = {"csv": "CSV", "parquet": "Parquet", "arrow": "Arrow"}


def _kept(visit: Visit, columns: Sequence[Column]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the filters and the order that stand in an address, as far as there are such columns."""
    known = {column.field for column in columns}
    try:
        told = json.loads(visit.params.get("filter", "{}"))
    except ValueError:
        told = {}
    filters = {
        name: model for name, model in (told if isinstance(told, dict) else {}).items() if name in known and model
    }
    order = {}
    for part in visit.params.get("sort", "").split(","):
        name = part.removeprefix("-")
        if name in known:
            order[name] = "desc" if part.startswith("-") else "asc"
    return filters, order


def _options() -> dict[str, Any]:
    return {
        "theme": {"function": "themeQuartz"},
        "suppressFieldDotNotation": True,
        "ensureDomOrder": True,
        "rowHeight": _ROW,
        "headerHeight": 38,
        "enableCellTextSelection": True,
        "animateRows": False,
        "suppressColumnVirtualisation": True,
        "tooltipShowDelay": 600,
    }


def _height(rows: int | None) -> int:
    seen = _MOST_HIGH if rows is None else max(3, min(rows, _MOST_HIGH))
    return _HEAD + seen * _ROW


def _written(id: dict[str, Any]) -> str:
    """Return what such an id is called in the page."""
    return json.dumps(id, sort_keys=True, separators=(",", ":"))


def _of(id: Any, part: str) -> dict[str, Any]:
    return {"grid": id, "part": part}
