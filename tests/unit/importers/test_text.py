from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import read
from dsgrid.importers.text import Text
from dsgrid.importers.translation import Remarks

TEXT = """{
  // a comment over
  // two lines
  name: 'x',
  "datasets": [
    {dataset_id: "a"},
    {
      dataset_id: "b", status: null },
  ],
}
"""


@pytest.mark.parametrize("text", [TEXT, json.dumps({"name": "x", "datasets": [{"dataset_id": "a"}]}, indent=2)])
def test_every_value_knows_the_line_of_its_key(tmp_path: Path, text: str) -> None:
    file = tmp_path / "project.json5"
    file.write_text(text)
    lines = text.splitlines()
    document = read(file)
    assert "name" in lines[document["name"].line - 1]
    assert '"a"' in lines[document["datasets"][0]["dataset_id"].line - 1]
    assert document.line == 1


def test_what_an_entry_lacks_is_said_at_the_line_of_the_entry(tmp_path: Path) -> None:
    file = tmp_path / "project.json5"
    file.write_text(TEXT)
    with pytest.raises(SpecError, match=r"project\.json5:7: datasets\[1\]: the key \"kind\" is missing"):
        read(file)["datasets"][1]["kind"]


def test_a_remark_knows_both_places(tmp_path: Path) -> None:
    file = tmp_path / "project.json5"
    file.write_text(TEXT)
    remarks = Remarks()
    remarks.within("base", "county").say("changed", read(file)["name"], "it is another one", "records")
    (remark,) = remarks.remarks
    assert (remark.line, remark.target) == (4, ("base", "county", "records"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: -1, b: +0x10, c: .5}", {"a": -1, "b": 16, "c": 0.5}),
        ("{a: NaN, b: -Infinity, c: [1, ], }", {"a": None, "b": None, "c": [1]}),
        ('{"a": NaN, "b": 1e999}', {"a": None, "b": None}),
        ("{a: 'it\\'s', 'b c': \"x\\\ny\"}", {"a": "it's", "b c": "xy"}),
        ("{/* a */ a: true, b: null}", {"a": True, "b": None}),
    ],
)
def test_json5_has_the_values_that_its_definition_gives(text: str, value: object) -> None:
    assert Text(Path("a.json5"), text).value == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1", "{a:1,,}", "{a:'x", "{a b}", "\x00", "{'a':1 'b':2}", "{" * 300, "[" * 3000 + "]" * 3000, "nul"],
)
def test_what_is_no_json5_is_an_error_in_one_line(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        _ = Text(Path("a.json5"), text).value
    assert str(caught.value).startswith("a.json5")
    assert len(str(caught.value).splitlines()) == 1


def test_a_key_that_occurs_twice_is_found(tmp_path: Path) -> None:
    assert Text(tmp_path / "a.json5", "{a: 1, b: {c: 1, c: 2}, a: 3}").twins() == (("a",), ("b", "c"))
    assert Text(tmp_path / "a.json5", '{"a": [{"b": 1}, {"b": 1}]}').twins() == ()


def test_a_file_that_is_no_text_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json5"
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(SpecError, match=r"a\.json5: this is no text"):
        read(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{a: "C:\\users\\x41"}', "C:\\users\\x41"),
        (r'{a: "\u0041\x42\t\'\q"}', "AB\t'q"),
        (r'{a: "\ud83d\uddfa"}', "🗺"),
        ('{"a": "\\ud83d\\uddfa"}', "🗺"),
        ("{a: 'one\\\r\ntwo'}", "onetwo"),
    ],
)
def test_escapes_mean_the_same_to_both_readers(tmp_path: Path, text: str, value: str) -> None:
    file = tmp_path / "a.json5"
    file.write_text(text, newline="")
    assert read(file).value == {"a": value}


@pytest.mark.parametrize("start", ["{a: ", '{"a": '])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("9" * 5000, "a number has thousands of digits"),
        ('"\\ud800"', r"\\ud800 is half of a letter"),
        ("[" * 200 + "]" * 200, "values are nested too deep"),
    ],
)
def test_what_no_spec_can_hold_is_refused_by_both_readers(tmp_path: Path, start: str, value: str, message: str) -> None:
    file = tmp_path / "a.json5"
    file.write_text(f"{start}{value}}}")
    with pytest.raises(SpecError, match=message):
        read(file)


@pytest.mark.parametrize(
    ("text", "twins"),
    [
        ('{"a": 1, "b": [{"c": 1, "c": 2}]}', (("b", 0, "c"),)),
        ("{a: {b: 1}, a: {b: 1}}", (("a",),)),
        ('{"a": {"b": 1}, "b": [{"a": 1}, {"a": 1}]}', ()),
    ],
)
def test_keys_that_are_written_twice_are_known(text: str, twins: tuple[tuple[str | int, ...], ...]) -> None:
    assert Text(Path("a.json5"), text).twins() == twins
