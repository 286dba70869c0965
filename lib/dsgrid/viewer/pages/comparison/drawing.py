"""Two results in one picture: both, or what B has more than A."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.pages.comparison.pair import Pair, pair_of
from dsgrid.viewer.pages.result.plotting import refused
from dsgrid.viewer.parts.choice_forms import bare_form, chips, choice_form
from dsgrid.viewer.parts.figures import picture
from dsgrid.viewer.parts.picture_choice import PictureChoice, choice_of
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

STORE: Final = "compare-choice"
DIFFERENCE: Final = "difference"
_DRAWN: Final = (("both", "Both"), (DIFFERENCE, "B − A"))


def drawing_part(visit: Visit) -> Any:
    """Return the place of the picture."""
    choice = choice_of(visit.params).params()
    if visit.params.get("draw") == DIFFERENCE:
        choice["draw"] = DIFFERENCE
    return html.Div(
        [
            dcc.Store(id=STORE, data=choice),
            html.Div(id="compare-form"),
            waiting(
                html.Div(html.Div(className="skeleton"), id="compare-picture", className="picture"),
                "Drawing",
                delay=300,
                stays=True,
            ),
        ]
    )


def register(app: Dash) -> None:
    """Add what draws."""

    @app.callback(
        Output("compare-form", "children"),
        Output("compare-picture", "children"),
        Input(STORE, "data"),
        State("compare-pair", "data"),
    )
    def draw(choice: Mapping[str, Any] | None, pair: Mapping[str, Any] | None) -> tuple[Any, Any]:
        told = dict(pair or {})
        given = choice or {}
        which = pair_of(str(told.pop("reference", "")), {name: str(one) for name, one in told.items()})
        return drawn(here(), which, choice_of(given), given.get("draw") == DIFFERENCE)


def drawn(visit: Visit, pair: Pair, choice: PictureChoice, difference: bool) -> tuple[Any, Any]:
    """Return what readers choose with, and the picture."""
    pressed = [DIFFERENCE if difference else "both"]
    first = chips("draw", "Draw", _DRAWN, pressed, single=True)
    try:
        answer = visit.ask.get(
            f"{pair.first.path}/plot", format="json", difference=difference, **pair.others(), **choice.asked()
        )
    except DsgridError as error:
        changed = difference or choice != PictureChoice()
        return bare_form(store=STORE) if changed else None, refused(error, visit)
    return choice_form(answer, choice, store=STORE, first=first), picture(answer, id="compare-graph")
