from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.importers.document import Entry, read


def test_json5_is_read_with_comments_and_bare_keys(tmp_path: Path) -> None:
    file = tmp_path / "a.json5"
    file.write_text("{ // a comment\n  name: 'x', list: [1, 2,], }")
    assert read(file).value == {"name": "x", "list": [1, 2]}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b'\xef\xbb\xbf{"name": "x"}')
    assert read(file)["name"].value == "x"


def test_an_error_names_the_file_and_the_key(tmp_path: Path) -> None:
    entry = Entry({"datasets": [{"a": 1}]}, tmp_path / "project.json5")
    with pytest.raises(SpecError, match=r'project\.json5: datasets\[0\]: the key "dataset_id" is missing'):
        entry["datasets"][0]["dataset_id"]


def test_a_file_that_is_no_json5_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json5"
    file.write_text("{ name: ")
    with pytest.raises(SpecError, match=r"a\.json5:1:9: this is no JSON5"):
        read(file)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"a\.json5: the file does not exist"):
        read(tmp_path / "a.json5")


def test_the_newer_name_of_a_key_may_be_null(tmp_path: Path) -> None:
    entry = Entry({"file": None, "filename": "x.csv"}, tmp_path / "project.json5")
    found = entry.get("file", "filename")
    assert found is not None
    assert found.resolve() == (tmp_path / "x.csv").resolve()
