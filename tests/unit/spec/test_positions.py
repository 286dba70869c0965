"""The scanner finds the place of everything that tomli finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.spec.positions import Positions, scan, scan_broken

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> dict[Path, Any]:
    """Return everything inside a document by its path, the document itself left out."""
    found: dict[Path, Any] = {path: value} if path else {}
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found |= paths(child, (*path, key))
    return found


def begins_with(text: str, offset: int, before: str, after: str, wanted: Any) -> bool:
    """Return whether the text at `offset` starts with what is `wanted` between `before` and `after`."""
    for end in range(offset + 1, min(len(text), offset + 80) + 1):
        try:
            if repr(tomli.loads(f"{before}{text[offset:end]}{after}")) == repr(wanted):
                return True
        except tomli.TOMLDecodeError:
            continue
    return False


# A writer of documents in as many styles as TOML has. The same value may be written in several ways; which one is
# drawn together with it.

bare_keys = st.text("abcXYZ019_-", min_size=1, max_size=4)
free_keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=5)


@st.composite
def written_keys(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a key and how it is written."""
    if draw(st.booleans()):
        key = draw(bare_keys)
        return key, key
    key = draw(free_keys)
    if "'" not in key and draw(st.booleans()):
        return key, f"'{key}'"
    return key, json.dumps(key, ensure_ascii=draw(st.booleans()) and key.isascii())


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
literals = st.text('ab #[]{}=,."\\', max_size=8).map(lambda text: f"'{text}'")
multi_line = st.sampled_from(
    [
        '"""a\n# no comment\nb = 1"""',
        '"""two quotes ""inside"" """',
        '"""\\\n   joined"""',
        '"""ends with one""""',
        "'''\n[x]\n'''",
    ]
)
numbers = st.sampled_from(["0", "-17", "1_000", "0xff", "3.5", "1e-6", "-inf", "nan", "true", "false"])
dates = st.sampled_from(["2018-01-01", "2018-01-01T00:00:00Z", "2018-01-01 00:00:00", "07:32:00"])
scalars = st.one_of(texts, literals, multi_line, numbers, dates)
blanks = st.sampled_from(["", " ", "  ", "\t"])
breaks = st.sampled_from(["", " ", "\n", "\n    ", " # a [comment] = 1\n  "])


@st.composite
def arrays(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    parts = [f"{draw(breaks)}{item}{draw(breaks)}" for item in draw(st.lists(items, max_size=4))]
    trailing = "," if parts and draw(st.booleans()) else ""
    return f"[{','.join(parts)}{trailing}{draw(breaks)}]"


@st.composite
def inline_tables(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    keys = dict(draw(st.lists(written_keys(), max_size=3)))
    pairs = [f"{draw(blanks)}{key}{draw(blanks)}={draw(blanks)}{draw(items)}" for key in keys.values()]
    return f"{{{','.join(pairs)}{draw(blanks)}}}"


# Inline tables stay on one line in TOML 1.0, so what is in them has no line breaks either.
short_scalars = st.one_of(texts, literals, numbers, dates)
short_values = st.recursive(short_scalars, inline_tables, max_leaves=4)
values = st.recursive(st.one_of(scalars, short_values), arrays, max_leaves=8)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a document: pairs at the top, then tables and arrays of tables, with dotted keys and comments."""
    lines = [draw(breaks)]

    def pairs(prefix: str = "") -> None:
        for key, written in dict(draw(st.lists(written_keys(), max_size=3))).items():
            if draw(st.booleans()):
                lines.append(
                    f"{draw(blanks)}{written}{draw(blanks)}={draw(blanks)}{draw(values)}{draw(blanks)}# {key!r}"
                )
            else:
                _, inner = draw(written_keys())
                lines.append(f"{written}{draw(blanks)}.{draw(blanks)}{inner} = {draw(values)}")

    pairs()
    for number in range(draw(st.integers(0, 4))):
        # The number keeps the headers apart: a table may be opened once.
        _, written = draw(written_keys())
        style = draw(st.sampled_from(["table", "dotted", "array", "inside"]))
        name = f"T{number}"
        if style == "table":
            lines.append(f"[{draw(blanks)}{name}{draw(blanks)}] # comment")
        elif style == "dotted":
            lines.append(f"[{name}{draw(blanks)}.{draw(blanks)}{written}]")
        else:
            for _ in range(draw(st.integers(1, 3))):
                lines.append(f"[[{name}.{written}]]")
                pairs()
                if style == "inside":
                    lines.append(f"[{name}.{written}.Sub]")
                    pairs()
                    lines.append(f"[[{name}.{written}.Items]]")
        pairs()
    return "\n".join(lines)


def is_toml(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


@given(documents().filter(is_toml))
def test_everything_that_tomli_finds_has_the_position_of_its_text(text: str) -> None:
    found = scan(text)
    expected = paths(tomli.loads(text))
    assert set(found.values) == set(expected)
    for path, value in expected.items():
        offset = found.values[path]
        if isinstance(value, list):
            assert text[offset] == "["
        elif not isinstance(value, dict):
            assert begins_with(text, offset, "value = ", "", {"value": value})
        elif text[offset] not in "[{":  # a table that dotted keys make stands where it is first mentioned
            assert offset == found.keys[path]


@given(documents().filter(is_toml))
def test_every_key_has_the_position_where_it_is_written(text: str) -> None:
    found = scan(text)
    for path in paths(tomli.loads(text)):
        if isinstance(path[-1], str):
            assert begins_with(text, found.keys[path], "", " = 1", {path[-1]: 1})
        else:
            assert path not in found.keys


@given(st.text(max_size=60))
def test_a_text_that_is_no_toml_never_stops_the_scanner(text: str) -> None:
    assert isinstance(scan_broken(text), Positions)


SPEC = """\
job = "query"

[[where]]
dimension = "county"

[[where]]
"dimension" = "state"
in = [
    "CO",  # Colorado
    "CA",
]

[result.sort]
a . b = { c = 1 }
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("job",), (1, 7)),
        (("where", 0), (3, 1)),
        (("where", 1), (6, 1)),
        (("where", 1, "dimension"), (7, 15)),
        (("where", 1, "in", 1), (10, 5)),
        (("result",), (13, 1)),
        (("result", "sort", "a", "b", "c"), (14, 15)),
        (("result", "sort", "absent"), (13, 1)),
        ((), (1, 1)),
    ],
)
def test_a_value_stands_at_its_line_and_column(path: Path, place: tuple[int, int]) -> None:
    assert scan(SPEC).of_value(path) == place


def test_a_key_stands_where_it_is_written_and_an_item_where_its_value_is() -> None:
    positions = scan(SPEC)
    assert positions.of_key(("where", 1, "dimension")) == (7, 1)
    assert positions.of_key(("result", "sort", "a", "b")) == (14, 5)
    assert positions.of_key(("where", 1, "in", 0)) == (9, 5)


def test_columns_count_characters_not_bytes() -> None:
    assert scan('"zürich" = { "ø" = 1 }').of_value(("zürich", "ø")) == (1, 20)


def test_inline_tables_over_several_lines_are_noticed() -> None:
    assert scan("a = { b = 1 }\nc = [\n{ d = 1 }\n]").wrapped == []
    assert scan("a = [{ b = 1,\n c = 2 }]").wrapped == [5]
