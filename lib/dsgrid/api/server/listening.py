"""Where a server listens: a port of this machine, or a unix socket that only its own user may use."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dsgrid.api.settings import Settings
from dsgrid.errors import StorageError, UsageError

_NO_SUCH_ADDRESS: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@contextmanager
def listening(settings: Settings) -> Iterator[list[socket.socket]]:
    """Give the sockets that a server listens at; of a name with several addresses, all of them.

    Raises
    ------
    UsageError
        It is taken, or is no address of this machine.
    """
    with contextlib.ExitStack() as stack:
        if settings.socket is not None:
            yield [stack.enter_context(_unix_socket(settings.socket))]
            return
        sockets = _bound(settings.host, settings.port)
        for each in sockets:
            stack.enter_context(each)
        yield sockets


def real_port(sockets: list[socket.socket], settings: Settings) -> int:
    """Return the port, also where 0 was asked for."""
    return settings.port if settings.socket is not None else int(sockets[0].getsockname()[1])


def address(settings: Settings) -> str:
    """Return what to call the server by, from this machine: a URL, or a unix socket as ``unix:PATH``."""
    if settings.socket is not None:
        return f"unix:{settings.socket}"
    scheme = "http" if settings.certificate is None else "https"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _bound(host: str, port: int) -> list[socket.socket]:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UsageError(f'found the host "{host}", which is no address of this machine: {error.strerror}') from None
    # The older kind first: a client that knows one address only knows that one.
    entries = sorted(dict.fromkeys(entries), key=lambda entry: entry[0] != socket.AF_INET)
    sockets: list[socket.socket] = []
    wrong: OSError | None = None
    try:
        for family, _, _, _, where in entries:
            free = port or (sockets[0].getsockname()[1] if sockets else 0)
            try:
                sockets.append(_bind(family, (where[0], free, *where[2:])))
            except OSError as error:
                # A name may have an address of a kind that this machine has not, besides others.
                if error.errno not in _NO_SUCH_ADDRESS:
                    raise
                wrong = error
        if not sockets and wrong is not None:
            raise wrong
    except OSError as error:
        for each in sockets:
            each.close()
        raise UsageError(_refused(host, port, error)) from None
    return sockets


def _bind(family: int, where: tuple[object, ...]) -> socket.socket:
    # With its protocol: only then asyncio turns off Nagle's algorithm, which costs 40 ms an answer.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(where)
        # Now, or two that were bound at the same time would both believe that they have it.
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


_BACKLOG: Final = 512


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another program; expected another --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not for everybody: expected a --port above 1023"
    if error.errno in _NO_SUCH_ADDRESS:
        return f'found the host "{host}", which is no address of this machine'
    return f"cannot listen at port {port} of {host}: {error.strerror}"


@contextmanager
def _unix_socket(path: Path) -> Iterator[socket.socket]:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        # Who may use it is decided by the mode that it is made with; nobody can be faster.
        before = os.umask(0o177)
        try:
            made.bind(str(path))
        finally:
            os.umask(before)
        own = path.stat()
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise StorageError(f"no socket can be made at {path}: {error.strerror or error}") from None
    except BaseException:
        made.close()
        raise
    try:
        yield made
    finally:
        made.close()
        with contextlib.suppress(OSError):
            if os.path.samestat(own, path.stat()):
                path.unlink()


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens at any more: a server that was killed leaves it."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise UsageError(f"{path} is there already, and is no socket; nothing was removed")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise UsageError(f"{path} is a socket of others: {error.strerror or error}") from None
    raise UsageError(f"another program listens at {path} already")
