"""The datasets of a project: which are there, in which version, how large, and what is not in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.project.told import STATES, breakable, state
from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.choosing import Select, Text, choices
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, moment, plural, size
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]


def show(visit: Visit, _project: Json) -> Any:
    """Return the part of the page about datasets."""
    return datasets(visit, visit.ask.get(path_of("projects", visit.reference, "datasets"))["items"])


def datasets(visit: Visit, rows: Sequence[Json]) -> Any:
    """Return the datasets as a table, filtered by what stands in the address."""
    if not rows:
        return empty(
            "The project requires no datasets, and has none.",
            "Its spec names the datasets that it expects under [requires].",
        )
    status, search = visit.params.get("status", ""), visit.params.get("search", "")
    chosen = chosen_rows(rows, status, search)
    number = Counter(row["status"] for row in rows)
    options = [("", f"all ({len(rows):,})")]
    options += [(name, f"{STATES[name][0]} ({number[name]:,})") for name in STATES if number[name]]
    return html.Div(
        [
            choices(
                visit,
                [
                    Select("status", "Status", options, status),
                    Text("search", "Search", search, "id, class, description"),
                ],
                tab="datasets",
            ),
            drawn(_table(visit, chosen, len(rows)))
            if chosen
            else empty(
                "No dataset fits this choice.",
                link_all(visit),
            ),
        ]
    )


def chosen_rows(rows: Sequence[Json], status: str, search: str) -> list[Json]:
    """Return the rows of a status that have all words of a text somewhere."""
    words = search.casefold().split()

    def fits(row: Json) -> bool:
        said = " ".join(
            str(row[name] or "") for name in ("dataset", "version", "kind", "metric_class", "reason", "description")
        ).casefold()
        return (not status or row["status"] == status) and all(word in said for word in words)

    return [row for row in rows if fits(row)]


def link_all(visit: Visit) -> Any:
    """Return the way back to all datasets."""
    return html.A("Show all datasets", href=visit.href(visit.page, visit.reference, tab="datasets"))


def _table(visit: Visit, rows: Sequence[Json], of: int) -> Any:
    known = [row["rows"] for row in rows if row["rows"] is not None]
    return table(
        ("Dataset", "Status", "Version", "Kind", "Metrics", "Rows", "Size", "Declared gaps", "Submitted"),
        [
            (
                _name(visit, row),
                [state(row["status"]), html.P(row["reason"], className="hint") if row["reason"] else None],
                row["version"] or "–",
                row["kind"] or "–",
                row["metric_class"] or "–",
                count(row["rows"]),
                size(row["bytes"]),
                count(row["missing"]),
                _when(row),
            )
            for row in rows
        ],
        caption=(plural(of, "dataset") if len(rows) == of else f"{count(len(rows))} of {plural(of, 'dataset')}")
        + (f", {plural(sum(known), 'row')}" if known else "")
        + ". Declared gaps are rows of combinations that a dataset says it does not have.",
        numeric=("Rows", "Size", "Declared gaps"),
    )


def _name(visit: Visit, row: Json) -> Any:
    shown = breakable(row["dataset"])
    if not row["version"]:
        return html.Span(shown)
    return dcc.Link(shown, href=visit.href("datasets", f"{row['dataset']}@{row['version']}"))


def _when(row: Json) -> Any:
    if not row["submitted_at"]:
        return "–"
    by = f"by {row['submitter']}" if row["submitter"] else None
    return html.Span(moment(row["submitted_at"]), title=by, className="moment")
