"""A result taken home: its table in several forms, its files as they are, exports for other models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.numbers import count, size
from dsgrid.viewer.visit import Visit

_FORMS: Final = (
    ("csv", "CSV", "for spreadsheets; times with their zone"),
    ("parquet", "Parquet", "for pandas, DuckDB, R: types and all digits are kept"),
    ("arrow", "Arrow", "a stream for pyarrow and polars"),
)


def files_part(visit: Visit, place: Place, summary: Mapping[str, Any]) -> Any:
    """Return what can be downloaded."""
    parts = []
    name = str(summary["query"])
    if "table" in summary["links"]:
        rows = [
            [
                html.A(title, href=visit.download(f"{place.path}/table.{form}"), download=f"{name}.{form}"),
                count(summary["rows"]),
                use,
            ]
            for form, title, use in _FORMS
        ]
        parts.append(
            section("The whole table", table(["form", "rows", "good for"], rows, caption="Forms of the table"))
        )
        parts.append(section("Its files as they are", _files(visit, place)))
    parts.append(
        section(
            "The manifest",
            html.P(
                [
                    html.A("Manifest", href=visit.download(f"{place.path}/manifest"), download=f"{name}.json"),
                    html.Span(": what was asked, versions of all that was read, sums in and out", className="hint"),
                ]
            ),
        )
    )
    if summary["exports"]:
        parts.append(section("Exports for other models", *(_export(visit, place, one) for one in summary["exports"])))
    return html.Div(parts)


def _files(visit: Visit, place: Place) -> Any:
    found = visit.ask.get(f"{place.path}/files")["items"]
    rows = [
        [
            html.A(
                one["path"], href=visit.download(f"{place.path}/files{path_of(*one['path'].split('/'))}"), download=""
            ),
            count(one["rows"]),
            size(one["bytes"]),
            html.Code(one["sha256"][:16], title=one["sha256"]),
        ]
        for one in found
    ]
    return table(["file", "rows", "size", "SHA-256"], rows, caption="Files, with checksums", numeric=["rows", "size"])


def _export(visit: Visit, place: Place, name: str) -> Any:
    address = f"{place.path}{path_of('exports', name)}"
    told = visit.ask.get(address)
    rows = [
        [
            _link(visit, f"{address}/files", one["path"]),
            count(one["rows"]),
            size(one["bytes"]),
        ]
        for one in told["files"]
    ]
    return html.Div(
        [html.H3(name), table(["file", "rows", "size"], rows, caption=f"Files of {name}", numeric=["rows", "size"])]
    )


def _link(visit: Visit, address: str, path: str) -> Any:
    return html.A(path, href=visit.download(f"{address}{path_of(*path.split('/'))}"), download="")
