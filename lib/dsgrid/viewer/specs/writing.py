"""From the form's values to a spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dsgrid.toml_text import dumps
from dsgrid.viewer.specs.draft import (
    MAP_DATASET,
    NULL,
    ONE,
    QUERY,
    QUERY_DATASET,
    SELECTORS,
    TWO,
    Draft,
    Filter,
    Report,
    Source,
    Step,
    Table,
)

Document = dict[str, Any]


class Kept(str):
    """A text that is written though it may be empty."""


# What each kind of query knows of the form.
_ASKS: Final = frozenset({"at", "where", "result"})
_SUMS: Final = frozenset({"allow_double_counting", "step", "report"})
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    QUERY: _ASKS | _SUMS | {"project", "datasets", "expression", "overlap", "fill", "source"},
    QUERY_DATASET: _ASKS | _SUMS | {"dataset", "to"},
    MAP_DATASET: _ASKS | {"project", "dataset"},
}
# What comes before the tables that the form makes, where a spec has it.
_FIRST: Final = ("registry", "adjust")


def text_of(draft: Draft) -> str:
    """Return a draft as the TOML of a spec; what is not complete yet is left out."""
    return f"#:schema schemas/{draft.job}.schema.json\n{dumps(document_of(draft))}"


def document_of(draft: Draft, *, whole: bool = False) -> Document:
    """Return a draft as a spec.

    Parameters
    ----------
    whole
        With what is not complete yet, and what this kind of query does not know: what `draft_of` takes back.
    """
    known: Document = {
        "name": draft.name,
        "project": draft.project,
        "dataset": draft.dataset,
        "at": draft.at,
        **_asked(draft, whole),
        "overlap": draft.overlap,
        "fill": 0 if draft.fill else None,
        "allow_double_counting": draft.allow_double_counting,
        "to": {type_: target for type_, target in draft.to if target or whole},
        "source": {one.name: _source(one, whole) for one in draft.source if one.name or whole},
        "where": filters(draft.where, whole),
        "step": [_step(one, whole) for one in draft.step if one.by or whole],
        "report": [_report(one, whole) for one in draft.report if one.kind or whole],
        "result": _table(draft.result, whole),
    }
    if not whole:
        known = {key: value for key, value in known.items() if key == "name" or key in _KEYS[draft.job]}
    more = dict(draft.more)
    if isinstance(further := more.get("to"), dict):
        more["to"] = {**known["to"], **further} if "to" in known else further
    before: Document = {key: more.pop(key) for key in _FIRST if key in more}
    head: Document = {"spec_version": 1, "job": draft.job}
    if "registry" in before:
        head["registry"] = before.pop("registry")
    body = _said(known)
    # Adjustments come between the sources and the filters, as they are carried out.
    if before:
        tables = ("where", "step", "report", "result")
        body = {
            **{key: value for key, value in body.items() if key not in tables},
            **before,
            **{key: value for key, value in body.items() if key in tables},
        }
    return {**head, **body, **more}


def filters(given: Iterable[Filter], whole: bool = False) -> list[Document]:
    """Return filters as a spec has them."""
    return [_filter(one) for one in given if one.is_complete or one.more or whole]


def _asked(draft: Draft, whole: bool) -> Document:
    if draft.expression is not None and (whole or draft.expression.strip()):
        return {"expression": Kept(draft.expression)}
    return {"datasets": list(draft.datasets)} if draft.expression is None else {}


def _filter(one: Filter) -> Document:
    if one.test == SELECTORS:
        return {"subset": one.subject, SELECTORS: list(one.values), **one.more}
    head = _said({"dimension": one.subject, "attribute": one.attribute})
    if not one.values and one.more:
        return {**head, **one.more}
    value: Any = list(one.values)
    if one.test in ONE:
        value = one.values[0] if one.values else ""
    elif one.test in TWO:
        value = list(one.values[:2])
    elif one.test == NULL:
        value = bool(one.values and one.values[0])
    return {**head, one.test: value, **one.more}


def _step(one: Step, whole: bool) -> Document:
    said = _said(
        {
            "by": list(one.by),
            "over": list(one.over),
            "weights": list(one.weights),
            "percentiles": list(one.percentiles),
            "persist": one.persist,
            "where": filters(one.where, whole),
        }
    )
    return {"function": one.function, **said, **one.more}


def _report(one: Report, whole: bool) -> Document:
    said = {
        "kind": one.kind,
        "name": one.name,
        "by": list(one.by),
        "over": list(one.over),
        "period": one.period,
        "coincident_with": list(one.coincident_with),
        "points": one.points,
        "against": list(one.against),
        "tolerance_percent": one.tolerance_percent,
        "unit": one.unit,
        "format": one.format,
        "where": filters(one.where, whole),
    }
    return {**_said(said), **one.more}


def _source(one: Source, whole: bool) -> Document:
    said = {name: getattr(one, name) for name in ("kind", "dataset", "initial", "growth", "base_year")}
    return {**_said({**said, "where": filters(one.where, whole)}), **one.more}


def _table(one: Table, whole: bool) -> Document:
    said: Document = {name: getattr(one, name) for name in ("format", "pivot", "unit", "zone", "names")}
    said |= {"table": None if one.table else False, "sort": list(one.sort), "partition": list(one.partition)}
    path = {key: value for key, value in one.more.items() if key == "path"}
    return {**path, **_said({**said, "where": filters(one.where, whole)}), **one.more}


def _said(values: Mapping[str, Any]) -> Document:
    """Return what has to be said: nothing empty, and nothing that is so where nothing is said."""
    return {key: str(value) if isinstance(value, Kept) else value for key, value in values.items() if _says(key, value)}


def _says(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value or key == "table"
    return isinstance(value, Kept | int | float) or bool(value)
