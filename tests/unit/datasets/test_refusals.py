"""Files that are refused before an engine has anything to do: the first line says what and where."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.small_dataset import Small, write_table

from dsgrid.datasets.declared import read_declared
from dsgrid.errors import DataError, DsgridError, NotFoundError, SpecError
from dsgrid.spec.node import Node, Source


def refusal(small: Small, folder: Path, format_: str = "parquet", error: type[DsgridError] = DataError) -> str:
    """Return the message of the error that a dataset gives; nothing is left behind."""
    with pytest.raises(error) as caught:
        small.prepare(None, folder, format_)
    assert not (folder / "stored").exists()
    assert not list(folder.glob(".*"))
    return str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_values_are_finite(tmp_path: Path, value: float, format_: str):
    small = Small.of("two stacked")
    values = small.facts["value"].to_list()
    values[3] = value
    small.facts["value"] = [str(number) for number in values] if format_ == "csv" else values
    if format_ == "parquet":
        small.write(tmp_path)
        table = pa.table({name: pa.array(small.facts[name], from_pandas=name != "value") for name in small.facts})
        pq.write_table(table, tmp_path / "given.parquet")  # pandas would make NULL of NaN
        small.data["table"] = "given.parquet"
    message = refusal(small, tmp_path, format_)
    assert "NaN or infinite values in 1 of 288 rows" in message.splitlines()[0]
    assert ".parquet" in message.splitlines()[0] or ".csv" in message.splitlines()[0]
    assert message.splitlines()[1].split()[:2] == ["row", "id"]
    assert message.splitlines()[2].split()[:2] == ["4", "7"]


def test_integers_that_were_county_ids_are_refused(tmp_path: Path):
    small = Small.of().spoil(lambda facts: facts.assign(geography=facts["geography"].astype(int)))
    first = refusal(small, tmp_path)
    assert 'column "geography" holds int64, but the ids of a geography are strings' in first
    assert "6037 is not 06037" in first


def test_a_word_among_numbers_is_named_with_its_line(tmp_path: Path):
    small = Small.of().spoil(lambda facts: facts.astype({"value": object}))
    small.facts.loc[5, "value"] = "1.5 MWh"
    first = refusal(small, tmp_path, "csv").splitlines()[0]
    assert first.endswith('load_data.csv:7: column "value": "1.5 MWh" is not a number')


def test_an_id_that_is_no_integer_is_named_with_its_line(tmp_path: Path):
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup = small.lookup.astype({"id": object})
    small.lookup.loc[1, "id"] = "nine"
    assert 'lookup.csv:3: column "id": "nine" is not an integer' in refusal(small, tmp_path, "csv")


def test_a_ragged_line_is_named(tmp_path: Path):
    small = Small.of()
    small.write(tmp_path, "csv")
    lines = (tmp_path / "load_data.csv").read_text().splitlines()
    lines[4] += ",surplus"
    (tmp_path / "ragged.csv").write_text("\n".join(lines))
    small.data["table"] = "ragged.csv"
    assert "ragged.csv:5: the line has 6 cells, the header has 5" in refusal(small, tmp_path, "csv")


def test_a_bad_label_is_named_with_its_line(tmp_path: Path):
    small = Small.of().spoil(lambda facts: facts.assign(timestamp=[stamp.isoformat() for stamp in facts["timestamp"]]))
    small.facts.loc[1, "timestamp"] = "1/7/2012 01:00"
    first = refusal(small, tmp_path, "csv").splitlines()[0]
    assert first.endswith(
        'load_data.csv:3: column "timestamp": "1/7/2012 01:00" is not a timestamp such as 2012-07-01 00:00-05:00'
    )
    assert "in row 2" in refusal(small, tmp_path).splitlines()[0]


def test_fractions_of_a_microsecond_are_refused(tmp_path: Path):
    small = Small.of()
    stamps = small.facts["timestamp"].astype("datetime64[ns, UTC]").to_list()
    stamps[2] += pd.Timedelta(1, "ns")
    small.facts["timestamp"] = pd.Series(stamps).astype("datetime64[ns, UTC]")
    assert "load_data.parquet" in refusal(small, tmp_path).splitlines()[0]


@pytest.mark.parametrize("name", ["empty.parquet", "empty.csv", "empty.json"])
def test_an_empty_file_says_so(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    small = Small.of()
    small.data["table"] = name
    assert f"{name}: the file is empty" in refusal(small, tmp_path)


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_a_table_without_rows_says_so(tmp_path: Path, format_: str):
    assert "no rows" in refusal(Small.of().spoil(lambda facts: facts.head(0)), tmp_path, format_)


def test_a_file_that_is_no_parquet_says_so(tmp_path: Path):
    (tmp_path / "fake.parquet").write_text("geography,timestamp,value\n")
    small = Small.of()
    small.data["table"] = "fake.parquet"
    assert "fake.parquet: not a Parquet file" in refusal(small, tmp_path)


def test_another_format_says_which_are_known(tmp_path: Path):
    (tmp_path / "data.xlsx").write_text("x")
    small = Small.of()
    small.data["table"] = "data.xlsx"
    assert '".xlsx"' in refusal(small, tmp_path)


def test_a_missing_file_is_named_with_the_closest(tmp_path: Path):
    small = Small.of()
    small.data["table"] = "load_date.parquet"
    assert 'did you mean "load_data.parquet"?' in refusal(small, tmp_path, error=NotFoundError)


FOLDERS = [
    (["geography=06037/a.parquet", "old/b.parquet"], 'the folder holds folders: "old"; only folders such as'),
    (["=06037/a.parquet"], 'the folder holds folders: "=06037"'),
    (["geography=06037/a.parquet", "b.parquet"], "the file b.parquet lies beside the folder geography=06037"),
    (
        ["geography=06037/a.parquet", "sector=com/b.parquet"],
        'the names of folders hold "geography" for a.parquet, but "sector" for b.parquet',
    ),
    (["geography=06037/geography=06037/a.parquet"], '"geography" is a column of an outer folder already'),
    (["geography=06037/a.parquet"], 'column "geography" is in the file and in the name of its folder, too'),
    (["sector=com/_a.parquet"], "the folder holds no files"),
    (["sector=com/a.parquet", "sector=res/b.csv"], "the folder mixes formats: csv, parquet"),
    (["zone=1/a.parquet"], 'column "zone" of table is neither declared nor ignored'),
]


@pytest.mark.parametrize(("names", "sentence"), FOLDERS)
def test_folders_that_make_no_table_are_refused(tmp_path: Path, names: list[str], sentence: str):
    small = Small.of()
    for name in names:
        (tmp_path / "table" / name).parent.mkdir(parents=True, exist_ok=True)
        write_table(small.facts, tmp_path / "table" / name)
    small.data["table"] = "table"
    with pytest.raises(DsgridError) as refused:
        small.prepare(None, tmp_path)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("format_", ["csv", "json"])
@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda _: b"geography,value\n"])
def test_a_compressed_file_that_is_damaged_is_named(tmp_path: Path, format_: str, spoil: Callable[[bytes], bytes]):
    small = Small.of()
    small.write(tmp_path, format_)
    name = f"packed.{format_}.gz"
    (tmp_path / name).write_bytes(spoil(gzip.compress((tmp_path / f"load_data.{format_}").read_bytes())))
    small.data["table"] = name
    assert f"{name}: the file is damaged, or not compressed by gzip" in refusal(small, tmp_path)


def test_a_line_of_a_compressed_file_is_named_as_it_is_unpacked(tmp_path: Path):
    small = Small.of()
    small.write(tmp_path, "csv")
    lines = (tmp_path / "load_data.csv").read_text().splitlines()
    lines[4] = lines[4].rpartition(",")[0] + ",much"
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    small.data["table"] = "packed.csv.gz"
    assert 'packed.csv.gz:5: column "value": "much" is not a number' in refusal(small, tmp_path)


def test_a_parquet_file_is_not_compressed_once_more(tmp_path: Path):
    (tmp_path / "data.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    small = Small.of()
    small.data["table"] = "data.parquet.gz"
    assert "a Parquet file is compressed inside; unpack data.parquet.gz" in refusal(small, tmp_path)


def test_files_of_one_folder_have_the_same_columns(tmp_path: Path):
    small = Small.of()
    (tmp_path / "table").mkdir()
    small.facts.to_parquet(tmp_path / "table/a.parquet")
    small.facts.rename(columns={"value": "kwh"}).to_parquet(tmp_path / "table/b.parquet")
    small.data["table"] = "table"
    message = refusal(small, tmp_path)
    assert 'b.parquet: its columns are not those of a.parquet: no "value", surplus "kwh"' in message


def test_json_that_is_no_object_per_line_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "data.json").write_text('{"timestamp": "x"}\n[1]\n')
    small = Small.of()
    small.data["table"] = "data.json"
    with pytest.raises(DsgridError, match=r"no column|line"):
        small.prepare(None, tmp_path)


def test_a_number_where_json_should_have_an_id_is_refused(tmp_path: Path):
    small = Small.of().spoil(lambda facts: facts.assign(geography=facts["geography"].astype(int)))
    assert "a number loses its leading zeros" in refusal(small, tmp_path, "json")


def test_an_id_of_json_that_is_no_whole_number_is_refused(tmp_path: Path):
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup = small.lookup.astype({"id": float})
    small.lookup.loc[1, "id"] = 9.5
    assert 'lookup.json:2: "id": 9.5 is not an integer' in refusal(small, tmp_path, "json")


def test_a_lookup_does_not_repeat_a_row(tmp_path: Path):
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup = pd.concat([small.lookup, small.lookup.head(1)])
    assert "1 row given more than once" in refusal(small, tmp_path)


def test_a_lookup_has_every_id(tmp_path: Path):
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup.loc[2, "subsector"] = None
    assert "1 row without a subsector" in refusal(small, tmp_path)


def test_a_column_that_nothing_explains_is_an_error_of_the_spec(tmp_path: Path):
    small = Small.of().spoil(lambda facts: facts.assign(note="x"))
    assert 'column "note"' in refusal(small, tmp_path, error=SpecError)


def test_values_that_are_all_null_are_refused(tmp_path: Path):
    message = refusal(Small.of().spoil(lambda facts: facts.assign(value=None)), tmp_path)
    assert "every value is NULL" in message


def declared(folder: Path, text: str) -> str:
    (folder / "gaps.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_declared(Node({"missing": ["gaps.csv"]}, (), Source(None, "", folder)), "missing")
    return str(caught.value)


def test_a_table_of_gaps_has_columns_of_dimension_types(tmp_path: Path):
    assert 'column "county" is no dimension type' in declared(tmp_path, "county\n06037\n")


def test_a_table_of_gaps_has_no_empty_cells(tmp_path: Path):
    assert 'column "sector" has empty cells' in declared(tmp_path, "geography,sector\n06037,\n")


def test_a_star_in_a_table_of_gaps_means_every_id(tmp_path: Path):
    (tmp_path / "gaps.csv").write_text("geography,metric\n06037,*\n*,fans\n06075,cooling\n08031,*\n")
    found = read_declared(Node({"missing": ["gaps.csv"]}, (), Source(None, "", tmp_path)), "missing")
    assert [each.table.to_dict("list") for each in found] == [
        {"geography": ["06037", "08031"]},
        {"metric": ["fans"]},
        {"geography": ["06075"], "metric": ["cooling"]},
    ]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("missing", "geography,sector\n*,*\n", "would declare everything missing"),
        ("expected", "geography,sector\n06037,*\n", "stands in tables of `missing` only"),
    ],
)
def test_a_star_says_which_of_the_ids_are_missing(tmp_path: Path, key: str, text: str, message: str):
    (tmp_path / "gaps.csv").write_text(text)
    with pytest.raises(DataError, match=re.escape(message)):
        read_declared(Node({key: ["gaps.csv"]}, (), Source(None, "", tmp_path)), key)
