"""Specs that are written as JSON: the same values, and every place in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.errors import SpecError
from dsgrid.spec.json_text import scan_json
from dsgrid.spec.load import load_spec, parse_spec

SPEC = """\
{
  "spec_version": 1,
  "job": "query",
  "name": "asked",
  "project": "project",
  "datasets": ["one", "tw o@"],
  "step": [{"by": ["a"]}, {"bi": ["b"]}]
}
"""


def test_problems_have_lines_and_columns() -> None:
    with pytest.raises(SpecError) as raised:
        parse_spec(SPEC, path=Path("spec.json"))
    found = {problem.key: problem.where.rpartition("spec.json:")[2] for problem in raised.value.problems}
    assert found == {"datasets[1]": "6:23", "step[1]": "7:27", "step[1].bi": "7:28"}


def test_a_file_of_json_is_a_spec_like_one_of_toml(tmp_path: Path) -> None:
    text = SPEC.replace("tw o@", "two").replace("bi", "by")
    (tmp_path / "spec.json").write_text(text)
    assert load_spec(tmp_path / "spec.json", "query").root.value == json.loads(text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=st.dictionaries(st.text(), _VALUES), indent=st.sampled_from([None, 0, 1, 3]), ascii_only=st.booleans())
def test_every_value_is_found_where_it_stands(value: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    positions = scan_json(text)
    decoder = json.JSONDecoder()
    for path, offset in positions.values.items():
        expected: object = value
        for part in path:
            expected = expected[part]  # type: ignore[index]
        assert decoder.raw_decode(text, offset)[0] == expected
    for path, offset in positions.keys.items():
        assert decoder.raw_decode(text, offset)[0] == path[-1]
    assert len(positions.values) == _count(value)


def _count(value: object) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, children))


@pytest.mark.parametrize("name", ["asked\n", "asked\r", "asked\u2028"])
def test_a_name_does_not_end_with_a_newline(name: str) -> None:
    with pytest.raises(SpecError, match="a name: letters, digits"):
        load_spec({"name": name, "project": "project", "datasets": ["one"]}, "query")
