"""The checks that a dataset declares of its own values, in every layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from reference.example import records
from tests.engines import few_on_spark
from tests.small_dataset import KEYS, Small, dimensions, long_facts

from dsgrid.datasets.own_checks import read_checks
from dsgrid.datasets.value_checks import KINDS
from dsgrid.errors import DataError, SpecError
from dsgrid.spec.node import Node, Source

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(3)

every_layout = pytest.mark.parametrize("layout", ["one stacked", "one pivoted", "two stacked", "two pivoted"])
# 288 values, from 0.5 in steps of 1: by geography, subsector, metric and hour.
TOTAL = 288**2 / 2


def shares() -> pd.DataFrame:
    """The values as shares of the subsectors."""
    facts = long_facts()
    others = ["geography", "metric", "timestamp"]
    return facts.assign(value=facts["value"] / facts.groupby(others)["value"].transform("sum"))


def small(layout: str, *checks: dict[str, Any], facts: pd.DataFrame | None = None) -> Small:
    found = Small.of(layout)
    if facts is not None:
        long = facts
        if "pivoted" in layout:
            long = long.pivot(index=[*KEYS, "timestamp"], columns="metric", values="value").reset_index()
            long.columns.name = None
        if found.lookup is not None:
            long = long.merge(found.lookup, on=KEYS).drop(columns=KEYS)
        found.facts = long
    found.checks = list(checks)
    return found


HOLDING: list[dict[str, Any]] = [
    {"kind": "range", "min": 0.5, "max": 287.5},
    {"kind": "range", "max": 263.5, "where": {"metric": ["cooling"]}},
    {"kind": "not_null"},
    {"kind": "sum", "equals": TOTAL},
    {"kind": "sum", "equals": 48 * 48 / 2, "where": {"geography": ["06037"], "subsector": ["office"]}},
    {"kind": "row_count", "equals": 288},
    {"kind": "row_count", "min": 96, "max": 96, "by": ["geography"]},
    {"kind": "row_count", "min": 1},
    {"kind": "unique", "of": "sector", "by": ["subsector"]},
    {"kind": "monotone", "along": "time"},
    {"kind": "monotone", "along": "geography"},
]

BROKEN: list[tuple[dict[str, Any], str]] = [
    (
        {"kind": "range", "max": 287},
        "range: values of 36047, retail, fans are above 287, up to 287.5",
    ),
    (
        {"kind": "range", "min": 30, "max": 280},
        "range: values of 2 of 12 combinations, the first 06037, office, cooling, are below 30, down to 0.5; "
        "values of 36047, retail, fans are above 280, up to 287.5",
    ),
    (
        {"kind": "range", "min": 30, "where": {"geography": ["06037"]}},
        "range: values of 2 of 4 combinations, the first office, cooling, are below 30, down to 0.5",
    ),
    ({"kind": "sum", "equals": 41000}, "sum: values add up to 41472, not to 41000"),
    (
        {"kind": "sum", "equals": 4608, "by": ["geography"]},
        "sum: values of 08031 add up to 13824, not to 4608 (2 of 3 differ)",
    ),
    ({"kind": "row_count", "equals": 280}, "row_count: there are 288 values, expected 280"),
    (
        {"kind": "row_count", "min": 97, "max": 100, "by": ["geography"]},
        "row_count: 06037: there are 96 values, expected at least 97 and at most 100",
    ),
    (
        {"kind": "unique", "of": "subsector", "by": ["geography"]},
        "unique: 06037 has several of subsector: office, retail",
    ),
    (
        {"kind": "monotone", "along": "time", "direction": "decreasing"},
        "monotone: values grow from 0.5 to 1.5 (276 times), first at 06037, office, cooling, "
        "2012-07-01 01:00 UTC-05:00",
    ),
    (
        {"kind": "monotone", "along": "geography", "direction": "decreasing", "where": {"metric": ["fans"]}},
        "monotone: values grow from 24.5 to 120.5 (96 times), first at office, 2012-07-01 00:00 UTC-05:00, 08031",
    ),
    (
        {"kind": "share_sums_to", "over": ["subsector"]},
        "share_sums_to: shares add up to 49, not to 1 (144 times), first at 06037, cooling, 2012-07-01 00:00 UTC-05:00",
    ),
]


@every_layout
def test_checks_that_hold_let_a_dataset_through(session: SparkSession, tmp_path: Path, layout: str) -> None:
    assert {check["kind"] for check in HOLDING} | {"share_sums_to"} == set(KINDS)
    assert small(layout, *HOLDING).prepare(session, tmp_path).summary["values"] == 288


@every_layout
def test_every_check_that_does_not_hold_is_told(session: SparkSession, tmp_path: Path, layout: str) -> None:
    assert {check["kind"] for check, _ in BROKEN} | {"not_null"} == set(KINDS)
    with pytest.raises(DataError) as caught:
        small(layout, *(check for check, _ in BROKEN)).prepare(session, tmp_path)
    assert [problem.message for problem in caught.value.problems] == [message for _, message in BROKEN]
    assert [problem.key for problem in caught.value.problems] == [f"checks[{n}]" for n in range(len(BROKEN))]
    for problem in caught.value.problems:
        assert len(problem.table) > 0
        assert problem.detail


@every_layout
def test_shares_add_up_at_each_time(session: SparkSession, tmp_path: Path, layout: str) -> None:
    check = {"kind": "share_sums_to", "over": ["subsector"]}
    assert small(layout, check, facts=shares()).prepare(session, tmp_path).summary["values"] == 288
    # The sum over the day is right, and two hours are not.
    spoilt = shares()
    spoilt.loc[[3, 4], "value"] += [0.25, -0.25]
    (tmp_path / "spoilt").mkdir()
    with pytest.raises(DataError, match=r"to 1 \(2 times\), first at 06037, cooling, 2012-07-01 03:00 UTC-05:00"):
        small(layout, check, facts=spoilt).prepare(session, tmp_path / "spoilt")


@pytest.mark.parametrize("layout", ["two stacked", "two pivoted"])
def test_scaling_factors_count(session: SparkSession, tmp_path: Path, layout: str) -> None:
    checks: list[dict[str, Any]] = [
        {"kind": "sum", "equals": 2 * TOTAL},
        {"kind": "share_sums_to", "over": ["subsector"], "equals": 2},
    ]
    found = small(layout, *checks, facts=shares())
    assert found.lookup is not None
    found.lookup = found.lookup.assign(scaling_factor=2.0)
    with pytest.raises(DataError) as caught:
        found.prepare(session, tmp_path)
    assert [problem.message[:36] for problem in caught.value.problems] == ["sum: values add up to 288, not to 82"]


@pytest.mark.parametrize("layout", ["one stacked", "two pivoted"])
def test_null_values_may_be_forbidden(session: SparkSession, tmp_path: Path, layout: str) -> None:
    facts = long_facts()
    lost = (facts["geography"] == "06037") & (facts["subsector"] == "office") & (facts["metric"] == "cooling")
    facts["value"] = facts["value"].mask(lost)
    assert small(layout, facts=facts).prepare(session, tmp_path).summary["combinations"] == 11
    (tmp_path / "checked").mkdir()
    with pytest.raises(DataError, match="not_null: the values of 1 combination are NULL"):
        small(layout, {"kind": "not_null"}, facts=facts).prepare(session, tmp_path / "checked")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"kind": "range", "min": float("nan")}, "min is nan, which no value can be compared with; expected a number"),
        ({"kind": "range", "min": 2, "max": 1}, "the max of 1 is below the min of 2, so that no value is right"),
        (
            {"kind": "sum", "equals": 1},
            'sum: the values of metrics in "kWh", "therm" do not add up; name those of one unit in `where`, or put '
            '"metric" into `by`',
        ),
        (
            {"kind": "share_sums_to", "over": ["metric"]},
            'share_sums_to: the values of metrics in "kWh", "therm" do not add up; name those of one unit in `where`',
        ),
        (
            {"kind": "unique", "of": "sector", "by": ["sector"]},
            '"sector" is in `by` as well, so that there is always one of it',
        ),
        ({"kind": "not_null", "where": {"metric": ["coolng"]}}, 'there is no record of "metric" "coolng"; did you'),
    ],
)
def test_a_check_that_means_nothing_is_refused(check: dict[str, Any], message: str) -> None:
    found = dimensions()
    metric = records("cooling", "fans", unit=("kWh", "therm"))
    found["metric"] = replace(found["metric"], records=metric)
    root = Node({"checks": [check]}, (), Source(None, "", Path()))
    with pytest.raises(SpecError) as caught:
        read_checks(root, found)
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)


def test_sums_of_one_unit_may_be_asked_for_where_there_are_several() -> None:
    found = dimensions()
    found["metric"] = replace(found["metric"], records=records("cooling", "fans", unit=("kWh", "therm")))
    asked = [
        {"kind": "sum", "equals": 1, "by": ["metric"]},
        {"kind": "sum", "equals": 1, "where": {"metric": ["fans"]}},
        {"kind": "share_sums_to", "over": ["subsector"]},
    ]
    assert len(read_checks(Node({"checks": asked}, (), Source(None, "", Path())), found)) == 3


def test_the_order_of_records_is_theirs_and_not_that_of_texts(session: SparkSession, tmp_path: Path) -> None:
    found = small("one stacked", {"kind": "monotone", "along": "geography", "direction": "decreasing"})
    found.ids["geography"] = ("36047", "08031", "06037")
    assert found.prepare(session, tmp_path).summary["values"] == 288
    found.checks = [{"kind": "monotone", "along": "geography"}]
    (tmp_path / "again").mkdir()
    with pytest.raises(DataError, match="monotone: values fall from "):
        found.prepare(session, tmp_path / "again")


def test_records_without_any_value_are_counted_as_none(session: SparkSession, tmp_path: Path) -> None:
    facts = long_facts()
    found = small("one stacked", {"kind": "row_count", "min": 1, "by": ["geography"]}, facts=facts)
    found = found.spoil(lambda table: table[table["geography"] != "08031"])
    (tmp_path / "gaps.csv").write_text("geography\n08031\n")
    found.data["missing"] = ["gaps.csv"]
    with pytest.raises(DataError, match="row_count: 08031: there are 0 values, expected at least 1"):
        found.prepare(session, tmp_path)
