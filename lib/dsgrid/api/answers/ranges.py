"""Which bytes of a file a request asks for, as RFC 9110 has it: one range, several, or all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dsgrid.errors import UsageError

# More is refused: nothing reads a table in so many pieces at once, and each costs the server more than the client.
MOST: Final = 64
_RANGE: Final = re.compile(r"(\d*)[ \t]*-[ \t]*(\d*)", re.ASCII)
# No file is larger; longer numbers are cut to it before they are read as numbers.
_LARGEST: Final = 10**18


class RangeError(UsageError):
    """No byte of what is asked for is there, or it is asked for in too many pieces."""


@dataclass(frozen=True)
class Span:
    """Bytes of a file, from `start` to before `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many they are."""
        return self.end - self.start

    def told(self, size: int) -> str:
        """Return the value of ``Content-Range``."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def spans(header: str | None, size: int) -> tuple[Span, ...]:
    """Return the spans that a ``Range`` header asks for, in its order; none where the whole file is to be sent.

    A header that is no range of bytes, or is written wrongly, is as good as none, as the RFC recommends. Ranges that
    overlap are sent as they are asked for while they are few.

    Raises
    ------
    RangeError
        If no range has a byte of the file, or there are too many (416).

    Examples
    --------
    >>> spans("bytes=0-3, -2", 10)
    (Span(start=0, end=4), Span(start=8, end=10))
    >>> spans("lines=1-2", 10)
    ()
    """
    if header is None or not size:
        return ()
    unit, separator, text = header.partition("=")
    if not separator or unit.strip(" \t").lower() != "bytes":
        return ()
    parts = [part for piece in text.split(",") if (part := piece.strip(" \t"))]
    asked = [_asked(part) for part in parts]
    if not asked or any(one is None for one in asked):
        return ()
    if len(asked) > MOST:
        raise RangeError(f"{len(asked):,} ranges are asked for at once; expected at most {MOST}")
    found = [span for one in asked if one is not None and (span := _span(*one, size)) is not None]
    if not found:
        raise RangeError(f"the file has {size:,} bytes, and none of those that are asked for ({header[:100]})")
    # Whoever asks for the same bytes again and again wants the work, and not the bytes.
    if len(found) > 1 and sum(span.size for span in found) > size:
        return ()
    return tuple(found)


def _asked(part: str) -> tuple[int | None, int | None] | None:
    """Return the first and the last byte of one range; None where it is none."""
    found = _RANGE.fullmatch(part)
    if found is None or not any(found.groups()):
        return None
    first, last = (_number(text) if text else None for text in found.groups())
    if first is not None and last is not None and last < first:
        return None
    return first, last


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return _LARGEST if len(digits) > len(str(_LARGEST)) else int(digits or "0")


def _span(first: int | None, last: int | None, size: int) -> Span | None:
    """Return the span of a range; None where it has no byte of the file."""
    if first is None:
        assert last is not None
        return Span(max(0, size - last), size) if last else None
    if first >= size:
        return None
    return Span(first, size if last is None else min(last + 1, size))


@dataclass(frozen=True)
class Part:
    """A span of a body of several ranges, and what stands before it."""

    head: bytes
    span: Span


def parts(asked: Sequence[Span], size: int, media_type: str, boundary: str) -> tuple[tuple[Part, ...], bytes]:
    """Return the parts of a body of several ranges (``multipart/byteranges``), and what stands at its end."""
    found = []
    for number, span in enumerate(asked):
        line = "" if not number else "\r\n"
        head = f"{line}--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {span.told(size)}\r\n\r\n"
        found.append(Part(head.encode("ascii"), span))
    return tuple(found), f"\r\n--{boundary}--\r\n".encode("ascii")
