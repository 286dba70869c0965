"""What a dataset was read from: other data are told from the same data under other names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from tests.small_dataset import TIME, Small, write_table

from dsgrid.datasets.inputs import InputFile, checksummed, compare_inputs, find_inputs, reading_settings
from dsgrid.registry.model import DataInput


def _written(folder: Path, parts: dict[str, pd.DataFrame]) -> tuple[InputFile, ...]:
    for name, rows in parts.items():
        (folder / "table" / name).parent.mkdir(parents=True)
        write_table(rows, folder / "table" / name)
    small = Small.of()
    small.data["table"] = "table"
    return find_inputs(small.write(folder)["data"])


def _changes(old: tuple[InputFile, ...], new: tuple[InputFile, ...]) -> list[tuple[str, str]]:
    data = Small.of().write(old[0].place.parents[2])["data"]
    settings = reading_settings(data, TIME)
    kept: tuple[DataInput, ...] = (*checksummed(old), settings)
    changes, _ = compare_inputs(kept, new, settings)
    return [(change.action, change.key) for change in changes]


def test_what_names_of_folders_say_is_a_part_of_the_data(tmp_path: Path) -> None:
    one, other = pd.DataFrame({"value": [1.0]}), pd.DataFrame({"value": [2.0]})
    names = ("geography=06037/a.parquet", "geography=08031/a.parquet")
    first = _written(tmp_path / "first", dict(zip(names, (one, other), strict=True)))
    assert [file.name for file in first] == list(names)
    same = _written(tmp_path / "same", dict(zip(names, (one, other), strict=True)))
    assert _changes(first, same) == []
    swapped = _written(tmp_path / "swapped", dict(zip(names, (other, one), strict=True)))
    assert {name for _, name in _changes(first, swapped)} == set(names)


def test_what_files_are_called_is_no_part_of_the_data(tmp_path: Path) -> None:
    one, other = pd.DataFrame({"value": [1.0]}), pd.DataFrame({"value": [2.0]})
    (tmp_path / "first/table").mkdir(parents=True)
    (tmp_path / "second/table").mkdir(parents=True)
    for folder, names in (("first", ("a", "b")), ("second", ("d", "c"))):
        for name, rows in zip(names, (one, other), strict=True):
            write_table(rows, tmp_path / folder / "table" / f"{name}.parquet")
    assert _changes(_written(tmp_path / "first", {}), _written(tmp_path / "second", {})) == []
