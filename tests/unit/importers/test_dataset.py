from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.dataset import dataset

from .conftest import DATASET, TIME, Make


def _layout(**changes: Any) -> dict[str, Any]:
    return dict(DATASET["data_layout"] | changes)


def test_every_part_of_a_dataset_finds_its_place(dataset_file: Make, repository: Path) -> None:
    spec = dataset(dataset_file()).spec
    assert spec["job"] == "register_dataset"
    assert spec["dataset"] == {"id": "offices", "kind": "modeled", "classification": "low"}
    assert spec["data"] == {"table": str(repository / "load_data.parquet"), "pivot": "metric"}
    assert spec["dimension"]["geography"] == {
        "name": "own_county",
        "class": "county",
        "records": str(repository / "counties.csv"),
    }
    assert spec["dimension"]["sector"] == {"use": "sector"}
    assert spec["time"]["start"] == "2012-01-01 00:00"


def test_where_the_data_come_from_is_kept_under_shorter_names(dataset_file: Make) -> None:
    translation = dataset(dataset_file(origin_date="2018", data_source="comstock", origin_contributors=["A", "B"]))
    assert translation.spec["dataset"]["origin"] == {"source": "comstock", "date": "2018", "contributors": ["A", "B"]}
    assert {remark.kind for remark in translation.remarks if "origin" in remark.message} == {"renamed"}


def test_relative_data_paths_start_at_the_data_folder(dataset_file: Make, tmp_path: Path) -> None:
    translation = dataset(dataset_file(), data_folder=tmp_path / "elsewhere")
    assert translation.spec["data"]["table"] == str(tmp_path / "elsewhere/load_data.parquet")


def test_a_folder_of_missing_associations_stands_for_the_tables_in_it(dataset_file: Make, repository: Path) -> None:
    (repository / "missing").mkdir()
    for name in ("b.csv", "a.csv", "notes.txt"):
        (repository / "missing" / name).write_text("geography\n")
    layout = _layout(missing_associations=["missing"], expected_associations=["missing/a.csv"])
    data = dataset(dataset_file(data_layout=layout)).spec["data"]
    assert data["missing"] == [str(repository / "missing/a.csv"), str(repository / "missing/b.csv")]
    assert data["expected"] == [str(repository / "missing/a.csv")]


def test_only_renamed_columns_are_said(dataset_file: Make) -> None:
    columns = [
        {"name": "fips", "dimension_type": "geography", "data_type": "STRING"},
        {"name": "subsector", "data_type": "int"},
        {"name": "timestamp", "data_type": "TIMESTAMP_NTZ"},
    ]
    file = {"path": "load_data.csv", "columns": columns, "ignore_columns": ["note"]}
    translation = dataset(dataset_file(data_layout=_layout(data_file=file)))
    assert translation.spec["data"]["columns"] == {"fips": {"dimension": "geography"}}
    assert translation.spec["data"]["ignore"] == ["note"]
    assert translation.spec["time"]["labels"] == "wall_clock"
    assert any(remark.message == "ids are read as text" for remark in translation.remarks)


def test_a_lookup_is_named_with_its_own_columns(dataset_file: Make, repository: Path) -> None:
    lookup = {"path": "lookup.json", "columns": [{"name": "county", "dimension_type": "geography"}]}
    layout = _layout(table_format="two_table", lookup_data_file=lookup)
    data = dataset(dataset_file(data_layout=layout)).spec["data"]
    assert data["lookup"] == str(repository / "lookup.json")
    assert data["lookup_columns"] == {"county": {"dimension": "geography"}}


def test_the_form_before_layouts_names_files_in_the_data_folder(dataset_file: Make, repository: Path) -> None:
    for name in ("load_data.parquet", "load_data_lookup.json"):
        (repository / name).touch()
    schema = {
        "data_schema_type": "standard",
        "table_format": {"format_type": "pivoted", "pivoted_dimension_type": "metric"},
    }
    data = dataset(dataset_file(data_layout=None, data_schema=schema)).spec["data"]
    assert data == {
        "table": str(repository / "load_data.parquet"),
        "lookup": str(repository / "load_data_lookup.json"),
        "pivot": "metric",
    }


def test_a_type_of_earlier_years_is_dropped(dataset_file: Make) -> None:
    source = {"class": "DataSource", "type": "data_source", "name": "source", "file": "absent.csv"}
    document = dataset_file(
        dimensions=[*DATASET["dimensions"], source], trivial_dimensions=["sector", "weather_year", "data_source"]
    )
    translation = dataset(document)
    assert "data_source" not in translation.spec["dimension"]
    assert [remark.key for remark in translation.remarks if "no type of dimension" in remark.message] == [
        "dimensions[4]",
        "trivial_dimensions[2]",
    ]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"enable_unit_conversion": False}, "enable_unit_conversion"),
        ({"dataset_qualifier_metadata": {"dataset_qualifier_type": "growth_rate"}}, "dataset_qualifier_metadata"),
        ({"dimensions": [TIME | {"time_type": "noop"}], "trivial_dimensions": []}, r"dimensions\[0\]\.time_type"),
        ({"dimension_references": [{"name": "t", "type": "time"}]}, r"dimension_references\[0\]"),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(dataset_file: Make, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError, match=rf"dataset\.json5: {key}: not supported yet"):
        dataset(dataset_file(**changes))


def test_a_trivial_type_without_a_dimension_is_an_error(dataset_file: Make) -> None:
    with pytest.raises(
        SpecError, match=r'trivial_dimensions\[0\]: the dataset has no dimension of the type "scenario"'
    ):
        dataset(dataset_file(trivial_dimensions=["scenario"]))
