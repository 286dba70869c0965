"""What was registered, when and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.numbers import count, moment, plural
from dsgrid.viewer.visit import Visit

_PAGES: Final[Mapping[str, str]] = {
    "project": "projects",
    "dataset": "datasets",
    "dimension": "dimensions",
    "mapping": "mappings",
}
_NAMED: Final = 2  # things with links


def recent(visit: Visit, registrations: Iterable[Mapping[str, Any]]) -> Any:
    """Return the last registrations as a list, from ``recent`` of ``GET /v1/overview``."""
    return html.Ol(
        [
            html.Li(
                [
                    html.Div(each["log_message"] or each["job"]),
                    html.Div(registered(visit, each), className="registered"),
                    html.Div([moment(each["registered_at"]), " · ", each["submitter"]], className="hint"),
                ]
            )
            for each in registrations
        ],
        className="registrations",
    )


def registered(visit: Visit, registration: Mapping[str, Any]) -> list[Any]:
    """Return what a registration registered or removed: the first things as links, of the others how many."""
    things, counts = registration["registered"], dict(registration["counts"])
    # What comes along with a project or dataset is only counted.
    first = [each for each in things if each["kind"] in ("project", "dataset", "submission")] or things
    places = {dataset: project for each in first if each["kind"] == "submission" for project, dataset in [_ends(each)]}
    own = {each["id"] for each in first if each["kind"] == "dataset"}
    # A dataset that was submitted at once is told once.
    told = [each for each in first if each["kind"] != "submission" or _ends(each)[1] not in own]
    parts: list[list[Any]] = []
    for each in told[:_NAMED]:
        counts[each["kind"]] -= 1
        parts.append([_name(visit, each)])
        if each["kind"] == "dataset" and each["id"] in places:
            counts["submission"] -= 1
            parts[-1] += [" to ", _project(visit, places[each["id"]])]
    parts += [[_counted(number, kind, bool(parts))] for kind, number in counts.items() if number]
    gone = registration["removed"]
    if gone:
        parts.append([f"removed {_things(gone, registration.get('removed_total', len(gone)))}"])
    if not parts:
        return [registration["job"]]
    joined: list[Any] = []
    for part in parts:
        joined += [*([", "] if joined else []), *part]
    return joined


def _name(visit: Visit, thing: Mapping[str, Any]) -> Any:
    if thing["kind"] == "submission":
        project, dataset = _ends(thing)
        return html.Span([dcc.Link(dataset, href=visit.href("datasets", dataset)), " to ", _project(visit, project)])
    reference = f"{thing['id']}@{thing['version']}"
    return html.Span([thing["kind"], " ", dcc.Link(reference, href=visit.href(_PAGES[thing["kind"]], reference))])


def _project(visit: Visit, id_: str) -> Any:
    return dcc.Link(id_, href=visit.href("projects", id_))


def _ends(submission: Mapping[str, Any]) -> tuple[str, str]:
    """Return the project and the dataset of a submission; ids of projects have no slash."""
    project, _, dataset = submission["id"].partition("/")
    return project, dataset


def _counted(number: int, kind: str, is_more: bool) -> str:
    more = "more " if is_more and kind in ("project", "dataset", "submission") else ""
    return plural(number, f"{more}{kind}")


def _things(gone: list[Mapping[str, Any]], total: int) -> str:
    first = gone[0]
    more = f" and {count(total - 1)} more" if total > 1 else ""
    return f"{first['kind']} {first['id']}@{first['version']}{more}"
