"""The versions of a project: who made each and why, what happened to its datasets, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dash import Dash, Input, Output, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.project.changes import changes
from dsgrid.viewer.parts.blocks import facts, link, section
from dsgrid.viewer.parts.choosing import Select, choices
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import moment
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

Json = Mapping[str, Any]
_MOST: Final = 2_000  # changes that are shown
_ASKED: Final = "project-diff-asked"
_SHOWN: Final = "project-diff"
_LEVELS: Final = {"new": "good", "major": "bad", "minor": "warn", "patch": ""}
_EVENTS: Final = {
    "submitted": ("submitted", "good"),
    "carried": ("carried along", ""),
    "invalidated": ("does not fit", "bad"),
    "removed": ("removed", "bad"),
}


def show(visit: Visit, project: Json) -> Any:
    """Return the part of the page about versions."""
    history = visit.ask.get(path_of("projects", project["project"], "history"))
    return versions(visit, project, history["versions"])


def versions(visit: Visit, project: Json, found: Sequence[Json]) -> Any:
    """Return all versions, the newest first, and what two of them differ in."""
    return html.Div(
        [
            _comparison(visit, project, [str(each["version"]) for each in found if each["removed"] is None]),
            section(
                "All versions",
                drawn(
                    html.Ol(
                        [html.Li(_version(visit, project, each)) for each in reversed(found)],
                        className="project-versions",
                        reversed=True,
                    )
                ),
            ),
        ]
    )


def pair(there: Sequence[str], old: str, new: str) -> tuple[str, str] | None:
    """Return the versions to compare: those that are named, else the newest with the one before; None without two."""
    if len(there) < 2:
        return None
    later = new if new in there else there[-1]
    others = [each for each in there if each != later]
    before = there[: there.index(later)] or others
    return (old if old in there else before[-1]), later


def _comparison(visit: Visit, project: Json, there: Sequence[str]) -> Any:
    chosen = pair(there, visit.params.get("old", ""), visit.params.get("new", ""))
    if chosen is None:
        return section("What changed", empty("There is one version only; nothing to compare it with."))
    old, new = chosen
    options = [(each, each) for each in reversed(there)]
    return section(
        "What changed",
        choices(visit, [Select("old", "From", options, old), Select("new", "To", options, new)], tab="versions"),
        dcc.Store(id=_ASKED, data={"id": project["project"], "old": old, "new": new}),
        waiting(html.Div(id=_SHOWN, className="project-diff"), "Comparing", delay=250),
    )


def register(app: Dash) -> None:
    """Add the callback that compares two versions."""

    @app.callback(Output(_SHOWN, "children"), Input(_ASKED, "data"))
    @guarded
    def compared(asked: Json) -> Any:
        visit = replace(here(), page="projects", reference=str(asked["id"]))
        old, new = str(asked["old"]), str(asked["new"])
        path = path_of("projects", visit.reference, "diff")
        return drawn(changes(visit.ask.get(path, old=old, new=new, limit=_MOST)))


# One version ---------------------------------------------------------------------------------------------------------


def _version(visit: Visit, project: Json, each: Json) -> Any:
    id_, version, removed = project["project"], each["version"], each["removed"]
    is_shown = version == project["version"]
    name = html.Span(version) if removed else link(visit, "projects", f"{id_}@{version}", version)
    return html.Div(
        [
            html.H3(
                [
                    name,
                    html.Span(each["level"], className=f"tag {_LEVELS.get(each['level'], '')}".strip()),
                    html.Span("shown", className="tag") if is_shown else None,
                    html.Span("removed", className="tag bad") if removed else None,
                ],
                className="project-version",
            ),
            html.P(each["log_message"]) if each["log_message"] else None,
            facts(
                {
                    "Registered": moment(each["registered_at"]),
                    "By": each["submitter"],
                    "Job": each["job"] or None,
                    "Also called": ", ".join(each["aliases"]) or None,
                    "Removed": f"{moment(removed['registered_at'])} by {removed['submitter']}: {removed['log_message']}"
                    if removed
                    else None,
                }
            ),
            _events(visit, each["events"], each["number"]),
        ]
    )


def _events(visit: Visit, events: Sequence[Json], number: int) -> Any:
    if not events:
        return None
    items = [html.Li(_event(visit, event, number)) for event in events]
    if len(items) <= 8:
        return html.Ul(items, className="project-events")
    return html.Details(
        [html.Summary(f"What happened to {len(items):,} datasets"), html.Ul(items, className="project-events")]
    )


def _event(visit: Visit, event: Json, number: int) -> list[Any]:
    text, mark = _EVENTS.get(event["action"], (event["action"], ""))
    dataset = f"{event['dataset_id']}@{event['dataset_version']}"
    # Who and why stand with the version already, where it is one registration.
    is_own = event["number"] == number
    said = event["reason"] or ("" if is_own else event["log_message"])
    return [
        html.Span(text, className=f"tag {mark}".strip()),
        " ",
        html.Span(dataset) if event["action"] == "removed" else link(visit, "datasets", dataset),
        f": {said}" if said else "",
        "" if is_own else html.Span(f" {moment(event['registered_at'])}, {event['submitter']}", className="hint"),
    ]
