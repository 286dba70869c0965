from __future__ import annotations

from pathlib import Path

import tomli

from dsgrid.importers.project import project
from dsgrid.importers.translation import Translation
from dsgrid.importers.write import write

from .conftest import Make


def test_the_first_line_names_the_schema(tmp_path: Path) -> None:
    path = write(Translation("query", {"job": "query"}), tmp_path / "specs/demo", schemas=tmp_path / "schemas")
    assert path.name == "query.toml"
    assert path.read_text().splitlines()[0] == "#:schema ../../schemas/query.schema.json"


def test_a_spec_reads_as_people_write_them(tmp_path: Path, project_file: Make) -> None:
    required = {
        "multi_dimensional": [
            {"sector": {"base": ["com"]}, "subsector": {"subset": [{"name": "by_sector", "selectors": ["commercial"]}]}}
        ]
    }
    document = project_file(datasets=[{"dataset_id": "offices", "required_dimensions": required}])
    text = write(project(document), tmp_path / "out").read_text()
    assert '[supplemental.state]\nof = "county"\n' in text
    assert 'mapping = { kind = "many_to_one_aggregation", records = "mappings/county_to_state.csv" }\n' in text
    assert (
        "[[requires.offices.together]]\n"
        'sector = ["com"]\n'
        'subsector = { subset = "by_sector", selectors = ["commercial"] }\n'
    ) in text


def test_records_are_copied_beside_the_spec_and_facts_are_not(tmp_path: Path, project_file: Make) -> None:
    folder = tmp_path / "out"
    spec = tomli.loads(write(project(project_file()), folder).read_text())
    assert spec["base"]["county"]["records"] == "dimensions/counties.csv"
    assert (folder / "dimensions/counties.csv").read_bytes() == (tmp_path / "counties.csv").read_bytes()
    assert spec["supplemental"]["state"]["mapping"]["records"] == "mappings/county_to_state.csv"
    assert spec["subset"]["by_sector"]["selectors"] == "dimensions/by_sector.csv"

    facts = Translation("register_dataset", {"data": {"table": str(tmp_path / "load_data.parquet")}})
    spec = tomli.loads(write(facts, folder).read_text())
    assert spec["data"]["table"] == "../load_data.parquet"


def test_two_tables_of_one_name_get_two_names_and_equal_ones_share_theirs(tmp_path: Path) -> None:
    for name, text in (("a", "id\n1\n"), ("b", "id\n2\n"), ("c", "id\n1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "records.csv").write_text(text)
    base = {name: {"records": str(tmp_path / name / "records.csv")} for name in "abc"}
    spec = tomli.loads(write(Translation("register_project", {"base": base}), tmp_path / "out").read_text())
    files = [spec["base"][name]["records"] for name in "abc"]
    assert files == ["dimensions/records.csv", "dimensions/records_2.csv", "dimensions/records.csv"]


def test_many_inline_records_become_a_file(tmp_path: Path) -> None:
    few = [{"id": str(number), "name": ""} for number in range(3)]
    many = [{"id": f"{number:05d}", "name": f"a, {number}"} for number in range(100)]
    base = {"few": {"records": few}, "US Counties": {"records": many}}
    spec = tomli.loads(write(Translation("register_project", {"base": base}), tmp_path).read_text())
    assert spec["base"]["few"]["records"] == few
    assert spec["base"]["US Counties"]["records"] == "dimensions/us_counties.csv"
    lines = (tmp_path / "dimensions/us_counties.csv").read_text().splitlines()
    assert lines[:2] == ["id,name", '00000,"a, 0"']
    assert len(lines) == 101
