"""The history: versions, what happened to them, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_CHANGES: Final = 200


def show(visit: Visit, entry: Entry) -> Any:
    """Return the history, and the difference of two versions that the address names."""
    id_ = str(entry["dataset"])
    found = visit.ask.get(path_of("datasets", id_, "history"))["versions"]
    old, new = visit.params.get("old"), visit.params.get("new")
    return html.Div(
        [
            section("Versions", history(visit, id_, found)),
            section(
                f"What changed from {old} to {new or 'the newest'}",
                difference(visit.ask.get(path_of("datasets", id_, "diff"), old=old, new=new)),
                id="difference",
            )
            if old
            else None,
        ]
    )


def history(visit: Visit, id_: str, found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the versions, the newest first, each with what happened to it."""
    if not found:
        return empty("Nothing is known of its versions.")
    older = {one["version"]: before["version"] for before, one in pairwise(found)}
    return html.Ol(
        [_version(visit, id_, one, older.get(one["version"])) for one in reversed(found)], className="history"
    )


def _version(visit: Visit, id_: str, one: Mapping[str, Any], before: str | None) -> Any:
    version = str(one["version"])
    gone = one.get("removed")
    name = html.Span(version) if gone else dcc.Link(version, href=visit.href("datasets", f"{id_}@{version}"))
    changes = (
        dcc.Link(
            f"What changed since {before}",
            href=visit.href("datasets", visit.reference, tab="history", old=before, new=version),
        )
        if before and not gone
        else None
    )
    return html.Li(
        [
            html.P(
                [
                    html.Strong(name),
                    html.Span(str(one.get("level") or ""), className="tag") if one.get("level") else None,
                    html.Span("removed", className="tag bad") if gone else None,
                    html.Span(f"{moment(one.get('registered_at'))}, {one.get('submitter')}", className="hint"),
                ],
                className="history-head",
            ),
            html.P([str(one.get("log_message") or "No log message."), " ", changes]),
            html.Ul([_event(visit, each) for each in one.get("events", ())]) if one.get("events") else None,
        ]
    )


def _event(visit: Visit, one: Mapping[str, Any]) -> Any:
    project = f"{one.get('project_id')}@{one.get('project_version')}"
    said = f": {one['reason']}" if one.get("reason") else f": {one['log_message']}" if one.get("log_message") else ""
    return html.Li(
        [
            f"{str(one.get('action', '')).replace('_', ' ')} to ",
            dcc.Link(project, href=visit.href("projects", project)),
            said,
            html.Span(f" ({one.get('submitter')}, {moment(one.get('registered_at'))})", className="hint"),
        ]
    )


def difference(found: Mapping[str, Any]) -> Any:
    """Return what differs between two versions."""
    changes = found.get("changes") or ()
    if not changes:
        return empty(f"{found.get('old')} and {found.get('new')} do not differ.")
    numbers = ", ".join(
        f"{count(number)} {str(name).replace('_', ' ')}" for name, number in found["counts"].items() if number
    )
    names = list(dict.fromkeys(name for one in changes[:_CHANGES] for name in one))
    rows = [[_cell(one.get(name)) for name in names] for one in changes[:_CHANGES]]
    rest = len(changes) - _CHANGES
    return html.Div(
        [
            html.P([f"{numbers}. ", f"A {found['level']} update." if found.get("level") else ""]),
            table([name.replace("_", " ") for name in names], rows, caption="Changes"),
            html.P(f"{rest:,} more changes: dsgrid registry diff lists all.", className="hint") if rest > 0 else None,
        ]
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
