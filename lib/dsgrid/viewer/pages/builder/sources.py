"""What a project is asked for: its datasets, a formula of them, projections and datasets with filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.builder.catalog import Catalog, Offered
from dsgrid.viewer.pages.builder.controls import Option, act, chips, flag, moves, note, select, text
from dsgrid.viewer.pages.builder.filters import filters
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.records import Found
from dsgrid.viewer.parts.numbers import plural
from dsgrid.viewer.specs.draft import Draft, Source

_GROWS: Final = ("exponential_growth", "annual_multiplier")


def sources(draft: Draft, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    """Return the part of the form about sources."""
    named = [Option(one.name, note="named below") for one in draft.source if one.name]
    offered = [*map(_dataset, catalog.datasets), *named]
    if draft.expression is None:
        asked: list[Any] = [chips("datasets", "Datasets", offered, draft.datasets, is_labelled=False)]
        if not catalog.datasets:
            asked = [html.P("No dataset was submitted to this project yet.", className="hint")]
    else:
        ids = [str(one.value) for one in offered if not one.is_off]
        asked = [
            text(
                "expression",
                "Formula",
                draft.expression,
                help=hints.help("expression"),
                placeholder=" | ".join(ids[:2]),
                is_wide=True,
            ),
            html.P(f"Names: {', '.join(ids)}", className="hint"),
        ]
    overlaps = [Option("", "an error"), *(one for one in hints.options("overlap") if one.value != "error")]
    more = [
        flag("formula", "A formula instead", draft.expression is not None, help=hints.help("expression")),
        select(
            "overlap", "Where sources overlap", overlaps, draft.overlap.replace("error", ""), help=hints.help("overlap")
        )
        if draft.expression is None and len(draft.datasets) > 1
        else None,
        flag("fill", "Missing counts as 0", draft.fill, help=hints.help("fill"))
        if draft.expression is not None
        else None,
    ]
    rows = [_source(index, len(draft.source), one, catalog, hints, found) for index, one in enumerate(draft.source)]
    return html.Div(
        [
            *asked,
            html.Div(more, className="line"),
            *rows,
            act("add", "source", "+ Projection or filtered dataset", css="button add"),
        ]
    )


def _dataset(one: Offered) -> Option:
    if one.is_there:
        rows = plural(one.rows, "row") if one.rows is not None else one.version
        return Option(one.id, note=rows, title=one.description)
    why = f"{one.status}: {one.reason}" if one.reason else one.status
    return Option(one.id, note=one.status, title=why, is_off=True)


def _source(index: int, of: int, one: Source, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    at = f"source[{index}]"
    datasets = [Option("", "Choose …"), *(Option(each.id) for each in catalog.datasets if each.is_there)]
    kinds = [
        Option("dataset", "a dataset, perhaps filtered"),
        *(each for each in hints.options("source.kind") if each.value != "dataset"),
    ]
    parts = [
        text(f"{at}.name", "Name", one.name, help=hints.help("source")),
        select(f"{at}.kind", "Kind", kinds, one.kind or "dataset", help=hints.help("source.kind")),
    ]
    if one.kind in _GROWS:
        parts += [
            select(f"{at}.initial", "Initial values", datasets, one.initial, help=hints.help("source.initial")),
            select(f"{at}.growth", "Growth", datasets, one.growth, help=hints.help("source.growth")),
            text(
                f"{at}.base_year",
                "Base year",
                one.base_year,
                placeholder="earliest",
                help=hints.help("source.base_year"),
            ),
        ]
    else:
        parts.append(select(f"{at}.dataset", "Dataset", datasets, one.dataset, help=hints.help("source.dataset")))
    return html.Div(
        [
            html.Div([*parts, moves("source", index, of, f"source {one.name or index + 1}")], className="line"),
            filters(f"{at}.where", one.where, catalog, hints, found, what="of this source", with_values=False),
            note(at),
        ],
        className="item",
        role="group",
        **{"aria-label": f"Source {one.name or index + 1}"},
    )
