"""Progress as values: the stages of an operation begin, end and fail, and listeners are told.

Operations take any callable that shows a text. One that is a `Listener` is told more: when a stage ends, what it made,
and what is known before a long run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TextIO

from dsgrid.datasets.offenders import counted

Progress = Callable[[str], None]

BEGUN: Final = "begun"
DONE: Final = "done"
FAILED: Final = "failed"
TOLD: Final = "told"  # a remark, which begins nothing
ESTIMATE: Final = "estimate"

INFO: Final = "info"
WARNING: Final = "warning"
ERROR: Final = "error"

# An estimate is told unasked where a run takes longer than so many seconds.
LONG: Final = 30.0


@dataclass(frozen=True)
class Event:
    """Something that happens in an operation.

    Parameters
    ----------
    kind
        ``begun``, ``done`` or ``failed`` of a stage; ``told`` of a remark; ``estimate`` of what is expected.
    text
        The name of the stage, or what is said.
    seconds
        What a stage took, or what is expected; None where that is not known.
    rows, bytes
        What a stage made, where that is known.
    detail
        Lines about what a stage does.
    lasts
        Whether a stage lasts until its end is told.
    """

    kind: str
    text: str
    seconds: float | None = None
    rows: int | None = None
    bytes: int | None = None
    detail: tuple[str, ...] = ()
    level: str = INFO
    lasts: bool = False

    @property
    def made(self) -> str:
        """What a stage made, in words; empty where that is not known."""
        rows = "" if self.rows is None else counted(self.rows, "row")
        return ", ".join(part for part in (rows, "" if self.bytes is None else in_bytes(self.bytes)) if part)


class Listener:
    """Somebody who is told all events; a plain text, as operations without stages say it, begins a stage."""

    def __call__(self, message: str) -> None:
        self.take(Event(BEGUN, message))

    def take(self, event: Event) -> None:
        """Be told of an event."""
        raise NotImplementedError

    def close(self, error: BaseException | None = None) -> None:
        """Be told that nothing follows, and what ended it where that is an error."""


def emit(progress: Progress | None, event: Event) -> None:
    """Tell an event; a callable for texts is told what begins, remarks, and of long runs what is expected."""
    if isinstance(progress, Listener):
        progress.take(event)
    elif progress is not None and _is_for_all(event):
        progress(event.text)


def _is_for_all(event: Event) -> bool:
    if event.kind == ESTIMATE:
        return event.seconds is not None and event.seconds > LONG
    return event.kind in (BEGUN, TOLD)


def tell(progress: Progress | None, text: str, level: str = INFO) -> None:
    """Tell a remark, which begins no stage."""
    emit(progress, Event(TOLD, text, level=level))


@dataclass
class Made:
    """What a stage has made; filled in while it runs."""

    rows: int | None = None
    bytes: int | None = None


@contextmanager
def stage(progress: Progress | None, name: str, detail: Sequence[str] = ()) -> Iterator[Made]:
    """Tell that a stage begins, and how it ended."""
    began = time.monotonic()
    emit(progress, Event(BEGUN, name, detail=tuple(detail), lasts=True))
    made = Made()
    try:
        yield made
    except BaseException as error:
        emit(progress, Event(FAILED, name, time.monotonic() - began, level=level_of(error)))
        raise
    emit(progress, Event(DONE, name, time.monotonic() - began, made.rows, made.bytes))


def level_of(error: BaseException) -> str:
    """Return how bad an end is: an error, or somebody stopped it."""
    return ERROR if isinstance(error, Exception) else WARNING


@contextmanager
def closed(listener: Listener) -> Iterator[Listener]:
    """Close a listener at the end, and tell it what error that was."""
    try:
        yield listener
    except BaseException as error:
        listener.close(error)
        raise
    listener.close()


def within(progress: Progress, where: str) -> Listener:
    """Return a listener that passes on what it is told, with a place in front, such as the spec of a bulk."""
    return _Within(progress, where)


@dataclass(frozen=True)
class _Within(Listener):
    progress: Progress
    where: str

    def take(self, event: Event) -> None:
        emit(self.progress, replace(event, text=f"{self.where}: {event.text}"))


@dataclass(frozen=True)
class Several(Listener):
    """Several listeners as one."""

    listeners: tuple[Progress, ...]

    def take(self, event: Event) -> None:
        for each in self.listeners:
            emit(each, event)


@dataclass
class Step:
    """A stage of an operation as it was met: when it began, how deep it lies in others, and how it ended."""

    name: str
    began: float
    depth: int
    lasts: bool
    detail: tuple[str, ...] = ()
    ended: Event | None = None


@dataclass
class Course:
    """The course of an operation: its stages so far, and those that run.

    It makes ends of stages where none are told: a stage that was begun by a plain text ends when the next one begins,
    or when the stage ends that it lies in.
    """

    steps: list[Step] = field(default_factory=list)
    running: list[Step] = field(default_factory=list)

    def take(self, event: Event, now: float) -> list[Event]:
        """Return what has happened, in order, the ends of stages included."""
        if event.kind in (DONE, FAILED):
            return self._end(event, now)
        if event.kind != BEGUN:
            return [event]
        before = []
        if self.running and not self.running[-1].lasts:
            if self.running[-1].name == event.text:
                return []  # the same words once more
            before = [self._pop(DONE, now)]
        step = Step(event.text, now, len(self.running), event.lasts, event.detail)
        self.steps.append(step)
        self.running.append(step)
        return [*before, event]

    def close(self, now: float, error: BaseException | None = None) -> list[Event]:
        """Return the ends of the stages that run."""
        kind, level = (DONE, INFO) if error is None else (FAILED, level_of(error))
        return [self._pop(kind, now, level) for _ in range(len(self.running))]

    def _end(self, event: Event, now: float) -> list[Event]:
        names = [step.name for step in self.running]
        if event.text not in names:
            return []
        ended = []
        while self.running[-1].name != event.text:
            ended.append(self._pop(event.kind, now, event.level))
        self.running.pop().ended = event
        return [*ended, event]

    def _pop(self, kind: str, now: float, level: str = INFO) -> Event:
        step = self.running.pop()
        step.ended = Event(kind, step.name, now - step.began, level=level)
        return step.ended


class LineProgress(Listener):
    """Progress as plain lines with the seconds since the start, for logs.

    Parameters
    ----------
    estimate
        Show what is expected before short runs too.
    stream
        Where the lines go; by default what is the standard error when one is written.
    """

    def __init__(self, estimate: bool = False, stream: TextIO | None = None) -> None:
        self._start = time.monotonic()
        self._course = Course()
        self._estimate = estimate
        self._stream = stream

    def take(self, event: Event) -> None:
        """Write the lines of an event."""
        for each in self._course.take(event, time.monotonic()):
            self._write(each)

    def close(self, error: BaseException | None = None) -> None:
        """Name the stage that an error has ended."""
        for each in self._course.close(time.monotonic(), error):
            self._write(each)

    def _write(self, event: Event) -> None:
        if event.kind == BEGUN:
            self._line(event.text)
            for each in event.detail:
                self._line(f"  {each}")
        elif event.kind == FAILED:
            how = "failed" if event.level == ERROR else "stopped"
            self._line(f"{how} in: {event.text}, after {in_seconds(event.seconds or 0.0)}")
        elif event.kind == DONE:
            if event.made:
                self._line(f"{event.text}: {event.made} in {in_seconds(event.seconds or 0.0)}")
        elif event.kind == TOLD or self._estimate or _is_for_all(event):
            self._line(event.text if event.level == INFO else f"{event.level}: {event.text}")

    def _line(self, text: str) -> None:
        stream = self._stream or sys.stderr
        stream.write(f"[{time.monotonic() - self._start:6.1f} s] {text}\n")
        stream.flush()


def in_seconds(seconds: float) -> str:
    """Return a time as people say it.

    >>> in_seconds(0.04), in_seconds(12.34), in_seconds(75), in_seconds(7_300)
    ('0.0 s', '12.3 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def in_bytes(count: int) -> str:
    """Return a size as people say it.

    >>> in_bytes(999), in_bytes(12_345), in_bytes(5_100_000), in_bytes(2_300_000_000)
    ('999 bytes', '12.3 kB', '5.1 MB', '2.3 GB')
    """
    if count < 1_000:
        return f"{count} byte{'s' if count != 1 else ''}"
    for unit, size in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < 999.95 * size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e12:,.1f} TB"
