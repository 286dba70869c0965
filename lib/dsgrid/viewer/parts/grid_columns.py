"""Columns of grids: what their cells are, and what ag-grid makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_TEXT_FILTERS: Final = ("contains", "notContains", "equals", "notEqual", "blank", "notBlank")
_NUMBER_FILTERS: Final = (
    *("equals", "notEqual", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "inRange"),
    *("blank", "notBlank"),
)
_NUMBERS: Final = frozenset({"count", "number", "size"})
_SHOWN: Final[Mapping[str, str]] = {
    "count": "dsgridCount(params)",
    "number": "dsgridNumber(params)",
    "size": "dsgridSize(params)",
    "moment": "dsgridMoment(params)",
    "truth": "dsgridTruth(params)",
}


@dataclass(frozen=True)
class Column:
    """One column of a grid.

    Parameters
    ----------
    field
        What the cells are called in the rows.
    title
        What users read; the field, unless told.
    kind
        ``text``, ``count`` (whole numbers), ``number``, ``size`` (bytes), ``moment``, ``truth``; or ``link``.
    page, reference, version
        Of links: the viewer's page, and the fields that hold the id (the column's own, unless told) and its version.
    width
        Pixels that it has at least; 0 for what fits its kind.
    grows
        How much of the room that is left it takes, compared with the others.
    """

    field: str
    title: str = ""
    kind: str = "text"
    page: str = ""
    reference: str = ""
    version: str = ""
    width: int = 0
    grows: int = 1


def columns_of(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], known: Mapping[str, Column] | None = None
) -> list[Column]:
    """Return columns for a table that nobody knows beforehand: numbers are those whose cells all are.

    Parameters
    ----------
    rows
        Some of them.
    known
        Columns that are told.
    """
    return [(known or {}).get(name) or Column(name, kind=kind_of([row.get(name) for row in rows])) for name in names]


def kind_of(cells: Sequence[Any]) -> str:
    """Return of which kind a column with such cells is."""
    there = [cell for cell in cells if cell is not None]
    if there and all(isinstance(cell, bool) for cell in there):
        return "truth"
    if there and all(isinstance(cell, int) and not isinstance(cell, bool) for cell in there):
        # What counts years counts without separators.
        return "text" if all(1800 <= cell <= 2200 for cell in there) else "count"
    return "number" if there and all(isinstance(cell, int | float) for cell in there) else "text"


def definition(column: Column, prefix: str, order: Mapping[str, str]) -> dict[str, Any]:
    """Return a column as ag-grid takes it."""
    is_number = column.kind in _NUMBERS
    made: dict[str, Any] = {
        "field": column.field,
        "colId": column.field,
        "headerName": column.title or column.field,
        "headerTooltip": column.title or column.field,
        "tooltipField": column.field,
        "filter": "agNumberColumnFilter" if is_number else "agTextColumnFilter",
        "filterParams": {
            "filterOptions": list(_NUMBER_FILTERS if is_number else _TEXT_FILTERS),
            "maxNumConditions": 1,
            "debounceMs": 350,
            "buttons": ["reset"],
        },
        "minWidth": column.width or (120 if is_number else 150),
        "flex": column.grows,
    }
    if is_number:
        made |= {"type": "rightAligned", "headerClass": "ag-right-aligned-header"}
    if column.kind in _SHOWN:
        made["valueFormatter"] = {"function": _SHOWN[column.kind]}
    if column.kind == "link":
        made |= {
            "cellRenderer": "DsgridLink",
            "cellRendererParams": {
                "prefix": f"{prefix}{column.page}/",
                "reference": column.reference or column.field,
                "version": column.version,
            },
        }
    if "," in column.field:
        made["sortable"] = False  # the server's lists of columns have commas between
    if column.field in order:
        made["sort"] = order[column.field]
        made["sortIndex"] = [*order].index(column.field)
    return made
