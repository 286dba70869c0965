from __future__ import annotations

from pathlib import Path

import tomli
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.importers.project import project
from dsgrid.importers.toml import dumps
from dsgrid.importers.translation import Translation
from dsgrid.importers.write import write

from .conftest import Make

_scalars = st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_keys = st.sampled_from(["where", "step", "together", "records", "a b", "x"]) | st.text()


@given(st.dictionaries(_keys, _values, max_size=6))
def test_toml_reads_back_as_it_was(spec: dict[str, object]) -> None:
    assert tomli.loads(dumps(spec)) == spec


def test_keys_of_a_table_stand_before_its_tables() -> None:
    spec = {"a": {"b": {"mapping": {"text": "x" * 200}, "z": 1}, "y": 2}, "job": "query"}
    assert tomli.loads(dumps(spec)) == spec


def test_the_first_line_names_the_schema(tmp_path: Path) -> None:
    path = write(Translation("query", {"job": "query"}), tmp_path / "specs/demo", schemas=tmp_path / "schemas")
    assert path.name == "query.toml"
    assert path.read_text().splitlines()[0] == "#:schema ../../schemas/query.schema.json"


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
