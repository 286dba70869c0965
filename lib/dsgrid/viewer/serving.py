"""The viewer in a process of its own: ``dsgrid viewer``."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from dsgrid.client.address import parse_address
from dsgrid.client.connecting import greet
from dsgrid.client.tokens import token_for
from dsgrid.client.transport import Transport
from dsgrid.errors import UsageError
from dsgrid.version import __version__
from dsgrid.viewer.app import make_viewer
from dsgrid.viewer.bridge import Bridge
from dsgrid.viewer.public import Public, checked_proxies, parse_public

PORT: Final = 8050
MOST_CONNECTIONS: Final = 200
GRACE: Final = 3  # seconds for answers that are being given when it is told to end
_KEPT_ALIVE: Final = 15
_LARGEST_HEAD: Final = 16 << 10
_LOCAL: Final = ("127.0.0.1", "::1")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve_viewer(
    url: str,
    token: str | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    insecure: bool = False,
    names: Iterable[str] = (),
    public: str | None = None,
    proxies: Iterable[str] = (),
    say: Callable[[str], None] = print,
    started: Callable[[str], None] = lambda _address: None,
) -> None:
    """Show a server's registry to browsers until Ctrl-C.

    Parameters
    ----------
    url, token
        The server; see `dsgrid.client.connecting.connect`. Whoever opens the printed address has this token's rights,
        unless `public` is given.
    host, port
        Where the viewer listens; port 0 means a free one.
    insecure
        Listen on a network although nothing encrypts, and send the token over one that others can read.
    names
        Names that browsers may call the viewer by, besides those of this machine.
    public
        The URL that users have for the viewer, where a proxy is before it, which takes off the path in it. Then
        everybody signs in with a token of their own: a proxy would write a key in an address to its log.
    proxies
        Addresses whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed; with `public` those of this machine
        if none are said.
    say
        Told where the viewer is.
    started
        Called with the address to open, with its key, as soon as it answers.

    Raises
    ------
    UsageError
        The port is taken, the address is none of this machine, or tokens would cross a network unencrypted.
    ServerError
        There is no dsgrid server, or it does not know the token.
    """
    address = parse_address(url)
    outside = parse_public(public) if public is not None else None
    if outside is not None and outside.url.startswith("http:") and not (_is_loopback(outside.name) or insecure):
        raise UsageError(
            f"found {outside.url}, where tokens would cross the network unencrypted; expected https://..., or "
            "--insecure in a network that you trust"
        )
    believed = checked_proxies(proxies) or (_LOCAL if outside is not None else ())
    own = token_for(address, token)

    def connected(given: str | None) -> Transport:
        return Transport(address, given, insecure=insecure, hasty=True)

    greet(connected(own))
    me = _who(connected(own)) if own is not None else None
    with _listening(host, port, insecure=insecure) as end:
        key = secrets.token_urlsafe(24) if own is not None and outside is None else None
        known = frozenset({host, socket.gethostname(), *names, *((outside.name,) if outside is not None else ())})
        where = outside.url if outside is not None else _address(host, end.getsockname()[1])
        app = make_viewer(
            connected,
            server=address.url,
            prefix=outside.prefix if outside is not None else "/",
            key=key,
            own_token=own,
            names=known,
            public=outside.url if outside is not None else None,
        )
        bridge = Bridge(app)
        config = uvicorn.Config(
            bridge,
            http="h11",  # whose heads are bounded
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(believed),
            forwarded_allow_ips=list(believed),
            ws="none",
            lifespan="off",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=_KEPT_ALIVE,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        opened = f"{where}{f'?key={key}' if key else ''}"

        def begun() -> None:
            say(_greeting(address.url, opened, me, host) if outside is None else _outside(address.url, outside, end))
            started(opened)

        try:
            _Server(config, begun).run(sockets=[end])
        finally:
            bridge.close()


class _Server(uvicorn.Server):
    """Says when it answers; a signal ends it in order, and a second one at once."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        before = {each: signal.signal(each, self.handle_exit) for each in heeded}
        try:
            yield
        finally:
            # What has ended in order is not raised once more, as uvicorn would.
            for each, handler in before.items():
                signal.signal(each, handler)


def _greeting(server: str, opened: str, me: str | None, host: str) -> str:
    who = f"whoever has this address is {me} there" if me else "nobody is signed in: no token is kept for the server"
    lines = (("open", opened), ("server", server), ("signs in", who))
    told = [f"  {name:<8}  {value}" for name, value in lines]
    if not _is_loopback(host):
        told.append("  the network is not encrypted: who reads along can look, too")
    return "\n".join((f"dsgrid {__version__} shows a registry, until Ctrl-C", *told))


def _outside(server: str, public: Public, end: socket.socket) -> str:
    host, port = end.getsockname()[:2]
    lines = (
        ("open", public.url),
        ("server", server),
        ("listens", f"{_address(host, port)}, for the proxy"),
        ("signs in", "everybody with a token of their own"),
    )
    told = (f"  {name:<8}  {value}" for name, value in lines)
    return "\n".join((f"dsgrid {__version__} shows a registry, until Ctrl-C", *told))


def _who(way: Transport) -> str:
    try:
        me = way.get("/me").json()
        return f"{me['name']} ({me['role']})"
    finally:
        way.close()


@contextmanager
def _listening(host: str, port: int, *, insecure: bool) -> Iterator[socket.socket]:
    if not _is_loopback(host) and not insecure:
        raise UsageError(
            f'found the host "{host}", where tokens would cross the network unencrypted; expected 127.0.0.1 and a '
            "tunnel (ssh -L), `dsgrid serve --viewer` with TLS, or --insecure in a network that you trust"
        )
    made: Any = None
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(where)
        made.listen(128)
    except OSError as error:
        if made is not None:
            made.close()
        raise UsageError(_refused(host, port, error)) from None
    with contextlib.closing(made):
        yield made


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another program; expected another --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not for everybody: expected a --port above 1023"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f'found the host "{host}", which is no address of this machine'
    return f"cannot listen at port {port} of {host}: {error.strerror}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def leave_threads(seconds: float = 1.0) -> None:
    """Wait a moment for threads that still wait for the server; then leave without them: nobody takes their answers."""
    end = time.monotonic() + seconds
    main = threading.main_thread()
    while others := [each for each in threading.enumerate() if each is not main and not each.daemon]:
        if time.monotonic() > end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        others[0].join(0.1)


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
