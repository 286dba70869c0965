"""Whose address a request comes from, and over which scheme, behind proxies, too; nothing else reads what they say."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from dsgrid.api.settings import Settings

UNIX: Final = "unix"
_WITH_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15}):[0-9]{1,5}", re.ASCII)
_SCHEMES: Final = ("http", "https")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Addresses:
    """Tells clients apart.

    Parameters
    ----------
    settings
        Only what its `proxies`, addresses or networks, say of others is believed.
    """

    def __init__(self, settings: Settings) -> None:
        self._networks: list[_Network] = [ipaddress.ip_network(proxy, strict=False) for proxy in settings.proxies]

    def of(self, scope: Scope, headers: Headers) -> str:
        """Return the address that a request comes from; ``unix`` for a unix socket."""
        address = _peer(scope)
        if not self._is_proxy(address):
            return address
        # Each proxy appends whom it heard; what stands before the last that is believed, anybody may have written.
        said = ",".join(headers.getlist("x-forwarded-for")).split(",")
        for each in reversed([part.strip() for part in said if part.strip()]):
            found = _heard(each)
            if found == "":
                break
            address = found
            if not self._is_proxy(address):
                break
        return address

    def heed(self, scope: Scope, headers: Headers) -> str:
        """Return the address that a request comes from, and have the scope say it, too: the log looks there."""
        address = self.of(scope, headers)
        peer = _peer(scope)
        if self._is_proxy(peer):
            told = headers.getlist("x-forwarded-proto")
            if told and told[-1].strip().lower() in _SCHEMES:
                scope["scheme"] = told[-1].strip().lower()
        if address != peer:
            scope["client"] = (address, 0)
        return address

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)


def rate_key(address: str) -> str:
    """Return what of an address stands for one client: of an IPv6 address its network, in which it has all others."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))


def _peer(scope: Scope) -> str:
    """Return who is at the other end of the connection: a client, or a proxy."""
    client = scope.get("client")
    if not client or not client[0]:
        return UNIX
    text = str(client[0])
    # Test clients have names.
    return _plain(text) or (text if text.isidentifier() else "")


def _heard(text: str) -> str:
    """Return an address as a proxy tells it, perhaps with a port; empty for what is none."""
    found = _plain(text)
    if found == "" and (parts := _WITH_PORT.fullmatch(text)) is not None:
        found = _plain(parts[1])
    return found


def _plain(text: str) -> str:
    """Return an address in its plain form; what is no address is empty."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
