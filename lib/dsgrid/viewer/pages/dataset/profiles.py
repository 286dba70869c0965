"""The profiles: what the values of each metric are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.grid import short_grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.numbers import plural, value
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.visit import Visit, here

COUNTED: Final = 5_000_000  # values among which zeros are counted without being asked for
_BARS: Final = 30  # metrics of a unit that are told one by one
_COLUMNS: Final = (
    Column("metric", "Metric", width=200, grows=2),
    Column("unit", "Unit", width=90),
    Column("sum", "Sum", "number", width=150),
    Column("mean", "Mean", "number"),
    Column("min", "Least", "number"),
    Column("max", "Greatest", "number"),
    Column("zeros", "Zeros, %", "number"),
    Column("values", "Values", "count"),
    Column("combinations", "Combinations", "count", width=155),
    Column("filled", "With data, %", "number", width=145),
)


def show(visit: Visit, entry: Entry) -> Any:
    """Return the profiles."""
    found = visit.ask.get(path_of("datasets", pinned(entry), "profiles"))["items"]
    if not found:
        return empty(
            "There are no profiles of this version.",
            "It holds no data of its own, or was registered by a dsgrid that did not keep them.",
        )
    adds_up = entry.get("time", {}).get("measurement", "total") == "total"
    are_counted = sum(one["values"] for one in found) <= COUNTED
    zeros = counts(visit, entry) if are_counted else None
    return html.Div(
        [
            section(
                "Values of each metric",
                html.P(
                    "Over all combinations of records and all time, each value counting once. Combinations are of all "
                    "other dimensions: how many have data of the metric, and which part of all that is.",
                    className="hint",
                ),
                html.Div(profile_grid(visit, found, zeros), id="dataset-profiles-grid"),
                None if are_counted else _counting(entry),
            ),
            section("Sums by unit", sums(found)) if adds_up else None,
        ]
    )


def _counting(entry: Entry) -> Any:
    """Return the button that counts zeros, where that takes a while."""
    return html.P(
        [
            dcc.Store(id="dataset-profiles-of", data=pinned(entry)),
            html.Button("Count zeros", id="dataset-profiles-count", type="button", className="button"),
            html.Span(" reads all values of the dataset.", className="hint"),
        ]
    )


def counts(visit: Visit, entry: Entry) -> dict[str, int] | None:
    """Return how many values of each metric are zero; None where the server does not count them."""
    try:
        return _counts(visit, pinned(entry))
    except DsgridError:
        return None  # the profiles are of use without them


def _counts(visit: Visit, reference: str) -> dict[str, int]:
    found = visit.ask.get(path_of("datasets", reference, "zeros"))["items"]
    return {str(one["metric"]): int(one["zeros"]) for one in found}


def profile_grid(visit: Visit, found: Sequence[Mapping[str, Any]], zeros: Mapping[str, int] | None) -> Any:
    """Return the grid of profiles; zeros have a column where they were counted."""
    columns = [one for one in _COLUMNS if one.field != "zeros" or zeros is not None]
    return short_grid("dataset-profiles", columns, rows(found, zeros), visit, label="Values of each metric")


def rows(found: Sequence[Mapping[str, Any]], zeros: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Return the rows of the grid.

    Parameters
    ----------
    zeros
        How many values of each metric are zero; a metric that is not there has none.
    """
    return [
        {
            **one,
            "filled": round(100 * one["combinations"] / one["of"], 2) if one.get("of") else None,
            "zeros": None if zeros is None else round(100 * zeros.get(one["metric"], 0) / one["values"], 2),
        }
        for one in found
    ]


def sums(found: Sequence[Mapping[str, Any]]) -> Any:
    """Return what the metrics of each unit add up to, with the part of each of them as a bar."""
    by_unit: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        by_unit.setdefault(str(one["unit"]), []).append(one)
    return html.Div([_of_unit(unit, some) for unit, some in by_unit.items() if len(some) > 1 or len(by_unit) == 1])


def _of_unit(unit: str, some: Sequence[Mapping[str, Any]]) -> Any:
    total = sum(one["sum"] for one in some)
    whole = sum(abs(one["sum"]) for one in some)
    ordered = sorted(some, key=lambda one: -abs(one["sum"]))
    body = [[html.Code(one["metric"]), value(one["sum"]), _share(one["sum"], whole)] for one in ordered[:_BARS]]
    if rest := [one["sum"] for one in ordered[_BARS:]]:
        body.append([plural(len(rest), "other"), value(sum(rest)), _share(sum(rest), whole)])
    named = unit or "no unit"
    caption = f"{plural(len(some), 'metric')} in {named}: in all {value(total)} {unit}".strip()
    return drawn(table(["Metric", f"Sum, {named}", "Part"], body, caption=caption, numeric=[f"Sum, {named}"]))


def _share(part: float, whole: float) -> Any:
    percent = 100 * part / whole if whole else 0.0
    # The bar is a picture of the number beside it.
    bar = html.I(html.I(**{"data-width": f"{abs(percent):.2f}%"}), className="share", **{"aria-hidden": "true"})
    return html.Span([f"{percent:.1f} %" if whole else "–", bar], className="with-share")


def register(app: Dash) -> None:
    """Add what the button does."""

    @app.callback(
        Output("dataset-profiles-grid", "children"),
        Input("dataset-profiles-count", "n_clicks"),
        State("dataset-profiles-of", "data"),
        prevent_initial_call=True,
    )
    @guarded
    def count_zeros(clicks: int | None, reference: str) -> Any:
        visit = here()
        found = visit.ask.get(path_of("datasets", reference, "profiles"))["items"]
        return profile_grid(visit, found, _counts(visit, reference) if clicks else None)
