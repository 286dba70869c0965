"""What a column means is worked out from its name and the spec, and nothing is dropped without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.small_dataset import IDS, TIME, dimensions

from dsgrid.datasets.columns import Columns, describe
from dsgrid.datasets.files import find
from dsgrid.errors import DataError, SpecError
from dsgrid.spec.node import Node, Source

STACKED = ("geography", "subsector", "metric", "timestamp", "value")


def meaning(facts: tuple[str, ...], lookup: tuple[str, ...] | None = None, **data: Any) -> Columns:
    tables = {"table": "load_data.csv"} | ({"lookup": "lookup.csv"} if lookup is not None else {})
    root = Node({"data": tables | data}, (), Source(None, "", Path()))
    return describe(root, dimensions(), TIME, facts, lookup)


def refusal(facts: tuple[str, ...], lookup: tuple[str, ...] | None = None, **data: Any) -> str:
    with pytest.raises(SpecError) as caught:
        meaning(facts, lookup, **data)
    return str(caught.value)


def test_names_of_types_explain_themselves():
    found = meaning(STACKED)
    assert found.fact_types == ("geography", "subsector", "metric")
    assert found.facts.values == {"value": "value"}
    assert found.trivial == ("sector", "scenario", "model_year", "weather_year")
    assert found.keys == ("geography", "subsector", "metric")


def test_record_ids_are_columns_in_pivoted_data():
    found = meaning(("id", "timestamp", "fans", "cooling"), ("geography", "subsector", "id"), pivot="metric")
    assert set(found.facts.values) == {"cooling", "fans"}
    assert found.keys == ("id",)
    layout = found.layout(null_cells=False)
    assert (layout.two_tables, layout.pivot, layout.lookup_types) == (True, "metric", ("geography", "subsector"))


def test_a_column_that_nothing_explains_is_refused_with_the_closest_name():
    message = refusal(("geograhpy", "subsector", "metric", "timestamp", "value"))
    assert 'column "geograhpy" of load_data.csv is neither declared nor ignored; did you mean "geography"?' in message


def test_a_declared_column_that_is_absent_is_refused():
    assert 'no column "fipz" in load_data.csv' in refusal(STACKED, columns={"fipz": {"dimension": "geography"}})


def test_an_unknown_dimension_type_is_refused():
    message = refusal((*STACKED, "x"), columns={"x": {"dimension": "secter"}})
    assert 'no dimension type "secter"; did you mean "sector"?' in message


def test_a_column_to_ignore_has_to_be_there():
    assert 'no column "notes" to ignore; did you mean "note"?' in refusal((*STACKED, "note"), ignore=["notes"])


def test_a_type_with_several_records_needs_a_column():
    message = refusal(("subsector", "metric", "timestamp", "value"))
    assert 'dimension "geography" has 3 records but no column' in message


def test_every_record_of_the_pivoted_type_needs_a_column():
    message = refusal(("geography", "subsector", "timestamp", "fans"), pivot="metric")
    assert 'no column for 1 of 2 records of "metric": "cooling"' in message


def test_the_pivoted_type_is_not_a_column_besides():
    assert 'column of dimension "metric"' in refusal((*STACKED[:-1], "fans", "cooling"), pivot="metric")


@pytest.mark.parametrize("absent", ["timestamp", "value"])
def test_time_and_values_need_a_column(absent: str):
    assert f'no column "{absent}" in load_data.csv' in refusal(tuple(name for name in STACKED if name != absent))


def test_both_tables_need_the_id():
    message = refusal(("metric", "timestamp", "value"), ("geography", "subsector"))
    assert 'no column "id" in load_data.csv' in message
    assert 'no column "id" in lookup.csv' in message


def test_a_type_is_a_column_of_one_table_only():
    message = refusal(("id", *STACKED), ("id", "geography"))
    assert '"geography" is a column of both the table and the lookup' in message


def test_two_columns_do_not_hold_one_type():
    message = refusal((*STACKED, "fips"), columns={"fips": {"dimension": "geography"}})
    assert 'columns "geography" and "fips" of load_data.csv both hold "geography"' in message


def test_all_problems_come_at_once():
    message = refusal(("geograhpy", "subsector", "metric", "value"), ignore=["x"])
    assert message.count("\n") >= 3


def test_the_time_column_is_named_by_the_time_dimension():
    root = Node({"data": {"table": "x.csv"}}, (), Source(None, "", Path()))
    facts = ("geography", "subsector", "metric", "hour", "value")
    time = replace(TIME, columns=(("label", "hour"),))
    assert describe(root, dimensions(IDS), time, facts).facts.times == {"label": "hour"}


@pytest.mark.parametrize(
    ("records", "other", "name"),
    [
        (("Cooling", "cooling"), "Cooling", "cooling"),
        (("Geography", "fans"), "geography", "Geography"),
        (("Timestamp", "fans"), "timestamp", "Timestamp"),
    ],
)
def test_columns_that_the_engines_cannot_tell_apart_are_refused(records: tuple[str, ...], other: str, name: str):
    facts = ("geography", "subsector", "timestamp", *records)
    root = Node({"data": {"table": "load_data.csv", "pivot": "metric"}}, (), Source(None, "", Path()))
    with pytest.raises(SpecError) as caught:
        describe(root, dimensions({**IDS, "metric": records}), TIME, facts)
    message = f'data.table: a column "{other}" and a column "{name}" cannot be told apart by the engines'
    assert str(caught.value) == f"{message}; rename the record"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (",county,value", "table.csv: a column has no name, which no spec can say"),
        ("county, value", 'table.csv: the name of column " value" has blanks around it'),
    ],
)
def test_a_column_that_no_spec_can_name_is_refused(tmp_path: Path, header: str, message: str):
    (tmp_path / "table.csv").write_text(f"{header}\n")
    with pytest.raises(DataError, match=message):
        find(tmp_path / "table.csv").columns()
