"""No answer is taken for another one: whatever changes in a query, in what it reads or around it changes the key."""

from __future__ import annotations

import copy
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reference.small_plans import HOMES_DATA, OF, query_of
from strategies.cases import Case, whole_cases
from strategies.changes import changed

from dsgrid.query.cache.keys import Surroundings, parts_key, result_key, surroundings, table_key
from dsgrid.query.fingerprint import fingerprint
from dsgrid.query.inputs import Input, Inputs
from dsgrid.query.model import Query

AROUND = Surroundings("bundle", "2026a", "sail", "0.7.2")
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))
TEXT = 'datasets = ["homes"]\n[[step]]\nby = ["state", "hours"]\n'


def inputs_of(case: Case) -> Inputs:
    """Return what a random query reads."""

    def one(name: str, growth: str | None) -> Input:
        stored = case.stored[name]
        return Input(stored.dataset, stored.submission, growth=None if growth is None else one(growth, None))

    return Inputs(case.project, tuple(one(member.dataset, member.growth) for member in case.query.members))


SMALL = Inputs(OF, (Input(HOMES_DATA.dataset, HOMES_DATA.submission),))


def _change_what_is_read(examples: int) -> None:
    @settings(SETTINGS, max_examples=examples)
    @given(st.data(), whole_cases())
    def differs(data: st.DataObject, case: Case) -> None:
        before = inputs_of(case)
        after = data.draw(changed(before))
        for key in (result_key, parts_key, table_key):
            assert key(case.query, before, AROUND) == key(case.query, copy.deepcopy(before), AROUND)
            assert key(case.query, before, AROUND) != key(case.query, after, AROUND)

    differs()


def _change_the_query(examples: int) -> None:
    @settings(SETTINGS, max_examples=examples)
    @given(st.data(), whole_cases())
    def differs(data: st.DataObject, case: Case) -> None:
        query = replace(case.query, name="")
        query = replace(query, output=replace(query.output, path=None))
        after = data.draw(changed(query))
        assume(all(isinstance(one, Query) for one in after.others))
        read = inputs_of(case)
        same = replace(after, name="", output=replace(after.output, path=None)) == query
        assert (result_key(query, read, AROUND) == result_key(after, read, AROUND)) == same

    differs()


def test_any_change_of_what_is_read_changes_every_key() -> None:
    _change_what_is_read(6)


def test_any_change_of_the_query_changes_the_key_of_its_result() -> None:
    _change_the_query(6)


@pytest.mark.slow
def test_many_changes_change_the_keys() -> None:
    _change_what_is_read(400)
    _change_the_query(400)


@pytest.mark.parametrize("name", ["bundle", "tzdata", "engine", "engine_version"])
def test_another_program_engine_or_time_zone_rules_change_every_key(name: str) -> None:
    query = query_of(TEXT)
    for key in (result_key, parts_key, table_key):
        assert key(query, SMALL, AROUND) != key(query, SMALL, replace(AROUND, **{name: "other"}))


def test_the_version_of_spark_is_that_of_the_spark_that_the_user_has_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARK_HOME", raising=False)
    installed = surroundings("spark").engine_version
    assert installed == version("pyspark")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert surroundings("spark").engine_version == installed
    place = tmp_path / "python/pyspark/version.py"
    place.parent.mkdir(parents=True)
    place.write_text('# a comment\n__version__: str = "3.5.99"\n', "utf-8")
    assert surroundings("spark").engine_version == "3.5.99"
    assert surroundings("sail").engine_version == version("pysail")


def test_what_a_query_is_called_and_where_it_goes_makes_no_difference() -> None:
    query = query_of(TEXT)
    other = replace(query, name="other", output=replace(query.output, path="elsewhere"))
    for key in (result_key, parts_key, table_key):
        assert key(query, SMALL, AROUND) == key(other, SMALL, AROUND)


FORMS = {
    "format": 'format = "csv"',
    "pivot": 'pivot = "geography"',
    "names": "names = true",
    "sort": 'sort = ["state"]',
    "partition": 'partition = ["state"]',
}


@pytest.mark.parametrize("form", FORMS)
def test_another_form_is_another_result_of_the_same_table(form: str) -> None:
    query, other = query_of(TEXT), query_of(f"{TEXT}[result]\n{FORMS[form]}\n")
    assert result_key(query, SMALL, AROUND) != result_key(other, SMALL, AROUND)
    assert table_key(query, SMALL, AROUND) == table_key(other, SMALL, AROUND)
    assert parts_key(query, SMALL, AROUND) == parts_key(other, SMALL, AROUND)


def test_whether_there_is_a_table_decides_what_several_results_share_so_their_parts_differ() -> None:
    others = '[[results.a.step]]\nby = ["county"]\n[[results.b.step]]\nby = ["state"]\n'
    query, other = query_of(f"[result]\ntable = true\n{others}"), query_of(f"[result]\ntable = false\n{others}")
    assert parts_key(query, SMALL, AROUND) != parts_key(other, SMALL, AROUND)


SCALED = {
    "a sum": (TEXT, True),
    "its greatest": (f'{TEXT}[[step]]\nfunction = "max"\nby = ["state"]\n', True),
    "a count": (f'{TEXT}[[step]]\nfunction = "count"\nby = ["state"]\n', False),
    "a filter on values": (f'{TEXT}[[result.where]]\ndimension = "value"\nabove = 1\n', False),
    "a formula": (TEXT.replace('datasets = ["homes"]', 'expression = "homes + 1"'), False),
}


@pytest.mark.parametrize("name", SCALED)
def test_tables_in_other_units_are_one_table_where_values_are_only_scaled(name: str) -> None:
    text, scales = SCALED[name]
    result = "" if "[[result" in text else "[result]\n"

    def in_unit(unit: str) -> Any:
        query = query_of(f"{text}{result}")
        return table_key(replace(query, output=replace(query.output, unit=unit)), SMALL, AROUND)

    assert (in_unit("MWh") == in_unit("TWh")) == scales


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_a_change_of_plain_values_changes_their_fingerprint(value: Any) -> None:
    assert fingerprint(value) == fingerprint(copy.deepcopy(value))
    assert fingerprint(value) != fingerprint([value])
    assert fingerprint(value, value) != fingerprint(value)


def test_neighbouring_texts_are_told_apart() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("1") != fingerprint(1) != fingerprint(True) != fingerprint(1.0)
    assert fingerprint(0.0) != fingerprint(-0.0)


def test_what_is_no_value_has_no_fingerprint() -> None:
    with pytest.raises(TypeError, match="has no fingerprint"):
        fingerprint(object())
