"""The matrix of datasets and records: in each cell how much the dataset has of what is required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.pages.project.told import breakable, state
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]
ACCEPTED: Final = "accepted"
COMPOSITE: Final = "composite"
COLUMNS: Final = 60  # of a table
_ROOMY: Final = 8  # columns of a table in which numbers stand, too
# Of each kind of cell: what stands in it, and what that means.
KINDS: Final = {
    "full": ("all", "has all that is required"),
    "part": ("50%", "has a part of it"),
    "none": ("none", "has nothing of it"),
    "due": ("due", "is required of a dataset that is not submitted"),
    "beyond": ("+", "has data, none is required"),
    "free": ("·", "nothing is required, nothing is there"),
}


@dataclass(frozen=True)
class Cell:
    """How much a dataset has of what is required of a record.

    Parameters
    ----------
    kind
        One of `KINDS`, or ``unknown``.
    text
        What stands in the cell.
    numbers
        The same in numbers.
    """

    kind: str
    text: str
    numbers: str


def cell(required: int | None, present: int | None, is_reached: bool, is_there: bool = True) -> Cell:
    """Return the cell of a dataset and a record.

    Parameters
    ----------
    is_there
        Whether the project has the dataset.
    """
    if required is None or present is None:
        return Cell("unknown", "?", "too many combinations to count")
    if not required:
        kind = "beyond" if is_reached else "free"
        return Cell(kind, KINDS[kind][0], KINDS[kind][1])
    numbers = f"{count(present)} of {count(required)}"
    if present >= required:
        return Cell("full", "all", numbers)
    if not present:
        kind = "none" if is_there else "due"
        return Cell(kind, KINDS[kind][0], numbers)
    return Cell("part", share(present, required), numbers)


def share(part: int, of: int) -> str:
    """Return a share in whole percent that is never 0% where there is some, and never 100% where some lacks."""
    percent = round(100 * part / of)
    if part < of and percent == 100:
        return ">99%"
    return "<1%" if part and not percent else f"{percent}%"


def legend() -> Any:
    """Return what the cells mean."""
    return html.Dl(
        [
            html.Div([html.Dt(text, className=f"cover {kind}"), html.Dd(meaning)])
            for kind, (text, meaning) in KINDS.items()
        ],
        className="cover-legend",
    )


def matrix(visit: Visit, found: Json, rows: Sequence[Json]) -> Any:
    """Return datasets and records as a table."""
    records = found["records"]
    is_roomy = len(records) <= _ROOMY
    caption = (
        f"Combinations with each record of {found['dimension']['name']}: how many are there of those that the project "
        "requires"
    )
    head = html.Tr(
        [
            html.Th("Dataset", scope="col", className="first"),
            html.Th("All records", scope="col", className="number"),
            *[_column(record, is_roomy) for record in records],
        ]
    )
    return html.Div(
        html.Table(
            [
                html.Caption(caption),
                html.Thead(head),
                html.Tbody([html.Tr(list(_row(visit, row, len(records), is_roomy))) for row in rows]),
            ],
            className=f"table matrix {'roomy' if is_roomy else 'dense'}",
        ),
        className="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


def _column(record: Json, is_roomy: bool) -> Any:
    id_, name = record["id"], record["name"]
    if is_roomy:
        more = [html.Span(id_, className="record-id")] if name != id_ else []
        return html.Th([html.Span(name), *more], scope="col")
    return html.Th(html.Span(name), scope="col", className="upright", title=f"{name} ({id_})" if name != id_ else id_)


def _row(visit: Visit, row: Json, columns: int, is_roomy: bool) -> Iterator[Any]:
    shown = breakable(row["dataset"])
    named = (
        dcc.Link(shown, href=visit.href("datasets", f"{row['dataset']}@{row['version']}"))
        if row["version"]
        else html.Span(shown)
    )
    mark = [] if row["status"] == ACCEPTED else [" ", state(row["status"])]
    yield html.Th([named, *mark], scope="row", className="first")
    yield html.Td(_sums(row), className="number")
    if row["is_other"]:
        yield html.Td(f"reaches {row['base']} instead", colSpan=max(1, columns), className="hint")
        return
    required, present = row["required"], row["present"]
    for place in range(columns):
        one = cell(
            None if required is None else required[place],
            None if present is None else present[place],
            row["reached"][place],
            row["status"] == ACCEPTED,
        )
        yield _cell(one, is_roomy)


def _cell(one: Cell, is_roomy: bool) -> Any:
    has_numbers = one.kind in ("full", "part", "none", "due")
    shown: list[Any] = [html.Span(one.text)]
    if has_numbers:
        shown.append(html.Span(one.numbers, className="cover-numbers" if is_roomy else "unseen"))
    elif one.kind != "unknown":
        shown = [html.Span(one.text, **{"aria-hidden": "true"}), html.Span(one.numbers, className="unseen")]
    return html.Td(shown, className=f"cover {one.kind}", title=one.numbers)


def _sums(row: Json) -> Any:
    sums = row["sums"]
    if sums is None:
        return "–"
    if not sums["required"]:
        return html.Span("nothing required", className="hint")
    if row["status"] != ACCEPTED:
        return [html.Span("due"), html.Span(count(sums["required"]), className="cover-numbers")]
    if sums["present"] >= sums["required"]:
        return [html.Span("all"), html.Span(count(sums["required"]), className="cover-numbers")]
    return [
        html.Span(share(sums["present"], sums["required"])),
        html.Span(f"{count(sums['present'])} of {count(sums['required'])}", className="cover-numbers"),
    ]
