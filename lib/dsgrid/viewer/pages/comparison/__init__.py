"""The page ``/compare``: two results beside each other, value by value and in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, dcc, html

from dsgrid.errors import DataError, SpecError, UsageError
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.comparison import drawing
from dsgrid.viewer.pages.comparison.chooser import chooser
from dsgrid.viewer.pages.comparison.found import found_part
from dsgrid.viewer.pages.comparison.pair import ADDED, HOW, TOLERANCES, Pair, pair_of
from dsgrid.viewer.pages.comparison.unlike import unlike
from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.pages.result.words import sums_of
from dsgrid.viewer.parts.blocks import heading, section
from dsgrid.viewer.parts.choosing import Select, Text, choices
from dsgrid.viewer.parts.lost_jobs import of_jobs
from dsgrid.viewer.parts.numbers import plural
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

_ROWS = 200  # of the largest differences
_ALIKE = (("", "are an error"), (ADDED, "are added up"))


@of_jobs("Compare")
def _show(visit: Visit) -> Any:
    pair = pair_of(visit.reference, visit.params)
    if not pair.first.job:
        jobs = dcc.Link("Your jobs", href=visit.href("jobs"))
        return html.Div([heading("Compare", "Comparison"), empty("Open a result, and compare it from there.", jobs)])
    first = visit.ask.get(pair.first.path)
    name = str(first["query"])
    if not pair.second.job:
        return html.Div(
            [
                heading(f"Compare {name}", "Comparison"),
                html.P(["A is ", dcc.Link(name, href=pair.first.href(visit)), ". What is B?"]),
                chooser(visit, pair, name),
            ]
        )
    second = visit.ask.get(pair.second.path)
    kept = {"reference": visit.reference, **{key: visit.params.get(key, "") for key in ("a", "b", *HOW)}}
    return html.Div(
        [
            heading(_title(name, str(second["query"])), "Comparison", _actions(visit, pair)),
            html.Div([_card("A", pair.first, first, visit), _card("B", pair.second, second, visit)], className="cards"),
            dcc.Store(id="compare-pair", data=kept),
            section("In one picture", drawing.drawing_part(visit)),
            section("Value by value", _tolerance(visit, pair), _later()),
        ],
        className="result",
    )


def _title(first: str, second: str) -> str:
    return f"{first}, twice" if first == second else f"{first} and {second}"


def _actions(visit: Visit, pair: Pair) -> Any:
    return html.Div(
        [
            dcc.Link("Swap A and B", href=pair.turned(visit), className="button"),
            dcc.Link(
                "Compare A with another",
                href=visit.href("compare", pair.first.job, a=pair.first.further),
                className="button",
            ),
        ],
        className="bar",
    )


def _card(letter: str, place: Place, summary: Mapping[str, Any], visit: Visit) -> Any:
    name, told = sums_of(summary)
    title = f"{summary['query']} ({place.further})" if place.further else str(summary["query"])
    return html.Div(
        [
            html.H2(
                [html.Span(letter, className="tag"), " ", dcc.Link(title, href=place.href(visit))], className="letter"
            ),
            html.P(f"{plural(summary['rows'], 'row')}, {name.lower()} {told}"),
            html.P([summary.get("project") or "", html.Br(), ", ".join(summary["datasets"])], className="hint"),
        ],
        className="card",
    )


def _tolerance(visit: Visit, pair: Pair) -> Any:
    known = [one for one, _ in TOLERANCES]
    options = [*TOLERANCES, *([] if pair.rtol in known else [(pair.rtol, pair.rtol)])]
    fields: list[Select | Text] = [
        Select("rtol", "Values may differ by", options, pair.rtol),
        Text("ignore", "Columns that are left out", pair.ignore, "such as annual"),
        Text("keys", "Compared by", pair.keys, "what both have"),
        Select("duplicates", "Rows alike in these", _ALIKE, ADDED if pair.adds else ""),
    ]
    kept = {name: one for name, one in visit.params.items() if name not in HOW}
    return choices(visit, fields, **kept)


def _later() -> Any:
    return waiting(html.Div(html.Div(className="skeleton"), id="compare-found"), "Comparing", delay=300, stays=True)


def compared(visit: Visit, pair: Pair) -> Any:
    """Return what there is to say of two results, or why they do not compare."""
    try:
        return found_part(visit.ask.get(f"{pair.first.path}/diff", rows=_ROWS, **pair.asked()), visit)
    except (DataError, SpecError, UsageError) as error:
        return unlike(error, visit, pair)


def register(app: Dash) -> None:
    """Add what compares and draws."""

    @app.callback(Output("compare-found", "children"), Input("compare-pair", "data"))
    @guarded
    def compare(told: Mapping[str, Any] | None) -> Any:
        given = {name: str(one) for name, one in (told or {}).items()}
        visit = here()
        pair = pair_of(given.pop("reference", ""), given)
        return compared(visit, pair)

    drawing.register(app)


def _page_title(visit: Visit) -> str:
    return "Comparison of results"


PAGE = Page("compare", _page_title, _show, register)
