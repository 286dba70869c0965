"""The versions of a dimension or mapping: who made each and why, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.choosing import Select, choices
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.states import empty, failed
from dsgrid.viewer.visit import Visit

_MOST: Final = 200  # changes that are shown


def versions(visit: Visit, id_: str, chosen: str) -> Any:
    """Return the versions of what a page shows, the newest first, and what the address compares.

    Parameters
    ----------
    id_
        Without a version.
    chosen
        The version that the page shows.
    """
    found = visit.ask.get(path_of(visit.page, id_, "history"))["versions"]
    there = [str(each["version"]) for each in found if not each.get("removed")]
    old, new = visit.params.get("old", ""), visit.params.get("new", "")
    return html.Div([section("Versions", listed(visit, id_, found, chosen)), _compared(visit, id_, there, old, new)])


def listed(visit: Visit, id_: str, found: Sequence[Mapping[str, Any]], chosen: str) -> Any:
    """Return a table of versions; those that were removed have no link."""
    rows = [
        [
            _name(visit, id_, each, chosen),
            each.get("level") or "",
            moment(each.get("registered_at")),
            each.get("submitter") or "",
            each.get("log_message") or "",
        ]
        for each in reversed(found)
    ]
    columns = ["version", "level", "registered", "by", "why"]
    return drawn(table(columns, rows, caption=f"{count(len(rows))} of {id_}"))


def newest(entry: Mapping[str, Any], visit: Visit, id_: str) -> Any:
    """Return a hint at a newer version than the one that is shown; nothing for the newest."""
    all_ = entry.get("versions") or [{"version": entry["version"]}]
    last = str(all_[0]["version"])
    if last == entry["version"]:
        return None
    link = dcc.Link(f"{id_}@{last}", href=visit.href(visit.page, f"{id_}@{last}"))
    return html.P(["There is a newer version: ", link], className="hint")


def _name(visit: Visit, id_: str, version: Mapping[str, Any], chosen: str) -> Any:
    text = str(version["version"])
    if version.get("removed"):
        return [text, " ", html.Span("removed", className="tag bad")]
    link = dcc.Link(text, href=visit.href(visit.page, f"{id_}@{text}"))
    return [link, " ", html.Span("shown", className="tag")] if text == chosen else link


def _compared(visit: Visit, id_: str, there: Sequence[str], old: str, new: str) -> Any:
    if len(there) < 2:
        return None
    new = new if new in there else there[-1]
    old = old if old in there else [each for each in there if each != new][-1]
    options = [(each, each) for each in reversed(there)]
    form = choices(visit, [Select("old", "From", options, old), Select("new", "To", options, new)], tab="versions")
    try:
        shown = differences(visit.ask.get(path_of(visit.page, id_, "diff"), old=old, new=new))
    except DsgridError as error:
        shown = failed(error, visit)
    return section("What changed", form, shown)


def differences(found: Mapping[str, Any]) -> Any:
    """Return what differs between two versions, from ``.../diff``."""
    changes = found.get("changes") or ()
    if not changes:
        return empty(f"{found['old']} and {found['new']} do not differ.")
    names = list(dict.fromkeys(name for each in changes[:_MOST] for name in each))
    rows = [[_cell(each.get(name)) for name in names] for each in changes[:_MOST]]
    level = f"A {found['level']} update: " if found.get("level") else ""
    parts = ", ".join(f"{count(number)} {name.replace('_', ' ')}" for name, number in found["counts"].items() if number)
    more = f" The first {count(_MOST)} of {count(len(changes))} are shown." if len(changes) > _MOST else ""
    return html.Div(
        [
            html.P(f"{level}{parts}.{more}"),
            drawn(table([name.replace("_", " ") for name in names], rows, caption="Changes")),
        ]
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_cell(each)}" for name, each in value.items())
    return ", ".join(map(_cell, value)) if isinstance(value, list) else str(value)
