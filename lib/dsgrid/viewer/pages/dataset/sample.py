"""The sample: the first rows as they are stored, chosen by columns and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.blocks import section
from dsgrid.viewer.parts.grid import short_grid
from dsgrid.viewer.parts.grid_columns import Column, columns_of
from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty, failed
from dsgrid.viewer.visit import Visit, here

ROWS: Final = 50
MOST: Final = 1_000


@dataclass(frozen=True)
class Choice:
    """Which rows are looked at.

    Parameters
    ----------
    where
        Tests such as ``geography=CO`` or ``value>5``, which all have to hold.
    columns
        Their names; all where there are none.
    """

    rows: int = ROWS
    where: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Choice:
        """Return what an address, or a form, says."""
        text = str(params.get("rows") or ROWS)
        rows = int(text) if text.isdecimal() else ROWS
        where = tuple(line.strip() for line in str(params.get("where") or "").splitlines() if line.strip())
        columns = tuple(name.strip() for name in str(params.get("columns") or "").split(",") if name.strip())
        return cls(max(1, min(rows, MOST)), where, columns)

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the address; nothing for what is usual."""
        return {
            "rows": self.rows if self.rows != ROWS else None,
            "where": "\n".join(self.where),
            "columns": ",".join(self.columns),
        }


def show(visit: Visit, entry: Entry) -> Any:
    """Return the form, and the rows that the address asks for."""
    if not entry.get("files"):
        return empty("This dataset holds no data of its own.")
    choice = Choice.of(visit.params)
    units = {str(one["metric"]): str(one["unit"]) for one in entry.get("profile", ())}
    return section(
        "First rows as they are stored",
        form(choice),
        dcc.Store(id="dataset-sample-of", data={"reference": pinned(entry), "shown": visit.reference, "units": units}),
        dcc.Store(id="dataset-sample-address"),
        dcc.Loading(html.Div(_shown(visit, pinned(entry), choice, units), id="dataset-sample-rows"), delay_show=200),
    )


def form(choice: Choice) -> Any:
    """Return the form that chooses rows."""
    return html.Div(
        [
            html.Div(
                [
                    html.Label("Tests, one on a line", htmlFor="dataset-sample-where"),
                    dcc.Textarea(
                        id="dataset-sample-where",
                        value="\n".join(choice.where),
                        placeholder="geography=ID,ID",
                        rows=2,
                    ),
                ],
                className="field wide",
            ),
            html.Div(
                [
                    html.Label("Columns, with commas between", htmlFor="dataset-sample-columns"),
                    dcc.Input(
                        id="dataset-sample-columns", type="text", value=", ".join(choice.columns), placeholder="all"
                    ),
                ],
                className="field wide",
            ),
            html.Div(
                [
                    html.Label("Rows", htmlFor="dataset-sample-count"),
                    dcc.Input(id="dataset-sample-count", type="number", value=choice.rows, min=1, max=MOST, step=1),
                ],
                className="field narrow",
            ),
            html.Button("Show", id="dataset-sample-show", type="button", className="button main"),
        ],
        className="bar",
    )


def _shown(visit: Visit, reference: str, choice: Choice, units: Mapping[str, str]) -> Any:
    try:
        return _asked(visit, reference, choice, units)
    except DsgridError as error:
        return failed(error, visit)


def _asked(visit: Visit, reference: str, choice: Choice, units: Mapping[str, str]) -> Any:
    path = path_of("datasets", reference, "rows")
    params: dict[str, Any] = {
        "rows": choice.rows,
        "where": list(choice.where),
        "columns": ",".join(choice.columns) or None,
    }
    found = visit.ask.get(path, **params)
    downloads = {form: visit.download(path, **params, format=form) for form in ("csv", "arrow")}
    return rows_shown(visit, found, units, downloads)


def rows_shown(visit: Visit, found: Mapping[str, Any], units: Mapping[str, str], downloads: Mapping[str, str]) -> Any:
    """Return rows as a grid, with what holds of all of them.

    Parameters
    ----------
    units
        Of columns that are metrics.
    downloads
        Where the same rows are, by their form.
    """
    rows: Sequence[Mapping[str, Any]] = found["items"]
    if not rows:
        return empty("No row fits.", "Ids are those of the dataset's own dimensions; several have commas between.")
    total = found.get("total")
    of = f" of {count(total)}" if total is not None and total > len(rows) else ""
    names = list(rows[0])
    known = {
        name: Column(name, f"{name}, {unit}", "number", width=_width(f"{name}, {unit}"))
        for name, unit in units.items()
        if name in names and unit
    }
    known |= {name: Column(name, name, width=190) for name in names if name.endswith("timestamp")}
    return html.Div(
        [
            html.P(
                [
                    html.Span(f"{plural(len(rows), 'row')}{of}. "),
                    html.A("CSV", href=downloads["csv"], download=""),
                    " ",
                    html.A("Arrow", href=downloads["arrow"], download=""),
                ]
            ),
            html.Ul([html.Li(str(each)) for each in found.get("remarks", ())], className="remarks"),
            short_grid("dataset-sample-grid", columns_of(names, rows, known), rows, visit, label="First rows"),
        ]
    )


def _width(title: str) -> int:
    """Return how wide a column has to be to show its title whole."""
    return max(120, min(340, 60 + 8 * len(title)))


def register(app: Dash) -> None:
    """Add what the form does."""

    @app.callback(
        Output("dataset-sample-rows", "children"),
        Output("dataset-sample-address", "data"),
        Input("dataset-sample-show", "n_clicks"),
        Input("dataset-sample-columns", "n_submit"),
        Input("dataset-sample-count", "n_submit"),
        State("dataset-sample-where", "value"),
        State("dataset-sample-columns", "value"),
        State("dataset-sample-count", "value"),
        State("dataset-sample-of", "data"),
        prevent_initial_call=True,
    )
    def chosen(_a: Any, _b: Any, _c: Any, where: str, columns: str, rows: int, of: Mapping[str, Any]) -> Any:
        visit = here()
        choice = Choice.of({"where": where, "columns": columns, "rows": rows})
        shown = _shown(visit, str(of["reference"]), choice, of.get("units") or {})
        return shown, visit.href("datasets", str(of["shown"]), tab="sample", **choice.params)

    app.clientside_callback(
        ClientsideFunction("dsgrid_dataset", "remember"),
        Output("dataset-sample-address", "modified_timestamp"),
        Input("dataset-sample-address", "data"),
        prevent_initial_call=True,
    )
