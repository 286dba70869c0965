"""Violations of a schema in the user's words; alternatives report the one that was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from dsgrid.spec.node import Node, Source
from dsgrid.spec.schemas import JOBS, job_schema
from dsgrid.spec.validate import check, violations

GROWTH: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["growth"]}, "rate": {"type": "number"}},
    "required": ["kind", "rate"],
    "additionalProperties": False,
}
UNION: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["union"]}, "datasets": {"type": "array", "minItems": 1}},
    "required": ["kind", "datasets"],
    "additionalProperties": False,
}


def said(schema: dict[str, Any], text: str) -> list[str]:
    """Return what is said about a text, without its file."""
    source = Source(Path("spec.toml"), text, Path())
    found = violations(Node(tomli.loads(text), (), source), Draft7Validator(schema))
    return [str(problem).partition("spec.toml:")[2] for problem in found]


def key(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of a table with the one key `x`."""
    return {"type": "object", "properties": {"x": schema}, "additionalProperties": False, **more}


ALTERNATIVES = [
    ('x = { kind = "growth", rate = "a" }', ['1:31: x.rate: found "a", expected a number']),
    (
        'x = { kind = "growth", datasets = [] }',
        ['1:5: x: missing key "rate"', '1:24: x.datasets: unknown key; the keys here are "kind", "rate"'],
    ),
    ('x = { kind = "union", datasets = [] }', ["1:34: x.datasets: found no items, expected at least 1"]),
    (
        'x = { kind = "unoin" }',
        ['1:14: x.kind: found "unoin", expected one of "growth", "union"; did you mean "union"?'],
    ),
    ('x = "a"', ['1:5: x: found "a", expected a table or an array of strings; put it in brackets: ["a"]']),
    ("x = [1]", ['1:6: x[0]: found the integer 1, expected a string; put it in quotes: "1"']),
    ("x = true", ["1:5: x: found true, expected a table or an array of strings"]),
]


@pytest.mark.parametrize(("text", "expected"), ALTERNATIVES)
def test_alternatives_report_the_one_that_was_meant(text: str, expected: list[str]) -> None:
    strings = {"type": "array", "items": {"type": "string"}}
    branches = [{"$ref": "#/definitions/growth"}, UNION, strings]
    schema = key({"anyOf": branches}, definitions={"growth": GROWTH})
    assert said(schema, text) == expected


REQUIRED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
VIOLATIONS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"type": "string"},
        "x = 07:32:00",
        'found the bare time 07:32:00, expected a string; put it in quotes: "07:32:00"',
    ),
    ({"type": "string"}, "x = 1.5", 'found the number 1.5, expected a string; put it in quotes: "1.5"'),
    ({"type": "string"}, "x = true", "found true, expected a string"),
    ({"type": "string"}, "x = {}", "found an empty table, expected a string"),
    ({"type": "integer"}, "x = 1.5", "found the number 1.5, expected an integer"),
    ({"type": "number", "maximum": 1}, "x = 2", "found the integer 2, expected at most 1"),
    ({"type": "object", "minProperties": 1}, "x = 2", "found the integer 2, expected a table"),
    (REQUIRED, "x = {}", 'missing key "a"'),
    ({"enum": ["é"], "type": "string"}, 'x = "e"', 'found "e", expected "é"'),
    ({"type": "string", "pattern": "^z$"}, 'x = "e"', 'found "e", expected a text that matches ^z$'),
]


@pytest.mark.parametrize(("schema", "text", "expected"), VIOLATIONS)
def test_a_violation_says_what_was_found_and_what_is_expected(schema: dict[str, Any], text: str, expected: str) -> None:
    assert said(key(schema), text) == [f"1:5: x: {expected}"]


def test_a_missing_table_is_called_by_its_header() -> None:
    tables = {"type": "array", "items": GROWTH}
    named = {"type": "object", "patternProperties": {"^.+$": GROWTH}}
    schema = {"type": "object", "properties": {"a": GROWTH, "b": tables, "c": named}, "required": ["a", "b", "c"]}
    assert said(schema, "") == [
        "1:1: missing table [a]",
        "1:1: missing [[b]]",
        "1:1: missing at least one table [c.<name>]",
    ]


words = st.sampled_from(["county", "records", "query", "2018-01-01 00:00"])
keys = st.sampled_from(["id", "kind", "records", "use", "x"])
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), words),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(keys, children, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_is_wrong_is_reported_and_never_in_terms_of_schemas(data: st.DataObject) -> None:
    job = data.draw(st.sampled_from(sorted(JOBS)))
    top = st.sampled_from([*job_schema(job)["properties"], "x"])
    value = data.draw(st.dictionaries(top, values, max_size=5))
    found = check(Node(value, (), Source(None, "", Path())), job)
    assert bool(found) == (not Draft7Validator(job_schema(job)).is_valid(value))
    for problem in found:
        assert "schema" not in problem.message
        assert "breaks the rule" not in problem.message
