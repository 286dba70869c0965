"""Edits of the CSV tables of a repository: records, mappings, selectors, small data."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutations.edit import Change, Edit
from tests.mutations.tree import TABLES, Tree

Lines = list[bytes]
Spoil = Callable[[Lines, Random], Lines]


def _row(lines: Lines, random: Random) -> int:
    return random.randrange(1, len(lines)) if len(lines) > 1 else 0


def _changed(lines: Lines, random: Random, change: Callable[[bytes], bytes]) -> Lines:
    at = _row(lines, random)
    return [*lines[:at], change(lines[at]), *lines[at + 1 :]]


def _by_column(lines: Lines, change: Callable[[list[bytes]], list[bytes]]) -> Lines:
    return [b",".join(change(line.split(b","))) for line in lines]


def _without_column(lines: Lines, random: Random) -> Lines:
    at = random.randrange(len(lines[0].split(b",")))
    return _by_column(lines, lambda cells: cells[:at] + cells[at + 1 :])


def _renamed_column(lines: Lines, random: Random) -> Lines:
    cells = lines[0].split(b",")
    at = random.randrange(len(cells))
    cells[at] = random.choice([cells[at].upper(), cells[at] + b"s", b"", b"id", b"column 1", "größe".encode()])
    return [b",".join(cells), *lines[1:]]


def _cell(value: bytes) -> Spoil:
    def spoil(lines: Lines, random: Random) -> Lines:
        def change(line: bytes) -> bytes:
            cells = line.split(b",")
            cells[random.randrange(len(cells))] = value
            return b",".join(cells)

        return _changed(lines, random, change)

    return spoil


_SPOILT: Final[tuple[tuple[str, Spoil], ...]] = (
    ("has a ragged row", lambda lines, random: _changed(lines, random, lambda line: line + b",more,cells")),
    ("has a short row", lambda lines, random: _changed(lines, random, lambda line: line.split(b",")[0])),
    ("lacks a column", _without_column),
    ("has a column under another name", _renamed_column),
    ("has a column twice", lambda lines, _: _by_column(lines, lambda cells: [cells[0], *cells])),
    ("has a column more", lambda lines, _: [lines[0] + b",zebra", *(line + b",1" for line in lines[1:])]),
    ("has a row twice", lambda lines, random: [*lines, lines[_row(lines, random)]]),
    ("has no header", lambda lines, _: lines[1:]),
    ("has only a header", lambda lines, _: lines[:1]),
    ("is empty", lambda lines, _: []),
    ("has an open quote", lambda lines, random: _changed(lines, random, lambda line: b'"' + line)),
    ("has a quote inside", lambda lines, random: _changed(lines, random, lambda line: line.replace(b",", b'"x",', 1))),
    ("has semicolons", lambda lines, _: [line.replace(b",", b";") for line in lines]),
    ("has tabs", lambda lines, _: [line.replace(b",", b"\t") for line in lines]),
    ("has a huge line", lambda lines, random: _changed(lines, random, lambda line: line + b"x" * 3_000_000)),
    ("has a letter in latin-1", lambda lines, random: _changed(lines, random, lambda line: line + b"\xe9\xff")),
    ("has a null character", lambda lines, random: _changed(lines, random, lambda line: b"\0" + line)),
    ("is in UTF-16", lambda lines, _: [b"\n".join(lines).decode("utf-8", "replace").encode("utf-16")]),
    ("is binary", lambda lines, random: [random.randbytes(3000)]),
    ("is cut off", lambda lines, random: [b"\n".join(lines)[: random.randrange(len(b"\n".join(lines)) or 1)]]),
    ("has an empty cell", _cell(b"")),
    ("has a cell that is no number", _cell(b"n/a")),
    ("has a cell that is not finite", _cell(b"inf")),
    ("has a negative cell", _cell(b"-1")),
    ("has a huge cell", _cell(b"1e999")),
    ("has a cell in other letters", _cell("Ünï-код-数据-🗺".encode())),
    ("has a cell of lines", _cell(b'"one\ntwo"')),
)

# Nothing may change but the bytes.
_ODD: Final[tuple[tuple[str, Spoil], ...]] = (
    ("has blank lines", lambda lines, _: [*lines[:1], b"", *lines[1:], b"", b"", b",,"]),
    ("has a mark of byte order", lambda lines, _: [b"\xef\xbb\xbf" + lines[0], *lines[1:]]),
    ("has the line ends of Windows", lambda lines, _: [line + b"\r" for line in lines]),
    ("has blanks around its cells", lambda lines, _: [line.replace(b",", b" , ") for line in lines]),
    ("has another order", lambda lines, random: [lines[0], *random.sample(lines[1:], len(lines) - 1)]),
)


def _spoiling(changes: tuple[tuple[str, Spoil], ...]) -> Change:
    def edit(tree: Tree, random: Random) -> Edit | None:
        tables = [path for path in tree.named(*TABLES) if tree.files[path].strip()]
        if not tables:
            return None
        file = random.choice(tables)
        what, spoil = random.choice(changes)
        tree.files[file] = b"\n".join(spoil(tree.files[file].splitlines(), random)) + b"\n"
        return Edit(what, file)

    return edit


CHANGES: Final[tuple[Change, ...]] = (*(_spoiling(_SPOILT),) * 3, _spoiling(_ODD))
