"""What is refused of steps and filters, and the sentence that says so."""

from __future__ import annotations

import pytest
from reference.small import records, small_dataset, small_project
from reference.small_plans import HOMES, OF, planned
from refusing import EVERY, FUTURE, refusal

from dsgrid.dimensions.dimension import Dimension

HEATED = small_dataset(OF, "homes", {**HOMES, ("a", "house", "heat", "2020"): (1, 1, 1, 1)})
HOURLY = '[[step]]\nby = ["county", "hours"]\n'
WEATHER = small_project(
    metric=Dimension("weather_kind", "metric", "weather_variable", records("temperature", unit=("degC",)))
)
TEMPERATURES = small_dataset(
    WEATHER, "homes", {(county, "house", "temperature", "2020"): (1, 2, 3, 4) for county in "abc"}
)


def _filtered(text: str, of: str = "where") -> str:
    return f"[[{of}]]\n{text}\n"


# Steps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ('["conty"]', 'step[1].by[0]: no dimension "conty" in project small; did you mean "county"?'),
        ('["county.peple"]', 'step[1].by[0]: no attribute "peple" in dimension "county"; did you mean "people"?'),
        (
            '["state", "building"]',
            'step[1].by[1]: "building" is not in the table that this step sees; it has no subsector any more',
        ),
        (
            '["county", "county.people", "building.name"]',
            'step[1].by[2]: "building.name" comes from "building", which is not in the table that this step sees; it '
            "has no subsector any more",
        ),
        ('["county", "county"]', 'step[1].by: "county" is there twice'),
    ],
)
@pytest.mark.parametrize("function", ["sum", "max"])
def test_a_step_names_what_the_step_before_has_left(by: str, message: str, function: str) -> None:
    assert refusal(f'{HOURLY}[[step]]\nfunction = "{function}"\nby = {by}') == message


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            '"state"',
            '"county"',
            'step[1].by[0]: "county" is not in the table that this step sees; of this type it has "state"',
        ),
        ('"state"', '"hours"', 'step[1].by[0]: "hours" is gone: an earlier step has left no time'),
        (
            '"state", "daily"',
            '"hour_of_day"',
            'step[1].by[0]: "hour_of_day" is not known any more: the table that this step sees has only daily',
        ),
        (
            '"state"',
            '"county.people"',
            'step[1].by[0]: "county.people" comes from "county", which is not in the table that this step sees; of '
            'this type it has "state"',
        ),
    ],
)
def test_what_a_step_has_summed_is_gone(first: str, second: str, message: str) -> None:
    assert refusal(f"[[step]]\nby = [{first}]\n[[step]]\nby = [{second}]") == message


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("county.peple", 'no attribute "peple" in dimension "county"; did you mean "people"?'),
        (
            "county.time_zone",
            'county "a" has no number as "time_zone", but \'America/Denver\'; it cannot weigh anything',
        ),
    ],
)
def test_a_weight_is_a_number_of_the_records_that_a_step_sees(weight: str, message: str) -> None:
    text = f'{HOURLY}[[step]]\nfunction = "weighted_mean"\nby = ["state"]\nweights = ["{weight}"]'
    assert refusal(text) == f"step[1].weights[0]: {message}"


@pytest.mark.parametrize("weight", ["conty.people", "county", "building.people", "state.people"])
def test_a_weight_is_an_attribute_of_a_column_that_a_step_sees(weight: str) -> None:
    text = f'{HOURLY}[[step]]\nfunction = "weighted_mean"\nby = ["state"]\nweights = ["{weight}"]'
    found = refusal(text)
    if weight == "county":
        assert found.startswith('step[1].weights[0]: "county" is a column; a weight is an attribute of one')
        return
    assert found.startswith(f'step[1].weights[0]: "{weight}" is no attribute of a column that this step sees; ')
    assert '"county"' in found


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ('function = "weighted_mean"', 'step[0]: the function "weighted_mean" needs `weights`'),
        ('function = "percentile"', 'step[0]: the function "percentile" needs `percentiles`'),
        (
            'function = "max"\npercentiles = [5]',
            'step[0].percentiles: `percentiles` goes with the function "percentile", not with "max"',
        ),
        (
            'function = "mean"\nweights = ["county.people"]',
            'step[0].weights: `weights` goes with the function "weighted_mean", not with "mean"',
        ),
        (
            'function = "percentile"\npercentiles = [101]',
            "step[0].percentiles[0]: found the integer 101, expected at most 100",
        ),
        ('function = "percentile"\npercentiles = []', "step[0].percentiles: found no items, expected at least 1"),
        (
            'function = "maximum"',
            'step[0].function: found "maximum", expected one of "sum", "mean", "weighted_mean", "min", "max", "count", '
            '"stddev", "percentile"; did you mean "max"?',
        ),
    ],
)
def test_a_function_has_what_it_needs_and_nothing_else(step: str, message: str) -> None:
    assert refusal(f'[[step]]\nby = ["state"]\n{step}') == message


