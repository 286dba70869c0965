"""The picture of a result: chosen by its reader, drawn by the server, put in place once the page is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html, no_update

from dsgrid.errors import DsgridError, Problem
from dsgrid.viewer.pages.result.place import Place, place_of
from dsgrid.viewer.parts.choice_forms import bare_form, choice_form
from dsgrid.viewer.parts.figures import picture
from dsgrid.viewer.parts.picture_choice import PictureChoice, choice_of
from dsgrid.viewer.parts.picture_words import in_words
from dsgrid.viewer.parts.states import failed
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

STORE: Final = "results-choice"


def plot_part(visit: Visit, place: Place) -> Any:
    """Return the place of the picture."""
    return html.Div(
        [
            dcc.Store(id=STORE, data=choice_of(visit.params).params()),
            dcc.Store(id="results-place", data=place.reference),
            html.Div(id="results-form"),
            waiting(
                html.Div(html.Div(className="skeleton"), id="results-picture", className="picture"),
                "Drawing",
                delay=300,
                stays=True,
            ),
        ],
        className="plotting",
    )


def register(app: Dash) -> None:
    """Add what draws."""

    @app.callback(
        Output("results-form", "children"),
        Output("results-picture", "children"),
        Input(STORE, "data"),
        State("results-place", "data"),
    )
    def draw(choice: Mapping[str, Any] | None, reference: str | None) -> tuple[Any, Any]:
        return drawn(here(), place_of(str(reference or "")), choice_of(choice or {}))


def drawn(visit: Visit, place: Place, choice: PictureChoice) -> tuple[Any, Any]:
    """Return what readers choose with, and the picture that they have chosen."""
    try:
        answer = visit.ask.get(f"{place.path}/plot", format="json", **choice.asked())
    except DsgridError as error:
        return (bare_form(store=STORE) if choice != PictureChoice() else no_update), refused(error, visit)
    page = visit.download(f"{place.path}/plot", **choice.asked())
    saved = html.A("Save this picture as a page", href=page, download=f"{answer['title']}.html")
    shown = [picture(answer, id="results-graph"), html.P([saved, ", which works without network."], className="hint")]
    return choice_form(answer, choice, store=STORE), shown


def refused(error: DsgridError, visit: Visit) -> Any:
    """Return what stands there where nothing is drawn: why, in the words of this page."""
    return failed(type(error)([Problem(in_words(str(each))) for each in error.problems]), visit)
