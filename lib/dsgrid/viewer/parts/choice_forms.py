"""Forms with which readers choose what of a result is drawn; `assets/choices.js` carries out what they press."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.picture_choice import ONLY, PictureChoice, listed, values_in

KINDS: Final[Mapping[str, str]] = {
    "line": "Lines",
    "area": "Stacked areas",
    "heat_map": "Heat map",
    "load_duration": "Load duration",
    "bar": "Bars",
}


def choice_form(answer: Mapping[str, Any], choice: PictureChoice, *, store: str, first: Any = None) -> Any:
    """Return what readers choose with; a change goes into the page's address and into a store.

    Parameters
    ----------
    answer
        The picture, as the server has drawn it: it says what else there could be.
    store
        The id of the `dcc.Store` that hears of it.
    first
        What is chosen before all else, of `chips`.
    """
    chosen, choices = answer["chosen"], answer["choices"]
    columns = {one["name"]: one for one in choices["columns"]}
    titles = {name: one["title"] for name, one in columns.items()} | {"unit": "unit"}

    def named(names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, titles.get(name, name)) for name in names]

    kinds = [(kind, KINDS.get(kind, kind)) for kind in choices["kinds"]]
    parts = [
        first,
        chips("kind", "Kind", kinds, [chosen["kind"]], single=True),
        _select("x", "Along", named(choices["x"]), chosen["x"]) if len(choices["x"]) > 1 else None,
        chips("by", "Colours", named(choices["by"]), chosen["by"]) if choices["by"] else None,
        chips("facet", "Panels", named(choices["facet"]), chosen["facet"]) if choices["facet"] else None,
        _units(choices["units"], chosen["units"]),
    ]
    return _form(parts, choices["columns"], choice, store, is_plain=choice == PictureChoice())


def filter_form(answer: Mapping[str, Any], choice: PictureChoice, places: Sequence[str], *, store: str) -> Any:
    """Return what readers choose a map with.

    Parameters
    ----------
    answer
        The sums, as the server tells them.
    places
        Columns whose values are places.
    """
    titles = {one["name"]: one["title"] for one in answer["columns"]}
    options = [(name, titles.get(name, name)) for name in places]
    parts = [
        chips("by", "By", options, [answer["by"]], single=True) if len(options) > 1 else None,
        _units(answer["units"], [answer["unit"]]),
    ]
    taken = [(name, one) for name, one in answer["taken"].items() if name in titles]
    shown = replace(choice, only=(*choice.only, *((name, listed([one])) for name, one in taken)))
    is_plain = not choice.only and choice.unit is None
    return _form(parts, answer["columns"], shown, store, is_plain=is_plain, is_single=True)


def _form(
    parts: Iterable[Any],
    columns: Iterable[Mapping[str, Any]],
    choice: PictureChoice,
    store: str,
    *,
    is_plain: bool,
    is_single: bool = False,
) -> Any:
    """Return the form.

    Parameters
    ----------
    is_plain
        Whether nothing was chosen, so that there is nothing to reset.
    is_single
        Whether of what is not added up one value is chosen.
    """
    only = dict(choice.only)
    filters = [
        _filter(column, only.get(column["name"], ""), is_single and not column["added_up"])
        for column in columns
        if column["count"] > 1 or column["name"] in only
    ]
    reset = None if is_plain else _reset()
    rows = [html.Span("Only", className="label"), *filters, reset] if filters else [reset]
    return html.Form(
        [
            html.Div([one for one in parts if one is not None], className="bar"),
            html.Div([one for one in rows if one is not None], className="filters"),
        ],
        className="choices",
        action="",
        **{"data-store": store, "aria-label": "What is drawn"},
    )


def bare_form(*, store: str) -> Any:
    """Return what stands there where nothing can be drawn as it was asked: the way back."""
    return html.Form(
        html.Button("Draw what fits", type="button", className="button", **{"data-reset": "all"}),
        className="choices",
        action="",
        **{"data-store": store, "aria-label": "What is drawn"},
    )


def _reset() -> Any:
    return html.Button("Reset", type="button", className="button quiet", **{"data-reset": "all"})


def chips(
    name: str, title: str, options: Sequence[tuple[str, str]], pressed: Sequence[str], *, single: bool = False
) -> Any:
    """Return buttons of which one is pressed, or several.

    Parameters
    ----------
    name
        Of the parameter in the address.
    options
        From what stands there to what readers see.
    """
    buttons = [
        html.Button(
            shown,
            type="button",
            className="chip",
            key=value,
            **{
                "aria-pressed": "true" if value in pressed else "false",
                "data-name": name,
                "data-value": value,
                "data-single": "yes" if single else "",
            },
        )
        for value, shown in options
    ]
    return html.Div(
        [html.Span(title, className="label", **{"aria-hidden": "true"}), html.Div(buttons, className="chips")],
        className="field",
        role="group",
        **{"aria-label": title},
    )


def _select(name: str, title: str, options: Sequence[tuple[str, str]], selected: str) -> Any:
    return html.Div(
        html.Label(
            [
                html.Span(title, className="label"),
                html.Select(
                    [
                        html.Option(shown, value=value, selected=value == selected, key=value)
                        for value, shown in options
                    ],
                    **{"data-name": name},
                ),
            ]
        ),
        className="field",
    )


def _units(units: Sequence[str], shown: Sequence[str]) -> Any:
    if len(units) < 2:
        return None
    one = shown[0] if len(shown) == 1 else ""
    # Of several units in one result each keeps its own, until one is chosen.
    options = [*([] if one else [("", "as they are")]), *((unit, unit or "no unit") for unit in units)]
    return _select("unit", "Unit", options, one)


def _filter(column: Mapping[str, Any], wanted: str, is_single: bool) -> Any:
    """Return what chooses rows by a column: values to press, or a range of time, or a text."""
    name, title = column["name"], column["title"]
    key = f"{ONLY}{name}"
    if column["role"] == "instant":
        inner: Any = _range(key, title, column, wanted)
    elif column["values"]:
        pressed = values_in(wanted) if wanted else []
        options = [(listed([one["value"]]) if is_single else one["value"], one["title"]) for one in column["values"]]
        pressed = [listed([one]) for one in pressed] if is_single else pressed
        inner = chips(key, title, options, pressed, single=is_single)
    else:
        inner = _typed(key, f"{title}: names, with commas between", wanted, "")
    told = f"{title}: {_short(wanted)}" if wanted else title
    return html.Details(
        [html.Summary(told, className="chip chosen" if wanted else "chip"), html.Div(inner, className="menu")],
        className="filter",
        key=key,
        **{"data-filter": name},
    )


def _short(wanted: str) -> str:
    return wanted if len(wanted) <= 30 else f"{wanted[:28]}…"


def _range(key: str, title: str, column: Mapping[str, Any], wanted: str) -> Any:
    first, last = str(column.get("first") or ""), str(column.get("last") or "")
    told = f"{title}, such as {first[:10]}..{last[:10]}" if first and last else title
    return _typed(key, told, wanted, f"{first[:10]}..{last[:10]}")


def _typed(key: str, label: str, wanted: str, example: str) -> Any:
    field = {"type": "text", "value": wanted, "placeholder": example, "debounce": True, "name": key}
    return html.Label([html.Span(label, className="label"), dcc.Input(**field, className="typed")])
