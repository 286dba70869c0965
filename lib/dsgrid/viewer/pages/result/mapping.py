"""The map of a result: what its values add up to by state or by county."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.pages.result.place import Place, place_of
from dsgrid.viewer.pages.result.plotting import refused
from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.choice_forms import bare_form, filter_form
from dsgrid.viewer.parts.maps import choropleth
from dsgrid.viewer.parts.numbers import count, plural, value
from dsgrid.viewer.parts.picture_choice import PictureChoice, choice_of
from dsgrid.viewer.parts.shapes import shapes_for
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

STORE: Final = "results-map-choice"
_NAMED: Final = 200  # places of a table, where there is no map


def geographies(summary: Mapping[str, Any]) -> list[str]:
    """Return the columns whose values are places."""
    return [one["name"] for one in summary["columns"] if one["type"] == "geography" and one["holds"] == "string"]


def map_part(visit: Visit, place: Place, summary: Mapping[str, Any]) -> Any:
    """Return the place of the map."""
    choice = choice_of(visit.params)
    by = choice.by if choice.by in geographies(summary) else geographies(summary)[0]
    return html.Div(
        [
            dcc.Store(id=STORE, data=choice.params() | {"by": by}),
            dcc.Store(id="results-map-place", data={"reference": place.reference, "columns": geographies(summary)}),
            html.Div(id="results-map-form"),
            waiting(
                html.Div(html.Div(className="skeleton"), id="results-map", className="picture"),
                "Drawing",
                delay=300,
                stays=True,
            ),
        ]
    )


def register(app: Dash) -> None:
    """Add what draws the map."""

    @app.callback(
        Output("results-map-form", "children"),
        Output("results-map", "children"),
        Input(STORE, "data"),
        State("results-map-place", "data"),
    )
    def draw(choice: Mapping[str, Any] | None, place: Mapping[str, Any] | None) -> tuple[Any, Any]:
        told = place or {}
        columns = [str(one) for one in told.get("columns") or ()]
        return drawn(here(), place_of(str(told.get("reference", ""))), choice_of(choice or {}), columns)


def drawn(visit: Visit, place: Place, choice: PictureChoice, columns: list[str]) -> tuple[Any, Any]:
    """Return what readers choose with, and the map; a table where the places have no shapes."""
    by = choice.by if choice.by in columns else columns[0]
    where = choice.asked()["where"]
    try:
        answer = visit.ask.get(f"{place.path}/sums", by=by, where=where, unit=choice.unit)
    except DsgridError as error:
        return bare_form(store=STORE), refused(error, visit)
    form = filter_form(answer, choice, columns, store=STORE)
    values = {one["value"]: one["sum"] for one in answer["values"]}
    shapes = shapes_for([*values])
    title = f"sum by {by}" if answer["adds_up"] else f"value by {by}"
    said = html.P(caption(answer, choice), className="hint")
    if shapes is None:
        why = html.P("These places have no shapes here, so they stand in a table.", className="hint")
        return form, html.Div([said, why, _table(answer, by)])
    shown = choropleth(visit, shapes, values, id="results-map-graph", title=title, unit=answer["unit"])
    return form, html.Div([shown, said])


def caption(answer: Mapping[str, Any], choice: PictureChoice) -> str:
    """Return what the map is of, in words."""
    parts = [f"Values are in {answer['unit']}" if answer["unit"] else "Values have no unit"]
    chosen = {name: wanted for name, wanted in choice.only if name not in answer["taken"]}
    taken = [f"{name} {one}" for name, one in answer["taken"].items()]
    if taken:
        parts.append(f"only {' and '.join(taken)}, as they are not added up")
    summed = [
        one["title"]
        for one in answer["columns"]
        if one["count"] > 1 and one["name"] != answer["by"] and one["added_up"] and one["name"] not in chosen
    ]
    if summed and answer["adds_up"]:
        parts.append(f"summed over {', '.join(summed)}")
    if chosen:
        parts.append("only " + " and ".join(f"{name} {one}" for name, one in chosen.items()))
    return f"{'; '.join(parts)}. {plural(answer['rows'], 'row')}."


def _table(answer: Mapping[str, Any], by: str) -> Any:
    rows = sorted(answer["values"], key=lambda one: -(one["sum"] or 0.0))
    shown = [[one["value"], value(one["sum"])] for one in rows[:_NAMED]]
    head = answer["unit"] or "no unit"
    text = f"The {count(_NAMED)} largest of {count(len(rows))}" if len(rows) > _NAMED else f"All {count(len(rows))}"
    return table([by, head], shown, caption=text, numeric=[head])
