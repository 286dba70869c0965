"""What a query may not ask, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from reference.example import END_USES, HEAD, TIME, dataset, plan_of, project, records

from dsgrid.dimensions.dimension import Dimension, Selector, Subset
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import SpecError
from dsgrid.query.rules.columns import known_columns
from dsgrid.registry.model import Project
from dsgrid.time.dimension import Span

COUNTY_AND_USE = '["county", "end_use"]'
BOTH_SCENARIOS = Mapping("duplication", (Association("reference", "reference"), Association("reference", "high")))


def _refusal(text: str, *datasets: object, of: Project | None = None, head: str = HEAD) -> list[str]:
    with pytest.raises(SpecError) as caught:
        plan_of(text, *datasets, of=of, head=head)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def _step(by: str, rest: str = "") -> str:
    return f'[[step]]\nfunction = "sum"\nby = {by}\n{rest}'


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ('["conty"]', 'query.toml:8:7: step[0].by[0]: no dimension "conty" in project west; did you mean "county"?'),
        (
            '["county", "electricity"]',
            'query.toml:8:17: step[0].by[1]: no dimension "electricity" in project west; "electricity" is a selector '
            'of subset "end_uses_by_fuel_type": use "end_uses_by_fuel_type"',
        ),
        ('["anual"]', 'query.toml:8:7: step[0].by[0]: no dimension "anual" in project west; did you mean "annual"?'),
    ],
)
def test_a_name_in_by_that_is_none_is_told_with_the_one_that_is_meant(by: str, message: str) -> None:
    assert _refusal(_step(by)) == [message]


def test_a_selector_without_a_supplemental_is_told_to_be_a_filter() -> None:
    of = project()
    of = replace(
        of, supplemental=tuple(one for one in of.supplemental if one.dimension.name != "end_uses_by_fuel_type")
    )
    (message,) = _refusal(_step('["electricity"]'), of=of)
    assert message.endswith('"electricity" is a selector of subset "end_uses_by_fuel_type": use a [[where]] with it')


def test_mixed_units_are_told_with_every_cure() -> None:
    assert _refusal(_step('["county"]')) == [
        'query.toml:6:1: step[0]: summing over "end_use" mixes MWh and MBtu; keep "end_use", '
        'use "end_uses_by_fuel_type" (MWh), or set unit = "MWh"'
    ]


@pytest.mark.parametrize("rest", ['[result]\nunit = "GWh"', '[[where]]\ndimension = "end_use"\nequals = "cooling"'])
def test_units_that_are_made_equal_may_be_summed(rest: str) -> None:
    assert plan_of(_step('["county"]') + rest).axis("metric").units in (("GWh",), ("MWh",))


def test_each_record_of_a_supplemental_metric_has_its_own_unit() -> None:
    fuels = Subset(
        "fuel",
        "end_use",
        (
            Selector("electricity", ("cooling",), attributes={"unit": "kWh"}),
            Selector("gas", ("heating",), attributes={"unit": "MBtu"}),
        ),
    )
    assert plan_of(_step('["fuel"]'), of=project(subsets=(fuels,))).axis("metric").units == ("kWh", "MBtu")


def test_scenarios_are_summed_only_when_they_are_named() -> None:
    of = project()
    source = dataset(of, scenario=BOTH_SCENARIOS)
    assert _refusal(_step('["end_use"]'), source, of=of) == [
        'query.toml:6:1: step[0]: "scenario" has 2 records and is in neither `by` nor `over`; summing scenarios needs '
        'over = ["scenario"]'
    ]
    plan_of(_step('["end_use"]', 'over = ["scenario"]'), source, of=of)
    plan_of(_step('["end_use", "all_scenarios"]'), source, of=of)
    plan_of(_step('["end_use"]') + '[[where]]\ndimension = "scenario"\nequals = "high"', source, of=of)


def test_what_is_kept_is_not_summed_over() -> None:
    (message,) = _refusal(_step('["end_use", "scenario"]', 'over = ["scenario"]'))
    assert message == 'query.toml:9:9: step[0].over[0]: "scenario" is in `over`, but `by` keeps "scenario"'


@pytest.mark.parametrize(
    ("record_class", "unit", "by", "ends"),
    [
        (
            "stock",
            "vehicles",
            '["county", "building_type", "annual"]',
            'values of "end_use" (stock) do not add up over time; keep the slots of time in `by`',
        ),
        (
            "energy_end_use",
            "MW",
            '["county", "building_type", "daily"]',
            'values of "end_use" (energy_end_use) do not add up over time; keep the slots of time in `by`',
        ),
        (
            "weather_variable",
            "degC",
            '["county", "building_type", "annual"]',
            'values of "end_use" (weather_variable) do not add up over time; keep the slots of time in `by`',
        ),
        (
            "weather_variable",
            "degC",
            '["state", "building_type", "time_mst"]',
            'values of "end_use" (weather_variable) do not add up over "county" (06037 and 06073); keep its records '
            "in `by`, or map it by an assignment, whose weights sum to 1 per target",
        ),
    ],
)
def test_a_sum_that_means_nothing_is_refused_with_what_would(record_class: str, unit: str, by: str, ends: str) -> None:
    metric = Dimension("end_use", "metric", record_class, records("cooling", unit=(unit,)))
    found = _refusal(_step(by), of=project(metric, subsets=()))
    assert [message.partition("step[0]: ")[2] for message in found] == [ends]


def test_stocks_add_up_over_places_and_power_over_end_uses() -> None:
    metric = Dimension("end_use", "metric", "stock", records("cars", "trucks", unit=("vehicles", "vehicles")))
    plan_of(_step('["state", "time_mst"]'), of=project(metric, subsets=()))


def test_datasets_that_overlap_are_refused_with_their_number_of_combinations() -> None:
    of = project()
    pair = (dataset(of), dataset(of, "flats", counties=("06073", "36061")))
    head = HEAD.replace('["homes"]', '["homes", "flats"]')
    text = _step(COUNTY_AND_USE)
    assert _refusal(text, *pair, of=of, head=head) == [
        "query.toml:5:12: datasets: homes and flats both have values for 8 base combinations, such as "
        "county=06073, building_type=house, end_use=cooling; "
        'choose one with [[source.NAME.where]], or set overlap = "sum"'
    ]
    plan_of(text, *pair, of=of, head=head + 'overlap = "sum"\n')
    assert _refusal(text + '[[where]]\ndimension = "county"\nequals = "06073"', *pair, of=of, head=head)
    plan_of(text + '[[where]]\ndimension = "county"\nequals = "06037"', *pair, of=of, head=head)


@pytest.mark.parametrize(
    ("by", "result", "message"),
    [
        (
            '["county", "annual"]',
            'pivot = "metric"\nunit = "MWh"',
            "result.pivot: a pivoted metric needs exactly one metric column in `by`, found none",
        ),
        (
            '["county", "state", "end_use"]',
            'pivot = "geography"',
            'result.pivot: a pivoted geography needs exactly one geography column in `by`, found 2 ("county", "state")',
        ),
        (
            COUNTY_AND_USE,
            'sort = ["conty"]',
            'result.sort[0]: the result has no column "conty"; did you mean "county"?',
        ),
        (
            COUNTY_AND_USE,
            'pivot = "metric"\nsort = ["end_use"]',
            'result.sort[0]: the result has no column "end_use"; there are: "county"',
        ),
        (
            COUNTY_AND_USE,
            'unit = "MW"',
            'result.unit: "cooling": no conversion from "MWh" to "MW": one is energy, the other power, and they differ '
            "by a length of time",
        ),
        (
            COUNTY_AND_USE,
            'unit = "Mwh"',
            'result.unit: "cooling": no conversion from "MWh" to "Mwh": "Mwh" is no unit that dsgrid knows; '
            'did you mean "MWh"?',
        ),
    ],
)
def test_a_result_that_cannot_be_written_so_is_refused(by: str, result: str, message: str) -> None:
    (found,) = _refusal(f"{_step(by)}[result]\n{result}")
    assert found.partition(": ")[2] == message


@pytest.mark.parametrize(("record", "names"), [("COUNTY", "false"), ("x", "true")])
def test_a_pivoted_record_may_not_be_called_like_a_column(record: str, names: str) -> None:
    metric = replace(END_USES, records=records(record, names={"x": "county"}, unit=("MWh",)))
    (found,) = _refusal(
        f'{_step(COUNTY_AND_USE)}[result]\npivot = "metric"\nnames = {names}', of=project(metric, subsets=())
    )
    assert found.endswith("has the same name as a column; choose another `by` name")


def test_pivoted_names_that_two_records_share_are_refused() -> None:
    metric = replace(END_USES, records=records("a", "b", names={"a": "Use", "b": "Use"}, unit=("MWh", "MWh")))
    text = '[[step]]\nfunction = "sum"\nby = ["county", "end_use"]\n[result]\nnames = true\n'
    plan_of(text, of=project(metric, subsets=()))
    (found,) = _refusal(text + 'pivot = "metric"', of=project(metric, subsets=()))
    assert 'two records of "end_use" are called "Use"' in found


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            'dimension = "stat"\nequals = "CA"',
            'where[0].dimension: no dimension "stat" in project west; did you mean "state"?',
        ),
        (
            'dimension = "county"\nattribute = "stat"\nequals = "CA"',
            'where[0].attribute: no attribute "stat" in dimension "county"; did you mean "state"?',
        ),
        (
            'dimension = "county"\nequals = "6037"',
            'where[0]: no record of "county" has id \'6037\'; did you mean "06037"?',
        ),
        (
            'subset = "end_uses_by_fuel"\nselectors = ["electricity"]',
            'where[0].subset: no subset "end_uses_by_fuel" in project west; did you mean "end_uses_by_fuel_type"?',
        ),
        (
            'subset = "end_uses_by_fuel_type"\nselectors = ["gas"]',
            'where[0].selectors[0]: no selector "gas" in subset "end_uses_by_fuel_type"; '
            'there are: "electricity", "natural_gas"',
        ),
        (
            'dimension = "time_mst"\nequals = "2018"',
            'where[0]: "time_mst" is never \'2018\' in project west; did you mean "2018-07-01 00:00"?',
        ),
        (
            'dimension = "scenario"\nequals = "high"',
            'where[0]: the filters leave no record of "scenario" in dataset homes',
        ),
    ],
)
def test_a_filter_that_cannot_hold_is_refused(where: str, message: str) -> None:
    (found,) = _refusal(f"[[where]]\n{where}")
    assert found.partition(": ")[2] == message


def test_a_dataset_that_reaches_nothing_is_refused_without_a_filter_too() -> None:
    of = project()
    nowhere = Mapping("one_to_one", (Association("reference", None),))
    assert _refusal(_step('["end_use"]'), dataset(of, scenario=nowhere), of=of) == [
        'query.toml:5:12: datasets: the mappings reach no record of "scenario" in dataset homes'
    ]


def test_everything_wrong_with_names_is_told_at_once() -> None:
    found = _refusal('[[where]]\ndimension = "conty"\nequals = "1"\n' + _step('["stat", "anual"]'))
    assert [message.partition(":")[2].split(": ")[1] for message in found] == [
        "step[0].by[0]",
        "step[0].by[1]",
        "where[0].dimension",
    ]


def test_hours_of_daily_slots_are_refused() -> None:
    days = Span(datetime.fromisoformat("2018-07-01"), datetime.fromisoformat("2018-07-03"))
    daily = replace(TIME, step=timedelta(days=1), ranges=(days,))
    (found,) = _refusal(_step('["end_use", "hourly"]'), of=project(time=daily))
    assert '"hourly" needs steps of an hour or less; those of west are 1 day' in found


def test_every_name_that_by_takes_is_a_column() -> None:
    of = project()
    assert {
        "hourly",
        "month_of_year",
        "time_mst",
        "county",
        "state",
        "all_geographies",
        "end_uses_by_fuel_type",
    } <= set(known_columns(of))


def test_rates_of_growth_are_no_values_of_what_grows() -> None:
    of = project()
    rates = dataset(of, "rates")
    metric = replace(END_USES, name="growth", record_class="growth_rate", records=records("cooling", "heating"))
    dimensions = {**rates.dataset.dimensions, "metric": metric}
    rates = replace(rates, dataset=replace(rates.dataset, dimensions=dimensions))
    both = HEAD.replace('["homes"]', '["homes", "rates@1"]')
    (message,) = _refusal("", dataset(of), rates, of=of, head=both)
    assert message == (
        'query.toml:5:22: datasets[1]: dataset rates holds rates of growth ("growth", class growth_rate), which are no '
        'values of "end_use" (energy_end_use); leave it out, or let a dataset grow by it: [source.NAME] with '
        'kind = "exponential_growth"'
    )
    # Where the project's own metric is a rate, they are its values.
    grown = project(metric, subsets=())
    assert plan_of(_step('["county", "growth", "building_type", "time_mst"]'), dataset(grown), of=grown)
