"""Answers that are larger than memory: files in spans, and bytes that are made while they are sent.

Both stop when the reader has gone, wait where it is slow, and break the connection where something fails in the
middle: a reader never takes half a table for a whole one.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import IO, Any, Final, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dsgrid.api.answers.ranges import Part, Span
from dsgrid.api.problems.problems import line_of
from dsgrid.errors import StorageError

CHUNK: Final = 128 << 10
_LOG: Final = logging.getLogger("dsgrid.api")
_T = TypeVar("_T")


class BrokenAnswerError(StorageError):
    """An answer that had begun could not be ended; the connection is broken so that the reader sees it."""


class _Answer(Response):
    """An answer that writes its own body; it is ended, or given up, with everything that it holds."""

    def __init__(self, status: int, headers: Mapping[str, str], media_type: str) -> None:
        self.status_code = status
        self.background = None
        self.media_type = None
        self._limiter = CapacityLimiter(1)
        self._step: asyncio.Future[Any] | None = None
        self.init_headers({**headers, "Content-Type": media_type})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until it is sent or nobody is there to take it."""
        sender = asyncio.ensure_future(self._answer(scope, send))
        watcher = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sender, watcher}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watcher.cancel()
            sender.cancel()
            found = await asyncio.gather(sender, watcher, return_exceptions=True)
        if isinstance(found[0], Exception):
            raise found[0]

    async def _answer(self, scope: Scope, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        has_begun = False
        try:
            if scope["method"] == "HEAD":
                await send(start)
            else:
                async with self._slot():
                    await send(start)
                    has_begun = True
                    await self._body(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception as error:
            if not has_begun:
                raise
            # No end is sent: the server then closes the connection, which every client takes for a failure.
            _LOG.error("%s %s broke off: %s", scope["method"], scope["path"], line_of(error))
        finally:
            # A thread that reads for this answer ends its piece, and reads no other.
            if self._step is not None and not self._step.done():
                await asyncio.wait({self._step})
            self._end()

    async def _in_thread(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Do something that waits for a disk; when the answer is given up it is not left behind."""
        self._step = asyncio.ensure_future(run_sync(function, *arguments, limiter=self._limiter))
        return await asyncio.shield(self._step)

    def _slot(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def _body(self, send: Send) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError


async def _gone(receive: Receive) -> None:
    """Wait until the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class FileAnswer(_Answer):
    """A file, or some of it; the file is open already, so that its removal harms no reader.

    Parameters
    ----------
    file
        It is closed when the answer has ended.
    size
        How many bytes it has to have.
    spans
        What is sent of it: none for all.
    """

    def __init__(
        self,
        file: IO[bytes],
        size: int,
        headers: Mapping[str, str],
        media_type: str,
        spans: Sequence[Span] = (),
        multipart: tuple[Sequence[Part], bytes, str] | None = None,
    ) -> None:
        self._file = file
        more: dict[str, str] = {}
        if multipart is not None:
            parts, self._tail, media_type = multipart
            self._parts = tuple(parts)
        else:
            self._tail = b""
            self._parts = (Part(b"", spans[0] if spans else Span(0, size)),)
            if spans:
                more["Content-Range"] = spans[0].told(size)
        more["Content-Length"] = str(sum(len(part.head) + part.span.size for part in self._parts) + len(self._tail))
        super().__init__(206 if spans else 200, {**headers, **more}, media_type)

    async def _body(self, send: Send) -> None:
        descriptor = self._file.fileno()
        for part in self._parts:
            if part.head:
                await _send(send, part.head)
            place = part.span.start
            while place < part.span.end:
                wanted = min(CHUNK, part.span.end - place)
                block = await self._in_thread(os.pread, descriptor, wanted, place)
                if not block:
                    raise BrokenAnswerError(f"the file ends at byte {place:,} before it is whole")
                await _send(send, block)
                place += len(block)
        if self._tail:
            await _send(send, self._tail)

    def _end(self) -> None:
        self._file.close()


class StreamAnswer(_Answer):
    """Bytes that are made while they are sent: a slow reader makes them come slowly.

    Parameters
    ----------
    pieces
        Makes the iterator; in a thread, like every step of it.
    slot
        Makes what is entered before the answer begins, and left when it has ended, however it did.
    idle
        Seconds that a reader may take for one chunk; then it is given up.
    """

    def __init__(
        self,
        pieces: Callable[[], Iterator[bytes]],
        headers: Mapping[str, str],
        media_type: str,
        slot: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
        idle: float | None = None,
    ) -> None:
        self._make = pieces
        self._enter = slot
        self._idle = idle
        self._iterator: Iterator[bytes] | None = None
        super().__init__(200, headers, media_type)

    def _slot(self) -> AbstractAsyncContextManager[None]:
        return self._enter()

    async def _body(self, send: Send) -> None:
        self._iterator = await self._in_thread(self._make)
        while (piece := await self._in_thread(next, self._iterator, None)) is not None:
            view = memoryview(piece)
            for start in range(0, len(view), CHUNK):
                try:
                    # Not wait_for: it forgets that it was cancelled when what it waits for ends at the same time, and a
                    # reader that goes does both.
                    async with asyncio.timeout(self._idle):
                        await _send(send, view[start : start + CHUNK])
                except TimeoutError:
                    raise BrokenAnswerError(f"the reader took nothing for {self._idle:g} s") from None

    def _end(self) -> None:
        close: Any = getattr(self._iterator, "close", None)
        self._iterator = None
        if close is not None:
            # It closes files, and reads no more.
            close()


async def _send(send: Send, body: bytes | memoryview) -> None:
    await send({"type": "http.response.body", "body": bytes(body), "more_body": True})
