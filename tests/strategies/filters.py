"""Random filters: on records, on time, on values, with every operator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from reference.asked_time import COMPANIONS
from reference.conditions import passes
from reference.moments import LABEL, cell, every_moment

from dsgrid.dimensions.dimension import Dimension
from dsgrid.query.model import OPERATORS, Test
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import RepresentativeTime

# No sums of the strategies' values times their fractions, so that it is no matter of rounding what passes.
LIMITS = (-1.2718281, 0.0137137, 7.3141593, 23.6180339)
# Those to choose from by what the cells are; a text may be compared with numbers if it is one.
_ORDERS = ("above", "at_least", "below", "at_most", "between", "not_between")
_EQUALITIES = ("equals", "not_equals", "in", "in", "not_in")
_PATTERNS = (
    "like", "not_like", "matches", "not_matches", "contains", "not_contains", "starts_with", "ends_with",
)  # fmt: skip


def rarely(draw: st.DrawFn, of: int) -> bool:
    """Return True once of so many times: Hypothesis likes ends of ranges, so it is something in the middle."""
    return draw(st.integers(0, of)) == of // 2 + 1


@dataclass(frozen=True)
class Seen:
    """What a filter may be about.

    Parameters
    ----------
    dimensions
        Base and supplemental dimensions.
    words
        Words for time, and the label.
    subsets
        Names of subsets.
    """

    dimensions: tuple[Dimension, ...]
    words: frozenset[str] = frozenset()
    subsets: tuple[str, ...] = ()
    values: bool = True


def seen_at_base(project: Project, words: frozenset[str], *, values: bool) -> Seen:
    """Return what a filter before any step may be about."""
    dimensions = (*project.base, *(one.dimension for one in project.supplemental))
    return Seen(dimensions, words, tuple(subset.name for subset in project.subsets), values)


@st.composite
def equalities(draw: st.DrawFn, project: Project) -> dict[str, Any]:
    """One ``[[where]]``: by id or attribute, of a base or supplemental dimension, or by a subset."""
    if project.subsets and not draw(st.integers(0, 3)):
        return _of_subset(draw, project, draw(st.sampled_from(project.subsets)).name)
    dimension = draw(st.sampled_from([*project.base, *(one.dimension for one in project.supplemental)]))
    attributes = ["id"] + (["kind"] if "kind" in dimension.records.columns else [])
    attribute = draw(st.sampled_from(attributes))
    valid = sorted({str(record.get(attribute)) for record in dimension.records})
    test = draw(st.sampled_from(_EQUALITIES))
    value = _among(draw, test, valid)
    if (
        test.startswith("not_")
        and set(valid) <= set(value if isinstance(value, list) else [value])
        and not rarely(draw, 10)
    ):
        # It would leave nothing.
        test = test.removeprefix("not_")
    return _on(dimension.name, attribute, test, value)


@st.composite
def filter_specs(draw: st.DrawFn, project: Project, seen: Seen, zone: str | None) -> dict[str, Any]:
    """One ``[[where]]`` of any kind that the table at hand has something to say of."""
    kinds = ["records"] * (4 if seen.dimensions else 0) + ["subset"] * bool(seen.subsets)
    words = sorted(seen.words & {LABEL, *TIME_WORDS})
    kinds += ["time", "time"] * bool(words) + ["value"] * seen.values
    kind = draw(st.sampled_from(kinds))
    if kind == "subset":
        return _of_subset(draw, project, draw(st.sampled_from(seen.subsets)))
    if kind == "value":
        return _of_values(draw)
    if kind == "time":
        return _of_time(draw, project, draw(st.sampled_from(words)), zone)
    dimension = draw(st.sampled_from(seen.dimensions))
    known = [name for name in ("id", "id", "name", "kind", "people", "size", "region") if name in _columns(dimension)]
    attribute = draw(st.sampled_from(known))
    cells = [record.get(attribute) for record in dimension.records]
    numeric = all(str(one).isdigit() and str(one)[0] != "0" for one in cells if one is not None)
    test, value = _test(draw, [one for one in cells if one is not None], as_numbers=numeric, nullable=None in cells)
    if attribute == "id" and test in _EQUALITIES:
        # Ids are texts.
        value = [str(one) for one in value] if isinstance(value, list) else str(value)
    return _on(dimension.name, attribute, test, value)


def _columns(dimension: Dimension) -> tuple[str, ...]:
    return dimension.records.columns


def _on(dimension: str, attribute: str, test: str, value: Any) -> dict[str, Any]:
    return {"dimension": dimension, **({"attribute": attribute} if attribute != "id" else {}), test: value}


def _among(draw: st.DrawFn, test: str, valid: Sequence[Any]) -> Any:
    if test.endswith("equals"):
        return draw(st.sampled_from(valid))
    return draw(st.lists(st.sampled_from(valid), min_size=1, max_size=3, unique=True))


def _of_subset(draw: st.DrawFn, project: Project, name: str) -> dict[str, Any]:
    subset = next(one for one in project.subsets if one.name == name)
    names = [selector.name for selector in subset.selectors]
    return {"subset": subset.name, "selectors": draw(st.lists(st.sampled_from(names), min_size=1, unique=True))}


def _of_values(draw: st.DrawFn) -> dict[str, Any]:
    test = draw(st.sampled_from([*_ORDERS, "is_null"]))
    if test == "is_null":
        return {"dimension": "value", test: False}
    low, high = sorted(draw(st.lists(st.sampled_from(LIMITS), min_size=2, max_size=2, unique=True)))
    return {"dimension": "value", test: [low, high] if "between" in test else draw(st.sampled_from([low, high]))}


def _of_time(draw: st.DrawFn, project: Project, word: str, zone: str | None) -> dict[str, Any]:
    cells = every_moment(zone, project)[cell(word)].unique().tolist()
    test, value = _test(draw, cells, as_numbers=False, nullable=False)
    return {"dimension": project.time.name if word == LABEL else word, test: value}


def _test(draw: st.DrawFn, cells: Sequence[Any], *, as_numbers: bool, nullable: bool) -> tuple[str, Any]:
    """Draw a test that some of the cells pass, mostly."""
    test, value = _any_test(draw, cells, as_numbers=as_numbers, nullable=nullable)
    operator, negate = OPERATORS[test]
    operands = () if test == "is_null" else tuple(value) if isinstance(value, list) else (value,)
    asked = Test(operator, operands, negate)
    if any(passes(asked, one) for one in cells) or not cells or rarely(draw, 20):
        return test, value
    return "equals", cells[0]


def _any_test(draw: st.DrawFn, cells: Sequence[Any], *, as_numbers: bool, nullable: bool) -> tuple[str, Any]:
    texts = all(isinstance(one, str) for one in cells)
    tests = [*_EQUALITIES, *_ORDERS, *(_PATTERNS if texts else ()), *(["is_null"] * (4 if nullable else 1))]
    test = draw(st.sampled_from(tests))
    if test == "is_null" or not cells:
        return "is_null", draw(st.booleans()) if nullable else False
    if test in _PATTERNS:
        return test, _pattern(draw, test.removeprefix("not_"), str(draw(st.sampled_from(cells))))
    if as_numbers and draw(st.booleans()):
        cells = [float(one) if "." in str(one) else int(one) for one in cells]
    if test in _EQUALITIES:
        return test, _among(draw, test, sorted(set(cells)))
    limits = sorted(draw(st.sampled_from(cells)) for _ in range(2))
    return test, limits if "between" in test else limits[0]


def _pattern(draw: st.DrawFn, test: str, text: str) -> str:
    first, last = text[: draw(st.integers(1, len(text)))], text[-1]
    if test == "like":
        return draw(st.sampled_from([f"{first}%", f"%{last}", f"{text[:-1]}_", f"%{text[0]}%"]))
    if test == "matches":
        escaped = re.escape(first)
        return draw(st.sampled_from([f"^{escaped}", f"{re.escape(last)}$", f"{escaped}|nothing", "[0-9]"]))
    return {"contains": last, "starts_with": first, "ends_with": last}[test]


def without_label(words: frozenset[str], project: Project) -> frozenset[str]:
    """Return what filters may be about of words that rows say."""
    hidden = {LABEL} if isinstance(project.time, RepresentativeTime) else set()
    return words - hidden - set(COMPANIONS)
