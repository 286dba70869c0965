from __future__ import annotations

from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.spec.load import load_spec

COUNTY = {"dimension_type": "geography", "dimension_name": "county"}
TIME = {"dimension_type": "time", "dimension_name": "time_est"}


def _one(filter_type: str, **fields: Any) -> dict[str, Any]:
    return COUNTY | {"filter_type": filter_type, **fields}


def _column(operator: str, value: Any = None, **fields: Any) -> dict[str, Any]:
    return _one("column_operator", operator=operator, value=value, **fields)


FILTERS = [
    (_one("expression", operator="==", column="id", value="06037"), {"equals": "06037"}),
    (
        _one("expression", operator="!=", column="state", value="CA"),
        {"attribute": "state", "not_equals": "CA"},
    ),
    (_one("expression", operator="<", value="06050"), {"below": "06050"}),
    (_one("expression", operator="<=", value="06050"), {"at_most": "06050"}),
    (_one("expression", operator=">", value="06050"), {"above": "06050"}),
    # Ids above a number are ordered as numbers on both sides.
    (_one("expression", operator=">=", value=6050), {"at_least": 6050}),
    (_one("expression", operator="==", column="population", value=5), {"attribute": "population", "equals": 5}),
    (_one("expression", operator=">=", column="population", value=1e6), {"attribute": "population", "at_least": 1e6}),
    (_one("expression_raw", value=" == '06037'"), {"equals": "06037"}),
    (_one("expression_raw", column="population", value=">= -1.5"), {"attribute": "population", "at_least": -1.5}),
    (_column("isin", ["06037"]), {"in": ["06037"]}),
    (_column("isin", "06037"), {"in": ["06037"]}),
    (_column("isin", ["06037"], negate=True), {"not_in": ["06037"]}),
    (_column("contains", "60"), {"contains": "60"}),
    (_column("contains", "60", negate=True), {"not_contains": "60"}),
    (_column("startswith", "06"), {"starts_with": "06"}),
    (_column("startswith", "0.", negate=True), {"not_matches": r"^0\."}),
    (_column("endswith", "37"), {"ends_with": "37"}),
    (_column("endswith", "3+7", negate=True), {"not_matches": r"3\+7$"}),
    (_column("like", "06%", column="name"), {"attribute": "name", "like": "06%"}),
    (_column("like", "06%", negate=True), {"not_like": "06%"}),
    (_column("isNull", column="state"), {"attribute": "state", "is_null": True}),
    (_column("isNotNull", column="state"), {"attribute": "state", "is_null": False}),
    (_column("isNull", column="state", negate=True), {"attribute": "state", "is_null": False}),
    (
        _one("between_column_operator", lower_bound="06000", upper_bound="06999"),
        {"between": ["06000", "06999"]},
    ),
    (
        _one("between_column_operator", lower_bound="06000", upper_bound="06999", negate=True),
        {"not_between": ["06000", "06999"]},
    ),
    (
        _one("supplemental_column_operator", operator="isin", value=["Ohio"], column="name", dimension_name="state"),
        {"dimension": "state", "attribute": "name", "in": ["Ohio"]},
    ),
    # What maps to any record at all.
    (_one("supplemental_column_operator", dimension_name="state"), {"dimension": "state", "like": "%"}),
]


@pytest.mark.parametrize(("theirs", "ours"), FILTERS)
def test_filters_on_records_keep_their_meaning(translate: Any, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    translation = translate({"params": {"dimension_filters": [theirs]}})
    assert translation.spec["where"] == [{"dimension": "county"} | ours]
    assert translation.remarks == ()
    assert load_spec(translation.spec).job == "query"


def test_a_filter_on_selectors_names_their_subset(translate: Any) -> None:
    filter_ = {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["commercial"]}
    where = [{"subset": "by_sector", "selectors": ["commercial"]}]
    assert translate({"params": {"dimension_filters": [filter_]}}).spec["where"] == where
    assert translate(dimension_filters=[filter_]).spec["where"] == where


def test_selectors_of_no_subset_are_an_error(translate: Any) -> None:
    filter_ = {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["industrial"]}
    with pytest.raises(SpecError, match="no subset dimension of the project has the selectors"):
        translate({"params": {"dimension_filters": [filter_]}})


def test_a_filter_on_the_result_compares_ids(translate: Any) -> None:
    filter_ = _one("expression", operator="==", column="county", value="06037")
    translation = translate(dimension_filters=[filter_])
    assert translation.spec["where"] == [{"dimension": "county", "equals": "06037"}]
    assert [remark.kind for remark in translation.remarks] == ["changed"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (_one("expression", operator="==", value=2030), {"equals": "2030"}),
        (_one("expression_raw", value="<> 2030"), {"not_equals": "2030"}),
        (_column("isin", [2030, "2040"]), {"in": ["2030", "2040"]}),
    ],
)
def test_a_number_is_equal_to_an_id_as_a_text_with_a_remark(
    translate: Any, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    translation = translate({"params": {"dimension_filters": [theirs]}})
    assert translation.spec["where"] == [{"dimension": "county"} | ours]
    assert [remark.kind for remark in translation.remarks] == ["changed"]


def test_a_regular_expression_is_one_of_python_with_a_remark(translate: Any) -> None:
    found = translate({"params": {"dimension_filters": [_column("rlike", "^06(037|073)$")]}})
    assert found.spec["where"] == [{"dimension": "county", "matches": "^06(037|073)$"}]
    assert [remark.message for remark in found.remarks] == ["regular expressions are those of Python here"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"operator": ">=", "value": "2012-06-01 00:00:00"}, {"at_least": "2012-06-01 00:00"}),
        ({"operator": "<", "value": "2012-06-01"}, {"below": "2012-06-01 00:00"}),
        (
            {
                "filter_type": "between_column_operator",
                "lower_bound": "2012-06-01T06:30",
                "upper_bound": "2012-06-02 00:00:00.000",
            },
            {"between": ["2012-06-01 06:30", "2012-06-02 00:00"]},
        ),
    ],
)
def test_a_filter_on_time_compares_labels_with_a_remark(
    translate: Any, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    translation = translate(dimension_filters=[TIME | {"filter_type": "expression", **theirs}])
    assert translation.spec["where"] == [{"dimension": "time_est", **ours}]
    assert [remark.kind for remark in translation.remarks] == ["decide"]


@pytest.mark.parametrize(
    ("filter_", "key"),
    [
        (_one("expression_raw", value="IN ('06037') OR 1 = 1"), "value"),
        (_one("expression_raw", value="== 'a' OR 'b' == 'b'"), "value"),
        (_one("expression", operator="~", value="1"), "operator"),
        (_column("getItem", "1"), "operator"),
        (_column("rlike", "(06"), "value"),
        (_column("like", r"06\%"), "value"),
        (_one("regional", value="1"), "filter_type"),
        (TIME | {"filter_type": "expression", "operator": "==", "value": "noon"}, "value"),
        (TIME | {"filter_type": "column_operator", "operator": "contains", "value": "06"}, "operator"),
    ],
)
def test_a_filter_that_cannot_be_said_names_its_key(translate: Any, filter_: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        translate({"params": {"dimension_filters": [filter_]}})
    assert f"params.dimension_filters[0].{key}: not supported" in str(caught.value)
