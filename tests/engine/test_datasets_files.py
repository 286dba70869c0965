"""However the files of a table are packed and laid in folders, the stored facts are the same."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pytest
from tests.engines import few_on_spark
from tests.small_dataset import IDS, KEYS, Small, assert_same_rows, long_facts, stored_rows, write_table

from dsgrid.datasets import read
from dsgrid.datasets.files import find
from dsgrid.datasets.inspection import INTEGER, TEXT, distinct, inspect
from dsgrid.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(4)


def _zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": _zstd}


def _partition(table: pd.DataFrame, keys: list[str], folder: Path, suffix: str = ".parquet") -> None:
    """Write a table in folders whose names hold some of its columns."""
    for values, rows in table.groupby(keys, sort=False):
        names = [f"{key}={quote(str(value), safe='')}" for key, value in zip(keys, values, strict=True)]
        place = folder.joinpath(*names)
        place.mkdir(parents=True)
        write_table(rows.drop(columns=keys), place / f"part-0{suffix}")


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("format_", ["csv", "json"])
def test_compressed_text_files_are_read_as_they_are_unpacked(
    session: SparkSession, tmp_path: Path, format_: str, ending: str
) -> None:
    small = Small.of("two stacked")
    root = small.write(tmp_path, format_)
    for key in ("table", "lookup"):
        plain = tmp_path / root["data"][key].value
        small.data[key] = f"packed/{plain.name}{ending}"
        packed = tmp_path / small.data[key]
        packed.parent.mkdir(exist_ok=True)
        packed.write_bytes(PACKERS[ending](plain.read_bytes()))
        plain.unlink()
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


def test_a_folder_may_mix_compressed_and_plain_files(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.data["table"] = "parts"
    (tmp_path / "parts").mkdir()
    write_table(small.facts[::2], tmp_path / "parts/a.csv")
    write_table(small.facts[1::2], tmp_path / "parts/b.csv")
    (tmp_path / "parts/b.csv.gz").write_bytes(gzip.compress((tmp_path / "parts/b.csv").read_bytes()))
    (tmp_path / "parts/b.csv").unlink()
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json"])
@pytest.mark.parametrize("keys", [["geography"], ["geography", "subsector"], ["metric", "geography"]])
def test_columns_may_be_in_the_names_of_folders(
    session: SparkSession, tmp_path: Path, keys: list[str], suffix: str
) -> None:
    """The ids have leading zeros, which engines that read such a table lose."""
    small = Small.of()
    small.data["table"] = "table"
    _partition(small.facts, keys, tmp_path / "table", suffix)
    (tmp_path / "table/_SUCCESS").touch()
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


@pytest.mark.parametrize("layout", ["two stacked", "two pivoted"])
def test_the_id_of_two_tables_may_be_in_the_names_of_folders(
    session: SparkSession, tmp_path: Path, layout: str
) -> None:
    small = Small.of(layout)
    small.data["table"] = "table"
    _partition(small.facts, ["id"], tmp_path / "table")
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


def test_names_of_folders_are_what_they_stand_for(session: SparkSession, tmp_path: Path) -> None:
    ids = dict(zip(IDS["subsector"], ("big/old office=1", "café"), strict=True))
    small = Small.of().spoil(lambda facts: facts.assign(subsector=facts["subsector"].map(ids)))
    small = replace(small, ids={**IDS, "subsector": tuple(ids.values())}, data={"table": "table"})
    _partition(small.facts, ["subsector"], tmp_path / "table")
    assert (tmp_path / "table/subsector=big%2Fold%20office%3D1").is_dir()
    wanted = long_facts().assign(subsector=lambda facts: facts["subsector"].map(ids))
    assert_same_rows(stored_rows(session, small, tmp_path), wanted)


def test_a_folder_may_name_a_column_that_is_called_otherwise_or_ignored(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts.rename(columns={"geography": "fips"}).assign(upgrade=0))
    small.data |= {"table": "table", "columns": {"fips": {"dimension": "geography"}}, "ignore": ["upgrade"]}
    _partition(small.facts, ["upgrade", "fips"], tmp_path / "table")
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


def test_a_lookup_and_declared_gaps_may_be_in_such_folders(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    gone = small.lookup[KEYS].iloc[[1]]
    kept = small.lookup.drop(index=gone.index)
    small.facts = small.facts[small.facts["id"].isin(kept["id"])]
    _partition(kept, ["geography"], tmp_path / "lookup")
    _partition(gone, ["geography"], tmp_path / "missing", ".csv")
    small.data |= {"lookup": "lookup", "missing": ["missing"]}
    dataset = small.dataset(small.prepare(session, tmp_path))
    (declared,) = read.missing(tmp_path, dataset)
    assert declared[KEYS].to_dict("records") == gone.to_dict("records")
    found = read.associations(tmp_path, dataset)[KEYS].drop_duplicates()
    assert sorted(map(tuple, found.to_numpy())) == sorted(map(tuple, kept[KEYS].to_numpy()))


def test_a_folder_without_a_value_is_a_row_without_an_id(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.data["table"] = "table"
    _partition(small.facts, ["geography"], tmp_path / "table")
    (tmp_path / "table/geography=06037").rename(tmp_path / "table/geography=__HIVE_DEFAULT_PARTITION__")
    with pytest.raises(DataError, match="geography"):
        small.prepare(session, tmp_path)


def test_what_is_looked_at_before_a_spec_is_there_has_the_columns_of_folders(tmp_path: Path) -> None:
    facts = long_facts().assign(year=2018)
    _partition(facts, ["year", "geography"], tmp_path / "table")
    files = find(tmp_path / "table")
    found = inspect(files).columns
    assert (found["year"].kind, found["year"].values) == (INTEGER, ("2018",))
    assert (found["geography"].kind, found["geography"].values) == (TEXT, IDS["geography"])
    combinations = {("2018", geography, metric) for geography in IDS["geography"] for metric in IDS["metric"]}
    assert distinct(files, ["year", "geography", "metric"]) == combinations
    assert distinct(files, ["geography"]) == {(id_,) for id_ in IDS["geography"]}
