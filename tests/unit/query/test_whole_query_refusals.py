"""What is refused of members, expressions and adjustments, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reference.small import mapping, rates, records
from reference.small_plans import HOMES_DATA, OF, planned, planned_results
from refusing import EVERY, FUTURE, YEARS, refusal
from tests.project_specs import dataset, project, submission

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.query.planner import make_plans
from dsgrid.query.reading import read_query
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import parse_spec

# Members and expressions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('expression = "ofices * 2"', ["5:14: expression"]),
        (
            'expression = "later"\n[source.later]\nkind = "annual_multiplier"\ninitial = "ofices"\ngrowth = "ofices"',
            ["8:11: source.later.initial", "9:10: source.later.growth"],
        ),
        ('datasets = ["later"]\n[source.later]\ndataset = "ofices"', ["7:11: source.later.dataset"]),
    ],
)
def test_a_dataset_that_is_not_there_is_told_where_it_is_named(tmp_path: Path, text: str, places: list[str]) -> None:
    head = 'spec_version = 1\njob = "query"\nname = "all"\nproject = "two_counties"\n'
    with Registry.create(tmp_path / "registry") as registry:
        with registry.registration("All of it") as registration:
            registration.add_project(project())
            registration.add_dataset(dataset())
            registration.add_submission(submission())
        with pytest.raises(NotFoundError) as caught:
            make_plans(read_query(parse_spec(head + text, "query", path=Path("query.toml"))), registry)
    for place, problem in zip(places, caught.value.problems, strict=True):
        assert str(problem).startswith(f'query.toml:{place}: no dataset "ofices" in the registry')
        assert str(problem).endswith('; did you mean "offices"?')


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("homes +", "it ends where a dataset, a number or a parenthesis is expected"),
        ("homes ** 2", 'a dataset, a number or a parenthesis is expected before "*"'),
        ("(homes | flats", 'a ")" is missing'),
        ("homes flats", '"flats" does not belong there'),
        ("3 * 4", "no dataset is named"),
        ("homes / 0", "the expression divides by 0"),
        ("homes / (2 - 2)", "the expression divides by 0"),
        ("homes | 3", "a number has no rows that a union could hold"),
        ("3 | homes", "a number has no rows that a union could hold"),
        ("3 / homes", "a number divided by values that have a unit has none here"),
        (
            "homes * shops",
            "both sides of a product have units; one of them has to be a plain factor, such as a rate",
        ),
        ("homes + homes / shops", 'values with units and values without are combined by "+"'),
        ("homes / shops / shops", "values without a unit are divided by values that have one"),
    ],
)
def test_an_expression_that_means_nothing_is_refused(expression: str, message: str) -> None:
    assert refusal(f'expression = "{expression}"') == f"expression: {message}"


@pytest.mark.parametrize("operator", ["+", "-", "*", "/"])
def test_operands_that_lack_keys_of_each_other_are_told_with_one_of_them(operator: str) -> None:
    for expression in (f"homes {operator} flats", f"flats {operator} homes"):
        first, _, second = expression.split()
        found = refusal(f'expression = "{expression}"')
        assert found.startswith(
            f'expression: {first} and {second} are combined by "{operator}", but flats has no values for 3 of the base '
            "combinations, such as "
        )
        assert "=a" in found
        assert found.endswith("set fill = 0 to count them as 0")


@pytest.mark.parametrize("text", ['datasets = ["homes", "flats"]', 'expression = "homes | flats"'])
def test_an_overlap_in_a_union_is_refused(text: str) -> None:
    found = refusal(text)
    assert "homes and flats both have values for 1 base combination" in found
    assert found.endswith('choose one with [[source.NAME.where]], or set overlap = "sum"')
    planned(f'overlap = "sum"\n{text}', *EVERY)


@pytest.mark.parametrize("function", ["sum", "max"])
def test_an_overlap_is_refused_even_if_the_first_step_leaves_it_out(function: str) -> None:
    step = f'[[step]]\nfunction = "{function}"\nby = ["building"]\n'
    only = 'dimension = "building"\nequals = "house"'
    found = refusal(f'datasets = ["homes", "flats"]\n{step}[[step.where]]\n{only}')
    assert "homes and flats both have values for 1 base combination" in found
    planned(f'datasets = ["homes", "flats"]\n[[where]]\n{only}\n{step}', *EVERY)


@pytest.mark.parametrize("condition", ["", '[[source.growth.where]]\ndimension = "county"\nlike = "d%"\n'])
def test_an_operand_without_time_has_none_to_be_filtered(condition: str) -> None:
    text = 'expression = "homes * (1 + growth)"\nfill = 0\n'
    of_time = 'dimension = "hours"\nat_least = "2018-07-01"\n'
    found = refusal(f"{text}{condition}[[source.growth.where]]\n{of_time}")
    assert found.endswith("dataset growth has no time that could be filtered; filter another source by time")
    planned(f"{text}[[where]]\n{of_time}", *EVERY)


def test_a_quotient_has_no_unit_to_be_told_in() -> None:
    found = refusal('expression = "homes / shops"\n[result]\nunit = "MWh"')
    assert found.endswith('the expression has no unit, so it cannot be told in "MWh"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[source.hoems]\nbase_year = "2020"\ninitial = "homes"\ngrowth = "growth"',
            'source.hoems: "hoems" is described, but `datasets` does not name it; did you mean "homes"?',
        ),
        (
            'expression = "future"\n[source.future]\nkind = "exponential_growht"\ninitial = "homes"\ngrowth = "growth"',
            'source.future.kind: found "exponential_growht", expected one of "dataset", "exponential_growth", '
            '"annual_multiplier"; did you mean "exponential_growth"?',
        ),
        (
            'expression = "future"\n[source.future]\nkind = "exponential_growth"\ninitial = "homes"',
            "source.future.initial: `initial` needs `growth` beside it",
        ),
        (
            FUTURE.replace('growth = "growth"', 'growth = "shops"'),
            "source.future.growth: growth shops has several values of time for each of its combinations; a growth rate "
            "needs one of each model year",
        ),
        (
            'datasets = ["homes", "growth"]',
            'datasets[1]: dataset growth holds rates of growth ("end_use", class growth_rate), which are no values of '
            '"end_use" (energy_end_use); leave it out, or let a dataset grow by it: [source.NAME] with kind = '
            '"exponential_growth"',
        ),
        (
            FUTURE + '[[step]]\nby = ["county"]',
            'step[0]: "year" has 3 records and is in neither `by` nor `over`; summing model_years needs '
            'over = ["model_year"]',
        ),
        (
            FUTURE + '[[step]]\nfunction = "max"\nby = ["county"]',
            'step[0]: "year" has 3 records and is in neither `by` nor `over`; reducing model_years needs '
            'over = ["model_year"]',
        ),
    ],
)
def test_a_member_that_is_described_wrongly_is_refused(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_base_year_is_one_of_those_that_there_are() -> None:
    found = refusal(f'{FUTURE}base_year = "2021"')
    assert found.startswith('source.future.base_year: homes has no values of the model year "2021"')
    assert '"2020"' in found


def test_growth_that_lacks_what_grows_is_told_with_one_of_them() -> None:
    growth = rates(OF, {("a", year): 0.1 for year in YEARS})
    found = refusal(FUTURE, (HOMES_DATA, growth))
    assert found.startswith(
        "source.future.growth: growth growth has no value for 3 of the combinations that homes has, such as "
    )
    assert "=b" in found


def test_weights_of_growth_that_do_not_sum_to_1_are_refused() -> None:
    half = mapping("many_to_many_explicit_multipliers", *(("s", county, 0.5) for county in "abc"))
    growth = rates(OF, {("s", year): 0.1 for year in YEARS}, half)
    found = refusal(FUTURE, (HOMES_DATA, growth))
    assert "the fractions with which growth is mapped sum to 0.5 for " in found
    assert found.endswith("a growth rate is a mean, so they have to sum to 1")


# Adjustments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "rest", "message"),
    [
        ('conty = "a"', "", 'where.conty: no dimension "conty" in project small; did you mean "county"?'),
        ('county = "d"', "", 'where.county: no record of "county" has id \'d\'; there are: "a", "b", "c"'),
        ('county = "a"', 'sources = ["homs"]', 'sources[0]: the query has no source "homs"; did you mean "homes"?'),
    ],
)
def test_an_adjustment_is_of_records_and_sources_that_there_are(where: str, rest: str, message: str) -> None:
    assert refusal(f"[[adjust]]\nwhere = {{ {where} }}\nmultiply = 2\n{rest}") == f"adjust[0].{message}"


def test_an_adjustment_of_a_record_that_nothing_belongs_to_says_so() -> None:
    state, *others = OF.supplemental
    more = replace(state.dimension, records=records("x", "y", "z"))
    of = replace(OF, supplemental=(replace(state, dimension=more), *others))
    found = refusal('[[adjust]]\nwhere = { state = "z" }\nmultiply = 2', of=of)
    assert found == (
        'adjust[0].where.state: no record is meant by this adjustment: no record of "county" has an association with '
        '"z" of "state" in project small'
    )


def test_entries_of_an_adjustment_that_exclude_each_other_are_told_at_the_last() -> None:
    found = refusal('[[adjust]]\nwhere = { county = "a", state = "y" }\nmultiply = 2')
    assert found == (
        'adjust[0].where.state: no record of "county" is meant by this adjustment: this entry and those before it '
        "exclude each other"
    )


def test_time_and_values_are_not_adjusted() -> None:
    for name in ("hours", "value"):
        found = refusal(f'[[adjust]]\nwhere = {{ {name} = "2018-07-01" }}\nmultiply = 2')
        assert found == f'adjust[0].where.{name}: "{name}" is no dimension of records, and adjustments are of records'


# Several results -----------------------------------------------------------------------------------------------------


def test_what_is_wrong_with_every_result_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        planned_results(
            '[[step]]\nby = ["conty"]\n[[results.more.step]]\nby = ["county"]\n[[results.less.step]]\nby = ["stat"]'
        )
    assert [str(problem) for problem in caught.value.problems] == [
        'query.toml:7:7: step[0].by[0]: no dimension "conty" in project small; did you mean "county"?',
        'query.toml:11:7: results.less.step[0].by[0]: no dimension "stat" in project small; did you mean "state"?',
    ]
