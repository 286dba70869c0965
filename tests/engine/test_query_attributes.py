"""Attributes of records, whatever their type and wherever they come from, in filters and as groups of a result."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one

from dsgrid.errors import SpecError
from dsgrid.operations.open_registry import OpenRegistry, open_registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

pytestmark = few_on_spark(3)

# Three counties with a text, a whole number, a fraction and a truth value; nobody knows the region of one.
ROWS: list[dict[str, Any]] = [
    one("06037", state="CA", people=9818605, share=0.5, coastal=True, region="west"),
    one("08031", state="CO", people=600158, share=0.25, coastal=False, region="west"),
    one("08059", state="CO", people=534543, share=0.25, coastal=False),
]
VALUES = {"06037": 1.0, "08031": 2.0, "08059": 4.0}
TYPES = {"people": "int", "share": "float", "coastal": "bool"}
HOURS = pd.date_range("2018-01-01 07:00", periods=48, freq="h", tz="UTC").astype("datetime64[us, UTC]")


def _county(folder: Path, kind: str) -> dict[str, Any]:
    """Return the dimension: inline, or from a file; CSV files hold texts, unless the spec says more."""
    table: dict[str, Any] = {"type": "geography", "class": "county", "records": ROWS}
    if kind == "parquet":
        pd.DataFrame(ROWS).to_parquet(folder / "counties.parquet")
        return {**table, "records": str(folder / "counties.parquet")}
    if kind.startswith("csv"):
        with (folder / "counties.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(
                {key: str(cell).lower() if isinstance(cell, bool) else cell for key, cell in row.items()}
                for row in ROWS
            )
        table["records"] = str(folder / "counties.csv")
    return {**table, "types": TYPES} if kind == "csv with types" else table


def _registry(folder: Path, engine: Engine, kind: str) -> OpenRegistry:
    facts = [pd.DataFrame({"geography": id_, "timestamp": HOURS, "value": value}) for id_, value in VALUES.items()]
    pd.concat(facts).to_parquet(folder / "offices.parquet", index=False)
    project = changed(PROJECT, "base/county", _county(folder, kind))
    project = changed(project, "supplemental/state/records", [one("CA", climate="mild"), one("CO", climate="dry")])
    rows = [{"from": row["id"], "to": row["state"]} for row in ROWS]
    project = changed(project, "supplemental/state/mapping/records", rows)
    data = changed(DATASET, "dimension/geography/records", [one(id_) for id_ in VALUES])
    registry = open_registry(folder / "registry", create=True, engine=engine)
    registry.register_project({"spec_version": 1, "job": "register_project", **project})
    spec = changed(data, "data/table", str(folder / "offices.parquet"))
    registry.register_dataset({"spec_version": 1, "job": "register_dataset", **spec})
    registry.submit_dataset({"spec_version": 1, "job": "submit_dataset", **changed(SUBMISSION, "mapping", None)})
    return registry


@pytest.fixture(scope="module")
def registries(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, OpenRegistry]:
    folder = tmp_path_factory.mktemp("attributes")
    found = {}
    for kind in ("inline", "parquet", "csv", "csv with types"):
        (folder / kind).mkdir()
        found[kind] = _registry(folder / kind, engine, kind)
    return found


def _query(where: list[dict[str, Any]], by: list[str], folder: Path, **result: Any) -> dict[str, Any]:
    return {
        "spec_version": 1,
        "job": "query",
        "name": "asked",
        "project": "two_counties",
        "datasets": ["offices"],
        "where": where,
        "step": [{"by": by}],
        "result": {"path": str(folder), **result},
    }


def _sums(registry: OpenRegistry, where: list[dict[str, Any]], by: list[str], folder: Path) -> dict[str, float]:
    found = registry.query(_query(where, by, folder)).to_pandas()
    # From kWh of each of 48 hours to MWh of all.
    return {key: round(value * 1000 / 48, 6) for key, value in zip(found[by[0]], found["value"], strict=True)}


FILTERS = [
    ({"attribute": "people", "equals": 600158}, {"08031"}),
    ({"attribute": "people", "in": [600158.0, 534543]}, {"08031", "08059"}),
    ({"attribute": "share", "not_in": [0.5]}, {"08031", "08059"}),
    ({"attribute": "coastal", "equals": True}, {"06037"}),
    ({"attribute": "coastal", "not_equals": True}, {"08031", "08059"}),
    ({"attribute": "state", "equals": "CO"}, {"08031", "08059"}),
    # What has no value is not what is asked for, and is none of what is not.
    ({"attribute": "region", "equals": "west"}, {"06037", "08031"}),
    ({"attribute": "region", "not_equals": "west"}, {"08059"}),
]


@pytest.mark.parametrize("kind", ["inline", "parquet", "csv", "csv with types"])
def test_filters_compare_attributes_as_what_they_are(
    registries: dict[str, OpenRegistry], tmp_path: Path, kind: str
) -> None:
    for number, (condition, kept) in enumerate(FILTERS):
        where = [{"dimension": "county", **condition}]
        found = _sums(registries[kind], where, ["county"], tmp_path / str(number))
        assert found == {id_: value for id_, value in VALUES.items() if id_ in kept}, condition


REFUSED = [
    ("inline", {"attribute": "people", "equals": "600158"}, "its values are no texts: write 600158 without quotes"),
    ("inline", {"attribute": "coastal", "equals": "true"}, "its values are no texts: write true without quotes"),
    ("inline", {"attribute": "coastal", "equals": 1}, 'has coastal 1; there are: "false", "true"'),
    ("csv", {"equals": 8031}, 'has id 8031; did you mean "08031"?'),
    ("csv", {"attribute": "people", "equals": 600159}, 'has people 600159; did you mean "600158"?'),
]


@pytest.mark.parametrize(("kind", "condition", "sentence"), REFUSED)
def test_a_value_of_another_type_is_told_how_to_be_written(
    registries: dict[str, OpenRegistry], tmp_path: Path, kind: str, condition: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SpecError) as refused:
        registries[kind].query(_query([{"dimension": "county", **condition}], ["county"], tmp_path))
    assert sentence in str(refused.value)


def test_types_of_a_csv_file_are_those_that_the_spec_says(registries: dict[str, OpenRegistry]) -> None:
    def cells(kind: str) -> list[dict[str, Any]]:
        (county,) = registries[kind].project("two_counties").base_of_type("geography")
        return [{**record.attributes} for record in county.records]

    assert cells("csv with types") == [
        {"region": None, **{k: row[k] for k in row if k not in ("id", "name")}} for row in ROWS
    ]
    assert {type(cell) for cell in cells("csv")[0].values()} == {str}


@pytest.mark.parametrize("kind", ["inline", "csv with types"])
def test_an_attribute_groups_as_a_supplemental_dimension_would(
    registries: dict[str, OpenRegistry], tmp_path: Path, kind: str
) -> None:
    registry = registries[kind]
    states = _sums(registry, [], ["state"], tmp_path / "0")
    assert states == _sums(registry, [], ["county.state"], tmp_path / "1") == {"CA": 1.0, "CO": 6.0}
    assert _sums(registry, [], ["county.coastal"], tmp_path / "2") == {"true": 1.0, "false": 6.0}
    assert _sums(registry, [], ["county.share"], tmp_path / "3") == {"0.5": 1.0, "0.25": 6.0}
    assert _sums(registry, [], ["county.name"], tmp_path / "4") == VALUES
    # An attribute of a supplemental dimension, and one beside the dimension itself.
    assert _sums(registry, [], ["state.climate"], tmp_path / "5") == {"mild": 1.0, "dry": 6.0}
    both = registry.query(_query([], ["county", "county.people", "end_use.unit"], tmp_path / "6")).to_pandas()
    assert list(both.columns) == ["county", "county.people", "end_use.unit", "value", "unit"]
    assert dict(zip(both["county"], both["county.people"], strict=True)) == {r["id"]: str(r["people"]) for r in ROWS}


def test_a_column_of_an_attribute_sorts_and_is_written_as_any(
    registries: dict[str, OpenRegistry], tmp_path: Path
) -> None:
    by = ["county.state", "end_use", "hourly"]
    spec = _query([], by, tmp_path, sort=["county.state", "hourly"], format="csv", pivot="metric")
    found = registries["inline"].query(spec)
    table = found.to_pandas()
    assert list(table["county.state"]) == ["CA"] * 48 + ["CO"] * 48
    assert list(table.columns) == ["county.state", "hourly", "cooling"]
    assert "county.state" in registries["inline"].explain(spec).report()


def test_records_without_a_value_are_not_lost_in_a_group(registries: dict[str, OpenRegistry], tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        registries["inline"].query(_query([], ["county.region"], tmp_path))
    message = '1 of the records of "county" that are summed have no "region": "08059"; leave them out with a [[where]]'
    assert message in str(refused.value)
    where = [{"dimension": "county", "not_equals": "08059"}]
    assert _sums(registries["inline"], where, ["county.region"], tmp_path) == {"west": 3.0}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("county.stat", 'no attribute "stat" in dimension "county"; did you mean "state"?'),
        ("conty.state", 'no dimension "conty"; did you mean "county"?'),
        ("hourly.state", 'no dimension "hourly"'),
        ("county.", "or an attribute such as"),
    ],
)
def test_a_name_with_a_dot_that_is_no_attribute_is_told_what_is_meant(
    registries: dict[str, OpenRegistry], tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(SpecError) as refused:
        registries["inline"].query(_query([], [name], tmp_path))
    assert sentence in str(refused.value)
