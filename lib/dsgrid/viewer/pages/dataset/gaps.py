"""What is missing: the combinations of records without data, as patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.blocks import facts, section, table
from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_IDS: Final = 8  # of one type that are named


def show(visit: Visit, entry: Entry) -> Any:
    """Return what is missing."""
    found = visit.ask.get(path_of("datasets", pinned(entry), "gaps"))
    return html.Div(
        [
            section("Combinations without data", summary(found)),
            section("Patterns", patterns(found)) if found["missing"] else None,
            section("As it was declared", *declared(visit, entry, found)) if found["declared"] else None,
        ]
    )


def summary(found: Mapping[str, Any]) -> Any:
    """Return the numbers."""
    of, missing = found["combinations"], found["missing"]
    shown = facts(
        {
            "Combinations of all records": count(of),
            "With data": count(of - missing),
            "Without": f"{count(missing)} ({100 * missing / of:.2g} %)" if of else count(missing),
            "Rows that declare it": count(found["declared"]),
        }
    )
    if not missing:
        return html.Div([shown, empty("Nothing is missing: every combination of records has data.")])
    return html.Div([shown, html.P(why(found), className="hint")])


def why(found: Mapping[str, Any]) -> str:
    """Return how it is known that these combinations have no data."""
    said = []
    if found["declared"]:
        said.append("rows say so, in a file or by empty values of whole time arrays")
    if found.get("expected"):
        said.append("tables say which combinations there are, and no others have data")
    return f"What is missing was declared, and checked at registration: {'; '.join(said)}." if said else ""


def patterns(found: Mapping[str, Any]) -> Any:
    """Return the patterns as a table: all combinations of one id of each type are missing."""
    if not found["is_searched"] and not found["patterns"]:
        return empty(
            "There are too many combinations to look for patterns.", "The rows to download say what is missing."
        )
    if not found["patterns"]:
        return empty(
            "All combinations are missing." if found["missing"] == found["combinations"] else "None was found."
        )
    rows = [[phrase(one["ids"]), count(one["combinations"])] for one in found["patterns"]]
    shown = table(["No data of", "Combinations"], rows, caption="What is missing, most first", numeric=["Combinations"])
    rest = []
    if found["more"]:
        rest.append(f"{found['more']:,} more patterns are not shown.")
    if not found["is_searched"]:
        rest.append(
            "Among so many combinations no patterns were looked for: these are the declared rows, put together."
        )
    elif not found["whole"]:
        rest.append("These patterns do not explain all that is missing.")
    overlap = sum(one["combinations"] or 0 for one in found["patterns"]) > found["missing"]
    if overlap:
        rest.append("Some combinations are in several patterns.")
    return html.Div([shown, html.P(" ".join(rest), className="hint") if rest else None])


def phrase(ids: Mapping[str, Sequence[str]]) -> Any:
    """Return a pattern in words, such as ``all of geography 08069, 08077 with subsector large_office``."""
    parts: list[Any] = ["all of "]
    for number, (type_, some) in enumerate(ids.items()):
        if number:
            parts.append(" with ")
        parts.append(f"{str(type_).replace('_', ' ')} ")
        for place, each in enumerate(some[:_IDS]):
            parts += [", "] if place else []
            parts.append(html.Code(each))
        if len(some) > _IDS:
            rest = ", ".join(some[_IDS:])
            parts.append(html.Span(f" and {len(some) - _IDS:,} more", title=rest[:2_000]))
    return html.Span(parts)


def declared(visit: Visit, entry: Entry, found: Mapping[str, Any]) -> list[Any]:
    """Return where the declared rows are to be had."""
    path = path_of("datasets", pinned(entry), "missing")
    return [
        html.P(
            f"{plural(found['declared'], 'row')}, with a column for each dimension "
            "type; an empty cell stands for all of its records."
        ),
        html.P(
            [
                html.A("Download CSV", href=visit.download(path, format="csv"), className="button", download=""),
                html.A("Arrow", href=visit.download(path, format="arrow"), className="button", download=""),
            ],
            className="actions",
        ),
    ]
