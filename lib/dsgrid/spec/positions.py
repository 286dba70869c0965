"""Where in a TOML text each key and each value stands.

`tomli` reads the values but forgets where they were, so this scanner goes over the same text a second time and
finds only places. It relies on `tomli` having accepted the text: it checks nothing and takes the shortest way
through strings and numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

Path = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # the closing quotes may be followed by up to two that belong to the text
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True)
class Positions:
    """Offsets into a TOML text.

    Parameters
    ----------
    values
        Where the value of a path starts; for a table the bracket of its header, or its first mention.
    keys
        Where the last key of a path is written.
    wrapped
        Inline tables that go over several lines, which TOML 1.0 does not know.
    repeated
        Paths that are given a second time, with the offsets of the first and the second time. `tomli` refuses
        them too, but says neither which key it was nor where the first one is.
    """

    text: str
    values: dict[Path, int] = field(default_factory=dict)
    keys: dict[Path, int] = field(default_factory=dict)
    wrapped: list[int] = field(default_factory=list)
    repeated: list[tuple[Path, int, int]] = field(default_factory=list)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both counted from 1, the column in characters."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def of_value(self, path: Path) -> tuple[int, int]:
        """Return line and column of a value; of the nearest table around it if the path is not in the text."""
        while path and path not in self.values:
            path = path[:-1]
        return self.line_and_column(self.values.get(path, 0))

    def of_key(self, path: Path) -> tuple[int, int]:
        """Return line and column of the last key of `path`; of the value where it has no key (array items)."""
        return self.line_and_column(self.keys[path]) if path in self.keys else self.of_value(path)


def scan(text: str) -> Positions:
    """Return the positions of all keys and values of `text`, whose line ends are plain newlines."""
    positions = Positions(text)
    _Scanner(text, positions).document()
    return positions


def scan_broken(text: str) -> Positions:
    """Return the positions up to where `text` stops to be TOML, for messages about it."""
    positions = Positions(text)
    with suppress(ScanError, ValueError, RecursionError):
        _Scanner(text, positions).document()
    return positions


class ScanError(ValueError):
    """The text is no TOML; `tomli` says why."""


class _Scanner:
    def __init__(self, text: str, positions: Positions) -> None:
        self.text = text
        self.at = 0
        self.found = positions
        self.items: dict[Path, int] = {}  # arrays of tables: how many there are so far
        self.defined: dict[Path, int] = {}  # what was given a value or a [header], to notice a second time

    def document(self) -> None:
        table: Path = ()
        self.skip(_BLANK_LINES)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK_LINES)

    def header(self) -> Path:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        parts = self.key()
        self.skip(_BLANK)
        self.expect("]" * brackets)
        path: Path = ()
        for name, offset in parts[:-1]:
            path = (*path, name)
            self.mention(path, start, offset)
            if path in self.items:  # inside an array of tables its last item is meant
                path = (*path, self.items[path] - 1)
        name, offset = parts[-1]
        path = (*path, name)
        self.mention(path, start, offset)
        if brackets == 2:
            number = self.items.get(path, 0)
            self.items[path] = number + 1
            path = (*path, number)
            self.found.values[path] = start
        else:
            self.define(path, start)
            self.found.values[path] = start
        return path

    def pair(self, table: Path) -> None:
        parts = self.key()
        path = table
        for name, offset in parts:
            path = (*path, name)
            self.mention(path, offset, offset)
        self.define(path, parts[-1][1])
        self.skip(_BLANK)
        self.expect("=")
        self.skip(_BLANK)
        self.value(path)

    def key(self) -> list[tuple[str, int]]:
        parts = []
        while True:
            self.skip(_BLANK)
            start = self.at
            if self.text.startswith(("'", '"'), start):
                parts.append((_unquoted(self.take(_STRING)), start))
            else:
                parts.append((self.take(_BARE_KEY), start))
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def value(self, path: Path) -> None:
        self.found.values[path] = self.at
        first = self.text[self.at : self.at + 1]
        if first in ("'", '"'):
            self.take(_STRING)
        elif first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        else:
            self.take(_SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while not self.closes("]"):
            self.value((*path, number))
            number += 1
            self.skip(_BLANK_LINES)
            if self.text.startswith(",", self.at):
                self.at += 1

    def inline_table(self, path: Path) -> None:
        start = self.at
        self.at += 1
        wrapped = False
        while True:
            before = self.at
            closed = self.closes("}")
            wrapped = wrapped or "\n" in self.text[before : self.at]
            if closed:
                break
            self.pair(path)
            before = self.at
            self.skip(_BLANK_LINES)
            wrapped = wrapped or "\n" in self.text[before : self.at]
            if self.text.startswith(",", self.at):
                self.at += 1
        if wrapped:
            self.found.wrapped.append(start)

    def closes(self, bracket: str) -> bool:
        self.skip(_BLANK_LINES)
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        return False

    def mention(self, path: Path, value: int, key: int) -> None:
        self.found.values.setdefault(path, value)
        self.found.keys.setdefault(path, key)

    def define(self, path: Path, offset: int) -> None:
        if path in self.defined:
            self.found.repeated.append((path, self.defined[path], offset))
        self.defined.setdefault(path, offset)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ScanError(self.at)
        self.at = match.end()
        return match.group()

    def expect(self, token: str) -> None:
        if not self.text.startswith(token, self.at):
            raise ScanError(self.at)
        self.at += len(token)


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    import tomli

    return str(tomli.loads(f"key = {token}")["key"])