@pytest.mark.parametrize("function", ["sum", "mean", "max", "stddev"])
def test_a_later_step_does_not_mix_units(function: str) -> None:
    text = f'[[step]]\nby = ["county", "end_use"]\n[[step]]\nfunction = "{function}"\nby = ["county"]\n'
    assert refusal(text, (HEATED,)) == (
        f'step[1]: the {function} over "end_use" mixes kWh and MWh; keep "end_use", or set one unit in [result]'
    )
    assert planned(f'{text}[result]\nunit = "MWh"', HEATED).shown.axis("metric").units == ("MWh",)


def test_units_do_not_matter_to_who_counts() -> None:
    plan = planned('[[step]]\nby = ["county", "end_use"]\n[[step]]\nfunction = "count"\nby = ["county"]', HEATED)
    assert plan.shown.axis("metric").units == ("",)


def test_a_later_step_does_not_count_values_twice() -> None:
    found = refusal(f'{HOURLY}[[step]]\nby = ["coast"]')
    assert found.startswith('step[1].by: "coast" counts "b" more than once: several of its records hold it in full; ')
    assert found.endswith("set allow_double_counting = true if that is what is meant")
    text = f'allow_double_counting = true\n{HOURLY}[[step]]\nby = ["coast"]'
    assert [column.name for column in planned(text).columns] == ["coast"]


def test_the_greatest_of_what_stands_twice_is_counted_once() -> None:
    plan = planned(f'{HOURLY}[[step]]\nfunction = "max"\nby = ["coast"]')
    assert [column.name for column in plan.shown.columns] == ["coast"]


def test_a_year_is_not_lost_in_a_later_step() -> None:
    found = refusal(f'{FUTURE}[[step]]\nby = ["county", "year"]\n[[step]]\nfunction = "max"\nby = ["county"]')
    assert found == (
        'step[1]: "year" has 3 records and is in neither `by` nor `over`; reducing model_years needs '
        'over = ["model_year"]'
    )


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (
            '[[step]]\nby = ["state", "hours"]',
            'do not add up over "county" (a and b); keep its records in `by`, or map it by an assignment, whose '
            "weights sum to 1 per target",
        ),
        ('[[step]]\nby = ["county"]', "do not add up over time; keep the slots of time in `by`"),
        (
            '[[step]]\nfunction = "max"\nby = ["county"]\n[[step]]\nby = ["state"]',
            'do not add up over "county" ("a" and "b"); keep its records in `by`, or map it by an assignment, whose '
            "weights sum to 1 per target",
        ),
    ],
)
def test_temperatures_are_not_added_up_in_any_step(text: str, ends: str) -> None:
    assert refusal(text, (TEMPERATURES,), WEATHER).endswith(ends)


def test_a_union_does_not_add_temperatures_up() -> None:
    more = small_dataset(WEATHER, "more", {("a", "house", "temperature", "2020"): (1, 2, 3, 4)})
    found = refusal('overlap = "sum"\ndatasets = ["homes", "more"]', (TEMPERATURES, more), WEATHER)
    assert "do not add up" in found
    assert "they sum to 2: values would be added up (1 of 3 combinations)" in found


def test_the_mean_of_temperatures_is_a_temperature() -> None:
    plan = planned('[[step]]\nfunction = "mean"\nby = ["state"]', TEMPERATURES, of=WEATHER)
    assert plan.shown.axis("metric").units == ("degC",)


