"""What somebody writes becomes a question: its grammar, in texts and in keywords of Python."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.errors import UsageError
from dsgrid.operations.question import Aggregation, Question
from dsgrid.operations.question_grammar import SIGNS, conditions, named_condition, parse_condition
from dsgrid.query.model import OPERATORS


@pytest.mark.parametrize(
    ("written", "name", "attribute", "key", "operand"),
    [
        ("state=CO", "state", "", "equals", "CO"),
        ("state == CO", "state", "", "equals", "CO"),
        ("state=CO,CA", "state", "", "in", ("CO", "CA")),
        ("state!=CO", "state", "", "not_equals", "CO"),
        ("state != CO , CA", "state", "", "not_in", ("CO", "CA")),
        ("value>5", "value", "", "above", "5"),
        ("hour_of_day>=7", "hour_of_day", "", "at_least", "7"),
        ("value<-1.5e3", "value", "", "below", "-1.5e3"),
        ("value<=5", "value", "", "at_most", "5"),
        ("county.climate=cold", "county", "climate", "equals", "cold"),
        ("state~^C", "state", "", "matches", "^C"),
        ("state~=^C", "state", "", "matches", "^C"),
        ("state!~^(A|B),", "state", "", "not_matches", "^(A|B),"),
        ("hour_of_day=7..9", "hour_of_day", "", "between", ("7", "9")),
        ("time=2018-07-10 .. 2018-07-11", "time", "", "between", ("2018-07-10", "2018-07-11")),
        ("hour_of_day!=7..9", "hour_of_day", "", "not_between", ("7", "9")),
        ("county.utility=", "county", "utility", "is_null", True),
        ("county.utility!=", "county", "utility", "is_null", False),
        ("end use = space heating", "end use", "", "equals", "space heating"),
        ("county.name='New York, NY'", "county", "name", "equals", "New York, NY"),
        ('county.name="a","b, c"', "county", "name", "in", ("a", "b, c")),
        ("county.name='1..2'", "county", "name", "equals", "1..2"),
        ('county.name=""', "county", "name", "equals", ""),
        ("time=2018-07-10 05:00", "time", "", "equals", "2018-07-10 05:00"),
    ],
)
def test_a_condition_is_read(written: str, name: str, attribute: str, key: str, operand: object) -> None:
    found = parse_condition(written)
    assert (found.name, found.attribute, found.key, found.operand) == (name, attribute, key, operand)
    assert found.written == written


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("state", "is no condition; expected NAME SIGN VALUE"),
        ("", "is no condition"),
        ("=CO", "is no condition"),
        ("value=>5", 'there is no sign "=>"; did you mean ">"?'),
        ("value>", "expected a value behind the sign"),
        ("state~", "expected a value behind the sign"),
        ("value>1,2", "expected one limit, found 2"),
        ("state=CO,,CA", "there is nothing between two commas"),
        ("state=CO,", "there is nothing between two commas"),
        ("state=,CO", "there is nothing between two commas"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_was_written(written: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition(written)
    assert said in str(caught.value)
    assert f'"{written}"' in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("state", "CO", "state=CO"),
        ("state", ["CO", "CA"], "state=CO,CA"),
        ("state", ("CO", "CA"), "state=CO,CA"),
        ("state__not_equals", "CO", "state!=CO"),
        ("state__not_equals", ["CO", "CA"], "state!=CO,CA"),
        ("state__in", "CO", None),
        ("county__climate", "cold", "county.climate=cold"),
        ("county__climate__matches", "^c", "county.climate~^c"),
        ("county__utility", None, "county.utility="),
        ("county__utility__not_equals", None, "county.utility!="),
    ],
)
def test_keywords_say_what_texts_say(name: str, value: object, written: str | None) -> None:
    found = named_condition(name, value)
    if written is None:
        assert (found.key, found.operand) == ("in", ("CO",))
        return
    wanted = parse_condition(written)
    assert (found.name, found.attribute, found.key, found.operand) == (
        wanted.name,
        wanted.attribute,
        wanted.key,
        wanted.operand,
    )


def test_keywords_keep_the_types_of_python_and_of_numpy() -> None:
    assert named_condition("value__above", np.float64(5)).operand == 5.0
    assert type(named_condition("value__above", np.float64(5)).operand) is float
    assert named_condition("hour_of_day", np.array([7, 8])).operand == (7, 8)
    assert named_condition("state", {"CO", "CA"}).operand == ("CA", "CO")
    assert named_condition("hour_of_day__between", (7, 9)).operand == (7, 9)
    assert named_condition("county__coastal", True).operand is True


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", [], "there is no value in it"),
        ("hour_of_day__between", 3, "between needs two limits"),
        ("hour_of_day__between", (1, 2, 3), "between needs two limits"),
        ("value__above", (1, 2), "above takes one value"),
    ],
)
def test_keywords_that_say_nothing_are_refused(name: str, value: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        named_condition(name, value)


def test_every_sign_is_an_operator_of_specs_and_every_operator_has_a_keyword() -> None:
    assert set(SIGNS.values()) <= set(OPERATORS)
    for key in OPERATORS:
        value = (1, 2) if "between" in key else "x"
        assert named_condition(f"state__{key}", value).key == key


@given(st.lists(st.text(st.characters(exclude_characters="\"'", exclude_categories=("Cs",)), max_size=6), min_size=2))
def test_values_in_quotes_mean_themselves_whatever_signs_they_have(values: list[str]) -> None:
    written = ",".join(f'"{value}"' for value in values)
    assert parse_condition(f"state={written}").operand == tuple(values)


def test_a_question_is_never_changed() -> None:
    first = Question("p").then(Aggregation(by=("state",)))
    second = first.where(*conditions(["value>5"], {})).then(Aggregation("max"))
    assert len(first.moves) == 1
    assert [type(move).__name__ for move in second.moves] == ["Aggregation", "Condition", "Aggregation"]
    with pytest.raises(FrozenInstanceError):
        first.unit = "kWh"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("steps", "slug"),
    [
        ((Aggregation(by=("state", "annual")),), "state_annual"),
        ((Aggregation(by=("county.climate",)), Aggregation("max", ("state",))), "max_state"),
        ((Aggregation(by=()),), "total"),
        ((), "all"),
        ((Aggregation(by=("x" * 80,)),), "x" * 48),
        ((Aggregation(by=("é", "-")),), "question"),
    ],
)
def test_its_name_says_what_is_asked(steps: tuple[Aggregation, ...], slug: str) -> None:
    assert Question("p", moves=steps).slug == slug
