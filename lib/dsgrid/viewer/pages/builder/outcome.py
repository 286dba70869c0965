"""What comes out: reports, and what the table of the result looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.builder.catalog import Catalog
from dsgrid.viewer.pages.builder.controls import Option, act, chips, flag, moves, note, select, text
from dsgrid.viewer.pages.builder.filters import filters
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.records import Found
from dsgrid.viewer.pages.builder.steps import kept, over, seen
from dsgrid.viewer.parts.suggestions import UNITS, ZONES
from dsgrid.viewer.specs.draft import MAP_DATASET, Draft, Report

_WITH_PERIOD: Final = ("peak_load", "load_duration", "load_factor")
_CALIBRATION: Final = "calibration"


def reports(draft: Draft, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    """Return the part of the form about reports."""
    rows = [_report(index, len(draft.report), one, catalog, hints, found) for index, one in enumerate(draft.report)]
    return html.Div([*rows, act("add", "report", "+ Report", css="button add")])


def _report(index: int, of: int, one: Report, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    at = f"report[{index}]"
    is_calibration = one.kind == _CALIBRATION

    def usual(key: str, words: str) -> list[Option]:
        return [Option("", words), *hints.options(f"report.{key}")]

    head = [
        select(
            f"{at}.kind", f"Report {index + 1}", hints.options("report.kind"), one.kind, help=hints.help("report.kind")
        ),
        text(f"{at}.name", "Name", one.name, placeholder=one.kind, help=hints.help("report.name")),
        text(
            f"{at}.unit",
            "Unit",
            one.unit,
            suggested=UNITS,
            placeholder="of the result",
            help=hints.help("report.unit"),
        ),
        select(f"{at}.format", "Format", usual("format", "usual"), one.format),
    ]
    if one.kind in _WITH_PERIOD or one.period:
        head.insert(
            1,
            select(
                f"{at}.period",
                "For each",
                usual("period", "all of the time"),
                one.period,
                help=hints.help("report.period"),
            ),
        )
    if one.kind == "load_duration" or one.points is not None:
        head.append(
            text(
                f"{at}.points",
                "Points",
                one.points,
                is_number=True,
                placeholder="all",
                help=hints.help("report.points"),
            )
        )
    if is_calibration or one.tolerance_percent is not None:
        head.append(
            text(
                f"{at}.tolerance_percent",
                "Tolerance, %",
                one.tolerance_percent,
                is_number=True,
                placeholder="none",
                help=hints.help("report.tolerance_percent"),
            )
        )
    parts = [kept(f"{at}.by", "For each", one.by, catalog, hints.help("report.by"), with_time=is_calibration)]
    if one.kind == "peak_load" or one.coincident_with:
        options = [Option(each) for each in one.by]
        if options or one.coincident_with:
            parts.append(
                chips(
                    f"{at}.coincident_with",
                    "Coincident with the peak of",
                    options,
                    one.coincident_with,
                    help=hints.help("report.coincident_with"),
                )
            )
    parts.append(over(f"{at}.over", one.over, one.by, catalog, hints.help("report.over")))
    if is_calibration or one.against:
        options = [Option(each.id, is_off=not each.is_there) for each in catalog.datasets]
        parts.append(chips(f"{at}.against", "Benchmark", options, one.against, help=hints.help("report.against")))
    if is_calibration or one.where:
        parts.append(filters(f"{at}.where", one.where, catalog, hints, found, what="of the benchmark"))
    return html.Div(
        [html.Div([*head, moves("report", index, of, f"report {index + 1}")], className="line"), *parts, note(at)],
        className="item",
        role="group",
        **{"aria-label": f"Report {index + 1}"},
    )


def result(draft: Draft, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    """Return the part of the form about the table."""
    one = draft.result
    *_, left = seen(draft, catalog)
    columns = _columns(draft, catalog)
    zones = tuple(dict.fromkeys(("geography", ZONES[0], *([catalog.zone] if catalog.zone else ()), *ZONES[1:])))
    clock = catalog.zone or "of the project"
    head = [
        text("result.unit", "Unit", one.unit, suggested=UNITS, placeholder="as stored", help=hints.help("result.unit")),
        text("result.zone", "Time zone", one.zone, suggested=zones, placeholder=clock, help=hints.help("result.zone")),
        select(
            "result.pivot",
            "Columns for each",
            [Option("", "none: one value column"), *hints.options("result.pivot")],
            one.pivot,
            help=hints.help("result.pivot"),
        ),
        select(
            "result.format",
            "Format",
            [Option("", "Parquet"), *(each for each in hints.options("result.format") if each.value != "parquet")],
            one.format.replace("parquet", ""),
            help=hints.help("result.format"),
        ),
        flag("result.names", "Names instead of ids", one.names, help=hints.help("result.names")),
    ]
    if draft.job != MAP_DATASET and (draft.report or not one.table):
        words = "Only reports, no table"
        head.append(flag("result.table", words, not one.table, help=hints.help("result.table"), is_negated=True))
    parts: list[Any] = [html.Div(head, className="line")]
    if columns:
        options = [Option(each) for each in columns]
        parts.append(
            chips(
                "result.sort",
                "Sorted by, in this order",
                options,
                one.sort,
                help=hints.help("result.sort"),
                is_ordered=True,
            )
        )
        if one.partition or one.format in ("", "parquet"):
            parts.append(
                chips(
                    "result.partition",
                    "Folders by",
                    options,
                    one.partition,
                    help=hints.help("result.partition"),
                    is_ordered=True,
                )
            )
    parts.append(filters("result.where", one.where, left, hints, found, what="of the result"))
    return html.Div(parts)


def _columns(draft: Draft, catalog: Catalog) -> list[str]:
    """Return the columns that rows can be sorted by, as far as the steps say them."""
    found: list[str] = []
    if draft.step:
        last, pivot = draft.step[-1], draft.result.pivot
        types = {one.name: one.type for one in catalog.names}
        found = [each for each in last.by if not pivot or types.get(each.partition(".")[0]) != pivot]
        found += ["percentile"] if last.function == "percentile" else []
    return list(dict.fromkeys([*found, *draft.result.sort, *draft.result.partition]))
