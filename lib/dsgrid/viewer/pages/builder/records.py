"""The values that a filter may compare with: records found by a text, attributes of records, words for time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import Asking, path_of
from dsgrid.viewer.pages.builder.catalog import NUMBERS, Catalog, Name
from dsgrid.viewer.pages.builder.controls import Option
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.specs.draft import SEVERAL, Draft, Filter

SHOWN: Final = 24  # values in sight; more are found by typing
_READ: Final = 1_000  # records among which the values of an attribute are looked for


@dataclass(frozen=True)
class Found:
    """Values that a filter may name.

    Parameters
    ----------
    is_searched
        Whether there are so many that one has to type.
    said
        How many were found.
    typed
        What was searched for.
    """

    options: tuple[Option, ...] = ()
    is_searched: bool = False
    said: str = ""
    typed: str = ""


def places_of(draft: Draft) -> Iterator[tuple[str, Filter]]:
    """Yield all filters of a draft with their places in the form."""
    yield from _filters("where", draft.where)
    yield from _filters("result.where", draft.result.where)
    for name in ("source", "step", "report"):
        for index, holder in enumerate(getattr(draft, name)):
            yield from _filters(f"{name}[{index}].where", holder.where)


def _filters(at: str, filters: tuple[Filter, ...]) -> Iterator[tuple[str, Filter]]:
    for index, each in enumerate(filters):
        yield f"{at}[{index}]", each


def found_of(ask: Asking, draft: Draft, catalog: Catalog, typed: Mapping[str, str]) -> dict[str, Found]:
    """Return what each filter of a draft may compare with, by its place.

    Parameters
    ----------
    typed
        By place what is searched for.
    """
    return {
        place: _found(ask, each, catalog, typed.get(place, ""))
        for place, each in places_of(draft)
        if each.test in (*SEVERAL, "equals", "not_equals")
    }


def _found(ask: Asking, one: Filter, catalog: Catalog, typed: str) -> Found:
    if one.subject in NUMBERS:
        return Found(tuple(Option(number, text) for number, text in NUMBERS[one.subject]))
    name = catalog.named(one.subject)
    if name is None:
        return Found()
    try:
        if one.attribute:
            return _attributes(ask, name, one, typed)
        return _records(ask, name, one, typed)
    except DsgridError as error:
        return Found(said=str(error))


def _records(ask: Asking, name: Name, one: Filter, typed: str) -> Found:
    is_searched = name.records > SHOWN
    answer = ask.get(
        path_of("dimensions", name.dimension, "records"),
        columns="id,name",
        search=typed.strip() or None,
        limit=SHOWN,
    )
    found = [Option(str(row["id"]), _called(row)) for row in answer["items"]]
    said = ""
    if is_searched:
        more = "more, " if answer.get("next") else ""
        said = f"{count(len(found))} {'found' if typed.strip() else 'shown'}, {more}{count(name.records)} in all"
    return Found(_with_chosen(found, one), is_searched, said, typed)


def _called(row: Mapping[str, Any]) -> str:
    id_, name = str(row["id"]), str(row.get("name") or "")
    return id_ if name.casefold() in ("", id_.casefold()) else f"{id_} {name}"


def _attributes(ask: Asking, name: Name, one: Filter, typed: str) -> Found:
    text = typed.strip()
    answer = ask.get(
        path_of("dimensions", name.dimension, "records"),
        columns=one.attribute,
        where=[f'{one.attribute} ~ "{text}"'] if text else None,
        limit=_READ,
    )
    values = list(dict.fromkeys(row[one.attribute] for row in answer["items"] if row[one.attribute] is not None))
    is_searched = bool(text) or len(values) > SHOWN
    found = [Option(value, _told(value)) for value in sorted(values, key=_order)[:SHOWN]]
    said = f"{count(len(found))} of {count(len(values))} values" if is_searched else ""
    return Found(_with_chosen(found, one), is_searched, said, typed)


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order(value: Any) -> tuple[bool, Any]:
    return (True, value) if isinstance(value, int | float) else (False, str(value))


def _with_chosen(found: list[Option], one: Filter) -> tuple[Option, ...]:
    """Return what was found, after what is chosen and is not among it."""
    known = {each.value for each in found}
    return (*(Option(value) for value in one.values if value not in known and value != ""), *found)
