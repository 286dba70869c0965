"""Whose address a request comes from, behind proxies, too."""

from __future__ import annotations

import ipaddress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from dsgrid.api.settings import Settings

UNIX: Final = "unix"
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
        client = scope.get("client")
        address = _plain(str(client[0])) if client and client[0] else UNIX
        if not self._is_proxy(address):
            return address
        # Each proxy appends whom it heard; what stands before the last that is believed, anybody may have written.
        said = ",".join(headers.getlist("x-forwarded-for")).split(",")
        for each in reversed([part.strip() for part in said if part.strip()]):
            found = _plain(each)
            if found == "":
                break
            address = found
            if not self._is_proxy(address):
                break
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


def _plain(text: str) -> str:
    """Return an address in its plain form; what is no address is empty, unless it is a name of a test client."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return text if text.isidentifier() else ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
