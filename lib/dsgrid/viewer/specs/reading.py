"""From a spec to the form's values; what they have no place for stays as it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from dsgrid.viewer.specs.draft import (
    JOBS,
    NULL,
    ONE,
    SELECTORS,
    SEVERAL,
    TWO,
    Draft,
    Filter,
    Report,
    Scalar,
    Source,
    Step,
    Table,
)

_T = TypeVar("_T")
# Keys of a spec that the form does not show, since each query has them.
_FIXED: Final = ("spec_version", "job")


def draft_of(document: Mapping[str, Any]) -> Draft:
    """Return the form's values of a spec; one that is not complete, or not right, has a place, too."""
    left = _Left(document)
    job = left.take("job", lambda value: value in JOBS)
    left.take("spec_version", lambda value: value == 1)
    datasets = left.texts("datasets")
    return Draft(
        job=job or Draft.job,
        name=left.text("name"),
        project=left.text("project"),
        at=left.text("at"),
        dataset=left.text("dataset"),
        datasets=datasets,
        # One that stands beside datasets is a mistake, which the server tells.
        expression=None if datasets else left.take("expression", _is_text),
        overlap=left.text("overlap"),
        fill=left.take("fill", _is_zero) is not None,
        allow_double_counting=left.flag("allow_double_counting"),
        to=_targets(left),
        source=_sources(left),
        where=left.each("where", filter_of),
        step=left.each("step", _step),
        report=left.each("report", _report),
        result=_table(left.take("result", _is_table) or {}),
        more=left.rest,
    )


def filter_of(document: Mapping[str, Any]) -> Filter:
    """Return a filter."""
    left = _Left(document)
    if "subset" in document or SELECTORS in document:
        return Filter(left.text("subset"), SELECTORS, values=left.texts(SELECTORS), more=left.rest)
    subject, attribute = left.text("dimension"), left.text("attribute")
    for test in document:
        values: tuple[Scalar, ...] | None = None
        if test in ONE:
            value = left.take(test, _is_scalar)
            values = None if value is None else (value,)
        elif test in SEVERAL or test in TWO:
            found = left.take(test, _are_scalars if test in SEVERAL else _are_limits)
            values = None if found is None else tuple(found)
        elif test == NULL:
            flag = left.take(test, lambda value: isinstance(value, bool))
            values = None if flag is None else (flag,)
        if values is not None:
            return Filter(subject, test, attribute, values, left.rest)
    return Filter(subject, attribute=attribute, more=left.rest)


class _Left:
    """A table of a spec, from which the form takes what it has a field for; `rest` is what is left."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.rest: dict[str, Any] = dict(document)

    def take(self, key: str, fits: Callable[[Any], bool]) -> Any:
        if key in self.rest and fits(self.rest[key]):
            return self.rest.pop(key)
        return None

    def text(self, key: str) -> str:
        return self.take(key, _is_text) or ""

    def flag(self, key: str, default: bool = False) -> bool:
        found = self.take(key, lambda value: isinstance(value, bool))
        return default if found is None else bool(found)

    def number(self, key: str) -> Any:
        return self.take(key, _is_number)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.take(key, lambda value: _is_list(value, _is_text)) or ())

    def each(self, key: str, read: Callable[[Mapping[str, Any]], _T]) -> tuple[_T, ...]:
        return tuple(read(one) for one in self.take(key, lambda value: _is_list(value, _is_table)) or ())


def _step(document: Mapping[str, Any]) -> Step:
    left = _Left(document)
    return Step(
        function=left.text("function") or Step.function,
        by=left.texts("by"),
        over=left.texts("over"),
        weights=left.texts("weights"),
        percentiles=tuple(left.take("percentiles", lambda value: _is_list(value, _is_number)) or ()),
        persist=left.flag("persist"),
        where=left.each("where", filter_of),
        more=left.rest,
    )


def _report(document: Mapping[str, Any]) -> Report:
    left = _Left(document)
    return Report(
        kind=left.text("kind"),
        name=left.text("name"),
        by=left.texts("by"),
        over=left.texts("over"),
        period=left.text("period"),
        coincident_with=left.texts("coincident_with"),
        against=left.texts("against"),
        unit=left.text("unit"),
        format=left.text("format"),
        points=left.take("points", lambda value: _is_number(value) and isinstance(value, int)),
        tolerance_percent=left.number("tolerance_percent"),
        where=left.each("where", filter_of),
        more=left.rest,
    )


def _table(document: Mapping[str, Any]) -> Table:
    left = _Left(document)
    return Table(
        zone=left.text("zone"),
        format=left.text("format"),
        pivot=left.text("pivot"),
        unit=left.text("unit"),
        sort=left.texts("sort"),
        partition=left.texts("partition"),
        table=left.flag("table", True),
        names=left.flag("names"),
        where=left.each("where", filter_of),
        more=left.rest,
    )


def _sources(left: _Left) -> tuple[Source, ...]:
    found = left.take("source", lambda value: _is_table(value) and all(map(_is_table, value.values())))
    return tuple(_source(name, document) for name, document in (found or {}).items())


def _source(name: str, document: Mapping[str, Any]) -> Source:
    left = _Left(document)
    texts = {each: left.text(each) for each in ("kind", "dataset", "initial", "growth", "base_year")}
    return Source(name, **texts, where=left.each("where", filter_of), more=left.rest)


def _targets(left: _Left) -> tuple[tuple[str, str], ...]:
    found = left.take("to", _is_table)
    if found is None:
        return ()
    if further := {type_: target for type_, target in found.items() if not _is_text(target)}:
        left.rest["to"] = further
    return tuple((type_, target) for type_, target in found.items() if _is_text(target))


def further(draft: Draft) -> tuple[str, ...]:
    """Return the places of what a spec holds and the form does not show, such as ``step[0].weight``."""
    return tuple(_further("", draft))


def _further(place: str, part: Any) -> Iterable[str]:
    mark = f"{place}." if place else ""
    for key, value in part.more.items():
        if place or key not in ("registry", *_FIXED):
            names = value if key in ("results", "export", "to") and isinstance(value, dict) else ()
            yield from (f"{mark}{key}.{name}" for name in names) if names else (f"{mark}{key}",)
    for one in fields(part):
        value = getattr(part, one.name)
        if hasattr(value, "more"):
            # Where a result is kept is not up to the spec.
            yield from (each for each in _further(f"{mark}{one.name}", value) if each != "result.path")
        elif isinstance(value, tuple):
            for index, each in enumerate(value):
                if isinstance(each, Source):
                    yield from _further(f"{mark}{one.name}.{each.name}", each)
                elif hasattr(each, "more"):
                    yield from _further(f"{mark}{one.name}[{index}]", each)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_zero(value: Any) -> bool:
    return _is_number(value) and value == 0


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | bool) or _is_number(value)


def _are_scalars(value: Any) -> bool:
    return _is_list(value, _is_scalar)


def _are_limits(value: Any) -> bool:
    return _are_scalars(value) and len(value) <= 2


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any, of: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(of, value))
