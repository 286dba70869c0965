"""What a mapping's kind promises, whether it is so, and which records are left over on either side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import Dash, Input, Output, dcc, html
from dash.exceptions import PreventUpdate

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.numbers import count, value
from dsgrid.viewer.parts.sides import SIDES, sides_of
from dsgrid.viewer.parts.states import guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

_OF: Final = "mapping-checks-of"
_SHOWN: Final = "mapping-checks"
_NUMBERS: Final = ("records", "mapped", "not mapped", "without target", "sum of fractions")


def place(reference: str) -> Any:
    """Return where the checks will stand: of a large mapping they take seconds."""
    return html.Div(
        [
            dcc.Store(id=_OF, data=reference),
            waiting(html.Div(html.P("Adding up the fractions", className="hint"), id=_SHOWN), "Adding up", delay=200),
        ],
        className="mapping-checks",
    )


def register(app: Dash) -> None:
    """Add what fetches the checks once the page is there."""

    @app.callback(Output(_SHOWN, "children"), Input(_OF, "data"))
    @guarded
    def show(reference: str | None) -> Any:
        if not reference:
            raise PreventUpdate
        visit = here()
        return shown(visit, str(reference), visit.ask.get(path_of("mappings", str(reference), "summary")))


def shown(visit: Visit, reference: str, summary: Mapping[str, Any]) -> Any:
    """Return the checks, from ``.../summary``."""
    kind = f"{str(summary['kind']).replace('_', ' ').capitalize()}: {summary['use']}"
    rows = [[text, tag] for text, tag in promises(summary, sides_of(reference))]
    return html.Div(
        [
            table(["what the kind promises", "is"], rows, caption=kind),
            table(
                ["side", *_NUMBERS],
                [_side(visit, reference, side, summary[side]) for side in SIDES],
                caption="Records of either side",
                numeric=_NUMBERS,
            ),
        ],
        className="mapping-tables",
    )


def promises(summary: Mapping[str, Any], sides: Sequence[str] = SIDES) -> list[tuple[str, Any]]:
    """Return what a kind promises, each with whether it holds.

    Parameters
    ----------
    sides
        What the dimensions are called that it leads from and to.
    """
    called = dict(zip(SIDES, sides, strict=True))
    told, said = summary["promises"], []
    side = told["sums_to_one"]
    if side:
        off, used = summary[side]["sums_off"], summary[side]["used"]
        text = f"the fractions of each record of {called[side]} sum to 1 (within {told['tolerance']:g})"
        said.append((text, _holds(off == 0, f"{count(off)} of {count(used)} do not")))
    else:
        said.append(("sums of fractions may be anything", html.Span("free", className="tag")))
    for name in SIDES:
        repeated = summary[name]["repeated"]
        if not told[f"{name}_repeats"]:
            text = f"each record of {called[name]} is in one association"
            said.append((text, _holds(repeated == 0, f"{count(repeated)} are in several")))
        elif repeated:
            text = f"records of {called[name]} may be in several"
            said.append((text, html.Span(f"{count(repeated)} are", className="tag")))
    fractions = summary["fractions"]
    if told["all_ones"]:
        other = summary["associations"] - (fractions["ones"] or 0)
        said.append(("all fractions are 1", _holds(other == 0, f"{count(other)} are not")))
    else:
        least, most = fractions["least"], fractions["most"]
        span = value(least) if least == most else f"{value(least)} to {value(most)}"
        said.append(("each fraction is", html.Span(span, className="tag")))
    return said


def _holds(is_so: bool, otherwise: str) -> Any:
    return html.Span("holds" if is_so else otherwise, className=f"tag {'good' if is_so else 'bad'}")


def _side(visit: Visit, reference: str, side: str, told: Mapping[str, Any]) -> list[Any]:
    least, most = told["sum_least"], told["sum_most"]
    sums = "–" if least is None else value(least) if least == most else f"{value(least)} to {value(most)}"
    return [
        side,
        count(told["records"]),
        count(told["used"]),
        _filtered(visit, reference, side, told["unused"], {"associations": _filter("equals", 0)}),
        _filtered(visit, reference, side, told["dropped"], {"dropped": _filter("greaterThan", 0)})
        if side == "from"
        else "",
        sums,
    ]


def _filtered(visit: Visit, reference: str, side: str, number: int, filters: Mapping[str, Any]) -> Any:
    """Return a number that leads to the records which it counts."""
    if not number:
        return "0"
    written = json.dumps(filters, separators=(",", ":"))
    return dcc.Link(count(number), href=visit.href("mappings", reference, tab=side, filter=written))


def _filter(kind: str, number: float) -> dict[str, Any]:
    return {"filterType": "number", "type": kind, "filter": number}
