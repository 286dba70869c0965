"""What users call the viewer where a proxy is before it, and which proxies are believed whom they have heard."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from dsgrid.errors import UsageError


@dataclass(frozen=True)
class Public:
    """The URL that users have.

    Parameters
    ----------
    url
        With a slash at its end.
    name
        The host in it.
    prefix
        The path in it, with a slash at both ends.
    """

    url: str
    name: str
    prefix: str


def parse_public(text: str) -> Public:
    """Return what a URL such as ``https://lab.org/dsgrid`` says.

    Raises
    ------
    UsageError
        For anything else.
    """
    given = text.strip()
    try:
        parts = urlsplit(given)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        name, parts = "", urlsplit("")
    is_plain = given.isascii() and given.isprintable() and not set(given) & set(' "<>\\{}')
    if parts.scheme not in ("http", "https") or not name or not is_plain:
        raise UsageError('found no URL that users have for the viewer; expected one such as "https://lab.org/dsgrid"')
    path = parts.path.rstrip("/")
    if "@" in parts.netloc or parts.query or parts.fragment or "//" in path or ".." in path.split("/"):
        raise UsageError("found more than a scheme, a name and a path in the URL that users have for the viewer")
    return Public(f"{origin_of(given)}{path}/", name, f"{path}/")


def origin_of(url: str | None) -> str:
    """Return what browsers call the origin of a URL; nothing for none."""
    parts = urlsplit(url or "")
    if not parts.scheme or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, standard) else "")


def checked_proxies(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return addresses, or networks, of proxies.

    Raises
    ------
    UsageError
        If one is neither.
    """
    found = tuple(each.strip() for each in addresses)
    for each in found:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise UsageError(f'"{each}" is no address of a proxy; expected one such as 10.0.0.2') from None
    return found
