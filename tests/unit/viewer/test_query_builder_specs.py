"""Specs and the form of the query builder: nothing of a spec is lost on the way there and back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.viewer.specs.draft import (
    JOBS,
    MAP_DATASET,
    NULL,
    ONE,
    QUERY,
    QUERY_DATASET,
    SELECTORS,
    SEVERAL,
    TWO,
    Draft,
    Filter,
    Report,
    Source,
    Step,
    Table,
)
from dsgrid.viewer.specs.places import in_form
from dsgrid.viewer.specs.reading import draft_of, further
from dsgrid.viewer.specs.writing import document_of, text_of

ROOT = Path(__file__).resolve().parents[3]
SPECS = sorted(
    path
    for path in (ROOT / "specs").rglob("*.toml")
    if "bad" not in path.parts and any(f'job = "{job}"' in path.read_text() for job in JOBS)
)

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
NAMES = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | NUMBERS | st.booleans()


def tuples(of: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=3).map(tuple)


FILTERS = st.one_of(
    st.builds(Filter, NAMES, st.sampled_from(SEVERAL), st.just("") | NAMES, tuples(SCALARS, 1)),
    st.builds(Filter, NAMES, st.sampled_from(ONE), st.just("") | NAMES, st.tuples(SCALARS)),
    st.builds(Filter, NAMES, st.sampled_from(TWO), st.just("") | NAMES, st.tuples(SCALARS, SCALARS)),
    st.builds(Filter, NAMES, st.just(NULL), st.just("") | NAMES, st.tuples(st.booleans())),
    st.builds(Filter, NAMES, st.just(SELECTORS), st.just(""), tuples(NAMES, 1)),
)
WHERE = tuples(FILTERS)
MAYBE = st.just("") | NAMES
STEPS = st.builds(
    Step, NAMES, tuples(NAMES, 1), tuples(NAMES), tuples(NAMES), tuples(NUMBERS), persist=st.booleans(), where=WHERE
)
REPORTS = st.builds(
    Report,
    NAMES,
    MAYBE,
    tuples(NAMES),
    tuples(NAMES),
    MAYBE,
    tuples(NAMES),
    st.none() | st.integers(0, 99),
    tuples(NAMES),
    st.none() | NUMBERS,
    MAYBE,
    MAYBE,
    WHERE,
)
SOURCES = st.lists(
    st.builds(Source, NAMES, MAYBE, MAYBE, MAYBE, MAYBE, st.just("") | TEXTS, WHERE),
    max_size=3,
    unique_by=lambda one: one.name,
).map(tuple)
TABLES = st.builds(
    Table,
    st.just("") | TEXTS,
    st.booleans(),
    MAYBE,
    MAYBE,
    st.just("") | TEXTS,
    st.booleans(),
    tuples(NAMES),
    tuples(NAMES),
    WHERE,
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    job = draw(st.sampled_from(JOBS))
    said: dict[str, Any] = {"job": job, "name": draw(NAMES), "at": draw(MAYBE)}
    said |= {"where": draw(WHERE), "result": draw(TABLES)}
    if job != QUERY_DATASET:
        said["project"] = draw(NAMES)
    if job != QUERY:
        said["dataset"] = draw(NAMES)
    if job != MAP_DATASET:
        said |= {"step": draw(tuples(STEPS)), "report": draw(tuples(REPORTS))}
        said["allow_double_counting"] = draw(st.booleans())
    if job == QUERY_DATASET:
        said["to"] = draw(st.dictionaries(NAMES, NAMES, max_size=2).map(lambda one: tuple(one.items())))
    if job == QUERY:
        asked = draw(st.sampled_from(("datasets", "expression")))
        said[asked] = draw(tuples(NAMES)) if asked == "datasets" else draw(NAMES)
        said |= {"source": draw(SOURCES), "overlap": draw(MAYBE), "fill": draw(st.booleans())}
    return Draft(**said)


@given(drafts())
def test_what_the_form_says_comes_back_from_the_text_and_from_the_browser(draft: Draft) -> None:
    assert draft_of(tomllib.loads(text_of(draft))) == draft
    assert draft_of(json.loads(json.dumps(document_of(draft, whole=True)))) == draft
    assert further(draft) == ()


JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        *("name", "project", "dataset", "at", "datasets", "expression", "overlap", "fill", "to", "source", "where"),
        *("step", "report", "result", "adjust", "results", "export", "colour"),
    ]
)


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_whatever_a_text_says_the_form_keeps_it(document: dict[str, Any]) -> None:
    """Values of the wrong kind, unknown keys: they come back, so that the server can say what is wrong with them."""
    draft = draft_of(document)
    again = draft_of(json.loads(json.dumps(document_of(draft, whole=True))))
    assert again == draft
    kept = {**document_of(draft, whole=True)}
    for key, value in document.items():
        if key in draft.more:
            assert kept[key] == value


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_the_specs_of_the_repository_mean_the_same_after_the_form(path: Path) -> None:
    document = tomllib.loads(path.read_text())
    draft = draft_of(document)
    assert tomllib.loads(text_of(draft)) == usual(document)


def test_the_form_shows_all_of_the_specs_of_the_demo() -> None:
    demo = {path.stem: draft_of(tomllib.loads(path.read_text())) for path in SPECS if path.parent.name == "demo"}
    assert {"annual_by_state", "growth_by_state", "eastern_homes_by_hour"} <= set(demo)
    assert {name: further(draft) for name, draft in demo.items()} == dict.fromkeys(demo, ())


def usual(value: Any) -> Any:
    """Return a spec as the form writes it: each step says its function, and nothing says that something is not so."""
    if isinstance(value, list):
        return [usual(each) for each in value]
    if not isinstance(value, dict):
        return value
    said = {key: usual(each) for key, each in value.items() if each is not False or key == "table"}
    return {**said, **({"step": [{"function": "sum", **one} for one in said["step"]]} if "step" in said else {})}


def test_the_text_begins_with_its_schema_and_the_head() -> None:
    text = text_of(Draft(name="x", project="p", datasets=("d",), step=(Step(by=("state",)),), result=Table(unit="GWh")))
    assert text == (
        '#:schema schemas/query.schema.json\nspec_version = 1\njob = "query"\nname = "x"\nproject = "p"\n'
        'datasets = ["d"]\n\n[[step]]\nfunction = "sum"\nby = ["state"]\n\n[result]\nunit = "GWh"\n'
    )


def test_what_is_not_complete_is_left_out_of_the_text_and_kept_by_the_browser() -> None:
    draft = Draft(name="x", project="p", where=(Filter(), Filter("county", "between", values=("a",))), step=(Step(),))
    assert tomllib.loads(text_of(draft)) == {"spec_version": 1, "job": "query", "name": "x", "project": "p"}
    assert draft_of(document_of(draft, whole=True)) == draft


def test_what_the_form_has_no_field_for_is_named_and_stays() -> None:
    document = {
        "job": "query",
        "name": "x",
        "project": "p",
        "datasets": ["d"],
        "adjust": [{"where": {"state": "CO"}, "multiply": 2.0}],
        "where": [{"dimension": "county", "equals": "a", "colour": "blue"}],
        "results": {"more": {"step": [{"by": ["state"]}]}},
        "export": {"model": {}},
    }
    draft = draft_of(document)
    assert set(further(draft)) == {"adjust", "results.more", "export.model", "where[0].colour"}
    found = tomllib.loads(text_of(draft))
    assert {key: found[key] for key in document} == document
    # As they are carried out: adjustments before filters.
    assert list(found).index("adjust") < list(found).index("where")


def test_a_place_in_the_spec_is_found_in_the_form_past_what_is_not_complete() -> None:
    draft = Draft(
        where=(Filter(), Filter("county", values=("a",))),
        source=(Source("b"), Source("shops", where=(Filter(), Filter("x", values=("y",))))),
        step=(Step(), Step(by=("state",), where=(Filter(), Filter("x", values=("y",))))),
    )
    assert in_form("where[0].in[0]", draft) == "where[1].in[0]"
    assert in_form("step[0].by[2]", draft) == "step[1].by[2]"
    assert in_form("step[0].where[0].dimension", draft) == "step[1].where[1].dimension"
    assert in_form("source.shops.where[0]", draft) == "source[1].where[1]"
    assert in_form("result.unit", draft) == "result.unit"
    assert in_form("datasets[0]", draft) == "datasets[0]"
    # What is no longer there stays as it was named.
    assert in_form("where[7].in", draft) == "where[7].in"
