from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry

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


def test_data_that_are_not_where_they_are_said_to_be_are_found_nearby(dataset_file: Make, repository: Path) -> None:
    (repository / "data").mkdir()
    (repository / "data/load_data.csv").touch()
    translation = dataset(dataset_file())
    assert translation.spec["data"]["table"] == str(repository / "data/load_data.csv")
    (remark,) = [one for one in translation.remarks if one.key == "data_layout.data_file.path"]
    assert remark.kind == "changed"
    (repository / "load_data.json").touch()
    assert dataset(dataset_file()).spec["data"]["table"] == str(repository / "load_data.json")
    (repository / "load_data.parquet").touch()
    assert dataset(dataset_file()).spec["data"]["table"] == str(repository / "load_data.parquet")


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
        (
            {"dimensions": [TIME | {"time_type": "datetime_external_tz"}], "trivial_dimensions": []},
            r"dimensions\[0\]\.time_type",
        ),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(dataset_file: Make, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError, match=rf"dataset\.json5: {key}: not supported"):
        dataset(dataset_file(**changes))


def _timed(dataset_file: Make, time: dict[str, Any], **changes: Any) -> Entry:
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "time"]
    return dataset_file(dimensions=[*others, {"class": "Time", "type": "time", "name": "t", **time}], **changes)


TYPICAL = {
    "time_type": "representative_period",
    "format": "one_week_per_month_by_hour",
    "ranges": [{"start": 1, "end": 12}],
    "time_interval_type": "period_beginning",
}
INDEX = {
    "time_type": "index",
    "ranges": [{"start": 0, "end": 8759, "starting_timestamp": "2012-01-01 00:00:00"}],
    "time_interval_type": "period_beginning",
}


@pytest.mark.parametrize(("of_project", "zone"), [(True, "project_geography"), (False, "geography")])
def test_a_dataset_says_whose_zones_its_time_is_in(dataset_file: Make, of_project: bool, zone: str) -> None:
    document = _timed(dataset_file, TYPICAL, use_project_geography_time_zone=of_project)
    translation = dataset(document)
    assert translation.spec["time"]["zone"] == zone
    assert not any(remark.key == "use_project_geography_time_zone" for remark in translation.remarks)


def test_years_of_the_model_years_are_found_in_their_records(dataset_file: Make, repository: Path) -> None:
    years = {"class": "ModelYear", "type": "model_year", "name": "years", "file": "years.csv"}
    annual = {"type": "time", "name": "t", "time_type": "annual", "include_leap_day": True, "str_format": "%Y"}
    ranges = {"ranges": [{"start": "2020", "end": "2030", "frequency": 10}]}
    spec = dataset(dataset_file(dimensions=[*DATASET["dimensions"][:3], years, annual | ranges])).spec
    assert (spec["time"]["years"], spec["time"]["year_of"]) == (["2020", "2030"], "model_year")
    (repository / "years.csv").write_text("id,name\n2020_to_2030,All\n")
    spec = dataset(dataset_file(dimensions=[*DATASET["dimensions"][:3], years, annual | ranges])).spec
    assert "year_of" not in spec["time"]


def test_a_project_says_what_numbers_count(dataset_file: Make, project_file: Make) -> None:
    adjusted = {
        "leap_day_adjustment": "drop_feb29",
        "daylight_saving_adjustment": {"spring_forward_hour": "drop", "fall_back_hour": "duplicate"},
    }
    project = project_file(datasets=[{"dataset_id": "offices", "time_based_data_adjustment": adjusted}])
    time = dataset(_timed(dataset_file, INDEX), project=project).spec["time"]
    assert (time["clock"], time["leap_days"]) == ("profile", False)
    plain = dataset(_timed(dataset_file, INDEX), project=project_file()).spec["time"]
    assert (plain["clock"], plain.get("leap_days")) == ("prevailing", None)
    with pytest.raises(SpecError, match='the project lists no dataset "offices"'):
        dataset(_timed(dataset_file, INDEX), project=project_file(datasets=[{"dataset_id": "homes"}]))


def test_a_dataset_without_time_has_none(dataset_file: Make) -> None:
    assert dataset(_timed(dataset_file, {"time_type": "noop"})).spec["time"] == {"name": "t", "kind": "none"}


def test_a_time_dimension_that_is_registered_already_is_used(dataset_file: Make) -> None:
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "time"]
    references = [*DATASET["dimension_references"], {"dimension_id": "4711", "type": "time"}]
    document = dataset_file(dimensions=others, dimension_references=references)
    spec = dataset(document, names={"4711": "time_est"}).spec
    assert spec["time"] == {"use": "time_est"}
    assert "time" not in spec["dimension"]
    with pytest.raises(SpecError, match=r"dimension_references\[2\]\.dimension_id: .*give its name"):
        dataset(document)


def test_a_dimension_that_every_project_gets_is_referred_to_by_its_name_here(dataset_file: Make) -> None:
    references = [{"name": "all_conus_2022_model_years", "type": "sector", "version": "1.0.0"}]
    translation = dataset(dataset_file(dimension_references=references, trivial_dimensions=[]))
    assert translation.spec["dimension"]["sector"] == {"use": "conus_2022/all_model_years"}
    assert "dimension_references[0]" in [remark.key for remark in translation.remarks if remark.kind == "renamed"]


def test_a_column_of_zones_says_nothing_more(dataset_file: Make) -> None:
    columns = [{"name": "time_zone", "data_type": "STRING"}, {"name": "subsector"}]
    file = {"path": "load_data.csv", "columns": columns}
    translation = dataset(dataset_file(data_layout=_layout(data_file=file)))
    assert translation.spec["data"]["ignore"] == ["time_zone"]
    assert any(remark.kind == "dropped" and "zone of a row" in remark.message for remark in translation.remarks)


def test_a_trivial_type_without_a_dimension_is_an_error(dataset_file: Make) -> None:
    with pytest.raises(
        SpecError, match=r'trivial_dimensions\[0\]: the dataset has no dimension of the type "scenario"'
    ):
        dataset(dataset_file(trivial_dimensions=["scenario"]))
