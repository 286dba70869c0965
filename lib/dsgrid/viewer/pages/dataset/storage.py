"""The layout: tables and their columns, time, files, and what the manifest says of their making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.pages.dataset.overview import checksum
from dsgrid.viewer.parts.blocks import facts, section, table
from dsgrid.viewer.parts.grid import short_grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.numbers import count, plural, size
from dsgrid.viewer.parts.time_words import time_words
from dsgrid.viewer.visit import Visit

_FEW: Final = 12
_ROLES: Final = {
    "facts": "Facts",
    "lookup": "Lookup",
    "associations": "Combinations with data",
    "missing": "Declared to be missing",
    "expected": "Declared to be there",
}
_TYPES: Final = {"timestamp[us, tz=UTC]": "instant (UTC)", "timestamp[us]": "clock time", "string": "text"}


def show(visit: Visit, entry: Entry) -> Any:
    """Return the layout."""
    found = visit.ask.get(path_of("datasets", pinned(entry), "storage"))
    return html.Div(
        [
            section("Layout", html.P(in_words(found["layout"])), facts(layout_facts(found["layout"]))),
            section("Time", facts(time_words(entry.get("time", {})))),
            section("Tables", *[_table(one) for one in found["tables"]]),
            section("Manifest", manifest(found)),
            section("Files", files(visit, entry.get("files", ()))),
        ]
    )


def in_words(layout: Mapping[str, Any]) -> str:
    """Return a layout in a sentence or two."""
    tables = (
        "Two tables: facts with an id, and a lookup that says which records each id has"
        if layout["two_tables"]
        else "One table"
    )
    factor = ", and the factor that its values are to be multiplied with" if layout.get("scaling_factor") else ""
    pivot = layout.get("pivot")
    form = (
        f"Pivoted: each {_words(pivot)} has a column of values."
        if pivot
        else "Stacked: one column of values, a row for each."
    )
    nulls = " An empty cell means that the combination has no data." if layout.get("null_cells") else ""
    return f"{tables}{factor}. {form}{nulls}"


def layout_facts(layout: Mapping[str, Any]) -> dict[str, str | None]:
    """Return which dimension types stand where."""
    return {
        "Columns of the facts": _listed(layout["fact_types"]),
        "Columns of the lookup": _listed(layout["lookup_types"]) if layout["two_tables"] else None,
        "In the names of columns": _words(layout["pivot"]) if layout.get("pivot") else None,
        "The same for all rows": _listed(layout["trivial"]),
    }


def _listed(types: Sequence[str]) -> str:
    return ", ".join(_words(each) for each in types) or "none"


def _words(text: Any) -> str:
    return str(text or "").replace("_", " ")


def _table(one: Mapping[str, Any]) -> Any:
    title = _ROLES.get(one["role"], _words(one["role"]).capitalize())
    number = plural(one["files"], "file")
    groups = one.get("row_groups")
    parts = [number, plural(one["rows"], "row"), size(one["bytes"])]
    if groups is not None:
        parts.append(plural(groups, "row group"))
    has_units = any(each.get("unit") for each in one["columns"])
    columns = ["Column", "Type", "Holds", "Dimension", *(["Unit"] if has_units else [])]
    rows = [
        [
            html.Code(each["name"]),
            _TYPES.get(each["type"], each["type"]),
            each["holds"] or "–",
            each["dimension"] or "–",
            *([each["unit"] or "–"] if has_units else []),
        ]
        for each in one["columns"]
    ]
    shown = table(columns, rows, caption=f"Columns of {title.lower()}")
    # The statistics of each combination are of dsgrid's own making: of interest to few.
    inner = html.Details([html.Summary("Columns"), shown]) if one["role"] not in ("facts", "lookup") else shown
    return html.Div([html.H3(title), html.P(", ".join(parts), className="hint"), inner])


def manifest(found: Mapping[str, Any]) -> Any:
    """Return what the manifest says of how the files were made."""
    engine = found.get("engine") or {}
    summary = found.get("summary") or {}
    return facts(
        {
            "Manifest": checksum(found.get("manifest_sha256")),
            "Written by": " ".join(str(engine[key]) for key in ("name", "version") if engine.get(key)) or "–",
            "Rules of time zones": f"tzdata {found['tzdata']}" if found.get("tzdata") else "–",
            "Bundle of code": checksum(found.get("bundle_sha256")),
            "Spec": checksum(found.get("spec_sha256")),
            "Time arrays": count(summary["time_arrays"]) if "time_arrays" in summary else None,
            "Time slots": count(summary["slots"]) if "slots" in summary else None,
        }
    )


def files(visit: Visit, found: Sequence[Mapping[str, Any]]) -> Any:
    """Return all files with sizes and checksums: a table of few, a grid of many."""
    if len(found) <= _FEW:
        rows = [
            [
                html.Code(one["path"]),
                _words(one["role"]),
                count(one["rows"]),
                size(one["bytes"]),
                checksum(one["sha256"]),
            ]
            for one in found
        ]
        return table(
            ["File", "Role", "Rows", "Size", "SHA-256"],
            rows,
            caption="All files of this version",
            numeric=["Rows", "Size"],
        )
    columns = [
        Column("path", "File", width=260, grows=3),
        Column("role", "Role"),
        Column("rows", "Rows", "count"),
        Column("bytes", "Size", "size"),
        Column("sha256", "SHA-256", grows=2),
    ]
    return short_grid("dataset-files", columns, found, visit, label="Files")
