"""Where in the user's files a value stands."""

from __future__ import annotations

import bz2
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsgrid.datasets.files import find
from dsgrid.datasets.places import Origin

CELLS = ["06037", "06037", None, "08013", "08013"]


def write(folder: Path, name: str) -> Path:
    """Write two files, the second of which has the cells."""
    path = folder / name
    lines = "".join(f"{cell or ''},1\n" for cell in CELLS)
    if path.suffix == ".csv":
        path.write_text(f"fips,value\n{lines}")
    elif path.suffix == ".bz2":
        path.write_bytes(bz2.compress(f"fips,value\n{lines}".encode()))
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"fips": cell, "value": 1}) + "\n" for cell in CELLS))
    else:
        pq.write_table(pa.table({"fips": CELLS, "value": [1] * 5}), path, row_group_size=2)
    return path


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("b.csv", (":5", ":4")),
        ("b.csv.bz2", (":5", ":4")),
        ("b.jsonl", (":4", ":3")),
        ("b.parquet", (" (row 4)", " (row 3)")),
    ],
)
def test_the_first_row_with_a_value_is_found_in_any_format(tmp_path: Path, name: str, places: tuple[str, str]) -> None:
    origin = Origin(find(write(tmp_path, name)), {"geography": "fips"})
    assert origin.column("geography") == "fips"
    assert origin.place("geography", "08013") == f"{tmp_path}/{name}{places[0]}"
    assert origin.place("geography", None) == f"{tmp_path}/{name}{places[1]}"


def test_the_files_are_looked_through_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("fips,value\n06037,1\n")
    write(tmp_path, "b.csv")
    origin = Origin(find(tmp_path), {"geography": "fips"})
    assert origin.place("geography", "08013") == f"{tmp_path}/b.csv:5"
    assert origin.place("geography", "08014") == str(tmp_path)


def test_a_value_may_be_the_name_of_a_folder(tmp_path: Path) -> None:
    for value in ("2018", "2O19"):
        (tmp_path / f"model_year={value}").mkdir()
        write(tmp_path / f"model_year={value}", "b.csv")
    origin = Origin(find(tmp_path), {"geography": "fips"})
    assert origin.place("model_year", "2O19") == f"{tmp_path}/model_year=2O19/b.csv"
