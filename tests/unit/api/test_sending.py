"""Large answers: they end when the reader goes, they break where something fails, and they leave nothing open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.answers.ranges import Span
from dsgrid.api.answers.sending import CHUNK, BrokenAnswerError, FileAnswer, StreamAnswer

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


class Reader:
    """A client at the other end: takes what is sent, until it goes, or stops taking and goes some seconds later."""

    def __init__(
        self, goes_after: int | None = None, stops_after: int | None = None, seconds: float | None = None
    ) -> None:
        self.messages: list[dict[str, Any]] = []
        self._goes_after = goes_after
        self._stops_after = stops_after
        self._seconds = seconds
        self._has_gone = asyncio.Event()
        self._asked = False

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.messages)

    @property
    def is_ended(self) -> bool:
        return bool(self.messages) and self.messages[-1].get("more_body") is False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._has_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await asyncio.sleep(0)
        self.messages.append(dict(message))
        if self._goes_after is not None and len(self.body) >= self._goes_after:
            self._has_gone.set()
        if self._stops_after is not None and len(self.body) >= self._stops_after:
            if self._seconds is not None:
                asyncio.get_running_loop().call_later(self._seconds, self._has_gone.set)
            # As servers do: what waits for a reader that goes is let go at the same moment.
            await self._has_gone.wait()


class Pieces:
    """Pieces of a stream, and whether they were closed."""

    def __init__(self, count: int, make: Callable[[int], bytes] = lambda number: b"x" * 10) -> None:
        self.count = count
        self.made = 0
        self.is_closed = False
        self._make = make

    def __call__(self) -> Iterator[bytes]:
        try:
            for number in range(self.count):
                self.made += 1
                yield self._make(number)
        finally:
            self.is_closed = True


class Slot:
    """A place in a gate."""

    def __init__(self) -> None:
        self.inside = 0
        self.entered = 0

    @asynccontextmanager
    async def __call__(self) -> Any:
        self.inside += 1
        self.entered += 1
        try:
            yield
        finally:
            self.inside -= 1


def answered(answer: Any, reader_of: Callable[[], Reader], method: str = "GET", limit: float = 5.0) -> Reader:
    """Send an answer, and return the reader of it."""

    async def run() -> Reader:
        reader = reader_of()
        found: list[Reader] = [reader]
        try:
            await asyncio.wait_for(answer({**SCOPE, "method": method}, reader.receive, reader.send), limit)
        finally:
            readers[:] = found
        return reader

    readers: list[Reader] = []
    try:
        return asyncio.run(run())
    except BaseException as error:
        error.reader = readers[0]  # type: ignore[attr-defined]
        raise


def test_a_stream_is_sent_whole() -> None:
    pieces, slot = Pieces(5, lambda number: bytes([number]) * 3 * CHUNK), Slot()
    reader = answered(StreamAnswer(pieces, {"ETag": '"a"'}, "text/csv", slot=slot), Reader)
    assert reader.body == b"".join(bytes([number]) * 3 * CHUNK for number in range(5))
    assert max(len(one.get("body", b"")) for one in reader.messages) <= CHUNK
    assert reader.is_ended
    assert (pieces.is_closed, slot.inside, slot.entered) == (True, 0, 1)
    assert b"content-length" not in dict(reader.messages[0]["headers"])


def test_head_makes_nothing() -> None:
    pieces, slot = Pieces(5), Slot()
    reader = answered(StreamAnswer(pieces, {}, "text/csv", slot=slot), Reader, "HEAD")
    assert (reader.body, reader.is_ended, pieces.made, slot.entered) == (b"", True, 0, 0)


def test_a_reader_that_goes_ends_the_work() -> None:
    pieces, slot = Pieces(1_000_000, lambda _: time.sleep(0.001) or b"x"), Slot()
    began = time.monotonic()
    reader = answered(StreamAnswer(pieces, {}, "text/csv", slot=slot), lambda: Reader(goes_after=20))
    assert time.monotonic() - began < 1
    assert pieces.made < 100
    assert not reader.is_ended
    assert (pieces.is_closed, slot.inside) == (True, 0)


def test_a_reader_that_goes_while_a_piece_is_made_waits_for_no_more_than_it() -> None:
    went = threading.Event()

    def slow(number: int) -> bytes:
        if number:
            went.wait(0.3)
        return b"x" * 10

    pieces, slot = Pieces(100, slow), Slot()
    answered(StreamAnswer(pieces, {}, "text/csv", slot=slot), lambda: Reader(goes_after=10))
    assert (pieces.made, pieces.is_closed, slot.inside) == (2, True, 0)


def test_a_reader_that_takes_nothing_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    pieces, slot = Pieces(100), Slot()
    reader = answered(StreamAnswer(pieces, {}, "text/csv", slot=slot, idle=0.05), lambda: Reader(stops_after=30))
    assert not reader.is_ended
    assert "took nothing" in caplog.text
    assert (pieces.made, pieces.is_closed, slot.inside) == (3, True, 0)


@pytest.mark.parametrize("idle", [None, 10.0])
def test_a_reader_that_stops_and_then_goes_ends_the_work(idle: float | None) -> None:
    pieces, slot = Pieces(100_000), Slot()
    answer = StreamAnswer(pieces, {}, "text/csv", slot=slot, idle=idle)
    reader = answered(answer, lambda: Reader(stops_after=20, seconds=0.05))
    assert pieces.made <= 3
    assert not reader.is_ended
    assert (pieces.is_closed, slot.inside) == (True, 0)


def test_a_slow_reader_makes_the_pieces_come_slowly() -> None:
    pieces = Pieces(100)

    async def run() -> int:
        reader = Reader(stops_after=50)
        task = asyncio.ensure_future(StreamAnswer(pieces, {}, "text/csv")(SCOPE, reader.receive, reader.send))
        await asyncio.sleep(0.1)
        made = pieces.made
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return made

    assert asyncio.run(run()) == 5
    assert pieces.is_closed


def test_what_fails_in_the_middle_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    def failing(number: int) -> bytes:
        if number == 3:
            raise ValueError("a damaged page")
        return b"x" * 10

    pieces, slot = Pieces(10, failing), Slot()
    reader = answered(StreamAnswer(pieces, {}, "text/csv", slot=slot), Reader)
    assert "a damaged page" in caplog.text
    assert (len(reader.body), reader.is_ended) == (30, False)
    assert (pieces.is_closed, slot.inside) == (True, 0)


def test_what_fails_at_once_has_not_begun() -> None:
    @asynccontextmanager
    async def full() -> Any:
        raise BrokenAnswerError("too many downloads")
        yield

    pieces = Pieces(10)
    with pytest.raises(BrokenAnswerError, match="too many") as raised:
        answered(StreamAnswer(pieces, {}, "text/csv", slot=full), Reader)
    assert raised.value.reader.messages == []  # type: ignore[attr-defined]
    assert pieces.made == 0


def test_a_file_is_sent_although_it_is_removed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "data"
    data = bytes(range(256)) * 4096
    path.write_bytes(data)
    file = path.open("rb", buffering=0)
    answer = FileAnswer(file, len(data), {}, "text/csv", [Span(5, len(data) - 5)])
    path.unlink()
    reader = answered(answer, Reader)
    assert reader.body == data[5:-5]
    assert reader.messages[0]["status"] == 206
    assert file.closed


def test_a_file_that_ends_early_does_not_look_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 3 * CHUNK)
    file = path.open("rb", buffering=0)
    reader = answered(FileAnswer(file, 4 * CHUNK, {}, "text/csv"), Reader)
    assert "before it is whole" in caplog.text
    assert (len(reader.body), reader.is_ended, file.closed) == (3 * CHUNK, False, True)


def test_a_file_is_closed_when_its_reader_goes(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 100 * CHUNK)
    file = path.open("rb", buffering=0)
    reader = answered(FileAnswer(file, 100 * CHUNK, {}, "text/csv"), lambda: Reader(goes_after=CHUNK))
    assert len(reader.body) < 50 * CHUNK
    assert file.closed
