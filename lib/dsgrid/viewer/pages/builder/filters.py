"""The filters of the form: what is tested, how, and with which values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.pages.builder.catalog import Catalog
from dsgrid.viewer.pages.builder.changes import SUBSET
from dsgrid.viewer.pages.builder.controls import Option, act, chips, flag, moves, note, select, text
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.records import Found
from dsgrid.viewer.specs.draft import NULL, SELECTORS, SEVERAL, TESTS, TWO, Filter

_NUMBERS: Final = ("equals", "not_equals", "above", "at_least", "below", "at_most", "between", "not_between", NULL)
_OF_VALUES: Final = _NUMBERS[:-1]


def filters(
    at: str,
    given: tuple[Filter, ...],
    catalog: Catalog,
    hints: Hints,
    found: Mapping[str, Found],
    *,
    what: str,
    with_values: bool = True,
) -> Any:
    """Return the filters at one place.

    Parameters
    ----------
    at
        Their place, such as ``step[0].where``.
    what
        What they test, for who adds one.
    with_values
        Whether there are values to test: not in a source.
    """
    rows = [
        _row(f"{at}[{index}]", index, len(given), at, one, catalog, hints, found, with_values)
        for index, one in enumerate(given)
    ]
    return html.Div([*rows, act("add", at, f"+ Filter {what}", css="button add")], className="filters-of")


def _row(
    place: str,
    index: int,
    of: int,
    at: str,
    one: Filter,
    catalog: Catalog,
    hints: Hints,
    found: Mapping[str, Found],
    with_values: bool,
) -> Any:
    is_subset = one.test == SELECTORS
    subject = f"{SUBSET}{one.subject}" if is_subset else one.subject
    single, groups = _subjects(catalog, with_values)
    parts: list[Any] = [
        select(f"{place}.subject", "Keep where", single, subject, groups=groups, help=hints.help("where.dimension"))
    ]
    name = catalog.named(one.subject)
    if not is_subset and (one.attribute or (name is not None and name.attributes)):
        attributes = [Option("id"), Option("name"), *(Option(each) for each, _ in (name.attributes if name else ()))]
        parts.append(select(f"{place}.attribute", "Attribute", attributes, one.attribute or "id"))
    if one.subject and not is_subset:
        tests = [Option(test, _told(hints, test)) for test in _tests(one, catalog)]
        parts.append(select(f"{place}.test", "Test", tests, one.test))
    return html.Div(
        [
            html.Div([*parts, moves(at, index, of, f"filter {index + 1}")], className="line"),
            _values(place, one, catalog, found.get(place, Found())) if one.subject else None,
            note(place),
        ],
        className="item filter-row",
        role="group",
        **{"aria-label": f"Filter {index + 1}"},
    )


def _told(hints: Hints, test: str) -> str:
    return hints.title(f"where.{test}").lower()


def _tests(one: Filter, catalog: Catalog) -> Iterable[str]:
    if one.subject == "value":
        return _OF_VALUES
    if one.subject == catalog.time or catalog.is_number(one.subject, one.attribute):
        return (*SEVERAL, *_NUMBERS)
    return TESTS


def _subjects(catalog: Catalog, with_values: bool) -> tuple[list[Option], dict[str, list[Option]]]:
    bases = [Option(one.name, note=one.type.replace("_", " ")) for one in catalog.names if not one.of]
    others = [Option(one.name, note=f"of {one.of}") for one in catalog.names if one.of and one.records > 1]
    subsets = [Option(f"{SUBSET}{name}", name, note="selectors") for name in catalog.subsets]
    time = [Option(each) for each in (catalog.time, *catalog.words) if each]
    groups = {"Dimensions": bases, "Supplemental": others, "Subsets": subsets, "Time": time}
    if with_values:
        groups["Values"] = [Option("value")]
    return [Option("", "Choose …")], {name: group for name, group in groups.items() if group}


def _values(place: str, one: Filter, catalog: Catalog, found: Found) -> Any:
    at = f"{place}.values"
    if one.test == SELECTORS:
        options = [Option(each) for each in catalog.subsets.get(one.subject, ())]
        return chips(at, "Selectors", options, one.values, is_labelled=False)
    if one.test == NULL:
        return html.Div(
            [
                flag(at, "has no value", bool(one.values and one.values[0])),
                html.P("Off: what has a value is kept.", className="hint"),
            ],
            className="line",
        )
    is_number = catalog.is_number(one.subject, one.attribute)
    if one.test in TWO:
        first, second = [*one.values[:2], "", ""][:2]
        is_time = one.subject == catalog.time
        hint = "2018-07-01 or 2018-07-01 12:00" if is_time else ""
        return html.Div(
            [
                text(f"{place}.first", "From", first, is_number=is_number, placeholder=hint, notes=""),
                text(f"{place}.second", "to (included)", second, is_number=is_number, placeholder=hint, notes=""),
            ],
            className="line",
        )
    is_single = one.test not in SEVERAL
    if found.options or found.is_searched or found.said:
        search = (
            text(f"{place}.seek", "Find by id or name", found.typed, placeholder="type to search", notes="")
            if found.is_searched
            else None
        )
        return html.Div(
            [
                search,
                chips(at, "Values", found.options, one.values, is_single=is_single, is_labelled=False),
                html.P(found.said, className="hint", role="status") if found.said else None,
            ],
            className="picker",
        )
    if is_single:
        return text(at, "Value", one.values[0] if one.values else "", is_number=is_number)
    shown = ", ".join(str(each) for each in one.values)
    return text(at, "Values, with commas between", shown, is_number=is_number, is_wide=True)
