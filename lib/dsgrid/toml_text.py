"""Writing TOML in the style of our specs: flat tables, short values in one line, no multi-line strings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 110
# Where a comment behind a value begins, if there is room.
NOTE_COLUMN: Final = 42
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class Inline(dict[str, Any]):
    """A table that is written in one line, ``{ from = "a", to = "b" }``, also where it stands alone."""


@dataclass(frozen=True)
class Noted:
    """A value of a table with a comment: behind it, or in lines above a table and what takes several lines."""

    value: Any
    note: str


def dumps(document: Mapping[str, Any]) -> str:
    """Return a document of dicts, lists, text, numbers and booleans as TOML; `tomllib` reads back the same.

    Dicts become tables, lists of dicts arrays of tables, except for those marked as `Inline`. What is `Noted` gets its
    comment.
    """
    return "\n".join(_table(document, (), "")).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...], header: str, note: str = "") -> Iterator[str]:
    notes = {key: value.note for key, value in table.items() if isinstance(value, Noted)}
    plain = {key: value.value if isinstance(value, Noted) else value for key, value in table.items()}
    below = {key: value for key, value in plain.items() if _is_table(value) or _is_array_of_tables(value)}
    own = {key: value for key, value in plain.items() if key not in below}
    # A table that holds only tables is implied by their headers; an item of an array is not.
    if header and (own or note or not table or header.startswith("[[")):
        yield "\n" + "".join(f"# {line}\n" for line in note.splitlines()) + header
    for key, value in own.items():
        yield _line(f"{_key(key)} = {_value(value)}", notes.get(key, ""))
    for key, value in below.items():
        inside = (*path, key)
        name = ".".join(_key(part) for part in inside)
        if _is_table(value):
            yield from _table(value, inside, f"[{name}]", notes.get(key, ""))
        else:
            for item in value:
                yield from _table(item, inside, f"[[{name}]]")


def _line(line: str, note: str) -> str:
    if not note:
        return line
    if "\n" in line or "\n" in note or len(line) + len(note) > WIDTH + 8:
        return "".join(f"# {part}\n" for part in note.splitlines()) + line
    return f"{line.ljust(NOTE_COLUMN - 2)}  # {note}"


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, Inline)


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(_is_table(item) for item in value)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        return "{ " + ", ".join(f"{_key(key)} = {_value(child)}" for key, child in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return _array(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return ("nan" if math.isnan(value) else str(value)) if not math.isfinite(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"TOML has no {type(value).__name__}: {value!r}")


def _array(values: Sequence[Any]) -> str:
    items = [_value(value) for value in values]
    line = f"[{', '.join(items)}]"
    if len(line) <= WIDTH:
        return line
    lines, current = [], ""
    for item in items:
        tables = item.startswith("{")  # a row of a small table is read more easily alone
        if current and (tables or len(current) + len(item) + 2 > WIDTH):
            lines.append(current)
            current = ""
        current += f"{' ' if current else ''}{item},"
    return "[\n" + "".join(f"    {line}\n" for line in [*lines, current]) + "]"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    return '"' + "".join(_SHORT.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x20 or ord(char) == 0x7F else char
