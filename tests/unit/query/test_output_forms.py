"""The files that a table becomes: by partitions, or as Arrow files in pieces."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.example import plan_of

from dsgrid.query import arrow_files, partitions, writing
from dsgrid.query.arrow_files import ArrowWriter
from dsgrid.query.partitions import PartitionWriter, folder_name, runs, table_files


def _table(states: list[str], metrics: list[str] | None = None, first: int = 0) -> pa.Table:
    return pa.table(
        {
            "state": pa.array(states, pa.string()),
            "metric": pa.array(metrics or ["m"] * len(states), pa.string()),
            "value": pa.array(range(first, first + len(states)), pa.float64()),
        }
    )


def _written(folder: Path, *pieces: pa.Table, columns: tuple[str, ...] = ("state",), cut: bool = False) -> list[Path]:
    with closing(PartitionWriter(folder, columns, lambda table: table)) as writer:
        for piece in pieces:
            writer.write(piece)
            if cut:
                writer.cut()
    return [path for path in table_files(folder, ".parquet") if isinstance(path, Path)]


def _names(folder: Path, files: list[Path]) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files]


def _rows(files: list[Path]) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for path in files for row in pq.ParquetFile(path).read().to_pylist())


# Partitions ----------------------------------------------------------------------------------------------------------


def test_rows_in_order_give_one_file_for_each_value_over_all_pieces(tmp_path: Path) -> None:
    pieces = (_table(["CA", "CA", "CO"]), _table(["CO", "NY"], first=3), _table(["NY"], first=5))
    files = _written(tmp_path, *pieces)
    assert _names(tmp_path, files) == ["state=CA/part-0.parquet", "state=CO/part-0.parquet", "state=NY/part-0.parquet"]
    assert _rows(files) == _table_rows(*pieces)


def _table_rows(*tables: pa.Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for table in tables for row in table.to_pylist())


def test_neighbouring_pieces_of_a_value_share_a_row_group(tmp_path: Path) -> None:
    (file,) = _written(tmp_path, _table(["CA"]), _table(["CA", "CA"], first=1))
    assert pq.ParquetFile(file).num_row_groups == 1


def test_a_row_group_does_not_grow_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "ROW_GROUP", 2)
    (file,) = _written(tmp_path, *(_table(["CA"], first=index) for index in range(5)))
    found = pq.ParquetFile(file)
    assert [found.metadata.row_group(index).num_rows for index in range(found.num_row_groups)] == [2, 2, 1]


@given(
    pieces=st.lists(
        st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("xy")), min_size=1, max_size=8), max_size=5
    )
)
def test_no_row_is_lost_or_doubled_in_whatever_order_rows_come(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[tuple[str, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    tables = [
        _table([state for state, _ in piece], [metric for _, metric in piece], first=10 * index)
        for index, piece in enumerate(pieces)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "OPEN_FILES", 2)
        files = _written(folder, *tables, columns=("state", "metric"))
    assert _rows(files) == _table_rows(*tables)
    for file in files:
        state, metric = (name.partition("=")[2] for name in file.parts[-3:-1])
        assert {row[:2] for row in _rows([file])} == {(state, metric)}


def test_few_files_are_open_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "OPEN_FILES", 3)
    most = 0
    with closing(PartitionWriter(tmp_path, ["state"], lambda table: table)) as writer:
        for letter in "ABCDEFGH" * 2:
            writer.write(_table([letter]))
            most = max(most, len(writer._open))
    assert most == 3
    assert len(table_files(tmp_path, ".parquet")) == 16


def test_files_after_a_cut_are_new_and_read_in_their_order(tmp_path: Path) -> None:
    files = _written(tmp_path, *(_table(["CA"], first=index) for index in range(12)), cut=True)
    assert _names(tmp_path, files) == [f"state=CA/part-{index}.parquet" for index in range(12)]
    assert [pq.ParquetFile(file).read()["value"].to_pylist() for file in files] == [[index] for index in range(12)]


def test_values_that_differ_in_case_alone_never_share_a_file(tmp_path: Path) -> None:
    files = _written(tmp_path, _table(["a", "A"]))
    assert _names(tmp_path, files) == ["state=A/part-1.parquet", "state=a/part-0.parquet"]


def test_no_rows_leave_a_file_that_has_the_columns(tmp_path: Path) -> None:
    (file,) = _written(tmp_path, _table([]))
    assert pq.ParquetFile(file).schema_arrow.names == ["state", "metric", "value"]
    assert pq.ParquetFile(file).metadata.num_rows == 0


@given(value=st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_folder_of_any_value_is_one_plain_name_that_tells_the_value(value: str) -> None:
    name = folder_name("state", value)
    assert name.isascii()
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>| {}')
    assert name not in (".", "..")
    assert unquote(name) == f"state={value}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2018, 7, 1), "2018-07-01"),
        (7, "7"),
        (datetime(2018, 7, 1, 7, tzinfo=UTC), "2018-07-01 07:00:00Z"),
        (datetime(2018, 7, 1, 7), "2018-07-01 07:00:00"),  # noqa: DTZ001  # what a clock shows
    ],
)
def test_time_is_written_in_folders_as_in_csv(value: object, text: str) -> None:
    assert unquote(folder_name("t", value)) == f"t={text}"


def test_runs_are_neighbouring_rows_that_agree_in_all_columns() -> None:
    table = pa.concat_tables([_table(["A", "A"], ["x", "y"]), _table(["A", "B", "A"], ["y", "y", "y"])])
    assert list(runs(table, ["state"])) == [(0, 3), (3, 4), (4, 5)]
    assert list(runs(table, ["state", "metric"])) == [(0, 1), (1, 3), (3, 4), (4, 5)]
    assert list(runs(table.slice(0, 0), ["state"])) == []


@pytest.mark.parametrize("form", ['partition = ["state"]', 'format = "arrow"'], ids=["partitions", "arrow"])
@pytest.mark.parametrize("sort", ["", 'sort = ["end_use"]'], ids=["in any order", "sorted"])
def test_what_an_engine_sorted_in_several_files_stays_sorted(tmp_path: Path, form: str, sort: str) -> None:
    plan = plan_of(f'[[step]]\nfunction = "sum"\nby = ["state", "end_use"]\n[result]\n{form}\n{sort}\n')
    scratch, target = tmp_path / "scratch", tmp_path / f"table.{plan.query.output.format}"
    scratch.mkdir()
    for index in range(3):
        table = pa.table(
            {
                "state": ["CA", "CA", "NY"],
                "end_use": ["cooling", "heating", "cooling"],
                "value": [1.0, 2.0, None],
                "unit": ["MWh", "MBtu", "MWh"],
            }
        )
        pq.write_table(writing.in_order(plan, table), scratch / f"engine_{index}.parquet")
    rows: Any = SimpleNamespace(columns=table.column_names)
    assert writing.converted(plan, rows, scratch, target) == (9, {"MWh": 3.0, "MBtu": 6.0})
    read = arrow_files.read if target.suffix == ".arrow" else lambda path: pq.ParquetFile(path).read()
    found = {path.relative_to(target).as_posix(): read(path) for path in table_files(target, target.suffix)}
    for one in found.values():
        assert one["end_use"].to_pylist() == sorted(one["end_use"].to_pylist()) or not sort
    assert sum(one.num_rows for one in found.values()) == 9
    if not sort and target.suffix == ".parquet":
        assert list(found) == ["state=CA/part-0.parquet", "state=NY/part-0.parquet"]


# Arrow ---------------------------------------------------------------------------------------------------------------


def test_arrow_files_in_pieces_are_the_table_and_count_their_rows(tmp_path: Path) -> None:
    tables = [_table(["CA"] * (index + 1), first=10 * index) for index in range(12)]
    with closing(ArrowWriter(tmp_path / "table.arrow")) as writer:
        for table in tables:
            writer.write(table)
            writer.write(table)
            writer.cut()
    files = table_files(tmp_path / "table.arrow", ".arrow")
    assert [path.name for path in files] == [f"part-{index}.arrow" for index in range(12)]
    assert [arrow_files.rows(path) for path in files] == [2 * (index + 1) for index in range(12)]
    twice = pa.concat_tables([table for one in tables for table in (one, one)])
    assert pa.concat_tables([arrow_files.read(path) for path in files]).equals(twice)


def test_an_arrow_file_comes_in_batches_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_files, "BATCH_ROWS", 4)
    path = tmp_path / "table.arrow"
    arrow_files.write(_table(["CA"] * 10), path)
    assert [piece.num_rows for piece in arrow_files.pieces(path)] == [0, 4, 4, 2]
    assert arrow_files.rows(path) == 10


def test_an_arrow_file_outlives_its_name(tmp_path: Path) -> None:
    # It is mapped into memory, and what was read stays when the file is replaced.
    path = tmp_path / "table.arrow"
    arrow_files.write(_table(["CA", "CO"]), path)
    table = arrow_files.read(path)
    path.unlink()
    assert table.equals(_table(["CA", "CO"]))
