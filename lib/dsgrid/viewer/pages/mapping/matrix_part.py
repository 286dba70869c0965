"""Which part of a matrix is looked at, and the ways from it to others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.visit import Visit

TABLE: Final = (40, 25)  # rows and columns that are shown as a table
Found = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """Which part of a matrix is looked at; without a height or width all that follows."""

    top: int = 0
    left: int = 0
    height: int | None = None
    width: int | None = None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Part:
        """Return the part that an address names; what makes no sense there is left out."""

        def number(name: str, least: int) -> int | None:
            text = str(params.get(name, "") or "")
            return int(text) if text.isascii() and text.isdigit() and least <= int(text) < 1 << 31 else None

        return cls(number("top", 0) or 0, number("left", 0) or 0, number("height", 1), number("width", 1))

    def params(self) -> dict[str, int | None]:
        """Return what stands in an address."""
        return {"top": self.top or None, "left": self.left or None, "height": self.height, "width": self.width}


def target(visit: Visit, meta: Found, y: int, x: int) -> str:
    """Return where a click on a cell leads: into the cell, or to its associations."""
    rows, columns = meta["rows"], meta["columns"]
    reference = str(meta["reference"])
    if rows["step"] == columns["step"] == 1 or x >= len(columns["labels"]):
        to = columns["labels"][x] if x < len(columns["labels"]) else None
        return associations(visit, reference, rows["labels"][y] if rows["step"] == 1 else None, to)
    (top, height), (left, width) = _zoomed(rows, y), _zoomed(columns, x)
    part = Part(top, left, height, width)
    return visit.href("mappings", reference, tab="matrix", **part.params())


def _zoomed(axis: Found, place: int) -> tuple[int, int]:
    """Return the start and the number of records around a cell: a tenth of what is seen, and what fits at least."""
    number = axis["end"] - axis["start"]
    wanted = min(number, max(number // 10, TABLE[1]))
    middle = axis["start"] + place * axis["step"] + axis["step"] // 2
    start = max(axis["start"], min(middle - wanted // 2, axis["end"] - wanted))
    return start, wanted


def ways(visit: Visit, found: Found) -> Any:
    """Return links to the parts around the one that is shown, and to the whole."""
    rows, columns = found["rows"], found["columns"]
    height, width = rows["end"] - rows["start"], columns["end"] - columns["start"]
    here_ = Part(rows["start"], columns["start"], height, width)

    def moved(y: int, x: int) -> Part:
        return Part(max(0, here_.top + y * height), max(0, here_.left + x * width), height, width)

    links = []
    if rows["start"] > 0:
        links.append(link(visit, found, "Rows before", moved(-1, 0)))
    if rows["end"] < rows["total"]:
        links.append(link(visit, found, "Rows after", moved(1, 0)))
    if columns["start"] > 0:
        links.append(link(visit, found, "Columns before", moved(0, -1)))
    if columns["end"] < columns["total"]:
        links.append(link(visit, found, "Columns after", moved(0, 1)))
    if rows["step"] > 1 or columns["step"] > 1:
        top, tall = _zoomed(rows, len(rows["labels"]) // 2)
        left, wide = _zoomed(columns, len(columns["labels"]) // 2)
        links.append(link(visit, found, "Closer", Part(top, left, tall, wide)))
        first = Part(rows["start"], columns["start"], min(height, TABLE[0]), min(width, TABLE[1]))
        links.append(link(visit, found, "The first records", first))
    if height < rows["total"] or width < columns["total"]:
        links.append(link(visit, found, "All of it", Part()))
    return html.Nav(links, className="matrix-ways", **{"aria-label": "Parts of the matrix"}) if links else None


def link(visit: Visit, found: Found, text: str, part: Part) -> Any:
    """Return a link to a part."""
    href = visit.href("mappings", str(found["reference"]), tab="matrix", **part.params())
    return dcc.Link(text, href=href, className="button")


def associations(visit: Visit, reference: str, from_id: str | None, to_id: str | None) -> str:
    """Return where associations are listed: of a record, of two, or of `from` alone what is mapped to nothing."""
    filters: dict[str, Any] = {}
    for name, id_ in (("from", from_id), ("to", to_id)):
        if id_ is not None:
            filters[name] = {"filterType": "text", "type": "equals", "filter": id_}
    if to_id is None:
        filters["to"] = {"filterType": "text", "type": "blank"}
    return visit.href("mappings", reference, filter=json.dumps(filters, separators=(",", ":"), ensure_ascii=False))
