"""Edits of the letters of a configuration: files that are cut off, in another encoding, or no JSON5 any more."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutations.edit import Change, Edit
from tests.mutations.tree import CONFIGURATIONS, Tree

Spoil = Callable[[bytes, Random], bytes]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) or 1)]


def _without_a_letter(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) or 1)
    return content[:at] + content[at + 1 :]


def _with_a_letter(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return (
        content[:at]
        + random.choice([b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"/", b"\0"])
        + content[at:]
    )


def _random_bytes(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) or 1)
    return content[:at] + random.randbytes(random.randrange(1, 30)) + content[at:]


# Spoilt for sure: the report has to say so, with the file.
_BROKEN: Final[tuple[tuple[str, Spoil], ...]] = (
    ("has something after its end", lambda content, _: content + b"\n}}} x"),
    ("has a null character at its end", lambda content, _: content + b"\0"),
    ("is empty", lambda content, _: b""),
    ("is only a comment", lambda content, _: b"// nothing yet\n"),
    ("is a list", lambda content, _: b"[" + content + b"]"),
    ("is a text", lambda content, _: b'"a text"'),
    ("is a number", lambda content, _: b"17"),
    ("is null", lambda content, _: b"null"),
    ("opens a hundred thousand lists", lambda content, _: b"[" * 100_000),
    ("opens a hundred thousand objects", lambda content, _: b'{"a":' * 100_000),
    ("is nested too deep", lambda content, _: b'{"a":' * 3000 + b"1" + b"}" * 3000),
    ("is in UTF-16", lambda content, _: content.decode("utf-8", "replace").encode("utf-16")),
    ("has a letter in latin-1", lambda content, _: content.replace(b'"', b'"\xe9', 1)),
    ("is binary", lambda content, random: random.randbytes(2000)),
    ("is Parquet", lambda content, _: b"PAR1" + bytes(200) + b"PAR1"),
    ("is TOML", lambda content, _: b'spec_version = 1\njob = "query"\n'),
)

# Maybe spoilt, maybe not.
_ODD: Final[tuple[tuple[str, Spoil], ...]] = (
    ("is cut off", _cut),
    ("is cut off", _cut),
    ("lacks a letter", _without_a_letter),
    ("has a letter more", _with_a_letter),
    ("has random bytes", _random_bytes),
)

# The same text in another dress: nothing may change.
_SAME: Final[tuple[tuple[str, Spoil], ...]] = (
    ("has a mark of byte order", lambda content, _: b"\xef\xbb\xbf" + content.removeprefix(b"\xef\xbb\xbf")),
    ("has the line ends of Windows", lambda content, _: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
    ("has the line ends of old Macs", lambda content, _: _without_comments(content, b"\r")),
    ("has a comment", lambda content, _: b"/* a\n comment */\n" + content + b"\n// the end"),
    ("has blank lines", lambda content, _: b"\n\n \t\n" + content + b"\n\n"),
    ("has a comma after the last value", lambda content, _: _with_comma(content)),
)


def _without_comments(content: bytes, end: bytes) -> bytes:
    return content if b"//" in content else content.replace(b"\r\n", b"\n").replace(b"\n", end)


def _with_comma(content: bytes) -> bytes:
    body = content.rstrip()
    if not body.endswith(b"}") or body[:-1].rstrip().endswith((b",", b"{")) or b"//" in body:
        return content
    return body[:-1].rstrip() + b",\n}"


def _spoiling(changes: tuple[tuple[str, Spoil], ...], *, broken: bool = False) -> Change:
    def edit(tree: Tree, random: Random) -> Edit | None:
        configurations = tree.named(*CONFIGURATIONS)
        if not configurations:
            return None
        file = random.choice(configurations)
        what, spoil = random.choice(changes)
        tree.files[file] = spoil(tree.files[file], random)
        return Edit(what, file, names=file if broken else "", tells=broken)

    return edit


BROKEN: Final = _spoiling(_BROKEN, broken=True)
ODD: Final = _spoiling(_ODD)
SAME: Final = _spoiling(_SAME)
CHANGES: Final[tuple[Change, ...]] = (BROKEN, ODD, SAME)
