"""Where a server is: ``http``, ``https``, or the socket of a server on this machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from dsgrid.errors import UsageError, did_you_mean

SCHEMES: Final = ("http", "https", "unix")
PREFIX: Final = "/v1"  # the version of the API that this client speaks
_OPAQUE: Final = "/:@,+=~!$&'()*;"


@dataclass(frozen=True)
class Address:
    """Where a server is.

    Parameters
    ----------
    url
        As messages and the file of tokens name it, in one form.
    base
        What requests are sent to, without the version of the API.
    socket
        The path of a unix socket.
    """

    url: str
    base: str
    socket: str | None = None

    @property
    def is_near(self) -> bool:
        """Whether nothing that is sent there leaves this machine."""
        return self.socket is not None or _is_loopback(urlsplit(self.base).hostname or "")

    @property
    def is_safe(self) -> bool:
        """Whether nobody on the way can read what is sent there."""
        return self.is_near or self.base.startswith("https:")

    def __str__(self) -> str:
        return self.url


def parse_address(text: str) -> Address:
    """Return the address that a text such as ``https://dsgrid.lab.org`` or ``unix:///run/dsgrid.sock`` says.

    Raises
    ------
    UsageError
        For anything else; a token or a password never belongs into it.
    """
    given = text.strip()
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise UsageError(f'"{_shown(given)}" is no URL; expected one such as http://localhost:8000') from None
    if parts.scheme not in SCHEMES or ("://" not in given and parts.scheme != "unix"):
        hint = f"; did you mean http://{_shown(given)}?" if "://" not in given and given else _near(parts.scheme)
        raise UsageError(f'"{_shown(given)}" is no URL of a server{hint}')
    if "@" in parts.netloc:
        raise UsageError(
            f'"{_shown(given)}" holds a name or a password; a token is given by itself (token=, DSGRID_TOKEN)'
        )
    if parts.query or parts.fragment:
        raise UsageError(f'"{parts.scheme}://{parts.netloc}{parts.path}" is all of a server\'s URL; leave out the rest')
    if parts.scheme == "unix":
        path = unquote(parts.path)
        if parts.netloc or not path.startswith("/"):
            raise UsageError(f'"{given}" names no socket; expected unix:///absolute/path')
        return Address(f"unix://{path}", "http://localhost", path)
    if not parts.hostname:
        raise UsageError(f'"{given}" names no host; expected one such as http://localhost:8000')
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    place = host if port in (None, standard) else f"{host}:{port}"
    url = f"{parts.scheme}://{place}{parts.path.rstrip('/').removesuffix(PREFIX)}"
    return Address(url, url)


def in_path(text: str, what: str = "a reference") -> str:
    """Return an id, or another name, as a part of a path; its slashes stay.

    Raises
    ------
    UsageError
        If it is empty, or could lead elsewhere.
    """
    if not text.strip():
        raise UsageError(f"{what} is empty")
    if any(part in (".", "..") for part in text.split("/")) or text.startswith("/") or text.endswith("/"):
        raise UsageError(f'"{text}" is a path, and not {what}')
    return quote(text, safe=_OPAQUE)


def _near(scheme: str) -> str:
    return did_you_mean(scheme, SCHEMES)


def _shown(text: str) -> str:
    """Return a text without what stands before an ``@``: that may be a secret."""
    scheme, mark, rest = text.rpartition("://")
    return f"{scheme}{mark}...@{rest.rpartition('@')[2]}" if "@" in rest else text


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
