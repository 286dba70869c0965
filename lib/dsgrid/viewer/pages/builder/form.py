"""The form: from a draft and the names that there are to its sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.builder.catalog import TYPES, Catalog, Offered
from dsgrid.viewer.pages.builder.controls import Option, help_of, note, select, text
from dsgrid.viewer.pages.builder.filters import filters
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.outcome import reports, result
from dsgrid.viewer.pages.builder.records import Found
from dsgrid.viewer.pages.builder.sources import sources
from dsgrid.viewer.pages.builder.steps import steps
from dsgrid.viewer.parts.numbers import plural
from dsgrid.viewer.specs.draft import MAP_DATASET, QUERY, QUERY_DATASET, Draft
from dsgrid.viewer.specs.reading import further

JOBS: Final[Mapping[str, str]] = {
    QUERY: "a project",
    QUERY_DATASET: "a dataset, without a project",
    MAP_DATASET: "a dataset, in its project's terms",
}


def form(draft: Draft, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> list[Any]:
    """Return the form of a draft.

    Parameters
    ----------
    found
        By place of a filter what it may compare with.
    """
    asked = [_head(draft, catalog, hints)]
    if catalog.problem:
        asked.append(html.P(catalog.problem, className="problem", role="alert"))
    is_begun = bool(catalog.names)
    if draft.job == QUERY and is_begun:
        asked.append(_part("Sources", sources(draft, catalog, hints, found), hints.help("datasets"), "sources"))
    elif draft.job == QUERY_DATASET and is_begun:
        asked.append(_part("Brought to", _targets(draft, catalog, hints), hints.help("to"), "to"))
    if is_begun:
        where = filters("where", draft.where, catalog, hints, found, what="", with_values=draft.job == QUERY)
        asked.append(_part("Filters", where, hints.help("where"), "where"))
        if draft.job != MAP_DATASET:
            asked.append(_part("Steps", steps(draft, catalog, hints, found), hints.help("step"), "step"))
            asked.append(_part("Reports", reports(draft, catalog, hints, found), hints.help("report"), "report"))
        asked.append(_part("Result", result(draft, catalog, hints, found), hints.help("result"), "result"))
    if kept := further(draft):
        names = ", ".join(kept)
        asked.append(
            html.P(f"Kept, though the form does not show it: {names}. The text has it.", className="hint kept")
        )
    return asked


def _part(title: str, content: Any, help: str, at: str) -> Any:
    return html.Section(
        [html.Div([html.H2(title), help_of(help, title)], className="part-head"), content, note(at)],
        className="part",
    )


def _head(draft: Draft, catalog: Catalog, hints: Hints) -> Any:
    kinds = [Option(job, words) for job, words in JOBS.items()]
    parts = [select("job", "Ask", kinds, draft.job)]
    of_dataset = draft.job == QUERY_DATASET
    asked = draft.dataset if of_dataset else draft.project
    id_, _, version = asked.partition("@")
    if of_dataset:
        options = [Option("", "Choose …"), *(Option(one, title=words) for one, words in catalog.all_datasets)]
        parts.append(select("dataset", "Dataset", options, id_, help=hints.help("dataset")))
    else:
        options = [Option("", "Choose …"), *(Option(one, title=words) for one, words in catalog.projects)]
        parts.append(select("project", "Project", options, id_, help=hints.help("project")))
    if asked:
        newest = f"newest ({catalog.versions[0]})" if catalog.versions else "newest"
        versions = [Option("", newest), *(Option(one) for one in catalog.versions)]
        parts.append(select("version", "Version", versions, version, notes=""))
    if draft.job == MAP_DATASET and catalog.names:
        there = [Option("", "Choose …"), *(_dataset(one) for one in catalog.datasets)]
        parts.append(select("dataset", "Dataset", there, draft.dataset.partition("@")[0], help=hints.help("dataset")))
    parts += [
        text("at", "As of", draft.at, placeholder="now", help=hints.help("at")),
        text("name", "Name", draft.name, help=hints.help("name")),
    ]
    return html.Div(parts, className="line first")


def _dataset(one: Offered) -> Option:
    return Option(one.id, note=plural(one.rows, "row") if one.rows else "", title=one.description)


def _targets(draft: Draft, catalog: Catalog, hints: Hints) -> Any:
    chosen = dict(draft.to)
    own = {one.type: one.name for one in catalog.names}
    fields = []
    for type_, label in {**TYPES, "time": "Time"}.items():
        stays = own[type_] if type_ in own and type_ not in chosen else "its own"
        options = [Option("", f"stays: {stays}"), *(Option(one) for one in catalog.targets.get(type_, ()))]
        fields.append(select(f"to.{type_}", label, options, chosen.get(type_, "")))
    return html.Div(fields, className="line")
