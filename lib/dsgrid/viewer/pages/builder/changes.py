"""What users change in the form, carried out on the draft."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dsgrid.viewer.pages.builder.catalog import Catalog
from dsgrid.viewer.specs.draft import (
    JOBS,
    NULL,
    ONE,
    SELECTORS,
    SEVERAL,
    TESTS,
    TWO,
    Draft,
    Filter,
    Report,
    Source,
    Step,
)
from dsgrid.viewer.specs.places import Part, parts_of
from dsgrid.viewer.specs.reading import draft_of
from dsgrid.viewer.specs.writing import document_of

SUBSET: Final = "subset:"  # before the name of a subset among the subjects of filters
_NEW: Final[Mapping[str, Any]] = {
    "where": Filter(),
    "step": Step(),
    "report": Report("peak_load"),
    "source": Source(kind="exponential_growth"),
}
_PERCENTILES: Final = (5, 50, 95)
_MOST: Final = 50  # items of a list; a form with more helps nobody
_WORD: Final = re.compile(r"[^A-Za-z0-9_]+")


def changed(draft: Draft, changes: Iterable[Mapping[str, Any]], catalog: Catalog) -> Draft:
    """Return a draft with changes; those that mean nothing are passed over.

    Parameters
    ----------
    changes
        Each with its place (``at``), and what becomes of it: ``set`` to a value, ``toggle`` one of several, ``do``
        (add, remove, up, down).
    catalog
        Says what is a number.
    """
    for change in changes:
        try:
            found = _changed(draft, change, catalog)
            if found.name in ("", suggested_name(draft)):
                found = replace(found, name=suggested_name(found))
            # There and back: whatever a browser sends, what comes of it is a draft.
            draft = draft_of(document_of(found, whole=True))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            continue  # it was about a form that is no longer there
    return draft


def suggested_name(draft: Draft) -> str:
    """Return a name for a query: what its result keeps."""
    by = draft.step[-1].by if draft.step else ()
    asked = (draft.project if draft.job == "query" else draft.dataset).partition("@")[0]
    words = _WORD.sub("_", "_".join(by)).strip("_") or asked
    return f"by_{words}"[:60].rstrip("_") if by else words


def _changed(draft: Draft, change: Mapping[str, Any], catalog: Catalog) -> Draft:
    parts = parts_of(str(change["at"]))
    if "do" in change:
        return _done(draft, parts, str(change["do"]))
    if "toggle" in change:
        return _at(draft, parts, lambda old: _toggled(old, change["toggle"]))
    return _set(draft, parts, change["set"], catalog)


def _done(draft: Draft, parts: tuple[Part, ...], do: str) -> Draft:
    if do == "add":
        new = _NEW[str(parts[-1])]
        if isinstance(new, Source):
            new = replace(new, name=_unused({one.name for one in draft.source}))
        return _at(draft, parts, lambda old: (*old, new) if len(old) < _MOST else old)
    *path, index = parts
    if not isinstance(index, int):
        raise ValueError("no item")

    def moved(old: tuple[Any, ...]) -> tuple[Any, ...]:
        items = list(old)
        item = items.pop(index)
        if do != "remove":
            items.insert(max(0, index + {"up": -1, "down": 1}[do]), item)
        return tuple(items)

    return _at(draft, tuple(path), moved)


def _unused(names: set[str]) -> str:
    return next(
        name for n in range(1, _MOST + 2) if (name := f"projection_{n}" if n > 1 else "projection") not in names
    )


def _set(draft: Draft, parts: tuple[Part, ...], value: Any, catalog: Catalog) -> Draft:
    name = parts[-1]
    if parts[0] == "to":
        left = tuple(pair for pair in draft.to if pair[0] != parts[1])
        return replace(draft, to=(*left, (str(parts[1]), str(value))) if value else left)
    if len(parts) == 1:
        return _set_of_draft(draft, str(name), value)
    if parts[0] == "source" and name == "name" and str(value).strip() in {one.name for one in draft.source}:
        raise ValueError(f"there is a source {value} already")
    holder = parts[:-1]
    if len(holder) >= 2 and holder[-2] == "where":
        return _at(draft, holder, lambda old: _filter(old, str(name), value, catalog))
    return _at(draft, holder, lambda old: _with_needs(_put(old, str(name), _fit(old, str(name), value))))


def _with_needs(part: Any) -> Any:
    """Return a step with what its function cannot be without."""
    if isinstance(part, Step) and part.function == "percentile" and not part.percentiles:
        return replace(part, percentiles=_PERCENTILES)
    return part


def _set_of_draft(draft: Draft, name: str, value: Any) -> Draft:
    if name == "formula":
        if not value:
            named = re.findall(r"[A-Za-z]\w+(?:@[\d.]+)?", draft.expression or "")
            return replace(draft, expression=None, datasets=tuple(dict.fromkeys(named)))
        return replace(draft, expression=" | ".join(draft.datasets), datasets=())
    if name == "project" and value != draft.project:
        # Names of one project mean nothing in another one.
        return Draft(job=draft.job, name=draft.name, project=str(value), step=(Step(),), result=draft.result)
    if name == "version":
        field = "dataset" if draft.job == "query_dataset" else "project"
        id_ = getattr(draft, field).partition("@")[0]
        return _put(draft, field, f"{id_}@{value}" if value else id_)
    if name == "job" and value not in JOBS:
        raise ValueError(value)
    if name == "job" and value != draft.job:
        return Draft(job=str(value), project=draft.project, dataset=draft.dataset, step=(Step(),), result=draft.result)
    return _put(draft, name, _fit(draft, name, value))


def _put(part: Any, name: str, value: Any) -> Any:
    more = {key: kept for key, kept in part.more.items() if key != name}
    return replace(part, **{name: value}, more=more)


def _fit(part: Any, name: str, value: Any) -> Any:
    """Return a value as the field takes it."""
    if name == "percentiles":
        return tuple(found for each in re.split(r"[\s,;]+", str(value)) if (found := _number(each)) is not None)
    if name == "points":
        found = _number(value)
        return None if found is None else int(found)
    if name == "tolerance_percent":
        return _number(value)
    old = getattr(part, name)
    if isinstance(old, bool):
        return bool(value)
    if isinstance(old, tuple):
        return tuple(value) if isinstance(value, list) else (value,)
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _filter(old: Filter, name: str, value: Any, catalog: Catalog) -> Filter:
    if name == "subject":
        wanted = str(value)
        if wanted.startswith(SUBSET):
            return Filter(wanted.removeprefix(SUBSET), SELECTORS)
        test = "between" if wanted and wanted == catalog.time else "at_least" if wanted == "value" else "in"
        return Filter(wanted, test)
    if name == "attribute":
        return replace(old, attribute="" if value == "id" else str(value), values=(), more={})
    if name == "test" and value in TESTS:
        return replace(old, test=value, values=_values_for(value, old.values), more={})
    is_number = catalog.is_number(old.subject, old.attribute) and old.test not in _OF_TEXTS
    if name in ("first", "second"):
        values = [*old.values[:2], "", ""][:2]
        values[name == "second"] = _scalar(value, is_number)
        return replace(old, values=() if values == ["", ""] else tuple(values))
    if name == "values":
        given = value if isinstance(value, list) else [value]
        if isinstance(value, str) and old.test in SEVERAL:
            given = [each.strip() for each in value.split(",") if each.strip()]
        scalars = tuple(_scalar(each, is_number) for each in given)
        return replace(old, values=() if scalars == ("",) else scalars)
    raise ValueError(name)


_OF_TEXTS: Final = frozenset(ONE) - {"equals", "not_equals", "above", "at_least", "below", "at_most"}


def _values_for(test: str, values: Sequence[Any]) -> tuple[Any, ...]:
    if test == NULL:
        return (True,)
    kept = tuple(each for each in values if not isinstance(each, bool))
    return kept[:1] if test in ONE else kept[:2] if test in TWO else kept


def _scalar(value: Any, is_number: bool) -> Any:
    if isinstance(value, str):
        found = _number(value) if is_number else None
        return value.strip() if found is None else found
    return value if isinstance(value, bool | int | float) else ""


def _number(value: Any) -> int | float | None:
    text = str(value).strip().replace("_", "").replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", text):
        return float(text)
    return None


def _toggled(old: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, str | int | float | bool):
        raise TypeError("no scalar")
    return tuple(each for each in old if each != value) if value in old else (*old, value)


def _at(part: Any, path: tuple[Part, ...], change: Callable[[Any], Any]) -> Any:
    """Return a part of a draft in which something at a path is changed."""
    if not path:
        return change(part)
    first, *left = path
    if isinstance(first, int):
        return (*part[:first], _at(part[first], tuple(left), change), *part[first + 1 :])
    if first == "more" or first.startswith("_"):
        raise ValueError(first)
    return _put(part, first, _at(getattr(part, first), tuple(left), change))
