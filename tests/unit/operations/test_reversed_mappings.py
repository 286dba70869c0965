"""The reverse of how a supplemental dimension is made: where it is well-defined, and what is said where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one, submission

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import DataError, DsgridError, SpecError

Spec = dict[str, Any]


def states(*pairs: tuple[str, str, float], kind: str = "many_to_one_aggregation") -> Spec:
    """A project whose supplemental ``state`` is made in some way; 32003 is a third county."""
    spec = changed(PROJECT, "base/county/records", [one("06037"), one("06073"), one("08031")])
    records = [{"from": from_, "to": to, "fraction": fraction} for from_, to, fraction in pairs]
    return changed(spec, "supplemental/state/mapping", {"kind": kind, "records": records})


SEVERAL = states(("06037", "CA", 1.0), ("06073", "CA", 1.0), ("08031", "CO", 1.0))
BY_STATE = changed(
    DATASET, "dimension/geography", {"name": "state", "class": "state", "records": [one("CA"), one("CO")]}
)


def rates(data: Spec) -> Spec:
    spec = changed(data, "dimension/metric/class", "growth_rate")
    return changed(spec, "dimension/metric/records", [one("cooling", unit="")])


def of_rates(spec: Spec) -> Spec:
    spec = changed(spec, "base/end_use/class", "growth_rate")
    return changed(spec, "base/end_use/records", [one("cooling", unit="")])


def back(of: Spec, data: Spec, **keys: Any) -> Mapping:
    found = submission(changed(SUBMISSION, "mapping/geography", {"reverse_of": "state", **keys}), of, data)
    mapping = found.mappings["geography"].mapping
    assert mapping is not None
    assert found.mappings["geography"].base == "county"
    return mapping


def test_a_renaming_is_reversed_whatever_the_metric() -> None:
    found = back(PROJECT, BY_STATE)
    assert found.kind == "one_to_one"
    assert found.associations == (Association("CA", "06037"), Association("CO", "08031"))
    assert found.description == 'reverse of "county" -> "state"'


def test_rates_are_copied_when_the_spec_says_so() -> None:
    found = back(of_rates(SEVERAL), rates(BY_STATE), kind="duplication")
    assert found.kind == "duplication"
    assert found.associations == (Association("CA", "06037"), Association("CA", "06073"), Association("CO", "08031"))


def test_copies_have_to_be_asked_for() -> None:
    with pytest.raises(SpecError) as caught:
        back(of_rates(SEVERAL), rates(BY_STATE))
    assert str(caught.value) == (
        'mapping.geography.reverse_of: "state" -> "county" copies the value of "CA" to 2 records; say that this is '
        'meant with kind = "duplication"'
    )


@pytest.mark.parametrize("keys", [{}, {"kind": "duplication"}])
def test_totals_need_weights(keys: Spec) -> None:
    with pytest.raises(DataError) as caught:
        back(SEVERAL, BY_STATE, **keys)
    assert str(caught.value) == (
        'mapping.geography.reverse_of: "state" -> "county" copies the value of "CA" to 2 records, but "cooling" (kWh) '
        "adds up over geography, so the copies would be counted many times; a total needs weights: give a "
        "one_to_many_disaggregation, whose `records` say which fraction each record gets"
    )


def test_totals_of_records_that_have_one_target_each_need_none() -> None:
    data = changed(BY_STATE, "dimension/geography/records", [one("CO")])
    of = changed(SEVERAL, "requires/offices/geography", ["08031"])
    assert back(of, data).associations == (Association("CO", "08031"),)
    assert back(of, data, kind="duplication").kind == "duplication"


def test_totals_are_copied_to_scenarios_which_are_not_added_up() -> None:
    spec = changed(PROJECT, "base/scenario/records", [one("reference"), one("high")])
    table = {"reverse_of": "all_scenarios", "kind": "duplication"}
    data = changed(DATASET, "dimension/scenario/records", [one("all_scenarios")])
    found = submission(changed(SUBMISSION, "mapping/scenario", table), spec, data).mappings["scenario"].mapping
    assert found is not None
    assert [each.to_id for each in found.associations] == ["reference", "high"]


@pytest.mark.parametrize(
    ("of", "keys", "sentence"),
    [
        (PROJECT, {"reverse_of": "sate"}, 'has no supplemental geography "sate"; did you mean "state"?'),
        (PROJECT, {"to": "end_use"}, '"state" is a supplemental of "county", not of "end_use"'),
        (PROJECT, {"kind": "one_to_many_disaggregation"}, "fractions need `records`"),
        (
            states(("06037", "CA", 1.0), ("06037", "CO", 1.0), kind="many_to_many_explicit_multipliers"),
            {},
            '"state" -> "county" has no reverse: "06037" is in several records of it',
        ),
        (
            states(("06037", "CA", 0.5), ("08031", "CO", 1.0), kind="many_to_many_explicit_multipliers"),
            {},
            'has no reverse: "06037" is in it with a fraction other than 1; give a mapping with `kind` and `records`',
        ),
        (of_rates(SEVERAL), {"kind": "one_to_one"}, "is a duplication here, not one_to_one"),
    ],
)
def test_what_has_no_reverse_is_told_why(of: Spec, keys: Spec, sentence: str) -> None:
    data = rates(BY_STATE) if of["base"]["end_use"]["class"] == "growth_rate" else BY_STATE
    with pytest.raises(DsgridError) as caught:
        back(of, data, **keys)
    assert sentence in str(caught.value)


def test_records_that_the_supplemental_does_not_have_are_refused() -> None:
    data = changed(BY_STATE, "dimension/geography/records", [one("CA"), one("NV")])
    with pytest.raises(DataError, match='there is no record of "state" "NV"'):
        back(PROJECT, data)


def test_without_a_mapping_both_ways_are_named() -> None:
    with pytest.raises(DataError) as caught:
        submission(changed(SUBMISSION, "mapping", None), SEVERAL, BY_STATE)
    assert str(caught.value).endswith(
        'a [mapping.geography] is needed (its ids are those of supplemental "state": a one_to_many_disaggregation '
        'splits totals, and reverse_of = "state" copies rates)'
    )
