"""The events of a job, as a stream that a browser or `curl` reads (server-sent events).

The log of the run has nearly everything, and is a file that other processes append to. The id of an event says how far
it was read, so that who connects again with ``Last-Event-ID`` misses nothing and hears nothing twice.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.api.dispatch.board import Board
from dsgrid.api.job import Job
from dsgrid.operations.progress import BEGUN, DONE, ESTIMATE, FAILED, TOLD
from dsgrid.operations.run_log import EVENTS

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = 15.0
AGAIN: Final = 2_000  # milliseconds after which a client connects again
LOOK: Final = 0.3
LOOK_QUEUED: Final = 1.0
# Of the log at once: a client that comes late gets it in pieces.
CHUNK: Final = 1 << 18
# A line of more is not read as an event; there is none.
LONGEST: Final = 1 << 20

NAMES: Final[Mapping[str, str]] = {
    **{EVENTS[kind]: "stage" for kind in (BEGUN, DONE, FAILED)},
    EVENTS[TOLD]: "message",
    EVENTS[ESTIMATE]: "estimate",
}
_LEFT_OUT: Final = frozenset({"spec", "run", "job", "query"})  # who listens to a job knows it
_ID: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,15})(e?)")


@dataclass(frozen=True)
class Place:
    """How far a stream was heard.

    Parameters
    ----------
    attempt
        The attempt whose log it is.
    offset
        Bytes of it.
    is_end
        Whether the end of the job was told, too.
    """

    attempt: int = 0
    offset: int = 0
    is_end: bool = False

    def __str__(self) -> str:
        return f"{self.attempt}.{self.offset}{'e' if self.is_end else ''}"


def place_of(text: str | None) -> Place:
    """Return the place that ``Last-Event-ID`` names; the beginning where it names none."""
    found = _ID.fullmatch(text or "")
    return Place(int(found[1]), int(found[2]), bool(found[3])) if found else Place()


def event(name: str, data: Mapping[str, Any], place: Place) -> bytes:
    """Return one event as it is sent."""
    # JSON has no line ends of its own, so that data is always one line.
    return f"id: {place}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n".encode()


def lines_after(path: Path, offset: int) -> tuple[tuple[bytes, ...], int]:
    """Return the whole lines of a log from a place on, as many as fit, and the place after them."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            read = file.read(CHUNK)
            while b"\n" not in read and len(read) < LONGEST and (more := file.read(CHUNK)):
                read += more
    except OSError:
        return (), offset
    whole = read[: read.rfind(b"\n") + 1]
    if not whole:
        # A line that never ends is passed over; one that is being written is read the next time.
        return (), offset + len(read) if len(read) >= LONGEST else offset
    return tuple(whole.splitlines(keepends=True)), offset + len(whole)


def told(line: bytes) -> tuple[str, Mapping[str, Any]] | None:
    """Return the name of the event that a line of the log is, and its data; None for other lines, and damaged ones."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    name = NAMES.get(str(entry.get("event"))) if isinstance(entry, dict) else None
    return None if name is None else (name, {key: value for key, value in entry.items() if key not in _LEFT_OUT})


@dataclass(frozen=True)
class Heard:
    """What a job has done by now, as far as one look reads.

    Parameters
    ----------
    events
        The name, the data and the place of each.
    place
        How far its log was read.
    has_more
        Whether there was too much for one look.
    """

    events: tuple[tuple[str, Mapping[str, Any], Place], ...]
    place: Place
    has_more: bool


def heard(path: Path, attempt: int, place: Place) -> Heard:
    """Return what the log of an attempt tells from a place on; of another attempt's place from the beginning."""
    if place.attempt != attempt:
        place = Place(attempt)
    lines, after = lines_after(path, place.offset)
    found = []
    offset = place.offset
    for line in lines:
        offset += len(line)
        named = told(line)
        if named is not None:
            found.append((*named, Place(attempt, offset)))
    has_more = after > place.offset and bool(lines_after(path, after)[0])
    return Heard(tuple(found), Place(attempt, after), has_more)


@dataclass(frozen=True)
class Source:
    """What a stream is made of.

    Parameters
    ----------
    job
        Reads the job; None where it was removed.
    log
        Reads on in its log: of a job, from a place.
    state, end
        Make the data of the events of these names.
    redacted
        Takes the server's paths out of a document.
    """

    job: Callable[[], Awaitable[Job | None]]
    log: Callable[[Job, int], Awaitable[tuple[tuple[bytes, ...], int]]]
    state: Callable[[Job], Awaitable[Mapping[str, Any]]]
    end: Callable[[Job], Awaitable[Mapping[str, Any]]]
    redacted: Callable[[Mapping[str, Any]], Mapping[str, Any]]


async def stream(source: Source, board: Board, job: str, place: Place, seconds: float) -> AsyncIterator[bytes]:
    """Yield the events of a job until its end is told, the time is over, or the server ends.

    Parameters
    ----------
    place
        Where the client has stopped hearing.
    seconds
        How long the stream lasts; clients connect again.
    """
    until = time.monotonic() + seconds
    shown: Mapping[str, Any] | None = None
    yield f"retry: {AGAIN}\n\n".encode()
    quiet = time.monotonic()
    with board.watching(job) as watch:
        while True:
            # The job before its log: all that it wrote before it ended is in there then.
            found = await source.job()
            if found is None:
                return
            if found.attempt != place.attempt:
                place = Place(found.attempt)
            state = await source.state(found)
            is_new = state != shown
            shown = state
            # What a job did comes before its end, and after its beginning.
            if is_new and not found.has_ended:
                quiet = time.monotonic()
                yield event("state", state, place)
            is_read = False
            while not is_read:
                lines, after = await source.log(found, place.offset)
                offset = place.offset
                for line in lines:
                    offset += len(line)
                    place = Place(place.attempt, offset)
                    named = told(line)
                    if named is not None:
                        quiet = time.monotonic()
                        yield event(named[0], source.redacted(named[1]), place)
                is_read = after == place.offset and not lines
                place = Place(place.attempt, after)
            if found.has_ended:
                if is_new:
                    yield event("state", state, place)
                yield event("end", await source.end(found), Place(place.attempt, place.offset, True))
                return
            now = time.monotonic()
            if now >= until or board.is_closed:
                return
            if now - quiet >= HEARTBEAT:
                quiet = now
                yield b":\n\n"
            pause = LOOK if found.started_at is not None else LOOK_QUEUED
            await watch.wait(min(pause, until - now))
