"""`connect`: from a URL and a token to the registry of a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dsgrid.client.address import PREFIX, parse_address
from dsgrid.client.registry import RemoteRegistry
from dsgrid.client.tokens import token_for
from dsgrid.client.transport import Transport
from dsgrid.errors import DsgridError, NotFoundError, ServerError, UsageError

TIMEOUT: Final = 60.0
SERVER: Final = "dsgrid"


def connect(
    url: str,
    token: str | None = None,
    *,
    timeout: float = TIMEOUT,
    progress: Callable[[str], None] | None = None,
    insecure: bool = False,
) -> RemoteRegistry:
    """Return the registry of a server, with the verbs of `dsgrid.open_registry`.

    Parameters
    ----------
    url
        ``https://...``, ``http://localhost:...``, or ``unix:///...`` for the socket of a server on this machine.
    token
        What `dsgrid tokens create` printed; without one ``DSGRID_TOKEN``, or what `dsgrid login` has kept for the URL.
    timeout
        How many seconds the server may say nothing. Jobs may last longer: they are waited for.
    progress
        Called with a few words at every step of a long operation.
    insecure
        Send the token also over a network that others can read.

    Raises
    ------
    ServerError
        If nothing answers there, or no dsgrid server of a version that this client speaks; if the token is wrong.
    UsageError
        If the URL is none, or the token would be sent in clear text.
    """
    if not timeout > 0:
        raise UsageError(f"timeout is {timeout:g} s; expected more than 0")
    address = parse_address(url)
    way = Transport(address, token_for(address, token), timeout, insecure)
    try:
        greet(way)
    except BaseException:
        way.close()
        raise
    return RemoteRegistry(way, progress)


def greet(way: Transport) -> Mapping[str, object]:
    """Return what a server says of itself.

    Raises
    ------
    ServerError
        If it is none, or speaks another version of the API.
    """
    try:
        answer = way.get(PREFIX)
        found = answer.json()
    except NotFoundError:
        raise ServerError(
            f"{way.address} has no dsgrid API of version {PREFIX.strip('/')}, which this dsgrid speaks; is the URL "
            "right, and has the server the same version?"
        ) from None
    except DsgridError as error:
        raise error from None
    if not isinstance(found, Mapping) or found.get("name") != SERVER:
        raise ServerError(f"{way.address} answers, but not as a dsgrid server does; is the URL right?")
    return found
