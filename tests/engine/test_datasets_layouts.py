"""Whatever the layout and format of the files, the stored facts are the same, in both engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines import few_on_spark
from tests.small_dataset import IDS, KEYS, Small, assert_same_rows, long_facts, spanning, stored_rows, write_table

from dsgrid.datasets import blocks, read
from dsgrid.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(4)

LAYOUTS = ("one stacked", "one pivoted", "two stacked", "two pivoted")


@pytest.mark.parametrize("format_", ["parquet", "csv", "json"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_and_format_stores_the_same_facts(
    session: SparkSession, tmp_path: Path, layout: str, format_: str
) -> None:
    assert_same_rows(stored_rows(session, Small.of(layout), tmp_path, format_), long_facts())


@pytest.mark.parametrize("layout", ["one pivoted", "two pivoted"])
def test_records_may_be_called_like_columns_that_the_checks_make(
    session: SparkSession, tmp_path: Path, layout: str
) -> None:
    names = {"cooling": "token", "fans": "slot"}
    small = Small.of(layout).spoil(lambda facts: facts.rename(columns=names))
    small = replace(small, ids={**IDS, "metric": tuple(names.values())})
    wanted = long_facts().assign(metric=lambda facts: facts["metric"].map(names))
    assert_same_rows(stored_rows(session, small, tmp_path), wanted)


def test_the_associations_say_how_much_every_combination_has(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two pivoted")
    assert small.lookup is not None
    small.lookup["scaling_factor"] = [1.0, -2.0, 0.5, None, 0.0, 3.0]  # NULL leaves the values as they are
    prepared = small.prepare(session, tmp_path)
    found = read.associations(tmp_path, small.dataset(prepared)).set_index([*KEYS, "metric"])
    factor = small.lookup.set_index(KEYS)["scaling_factor"].fillna(1.0)
    for key, rows in long_facts().groupby([*KEYS, "metric"]):
        values = rows["value"] * factor[key[:2]]
        expected = [24, values.sum(), values.abs().sum(), values.min(), values.max()]
        assert found.loc[key, ["rows", "sum", "abs_sum", "min", "max"]].tolist() == pytest.approx(expected, rel=1e-12)
    assert len(found) == prepared.summary["combinations"] == 12
    assert set(found["weather_year"]) == {"2012"}
    assert prepared.layout.scaling_factor


@pytest.mark.parametrize("gap", [False, True], ids=["whole", "a column without values"])
def test_columns_that_are_checked_a_block_at_a_time_have_the_same_associations(
    session: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gap: bool
) -> None:
    small = Small.of("two pivoted")
    if gap:
        small.facts.loc[small.facts["id"] == 7, "fans"] = None
    found = []
    for size in (128, 1):
        monkeypatch.setattr(blocks, "BLOCK", size)
        folder = tmp_path / str(size)
        folder.mkdir()
        prepared = small.prepare(session, folder)
        found.append((prepared.summary["time_arrays"], read.associations(folder, small.dataset(prepared))))
    assert found[0][0] == found[1][0]
    assert len(found[1][1]) == 12 - gap
    pd.testing.assert_frame_equal(found[0][1], found[1][1])


def test_the_stored_files_state_utc_microseconds_and_plain_types(session: SparkSession, tmp_path: Path) -> None:
    prepared = Small.of("two stacked").prepare(session, tmp_path)
    facts = [file for file in prepared.files if file.role == "facts"]
    schema = pq.read_schema(tmp_path / "stored" / facts[0].path)
    assert schema.names == ["id", "metric", "timestamp", "value"]
    assert schema.types == [pa.int64(), pa.string(), pa.timestamp("us", "UTC"), pa.float64()]
    assert sum(file.rows for file in facts) == 12 * 24
    assert {path.name for path in tmp_path.iterdir()} == {"load_data.parquet", "lookup.parquet", "stored"}
    assert {file.path for file in prepared.files} == {
        str(path.relative_to(tmp_path / "stored")) for path in (tmp_path / "stored").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("layout", ["one stacked", "two pivoted"])
def test_every_stored_file_is_sorted_by_its_keys_and_time(session: SparkSession, tmp_path: Path, layout: str) -> None:
    # Long enough for several batches: one engine deals batches out to several files, and drops a sort before a write.
    small = Small.of(layout, spanning("2012-07-01 00:00", "2012-12-31 23:00")).spoil(
        lambda facts: facts.sample(frac=1.0, random_state=5)
    )
    prepared = small.prepare(session, tmp_path)
    keys = ["id", "timestamp"] if prepared.layout.two_tables else [*KEYS, "metric", "timestamp"]
    for file in prepared.files:
        if file.role == "facts":
            rows = pq.ParquetFile(tmp_path / "stored" / file.path).read().to_pandas()
            pd.testing.assert_frame_equal(rows, rows.sort_values(keys, ignore_index=True))


def test_single_precision_is_stored_only_when_asked_for(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.data["precision"] = "float32"
    prepared = small.prepare(session, tmp_path)
    file = next(file for file in prepared.files if file.role == "facts")
    assert pq.read_schema(tmp_path / "stored" / file.path).field("value").type == pa.float32()
    assert read.facts(session, tmp_path, small.dataset(prepared)).schema["value"].dataType.simpleString() == "double"


def test_columns_may_have_other_names_and_may_be_ignored(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.facts = small.facts.rename(columns={"metric": "end use", "value": "k.Wh", "id": "key", "timestamp": "hour"})
    small.facts["note"] = "x"
    small.lookup = small.lookup.rename(columns={"geography": "fips", "id": "key"})
    small.time = replace(small.time, columns=(("label", "hour"),))
    small.data |= {
        "id": "key",
        "value": "k.Wh",
        "ignore": ["note"],
        "columns": {"end use": {"dimension": "metric"}},
        "lookup_columns": {"fips": {"dimension": "geography"}},
    }
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


def test_ids_of_a_lookup_may_be_text(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup["id"] = "a" + small.lookup["id"].astype(str)
    small.facts["id"] = "a" + small.facts["id"].astype(str)
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


@pytest.mark.parametrize("format_", ["parquet", "csv", "json"])
def test_a_lookup_row_without_an_id_has_no_data_in_every_format(
    session: SparkSession, tmp_path: Path, format_: str
) -> None:
    """Beside a NULL the ids are floating point numbers, for pandas, which writes 7.0 in CSV files."""
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup = small.lookup.astype({"id": float})
    gone = small.lookup.iloc[[1]]
    small.facts = small.facts[~small.facts["id"].isin(gone["id"])]
    small.lookup.loc[gone.index, "id"] = None
    wanted = long_facts().merge(small.lookup.drop(index=gone.index)[KEYS], on=KEYS)
    assert_same_rows(stored_rows(session, small, tmp_path, format_), wanted)


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_an_id_of_a_lookup_that_is_no_whole_number_is_named(
    session: SparkSession, tmp_path: Path, format_: str
) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup = small.lookup.astype({"id": float})
    small.lookup.loc[2, "id"] = 11.5
    with pytest.raises(
        DataError, match=rf'lookup\.{format_}:{4 if format_ == "csv" else 3}: .*11\.5"? is not an integer'
    ):
        small.prepare(session, tmp_path, format_)


def test_a_folder_of_files_is_one_table(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.data["table"] = "parts"
    (tmp_path / "parts").mkdir()
    for number in range(3):
        write_table(small.facts[number::3], tmp_path / "parts" / f"part-{number}.parquet")
    (tmp_path / "parts/_SUCCESS").touch()
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())


def test_files_of_one_folder_may_differ_in_the_types_of_numbers(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts.assign(value=np.arange(len(facts), dtype="int64")))
    wanted = small.facts
    small.data["table"] = "parts"
    (tmp_path / "parts").mkdir()
    write_table(wanted[::2], tmp_path / "parts/a.parquet")
    write_table(wanted[1::2].assign(value=wanted["value"].astype("float32")), tmp_path / "parts/b.parquet")
    assert_same_rows(stored_rows(session, small, tmp_path), wanted)


def test_years_may_be_integers(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts.assign(model_year=2018))
    prepared = small.prepare(session, tmp_path)
    assert "model_year" in prepared.layout.fact_types
    assert set(read.associations(tmp_path, small.dataset(prepared))["model_year"]) == {"2018"}


def test_a_dataset_of_a_single_combination_needs_no_dimension_column(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts[["timestamp", "value"]].head(24))
    small.ids = {type_: ids[:1] for type_, ids in IDS.items()}
    prepared = small.prepare(session, tmp_path)
    assert prepared.layout.fact_types == ()
    assert read.associations(tmp_path, small.dataset(prepared))["rows"].tolist() == [24]


def test_dictionaries_and_large_strings_are_plain_strings_afterwards(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(
        lambda facts: facts.astype({"geography": "category", "subsector": "large_string[pyarrow]"})
    )
    assert_same_rows(stored_rows(session, small, tmp_path), long_facts())
