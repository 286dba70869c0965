"""What a job has printed, a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TOO_LONG = "[a line that is too long for one answer]\n"


@dataclass(frozen=True)
class Piece:
    """Whole lines of a log.

    Parameters
    ----------
    text
        The lines.
    after
        The byte where the next piece begins.
    size
        Bytes of the log by now.
    """

    text: str
    after: int
    size: int


def piece_of(path: Path, offset: int, most: int, *, is_whole: bool) -> Piece:
    """Return the lines of a log from a byte on.

    Only whole lines are given: in half of one a path of the server would not be known as one.

    Parameters
    ----------
    offset
        Where to begin; a line that began before is left out. Negative: so many bytes before the end.
    most
        Bytes at most.
    is_whole
        Whether nothing will follow, so that the last line is one also without an end.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = min(offset if offset >= 0 else max(0, size + offset), size)
            start = _line_start(path, start, size) if start else 0
            file.seek(start)
            read = file.read(most)
    except FileNotFoundError:
        return Piece("", 0, 0)
    if is_whole and start + len(read) >= size:
        return Piece(_text(read), start + len(read), size)
    whole = read[: read.rfind(b"\n") + 1]
    if whole or len(read) < most:
        return Piece(_text(whole), start + len(whole), size)
    return Piece(TOO_LONG, _line_start(path, start + 1, size), size)


def _line_start(path: Path, place: int, size: int) -> int:
    """Return where the first line begins that does so at a place or after it."""
    with path.open("rb") as file:
        file.seek(place - 1)
        while place - 1 < size:
            read = file.read(1 << 16)
            if not read:
                break
            found = read.find(b"\n")
            if found >= 0:
                return place + found
            place += len(read)
    return size


def _text(read: bytes) -> str:
    return read.decode("utf-8", "replace")
