"""What stands above all parts of a dataset's page: its name, what it is in a line, and where to go from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.parts.blocks import facts, heading, said
from dsgrid.viewer.parts.numbers import count, size
from dsgrid.viewer.parts.time_words import step_words, years_of, zone_words
from dsgrid.viewer.visit import Visit

Entry = Mapping[str, Any]


def pinned(entry: Entry) -> str:
    """Return the dataset with its version, as it is asked for and linked to."""
    return f"{entry['dataset']}@{entry['version']}"


def about(visit: Visit, entry: Entry, *, anew: bool = True) -> Any:
    """Return the head of a dataset's page.

    Parameters
    ----------
    anew
        Whether links to other versions keep the part of the page.
    """
    tags = entry.get("metadata", {}).get("tags", ())
    tab = visit.params.get("tab") if anew else None
    return html.Div(
        [
            heading(
                str(entry["dataset"]),
                "Dataset",
                said(entry.get("description"), "lead"),
                html.P(
                    [
                        html.Span(f"version {entry['version']}", className="tag"),
                        # The kind is often a tag, too.
                        *[
                            html.Span(each, className="tag")
                            for each in dict.fromkeys([str(entry["kind"]), *map(str, tags)])
                        ],
                    ],
                    className="tags",
                ),
            ),
            _newer(visit, entry, tab),
            html.P(
                [
                    dcc.Link("Ask this dataset", href=visit.href("build", dataset=pinned(entry)), className="button"),
                    dcc.Link("Lineage", href=visit.href("lineage", f"dataset {pinned(entry)}"), className="button"),
                ],
                className="actions",
            ),
            numbers(entry),
        ],
        className="dataset-head",
    )


def numbers(entry: Entry) -> Any:
    """Return how large a dataset is, and what its time is, in a line of numbers."""
    files = entry.get("files", ())
    rows = sum(one["rows"] for one in files if one["role"] == "facts")
    profile = entry.get("profile", ())
    shown = facts(
        {
            "Rows": count(rows),
            "Values": count(sum(one["values"] for one in profile)) if profile else None,
            "Size": size(sum(one["bytes"] for one in files)),
            "Metrics": count(_records(entry, "metric")),
            "Combinations with data": count(sum(one["combinations"] for one in profile)) if profile else None,
            "Time": time_line(entry.get("time", {})),
        }
    )
    return html.Div(shown, className="dataset-numbers")


def time_line(time: Mapping[str, Any]) -> str:
    """Return the time of a dataset in a few words: its step, its zone, its first and last label."""
    kind = time.get("kind")
    if kind == "none":
        return "none"
    if kind == "annual":
        return f"annual, {years_of(time)}"
    parts = [step_words(str(time["step"]))] if "step" in time else []
    if kind == "representative":
        parts.append(f"typical {' × '.join(str(each).replace('_', ' ') for each in time.get('by', ()))}")
    if "zone" in time:
        parts.append(zone_words({"zone": time["zone"]}))
    spans = [(one.get("start"), one.get("end")) for one in time.get("ranges") or ()]
    if spans or time.get("end"):
        first, last = (spans[0][0], spans[-1][1]) if spans else (time.get("start"), time.get("end"))
        parts.append(f"{first} to {last}")
    return ", ".join(parts)


def _records(entry: Entry, type_: str) -> int:
    return sum(one["records"] or 0 for one in entry.get("dimensions", ()) if one["type"] == type_)


def _newer(visit: Visit, entry: Entry, tab: str | None) -> Any:
    versions = entry.get("versions", ())
    newest = versions[0]["version"] if versions else entry["version"]
    if newest == entry["version"]:
        return None
    there = visit.href("datasets", str(entry["dataset"]), tab=tab)
    return html.P(
        ["This is an older version. ", dcc.Link(f"Go to {newest}, the newest", href=there)], className="dataset-older"
    )
