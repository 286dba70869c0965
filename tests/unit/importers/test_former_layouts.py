"""Forms of data layouts that there were over the years, and that the documentation has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.dataset import dataset

from .conftest import DATASET, Make

LAYOUT = DATASET["data_layout"]


@pytest.mark.parametrize(
    ("value_format", "pivot"),
    [
        ({"value_format": {"format_type": "pivoted", "pivoted_dimension_type": "metric"}}, "metric"),
        ({"value_format": {"format_type": "pivoted"}, "pivoted_dimension_type": "metric"}, "metric"),
        ({"value_format": {"format_type": "stacked"}}, None),
        ({"value_format": "stacked"}, None),
    ],
)
def test_the_format_of_values_may_be_an_object(
    dataset_file: Make, value_format: dict[str, Any], pivot: str | None
) -> None:
    layout = {"table_format": "one_table", "data_file": LAYOUT["data_file"], **value_format}
    assert dataset(dataset_file(data_layout=layout)).spec["data"].get("pivot") == pivot


@pytest.mark.parametrize(
    ("schema", "table", "pivot"),
    [
        ({"data_schema_type": "one_table"}, 1, None),
        ({"data_schema_type": "standard", "load_data_column_dimension": "metric"}, 2, "metric"),
        ({"table_format": {"format_type": "unpivoted"}}, 2, None),
        ({"table_format": "pivoted", "pivoted_dimension_type": "metric"}, 2, "metric"),
    ],
)
def test_files_before_layouts_have_fixed_names(
    dataset_file: Make, repository: Path, schema: dict[str, Any], table: int, pivot: str | None
) -> None:
    for name in ("load_data.csv", "load_data_lookup.parquet", "missing_associations.csv"):
        (repository / name).touch()
    data = dataset(dataset_file(data_layout=None, data_schema=schema)).spec["data"]
    assert data["table"] == str(repository / "load_data.csv")
    assert ("lookup" in data) == (table == 2)
    assert data.get("pivot") == pivot
    assert data["missing"] == [str(repository / "missing_associations.csv")]


def test_files_that_are_not_there_are_named_all_the_same(dataset_file: Make, repository: Path) -> None:
    data = dataset(dataset_file(data_layout=None, data_schema={"data_schema_type": "one_table"})).spec["data"]
    assert data == {"table": str(repository / "load_data.parquet")}


def test_a_single_file_of_associations_needs_no_list(dataset_file: Make, repository: Path) -> None:
    (repository / "missing.csv").write_text("geography\n06037\n")
    data = dataset(dataset_file(data_layout=LAYOUT | {"missing_associations": "missing.csv"})).spec["data"]
    assert data["missing"] == [str(repository / "missing.csv")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table_format": "two_tables"}, 'no format "two_tables"; there are: "one_table", "two_table"'),
        ({"value_format": "wide"}, 'no format "wide"; there are: "stacked", "pivoted"'),
        ({"pivoted_dimension_type": "time"}, 'there is no dimension type "time"'),
        ({"data_file": {"path": ""}}, "no path is given"),
        (
            {"data_file": {"path": "t.csv", "columns": [{"name": "a"}, {"name": "a"}]}},
            'the column "a" is listed twice',
        ),
        (
            {"data_file": {"path": "t.csv", "columns": [{"name": "a", "dimension_type": "county"}]}},
            'no dimension type "county"',
        ),
        (
            {"data_file": {"path": "t.csv", "columns": [{"name": "a", "data_type": "strng"}]}},
            'no column type "strng"; did you mean "string"',
        ),
    ],
)
def test_what_no_layout_is_names_its_key(dataset_file: Make, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        dataset(dataset_file(data_layout=LAYOUT | changes))


def test_without_any_layout_nobody_knows_where_the_data_are(dataset_file: Make) -> None:
    with pytest.raises(SpecError, match="neither data_layout nor data_schema"):
        dataset(dataset_file(data_layout=None))


@pytest.mark.parametrize(("theirs", "ours"), [("sector_model", "modeled"), ("historical", "historical")])
def test_kinds_of_datasets_have_their_names_of_today(dataset_file: Make, theirs: str, ours: str) -> None:
    assert dataset(dataset_file(dataset_type=theirs)).spec["dataset"]["kind"] == ours
    with pytest.raises(SpecError, match='no type of datasets "historic"; did you mean "historical"'):
        dataset(dataset_file(dataset_type="historic"))
