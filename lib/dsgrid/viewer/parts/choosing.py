"""Forms whose answers stand in the address: what is chosen is what is shown, and can be shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html

from dsgrid.viewer.visit import Visit, query_of

Options = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Select:
    """One of several.

    Parameters
    ----------
    name
        Of the parameter in the address.
    options
        From what stands in the address to what users read; an empty one is the default.
    groups
        Options under headings, after the others.
    """

    name: str
    label: str
    options: Options
    chosen: str = ""
    groups: Mapping[str, Options] = field(default_factory=dict)


@dataclass(frozen=True)
class Text:
    """A text that is searched for."""

    name: str
    label: str
    value: str = ""
    hint: str = ""


def choices(visit: Visit, fields: Iterable[Select | Text], **kept: str | None) -> Any:
    """Return a form that goes to the same page with what is chosen. A select goes at once, a text with Enter.

    Parameters
    ----------
    kept
        Parameters that stay in the address, such as ``tab="datasets"``.
    """
    return html.Form(
        [_field(each) for each in fields],
        method="GET",
        action=visit.href(visit.page, visit.reference),
        className="bar choose",
        **{"data-keep": query_of(kept).removeprefix("?")},
    )


def _field(each: Select | Text) -> Any:
    if isinstance(each, Select):
        control = html.Select(
            [
                *_options(each.options, each.chosen),
                *[html.Optgroup(_options(options, each.chosen), label=name) for name, options in each.groups.items()],
            ],
            name=each.name,
        )
    else:
        # With the value as its key: another address has another text in it.
        control = dcc.Input(
            id={"type": "choose-text", "name": each.name, "value": each.value},
            name=each.name,
            value=each.value,
            type="search",
            placeholder=each.hint,
            debounce=True,
        )
    return html.Label([html.Span(each.label, className="label"), control], className="field")


def _options(options: Options, chosen: str) -> list[Any]:
    return [html.Option(text, value=value, selected=value == chosen) for value, text in options]
