"""Serve a registry: from settings to a process that answers until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from fastapi import FastAPI

from dsgrid.api.access.context import Context
from dsgrid.api.server.connections import LARGEST_HEAD, Connection
from dsgrid.api.server.greeting import greeting
from dsgrid.api.server.listening import address, listening, real_port
from dsgrid.api.server.memory import give_memory_back
from dsgrid.api.server.server_log import log_configuration
from dsgrid.api.settings import Settings
from dsgrid.api.state.lock import forget_address, locked_state, told_address
from dsgrid.registry.registry import Registry
from dsgrid.version import __version__

if TYPE_CHECKING:
    from dsgrid.api.server.mounting import Mount

KEEP_ALIVE: Final = 15  # seconds that a connection may be idle between requests
GRACE: Final = 5  # seconds for answers that are being given when the server is told to end
LOCK_TIMEOUT: Final = 3.0
_FILES: Final = 256  # open files besides those of connections
_LOOKING: Final = 2  # ticks of a tenth of a second between two looks at the connections
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = logging.getLogger("dsgrid.api.server.serving")


def serve(settings: Settings, say: Callable[[str], None] = print, mount: Mount | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; a second one ends it at once.

    Jobs that run go on, and the next server of the same state folder takes them over.

    Parameters
    ----------
    say
        Told what is served, and where, as soon as it answers.
    mount
        What stands beside the API, such as the viewer.

    Raises
    ------
    DsgridError
        It cannot be served: there is no registry, the address is taken, another server has the state folder.
    """
    Registry.open(settings.registry, lock_timeout=LOCK_TIMEOUT).close()
    _allow_files(settings.limits.connections + _FILES)
    with locked_state(settings.state), listening(settings) as sockets:
        settings = replace(settings, port=real_port(sockets, settings))
        # Heavy, and only needed where all is well so far.
        give_memory_back()
        from dsgrid.api.runners.environment import own_places
        from dsgrid.api.server.app import make_app

        # What explains a query looks at past runs, too.
        os.environ |= own_places(settings)
        app = make_app(settings, mount=mount)
        server = _Server(app, settings, say)
        # Messages tell places inside of the working folder relative to it: the state's are to be seen as `jobs/...`.
        with contextlib.chdir(settings.state), _told_to_end(server.end):
            asyncio.run(server.run_with(app, sockets))
        _log.info("ended")
    _leave_threads()


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, settings: Settings, say: Callable[[str], None]) -> None:
        tls: dict[str, Any] = {}
        if settings.certificate is not None:
            tls = {"ssl_certfile": settings.certificate, "ssl_keyfile": settings.key}
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=Connection,
            ws="none",
            # Ours to begin and to end, so that what goes wrong there is told as everything else is.
            lifespan="off",
            log_config=log_configuration(),
            server_header=False,
            # The guards look at what proxies say, and nothing else does.
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            **tls,
        )
        super().__init__(config)
        self._settings = settings
        self._say = say
        self._context: Context = app.state.context

    async def run_with(self, app: FastAPI, sockets: list[socket.socket]) -> None:
        """Run the application with what lives as long as it."""
        async with app.router.lifespan_context(app):
            where = {"url": address(self._settings), "version": __version__, "port": self._settings.port}
            with told_address(self._settings.state, where):
                await self.serve(sockets)

    def end(self, number: int) -> None:
        """End it in order; asked once more, at once."""
        if self.should_exit:
            forget_address(self._settings.state)
            if self._settings.socket is not None:
                self._settings.socket.unlink(missing_ok=True)
            os._exit(128 + number)
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone: they were taken care of before."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = {}
        if self.config.ssl is not None:
            # Else a minute for each who says nothing.
            tls = {"ssl": self.config.ssl, "ssl_handshake_timeout": self._settings.limits.header_time}
        self.servers = [
            await loop.create_server(self._connection, sock=each, backlog=self.config.backlog, **tls)
            for each in sockets or ()
        ]
        self.started = True
        self._say(greeting(self._settings))

    async def on_tick(self, counter: int) -> bool:
        """Look at the connections, a few times a second."""
        if counter % _LOOKING == 0:
            now = asyncio.get_running_loop().time()
            for each in list(self.server_state.connections):
                if isinstance(each, Connection):
                    each.look(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and let those go that only wait."""
        _log.info("ending: no more requests are taken; jobs go on")
        self._context.dispatcher.release()
        await super().shutdown(sockets)

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, {}, limits=self._settings.limits)


@contextmanager
def _told_to_end(end: Callable[[int], None]) -> Iterator[None]:
    def handler(number: int, _frame: FrameType | None) -> None:
        end(number)

    # With nohup the end of the terminal is no matter.
    heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, handler) for each in heeded}
    try:
        yield
    finally:
        for each, handler_before in before.items():
            signal.signal(each, handler_before)


def _allow_files(wanted: int) -> None:
    """Let this process have as many open files as its connections need, where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _leave_threads(seconds: float = 1.0) -> None:
    """Wait a moment for threads that still compute answers which nobody waits for; then leave without them."""
    end = time.monotonic() + seconds
    main = threading.main_thread()
    while others := [each for each in threading.enumerate() if each is not main and not each.daemon]:
        if time.monotonic() > end:
            _log.info("left without %s", ", ".join(each.name for each in others))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        others[0].join(0.1)
