"""When a project accepts a dataset, and what it says when it does not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one, submission

from dsgrid.errors import DsgridError


def test_a_dataset_that_covers_what_is_required_is_accepted() -> None:
    accepted = submission()
    assert accepted.mappings["geography"].mapping is not None
    assert accepted.mappings["metric"].mapping is None
    assert {mapping.base for mapping in accepted.mappings.values()} == set(PROJECT["base"])


def test_a_record_without_a_target_is_left_out_on_purpose() -> None:
    spec = changed(PROJECT, "requires/offices/geography", ["06037"])
    dropped = [{"from": "g1", "to": "06037"}, {"from": "g2"}]
    assert submission(changed(SUBMISSION, "mapping/geography/records", dropped), of=spec)


REFUSED_SUBMISSIONS = [
    ("mapping", None, "a [mapping.geography] is needed"),
    (
        "mapping/geography/records",
        [{"from": "g1", "to": "06037"}, {"from": "g2", "to": "8031"}],
        'did you mean "08031"?',
    ),
    (
        "mapping/geography/records",
        [{"from": "g1", "to": "06037"}],
        'does not cover 1 required record of "county": "08031"',
    ),
    (
        "mapping/metric",
        {"to": "end_uses", "kind": "one_to_one", "records": [{"from": "cooling", "to": "cooling"}]},
        'did you mean "end_use"?',
    ),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED_SUBMISSIONS)
def test_a_wrong_submission_is_told_what_is_wrong(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(DsgridError) as refused:
        submission(changed(SUBMISSION, path, value))
    assert sentence in str(refused.value)


REFUSED_DATASETS = [
    ("dimension/metric/records", [one("cooling", unit="kW")], 'no conversion from "kW" to "MWh"'),
    ("dimension/subsector/records", [one("house")], 'does not cover 1 required record of "building": "office"'),
    ("time/end", "2018-01-01 23:00", "24"),
    ("time/interval", "period_ending", "wrap_time"),
    ("time/measurement", "mean", "mean"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED_DATASETS)
def test_a_dataset_that_does_not_fit_is_refused(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(DsgridError) as refused:
        submission(data=changed(DATASET, path, value))
    assert sentence in str(refused.value)


def test_a_project_has_to_expect_the_dataset() -> None:
    spec = changed(changed(PROJECT, "requires/office", PROJECT["requires"]["offices"]), "requires/offices", None)
    with pytest.raises(DsgridError, match=r'does not expect dataset offices.*did you mean "office"'):
        submission(of=spec)


def test_types_required_together_are_looked_at_together() -> None:
    entry = {"sector": ["com"], "subsector": ["office"]}
    spec = changed(PROJECT, "requires/offices", {"together": [entry]})
    assert submission(of=spec)
    spec = changed(PROJECT, "requires/offices", {"together": [entry, {"sector": ["res"], "subsector": ["house"]}]})
    with pytest.raises(DsgridError, match="does not cover"):
        submission(of=spec)


def test_a_base_dimension_can_be_chosen_without_a_mapping() -> None:
    spec = changed(PROJECT, "base/other_use", PROJECT["base"]["end_use"])
    with pytest.raises(DsgridError, match="several base metric dimensions; say which with `to`"):
        submission(of=spec)
    for base in ("end_use", "other_use"):
        chosen = submission(changed(SUBMISSION, "mapping/metric", {"to": base}), of=spec).mappings["metric"]
        assert (chosen.base, chosen.mapping) == (base, None)


@pytest.mark.parametrize(
    "table", [{}, {"description": "x"}, {"kind": "one_to_one"}, {"to": "end_use", "kind": "one_to_one"}]
)
def test_a_table_of_a_mapping_says_where_it_comes_from(table: dict[str, str]) -> None:
    with pytest.raises(DsgridError, match=r"mapping\.metric"):
        submission(changed(SUBMISSION, "mapping/metric", table))


def _rates(unit: str = "") -> dict[str, Any]:
    metric = {"name": "rate", "class": "growth_rate", "records": [one("cooling", unit=unit)]}
    return changed(DATASET, "dimension/metric", metric)


@pytest.mark.parametrize("unit", ["", "percent"])
def test_rates_of_growth_need_no_unit_of_what_grows(unit: str) -> None:
    assert submission(data=_rates(unit)).mappings["metric"].base == "end_use"


def test_a_rate_of_growth_is_a_number() -> None:
    with pytest.raises(DsgridError, match='"cooling" -> "cooling": a rate of growth is a number, and not in "MWh"'):
        submission(data=_rates("MWh"))


def test_a_factor_without_a_unit_is_no_energy() -> None:
    efficiency = {"name": "own", "class": "energy_efficiency", "records": [one("cooling", unit="")]}
    with pytest.raises(DsgridError, match='no conversion from "" to "MWh"'):
        submission(data=changed(DATASET, "dimension/metric", efficiency))
