"""What a server says of a spec before it runs: what it reads and makes, by which stages, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.builder.stages import stages_of
from dsgrid.viewer.parts.blocks import facts
from dsgrid.viewer.parts.numbers import count, plural, size
from dsgrid.viewer.specs.draft import Draft
from dsgrid.viewer.specs.places import in_form

_RUNNERS: Final[Mapping[str, str]] = {
    "warm": "the warm engine",
    "embedded": "an engine of its own",
    "spark": "Spark",
    "slurm": "Slurm",
}
_OPEN: Final = 8  # problems in sight; more are behind a click
_LINE: Final = re.compile(r":(\d+)(?::(\d+))?$")


def plan(answer: Mapping[str, Any]) -> Any:
    """Return the plan of a query, from the answer of ``POST /v1/explain``."""
    expected = answer.get("expected") or {}
    stages = [html.Li([html.Strong(name), f" {words}"]) for name, words in stages_of(answer)]
    warning = expected.get("warning")
    return html.Div(
        [
            facts(_facts(answer, expected)),
            html.P(warning, className="warning") if warning else None,
            html.Details(
                [
                    html.Summary("Stages"),
                    html.Ol(stages, className="stages"),
                    html.Details(
                        [
                            html.Summary("The whole plan"),
                            html.Pre(str(answer.get("report", "")), tabIndex=0, className="scroll whole"),
                        ]
                    ),
                ],
                open=True,
            ),
        ]
    )


def _facts(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    runner = answer.get("runner") or {}
    named = _RUNNERS.get(str(runner.get("name")), str(runner.get("name") or "none"))
    told: dict[str, Any] = {}
    if expected:
        rows = count(expected["rows"])
        told["Makes"] = f"{rows if expected['exact'] else f'at most {rows}'} rows, about {size(expected['bytes'])}"
        told["Reads"] = f"{plural(expected['rows_read'], 'row')}, about {size(expected['bytes_read'])}"
        seconds = [str(each["says"]) if each["seconds"] is None else _time(each) for each in expected["time"]]
        told["Takes"] = "; ".join(seconds) or None
    if runner:
        told["Runs on"] = html.Span([named, html.Span(f" {runner.get('why')}", className="hint")])
    return told


def _time(one: Mapping[str, Any]) -> str:
    low, high = _seconds(one["low"]), _seconds(one["high"])
    return f"about {_seconds(one['seconds'])}{'' if low == high else f' ({low} to {high})'}, {one['says']}"


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


def problems(found: Sequence[Mapping[str, Any]]) -> Any:
    """Return what is wrong with a spec; each with the line of the text, which a click goes to."""
    first, rest = found[:_OPEN], found[_OPEN:]
    more = html.Details([html.Summary(f"{count(len(rest))} more"), _listed(rest)]) if rest else None
    number = plural(len(found), "problem")
    return html.Div([html.P(number, className="label"), _listed(first), more])


def _listed(found: Sequence[Mapping[str, Any]]) -> Any:
    return html.Ul([html.Li(_problem(each)) for each in found], className="problems")


def _problem(one: Mapping[str, Any]) -> list[Any]:
    place = str(one.get("key") or "")
    message = html.Span(str(one["message"]), className="problem")
    parts: list[Any] = [html.Code(place), " "] if place else []
    line = _LINE.search(str(one.get("where") or ""))
    if line is not None:
        parts.append(html.Button(f"line {line[1]}", type="button", className="button small", **{"data-line": line[1]}))
        parts.append(" ")
    return [*parts, message]


def at_fields(found: Sequence[Mapping[str, Any]], draft: Draft, *, is_written: bool) -> list[dict[str, str]]:
    """Return problems with their places in the form.

    Parameters
    ----------
    is_written
        Whether the spec was written from the form: what is not complete is left out there.
    """
    return [
        {"at": in_form(key, draft) if is_written else key, "message": str(each["message"])}
        for each in found
        if (key := str(each.get("key") or ""))
    ]
