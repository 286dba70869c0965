"""Plans of random queries, carried out on sums over time: no engine is needed to prove these."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from reference.answer import Answer, RefusedError
from reference.compare import TOLERANCE
from reference.driver import expected_sums, multiplied_out, stage1_combinations
from reference.example import dataset, pivoted, plan_of, project
from strategies.cases import Case, cases
from strategies.forcing import WAYS, rules
from tests.rounds import rounds

from dsgrid.errors import SpecError
from dsgrid.query.explain import explain

SETTINGS = rounds(3)


def _stacked(case: Case) -> Case:
    result: dict[str, Any] = {key: case.spec["result"][key] for key in ("path", "unit") if key in case.spec["result"]}
    return replace(case, spec={**case.spec, "result": result})


def _answered(case: Case) -> tuple[Case, Answer]:
    """Return a stacked case with its answer; cases that the reference refuses are another test's."""
    case = _stacked(case)
    try:
        return case, case.answer
    except RefusedError:
        assume(False)
        raise


@SETTINGS
@given(cases())
def test_every_choice_of_stages_leads_to_the_sums_of_the_reference(case: Case) -> None:
    case, answer = _answered(case)
    for way in WAYS:
        plan = case.plan(rules(way))
        # The greatest of several slots is no sum of what they are times weights.
        assume(all(source.time is not None and source.time.function == "sum" for source in plan.sources))
        found, expected = multiplied_out(plan, case.datasets), expected_sums(plan, answer)
        assert found.keys() == expected.keys()
        for keys, (sum_, size) in expected.items():
            assert abs(found[keys][0] - sum_) <= TOLERANCE * size, f"{way}: {keys}"


@SETTINGS
@given(cases())
def test_bounds_and_totals_are_exact(case: Case) -> None:
    case, answer = _answered(case)
    plan = case.plan()
    assert plan.rows == len(answer.table)
    for source in plan.sources:
        assert source.bounds is not None
        assert source.time is not None
        assert source.bounds.exact
        assert source.bounds.stage1 == stage1_combinations(source) * source.time.stage1_rows
    # Elsewhere it is the rows before time is mapped that add up to what was foretold.
    assume(not plan.balances)
    for unit in plan.axis("metric").units:
        total = math.fsum(one for source in plan.sources for own, one, _ in source.totals if own == unit)
        of_unit = (answer.table["unit"] == unit).to_numpy()
        size = math.fsum(answer.sizes["value"][of_unit])
        assert abs(total - math.fsum(answer.table["value"][of_unit])) <= TOLERANCE * size
    assert f"{plan.rows:,} rows before pivoting" in explain(plan)


@SETTINGS
@given(cases())
def test_a_plan_refuses_what_the_reference_refuses(case: Case) -> None:
    try:
        case.answer  # noqa: B018 - it refuses by raising
    except RefusedError:
        with pytest.raises(SpecError):
            case.plan()
    else:
        case.plan()


@pytest.mark.parametrize(
    ("by", "sums"),
    [
        # Two metrics that go to one key are columns of one row.
        ('"county", "building_type", "time_mst"', False),
        ('"county", "building_type", "end_use", "hour_of_day"', False),
        ('"county", "building_type", "end_use", "daily"', True),
        ('"state", "building_type", "end_use", "time_mst"', True),
    ],
)
def test_rows_are_summed_only_where_two_of_them_share_a_key(by: str, sums: bool) -> None:
    text = f'[[step]]\nfunction = "sum"\nby = [{by}]\n[result]\nunit = "MWh"'
    (source,) = plan_of(text, pivoted(dataset(project()))).sources
    assert source.group_first is sums