# Filters -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('dimension = "value"\nabove = "5"', "where[0]: values are numbers: write 5 without quotes"),
        ('dimension = "value"\nlike = "%5"', "where[0]: values are numbers: `like` tests texts"),
        (
            'dimension = "county"\nmatches = "["',
            'where[0]: county.id: "[" is no regular expression: unterminated character set at character 1',
        ),
        (
            'dimension = "county"\nattribute = "people"\nabove = "x"',
            'where[0]: county.people: its values are numbers, such as 1: write the limit without quotes, not "x"',
        ),
        (
            'dimension = "county"\nattribute = "time_zone"\nabove = 3',
            'where[0]: county.time_zone: its values are no numbers, such as "America/Denver": 3 is no limit for them',
        ),
        (
            'dimension = "county"\nattribute = "people"\nbetween = [3, 1]',
            "where[0]: county.people: nothing is between 3 and 1: expected the lower limit first",
        ),
        ('dimension = "season"\nequals = "wintr"', "where[0]: \"season\" is never 'wintr' in project small"),
        ('dimension = "hours"\nequals = "2018-07-02"', "where[0]: \"hours\" is never '2018-07-02' in project small"),
        ('dimension = "year"\nequals = 2020', 'where[0]: no record of "year" has id 2020; did you mean "2020"?'),
        ('dimension = "county"', "where[0]: exactly one of `equals`, "),
    ],
)
def test_a_test_is_such_that_something_can_pass_it(text: str, message: str) -> None:
    assert refusal(_filtered(text)).startswith(message)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (_filtered('dimension = "county"\nattribute = "people"\nabove = 99'), 'no record of "county" in dataset homes'),
        (_filtered('dimension = "year"\nequals = "2022"'), 'no record of "year" in dataset homes'),
        (
            _filtered('dimension = "county"\nequals = "a"') + _filtered('dimension = "state"\nequals = "y"'),
            'no record of "county" in dataset homes',
        ),
        (
            _filtered('dimension = "year"\nequals = "2021"', "source.homes.where"),
            'no record of "year" in dataset homes',
        ),
        (
            '[[step]]\nby = ["county"]\n'
            + _filtered('dimension = "county"\nattribute = "people"\nabove = 9', "step.where"),
            'no record of "county" in dataset homes',
        ),
        (
            f'{HOURLY}[[step]]\nfunction = "max"\nby = ["county"]\n'
            + _filtered('dimension = "county"\nattribute = "people"\nabove = 9', "step.where"),
            'no record of "county"',
        ),
        (
            '[[step]]\nby = ["county"]\n'
            + _filtered('dimension = "county"\nequals = "a"', "result.where")
            + _filtered('dimension = "state"\nequals = "y"', "result.where"),
            'no record of "county"',
        ),
        (_filtered('dimension = "hours"\nabove = "2019"'), "no time of project small"),
        (
            '[[step]]\nfunction = "max"\nby = ["daily"]\n'
            + _filtered('dimension = "daily"\nabove = "2019-01-01"', "result.where"),
            "no time of project small",
        ),
    ],
)
def test_filters_that_leave_nothing_are_refused(text: str, ends: str) -> None:
    assert refusal(text).endswith(f"the filters leave {ends}")


def test_a_filter_may_leave_nothing_of_one_dataset_of_several() -> None:
    text = 'datasets = ["homes", "flats"]\noverlap = "sum"\n' + _filtered(
        'dimension = "year"\nequals = "2021"', "source.homes.where"
    )
    assert planned(text, *EVERY).rows == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'{HOURLY}[[step]]\nby = ["state"]\n' + _filtered('dimension = "building"\nequals = "house"', "step.where"),
            'step[1].where[0].dimension: "building" is about "building", which is not in the table that this filter '
            'sees; it has "county", "hours"',
        ),
        (
            '[[step]]\nby = ["county"]\n' + _filtered('dimension = "building"\nequals = "house"', "result.where"),
            'result.where[0].dimension: "building" is about "building", which is not in the table that this filter '
            'sees; it has "county"',
        ),
        (
            f'{HOURLY}[[step]]\nby = ["state"]\n'
            + _filtered('dimension = "county"\nattribute = "peple"\nabove = 1', "step.where"),
            'step[1].where[0].attribute: no attribute "peple" in dimension "county"; did you mean "people"?',
        ),
        (
            '[[step]]\nby = ["county", "daily"]\n[[step]]\nby = ["daily"]\n'
            + _filtered('dimension = "hour_of_day"\nequals = 23', "step.where"),
            'step[1].where[0].dimension: "hour_of_day" is not known any more: the table that this filter sees has only '
            '"daily"',
        ),
        (
            _filtered('dimension = "value"\nabove = 1', "source.homes.where"),
            "source.homes.where[0].dimension: values of one source cannot be filtered; filter those of the query, with "
            "[[where]] or in a step",
        ),
    ],
)
def test_a_filter_tests_what_its_table_has(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_filter_on_time_that_is_gone_is_refused() -> None:
    for name in ("hours", "daily"):
        found = refusal(
            '[[step]]\nby = ["county"]\n' + _filtered(f'dimension = "{name}"\nequals = "2018-07-01"', "result.where")
        )
        assert found.startswith(f'result.where[0].dimension: "{name}" is not known any more')
