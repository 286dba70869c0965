"""How times, states and metadata of projects are put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.time_words import step_words, time_words, years_of, zone_words

# Of each state of a dataset: what it is called, its colour, and what it means.
STATES: Final = {
    "accepted": ("submitted", "good", "The project has it: queries can read it."),
    "invalidated": ("invalidated", "bad", "It was submitted to an earlier version, and does not fit this one."),
    "registered": ("registered", "warn", "It is in the registry, but was not submitted to this version."),
    "unregistered": ("unregistered", "", "The project requires it, and nobody has registered it yet."),
    "composite": ("composite", "good", "The result of a query, which other queries can read."),
}


def state(status: str) -> Any:
    """Return the state of a dataset in a project as a tag."""
    text, mark, meaning = STATES.get(status, (status, "", ""))
    return html.Span(text, className=f"tag {mark}".strip(), title=meaning)


def span_of(time: Mapping[str, Any]) -> str:
    """Return from when to when a time dimension goes, or what else it is, in a few words."""
    if time.get("kind") != "annual" and "start" in time and "end" in time:
        step = f", every {step_words(str(time['step'])).removeprefix('1 ')}" if "step" in time else ""
        zone = f" ({zone_words(time)})" if time.get("zone") else ""
        return f"{time['start']} to {time['end']}{zone}{step}"
    if time.get("kind") == "annual":
        return f"annual, {years_of(time)}"
    return dict(time_words(time))["Time"]


def breakable(name: str) -> list[Any]:
    """Return an id that may go on in the next line behind its separators."""
    pieces: list[Any] = []
    for part in re.split(r"(?<=[_/:-])", name):
        pieces += [html.Wbr(), part] if pieces else [part]
    return pieces


def nested(value: Any) -> Any:
    """Return metadata of any depth as lists of names with values; links are links where they are addresses."""
    if isinstance(value, Mapping):
        return html.Dl(
            [html.Div([html.Dt(str(key).replace("_", " ")), html.Dd(nested(each))]) for key, each in value.items()],
            className="nested",
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        if all(isinstance(each, str | int | float | bool) for each in value):
            return ", ".join(str(each) for each in value)
        return html.Ul([html.Li(nested(each)) for each in value])
    text = "–" if value is None else str(value)
    if text.startswith(("https://", "http://")) and not any(letter.isspace() for letter in text):
        return html.A(text, href=text, rel="noreferrer noopener", target="_blank")
    return text
