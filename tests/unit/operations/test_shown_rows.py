"""Rows as a table, as CSV and JSON, and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.errors import UsageError
from dsgrid.operations.shown_rows import FILES, Rows, numbers, text_table, write_csv, write_file, write_json

WINTER, SUMMER = datetime(2018, 1, 1, 7, tzinfo=UTC), datetime(2018, 7, 1, 7, tzinfo=UTC)


def rows(table: pa.Table, size: int = 2, **options: object) -> Rows:
    def pieces() -> Iterator[pa.Table]:
        for start in range(0, table.num_rows, size):
            yield table.slice(start, size)

    return Rows(table.schema, pieces, **{"total": table.num_rows, **options})  # type: ignore[arg-type]


def energy(count: int = 5) -> pa.Table:
    return pa.table(
        {
            "state": [f"S{n}" for n in range(count)],
            "annual": pa.array([2018 + n for n in range(count)], pa.int32()),
            "value": [1234567.891 * n for n in range(count)],
            "unit": ["MWh"] * count,
        }
    )


def test_a_table_says_its_unit_once_and_how_many_rows_there_are() -> None:
    shown = text_table(rows(energy(), labels=frozenset({"annual"}), sums=("in all 9 MWh",)), 2).splitlines()
    assert shown[0].split() == ["state", "annual", "value", "(MWh)"]
    assert shown[3].split() == ["S1", "2019", "1,234,568"]
    assert shown[4] == "... 2 of 5 rows, in all 9 MWh"
    assert text_table(rows(energy()), 5).splitlines()[-1] == "5 rows"
    assert text_table(rows(energy(1)), 5).splitlines()[-1] == "1 row"
    assert text_table(rows(energy(0), total=None), 5).splitlines()[-1] == "no rows"


def test_a_unit_of_its_own_column_stays_where_there_are_several() -> None:
    table = energy(2).set_column(3, "unit", pa.array(["MWh", "MBtu"]))
    assert text_table(rows(table), 2).splitlines()[0].split() == ["state", "annual", "value", "unit"]


def test_a_pivoted_table_says_its_unit_below() -> None:
    table = pa.table({"state": ["CO"], "2018": [1.0], "unit": ["GWh"]})
    assert text_table(rows(table), 2).splitlines()[-1] == "1 row, in GWh"


def test_a_narrow_terminal_loses_columns_but_not_the_value() -> None:
    table = energy(2).append_column("extra", pa.array(["x" * 30] * 2)).select(["state", "extra", "annual", "value"])
    shown = text_table(rows(table), 2, 30).splitlines()
    assert shown[0].split() == ["state", "value"]
    assert all(len(line) <= 30 for line in shown[:-1])
    assert shown[-1] == "no room for 2 columns: extra, annual"


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_shown_numbers_are_the_numbers_to_few_digits(cells: list[float | None]) -> None:
    largest = max((abs(cell) for cell in cells if cell is not None), default=0.0)
    for cell, shown in zip(cells, numbers(cells), strict=True):
        if cell is None:
            assert shown == ""
        else:
            assert float(shown.replace(",", "")) == pytest.approx(cell, rel=6e-3, abs=largest * 1e-5)
            assert (float(shown.replace(",", "")) == 0) == (cell == 0)


def test_csv_and_json_have_every_digit_and_times_with_their_zone() -> None:
    stamps = pa.array([WINTER, SUMMER], pa.timestamp("us", "UTC"))
    table = pa.table(
        {
            "utc": stamps,
            "local": stamps.cast(pa.timestamp("us", "America/Denver")),
            "wall": pa.array([WINTER.replace(hour=0, tzinfo=None), None], pa.timestamp("us")),
            "day": pa.array([date(2018, 1, 1), None]),
            "value": [0.1 + 0.2, None],
            "name": ['a "b", c', None],
        }
    )
    out = StringIO()
    assert write_csv(rows(table), out) == 2
    found = list(csv.DictReader(StringIO(out.getvalue())))
    assert found[0] == {
        "utc": "2018-01-01 07:00:00Z",
        "local": "2018-01-01 00:00:00-07:00",
        "wall": "2018-01-01 00:00:00",
        "day": "2018-01-01",
        "value": "0.30000000000000004",
        "name": 'a "b", c',
    }
    assert found[1]["local"] == "2018-07-01 01:00:00-06:00"
    assert [found[1][name] for name in ("wall", "day", "value", "name")] == [""] * 4
    out = StringIO()
    assert write_json(rows(table, size=1), out) == 2
    first, second = json.loads(out.getvalue())
    assert first["value"] == 0.1 + 0.2
    assert second["value"] is None
    assert list(first) == table.column_names


def test_json_of_no_rows_and_of_no_numbers_is_json() -> None:
    out = StringIO()
    write_json(rows(energy(0)), out)
    assert json.loads(out.getvalue()) == []
    out = StringIO()
    write_json(rows(pa.table({"value": [float("nan"), float("inf")]})), out)
    assert json.loads(out.getvalue()) == [{"value": None}, {"value": None}]


@pytest.mark.parametrize("ending", FILES)
@pytest.mark.parametrize("count", [None, 3, 0])
def test_a_file_has_the_rows_that_are_wanted(ending: str, count: int | None, tmp_path: Path) -> None:
    path = tmp_path / f"table{ending}"
    wanted = 5 if count is None else count
    assert write_file(rows(energy()), path, count=count) == wanted
    if ending == ".parquet":
        assert pq.read_table(path).equals(energy().slice(0, wanted))
    elif ending == ".arrow":
        assert pa.ipc.open_file(path).read_all().equals(energy().slice(0, wanted))
    elif ending == ".json":
        assert len(json.loads(path.read_text())) == wanted
    else:
        assert len(path.read_text().splitlines()) == wanted + 1
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.Table]:
        yield energy(2)
        raise ValueError("the disk is gone")

    kept = tmp_path / "table.csv"
    kept.write_text("mine")
    with pytest.raises(ValueError, match="the disk is gone"):
        write_file(Rows(energy().schema, broken), kept, force=True)
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [kept]


def test_what_is_against_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    (tmp_path / "folder.csv").mkdir()
    for path, said in (
        ("table.xls", "says no format by its ending"),
        ("table", "says no format by its ending"),
        ("there.csv", "is there already; --force overwrites it"),
        ("folder.csv", "is a folder; expected the name of a file"),
        ("nowhere/table.csv", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=said):
            write_file(rows(energy()), tmp_path / path)
    assert write_file(rows(energy()), tmp_path / "there.csv", force=True) == 5
