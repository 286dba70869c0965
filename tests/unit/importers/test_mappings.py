from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.translation import Remarks


def _mapping(tmp_path: Path, rows: str, kind: str | None, **more: Any) -> tuple[dict[str, Any], Remarks]:
    (tmp_path / "m.csv").write_text(rows)
    remarks = Remarks()
    entry = Entry({"file": "m.csv", "mapping_type": kind} | more, tmp_path / "dimension_mappings.json5")
    return mapping_table(entry, remarks), remarks


def test_a_mapping_that_fits_its_kind_is_taken_as_it_is(tmp_path: Path) -> None:
    table, remarks = _mapping(tmp_path, "from_id,to_id\na,x\nb,x\n", "many_to_one_aggregation")
    assert table == {"kind": "many_to_one_aggregation", "records": str(tmp_path / "m.csv")}
    assert not remarks.remarks


def test_the_default_kind_is_written_out(tmp_path: Path) -> None:
    table, remarks = _mapping(tmp_path, "from_id,to_id\na,x\n", None)
    assert table["kind"] == "many_to_one_aggregation"
    assert [remark.kind for remark in remarks.remarks] == ["defaulted"]


def test_an_assignment_whose_sources_repeat_is_many_to_many(tmp_path: Path) -> None:
    rows = "from_id,to_id,from_fraction\n2010,2010,1\n2010,2015,0.5\n2020,2015,0.5\n2020,2020,1\n"
    table, remarks = _mapping(tmp_path, rows, "many_to_one_assignment")
    assert table["kind"] == "many_to_many_assignment"
    assert [remark.kind for remark in remarks.remarks] == ["changed"]


@pytest.mark.parametrize(
    ("rows", "kind", "better"),
    [
        ("CA,x,0.3\nCA,y,0.04\n", "one_to_many_disaggregation", "one_to_many_explicit_multipliers"),
        ("a,x,0.9\nb,y,1\n", "one_to_one", "one_to_one_explicit_multipliers"),
        ("a,x,0.5\nb,x,1\n", "many_to_one_aggregation", "many_to_one_explicit_multipliers"),
        ("a,x,1\na,y,1\nb,y,1\n", "many_to_many_disaggregation", "many_to_many_explicit_multipliers"),
        ("a,x,1\na,y,2\n", "duplication", "one_to_many_explicit_multipliers"),
    ],
)
def test_a_mapping_that_breaks_its_kind_gets_explicit_multipliers(
    tmp_path: Path, rows: str, kind: str, better: str
) -> None:
    table, remarks = _mapping(tmp_path, f"from_id,to_id,from_fraction\n{rows}", kind)
    assert table == {"kind": better, "records": str(tmp_path / "m.csv")}
    (remark,) = remarks.remarks
    assert remark.kind == "changed"
    assert f'kind = "{better}"' in remark.message


def test_a_dropped_source_counts_in_its_sum(tmp_path: Path) -> None:
    table, remarks = _mapping(tmp_path, "from_id,to_id\na,x\nb,\n", "many_to_one_aggregation")
    assert table["kind"] == "many_to_one_aggregation"
    assert not remarks.remarks


def test_pairs_that_occur_twice_are_added_up_as_they_were_joined(tmp_path: Path) -> None:
    rows = "from_id,to_id,from_fraction\na,x,0.25\na,x,0.75\nb,,1\n"
    table, remarks = _mapping(tmp_path, rows, "many_to_many_aggregation")
    assert table["kind"] == "many_to_many_aggregation"
    assert table["records"] == [
        {"from": "a", "to": "x", "fraction": 1.0},
        {"from": "b", "to": "", "fraction": 1.0},
    ]
    assert "1 pairs occur twice" in remarks.remarks[0].message


def test_inline_records_stay_inline(tmp_path: Path) -> None:
    records = [{"from_id": 2012, "to_id": "2020"}]
    table, _ = _mapping(tmp_path, "", "one_to_one", file=None, records=records)
    assert table["records"] == [{"from": "2012", "to": "2020", "fraction": 1.0}]


def test_a_tolerance_is_said_where_it_is_not_the_default(tmp_path: Path) -> None:
    rows = "from_id,to_id,from_fraction\na,x,0.999\n"
    table, remarks = _mapping(tmp_path, rows, "one_to_one", from_fraction_tolerance=0.01)
    assert table["tolerance"] == 0.01
    assert table["kind"] == "one_to_one"
    assert not remarks.remarks


def test_a_fraction_that_is_no_number_names_its_record(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r'file: record 2: the fraction "half" is no number'):
        _mapping(tmp_path, "from_id,to_id,from_fraction\na,x,1\nb,y,half\n", "one_to_one")


def test_a_kind_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match='mapping_type: there is no mapping type "one_to_on"'):
        _mapping(tmp_path, "from_id,to_id\na,x\n", "one_to_on")


def test_a_missing_file_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"dimension_mappings\.json5: file: .*absent\.csv does not exist"):
        _mapping(tmp_path, "", "one_to_one", file="absent.csv")
