"""One Parquet file made of a result of several: once, as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.unit.api.made_results import hourly_table, write_result

from dsgrid.api.results import made_tables
from dsgrid.api.results.made_tables import MadeTables
from dsgrid.api.results.table_forms import made_path
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import NotFoundError, StorageError
from dsgrid.query.result import open_result


@pytest.fixture
def table(tmp_path: Path) -> StoredTable:
    return StoredTable(open_result(write_result(tmp_path / "run", [hourly_table(10), hourly_table(14, 10)])))


def test_it_is_made_once_however_many_ask(tmp_path: Path, table: StoredTable, monkeypatch: pytest.MonkeyPatch) -> None:
    go, times = threading.Event(), []
    own = made_tables.write_parquet

    def slow(*given: Any) -> None:
        times.append(1)
        go.wait(5)
        own(*given)

    monkeypatch.setattr(made_tables, "write_parquet", slow)
    makers, path = MadeTables(), made_path(tmp_path, "")
    futures = [makers.made(table, path) for _ in range(5)]
    assert not path.exists()
    go.set()
    assert not wait(futures, 5).not_done
    assert makers.made(table, path).result(5) is None
    assert len(times) == 1
    assert pq.read_table(path).equals(table.result.to_arrow())
    assert [each.name for each in path.parent.iterdir()] == ["table.parquet"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, table: StoredTable, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing(_table: StoredTable, sink: Any) -> None:
        sink.write(b"PAR1")
        raise OSError(number, "no room")

    makers, path = MadeTables(), made_path(tmp_path, "")
    with monkeypatch.context() as patch:
        patch.setattr(made_tables, "write_parquet", failing)
        with pytest.raises(StorageError, match="full"):
            makers.made(table, path).result(5)
    assert list(path.parent.iterdir()) == []
    # What failed is tried again.
    makers.made(table, path).result(5)
    assert path.is_file()


def test_a_disk_that_is_really_full_is_told_so(
    tmp_path: Path, table: StoredTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Through all that Arrow makes of an error of a file that Python writes.
    own = os.open
    monkeypatch.setattr(made_tables.os, "open", lambda _path, *_: own("/dev/full", os.O_WRONLY))
    with pytest.raises(StorageError, match="full"):
        MadeTables().made(table, made_path(tmp_path, "")).result(5)
    assert list((tmp_path / "forms").iterdir()) == []


def test_a_result_that_is_removed_meanwhile_is_not_found(
    tmp_path: Path, table: StoredTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = made_tables.write_parquet

    def removing(*given: Any) -> None:
        own(*given)
        shutil.rmtree(tmp_path / "forms")

    monkeypatch.setattr(made_tables, "write_parquet", removing)
    with pytest.raises(NotFoundError, match="removed"):
        MadeTables().made(table, made_path(tmp_path, "")).result(5)


def test_what_a_killed_server_left_is_swept(tmp_path: Path, table: StoredTable) -> None:
    path = made_path(tmp_path, "peaks")
    path.parent.mkdir()
    left = path.parent / f".{path.name}-0123abcd.making"
    other = path.parent / ".table.parquet-0123abcd.making"  # another one's, which may be being made
    for each in (left, other):
        each.write_bytes(b"half")
    MadeTables().made(table, path).result(5)
    assert sorted(each.name for each in path.parent.iterdir()) == [other.name, path.name]


def test_further_results_have_files_of_their_own(tmp_path: Path) -> None:
    assert made_path(tmp_path, "peaks") != made_path(tmp_path, "")
    assert made_path(tmp_path, "table.parquet") != made_path(tmp_path, "")
