"""How a result was made: versions of all that was read, sums in and out, what was left out, what it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.pages.result.words import columns_table
from dsgrid.viewer.parts.blocks import facts, section, table
from dsgrid.viewer.parts.numbers import count, moment, size, value
from dsgrid.viewer.visit import Visit


def making_part(summary: Mapping[str, Any], manifest: Mapping[str, Any], visit: Visit) -> Any:
    """Return all that the manifest says, as people read it."""
    parts = [
        section("Made of", _read(manifest, visit)),
        section("Columns", columns_table(summary, visit)),
        section("Sums in and out", _conservation(manifest)),
        *_left_out(manifest),
        section("Work", _work(manifest)),
        section("Versions", _versions(manifest)),
    ]
    return html.Div(parts)


def _read(manifest: Mapping[str, Any], visit: Visit) -> Any:
    rows = [
        [
            dcc.Link(one["id"], href=visit.href("datasets", f"{one['id']}@{one['version']}")),
            one["version"],
            dcc.Link("lineage", href=visit.href("lineage", f"dataset {one['id']}@{one['version']}")),
        ]
        for one in manifest.get("datasets", ())
    ]
    told: list[Any] = []
    if manifest.get("project"):
        told.append(
            html.P(["Project ", dcc.Link(manifest["project"], href=visit.href("projects", str(manifest["project"])))])
        )
    if manifest.get("expression"):
        how = html.Span("Datasets are put together as ", className="hint")
        told.append(html.P([how, html.Code(manifest["expression"])]))
    return html.Div([*told, table(["dataset", "version", "needs"], rows, caption="Datasets that were read")])


def _conservation(manifest: Mapping[str, Any]) -> Any:
    sums = manifest.get("sums", ())
    if not manifest.get("adds_up", True):
        return html.P("The values do not add up, so no sums are compared.", className="hint")
    rows = [
        [
            one.get("unit") or "no unit",
            value(one.get("expected"), 12),
            value(one.get("carried"), 12),
            value(one.get("found"), 12),
            verdict(one.get("expected"), one.get("found")),
        ]
        for one in sums
    ]
    numeric = ["in the datasets", "carried", "in the table"]
    return table(["unit", *numeric, "compared"], rows, caption="What went in, and what came out", numeric=numeric)


def verdict(expected: float | None, found: float | None) -> Any:
    """Return whether what came out is what went in, as far as that was compared."""
    if expected is None or found is None:
        return html.Span("no", className="hint")
    greatest = max(abs(expected), abs(found))
    part = abs(expected - found) / greatest if greatest else 0.0
    if part <= 1e-9:
        return html.Span("equal", className="tag good")
    return html.Span(f"differs by {part:.2g} of it", className="tag warn")


def _left_out(manifest: Mapping[str, Any]) -> Iterator[Any]:
    records = [[one["dataset"], one["type"], one["record"], one["reason"]] for one in manifest.get("left_out", ())]
    notes = [[one["dataset"], one["note"]] for one in manifest.get("time_notes", ())]
    if records:
        names = ["dataset", "dimension", "record", "why"]
        yield section("Left out", table(names, records, caption="Records that are not in the result"))
    if notes:
        yield section("About time", table(["dataset", "note"], notes, caption="What was done to times"))


def _work(manifest: Mapping[str, Any]) -> Any:
    rows = [
        [
            one.get("of", ""),
            str(one.get("stage", "")).replace("_", " "),
            ("" if one.get("exact") else "about ") + count(one.get("rows")),
            size(one.get("bytes")),
        ]
        for one in manifest.get("stages", ())
    ]
    seconds = manifest.get("seconds_of") or {}
    told = [(str(name).capitalize(), f"{value(each, 3)} s") for name, each in seconds.items()]
    engine = manifest.get("engine") or {}
    named = " ".join(str(engine[key]) for key in ("name", "version") if engine.get(key))
    pairs = [("Finished", moment(manifest.get("finished"))), ("Engine", named or None), *told]
    parts = [facts(pairs)]
    if rows:
        parts.append(table(["of", "stage", "rows", "bytes"], rows, caption="Stages", numeric=["rows", "bytes"]))
    return html.Div(parts)


def _versions(manifest: Mapping[str, Any]) -> Any:
    told = {
        "Spec": manifest.get("spec_sha256"),
        "Made by": manifest.get("bundle_sha256"),
        "Cache key": manifest.get("cache_key"),
        "Time zones": manifest.get("tzdata"),
        "Registry as of": manifest.get("at"),
    }
    pairs = [(name, html.Code(str(each)[:16], title=str(each))) for name, each in told.items() if each]
    variables = manifest.get("variables") or {}
    pairs += [(f"${{{name}}}", html.Code(str(each))) for name, each in variables.items()]
    return facts(pairs)
