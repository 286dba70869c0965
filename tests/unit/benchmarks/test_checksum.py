"""Checksums of tables: equal for equal tables, whoever wrote them, and for no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.checksum import Checksum, checksum, equal

KEYS = ("state", "annual", "hourly")
TABLE = pd.DataFrame(
    {
        "state": ["01", "01", "02", "02"],
        "annual": [2018, 2019, 2018, 2019],
        "hourly": pd.date_range("2018-01-01 05:00", periods=4, freq="h", tz="UTC"),
        "value": [1.5, 2.5, 3.5, 4.5],
    }
)


def summed(folder: Path, table: pd.DataFrame, **schema: Any) -> Checksum:
    path = folder / "table.parquet"
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for name, type_ in schema.items():
        index = arrow.column_names.index(name)
        arrow = arrow.set_column(index, name, arrow.column(name).cast(type_))
    pq.write_table(arrow, path)
    return checksum([path], KEYS)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    assert equal(summed(tmp_path, TABLE), summed(tmp_path, TABLE.sample(frac=1, random_state=3)))


def test_types_that_engines_write_differently_do_not_matter(tmp_path: Path) -> None:
    other = {"annual": pa.string(), "hourly": pa.timestamp("ns", "America/Denver"), "state": pa.large_string()}
    assert equal(summed(tmp_path, TABLE), summed(tmp_path, TABLE, **other))


def test_rounding_does_not_matter_and_more_does(tmp_path: Path) -> None:
    first = summed(tmp_path, TABLE)
    assert equal(first, summed(tmp_path, TABLE.assign(value=TABLE.value * (1 + 1e-12))))
    assert not equal(first, summed(tmp_path, TABLE.assign(value=TABLE.value * (1 + 1e-8))))


@pytest.mark.parametrize("key", KEYS)
def test_values_that_stand_beside_other_keys_are_told(tmp_path: Path, key: str) -> None:
    swapped = TABLE.copy()
    swapped[key] = TABLE[key].iloc[[1, 2, 3, 0]].to_numpy() if key != "hourly" else TABLE[key] + pd.Timedelta("1h")
    first, other = summed(tmp_path, TABLE), summed(tmp_path, swapped)
    assert other.total == first.total
    assert not equal(first, other)


def test_rows_of_nothing_are_told(tmp_path: Path) -> None:
    more = pd.concat([TABLE, TABLE.tail(1).assign(state="03", value=0.0)])
    assert not equal(summed(tmp_path, TABLE), summed(tmp_path, more))


def test_files_of_one_table_add_up(tmp_path: Path) -> None:
    whole = summed(tmp_path, TABLE)
    for number, part in enumerate((TABLE.head(1), TABLE.tail(3))):
        part.to_parquet(tmp_path / f"{number}.parquet", index=False)
    assert equal(whole, checksum([tmp_path / "0.parquet", tmp_path / "1.parquet"], KEYS))
