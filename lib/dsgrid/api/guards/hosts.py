"""Under which names the server may be asked, and by pages of which origins.

A page that a user visits can make its own name point to the server's address (DNS rebinding), and then read what it
answers. The name that the browser sends gives it away: only names that the server is known by are answered.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from dsgrid.api.problems.problems import ApiError
from dsgrid.api.settings import Settings

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?", re.ASCII)
# With any port: tunnels have others than the server, and no page of elsewhere has these names.
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Hosts:
    """What requests may have as ``Host`` and ``Origin``.

    Parameters
    ----------
    settings
        A name of `hosts` may be followed by a port, and then means only that one.
    """

    def __init__(self, settings: Settings) -> None:
        self._names = _LOOPBACK | {host.lower() for host in settings.hosts}
        if settings.socket is None and not _is_any(settings.host):
            self._names |= {_bracketed(settings.host.lower())}
        self._own = ""
        self._origins = {origin.lower().rstrip("/") for origin in settings.origins}
        if settings.url is not None:
            parts = urlsplit(settings.url)
            self._names |= {_bracketed((parts.hostname or "").lower())}
            self._own = f"{parts.scheme}://{parts.netloc}".lower()
            self._origins.add(self._own)

    def check(self, headers: Headers, scope: Scope) -> str:
        """Return the ``Host`` of a request.

        Raises
        ------
        ApiError
            400 for none or several, 421 for a name that is not the server's.
        """
        given = headers.getlist("host")
        found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            raise ApiError(400, "bad request", "a request has exactly one header Host, with the name of the server")
        name, host = found[1].lower().rstrip("."), given[0].lower()
        if name in self._names or host in self._names or self._is_own_address(name, scope):
            return host
        raise ApiError(
            421, "wrong host", f'this server is not known as "{found[1]}"; who runs it can add the name to `hosts`'
        )

    def origin(self, headers: Headers, host: str) -> str | None:
        """Return the foreign origin whose page asks; None where none does.

        Raises
        ------
        ApiError
            403: pages of this origin may not ask.
        """
        given = headers.getlist("origin")
        if not given:
            return None
        origin = given[0].lower()
        if len(given) == 1 and origin in self._origins:
            return given[0]
        # The server's own pages; its names have been checked.
        if len(given) == 1 and origin in (f"http://{host}", f"https://{host}"):
            return None
        raise ApiError(403, "wrong origin", "pages of this origin may not ask this server")

    def is_own(self, origin: str) -> bool:
        """Say whether a foreign origin is what clients call this very server, behind a proxy."""
        return origin.lower() == self._own

    @staticmethod
    def _is_own_address(name: str, scope: Scope) -> bool:
        """Say whether it is the very address that the request came to: no name, so nobody can have bent it."""
        server = scope.get("server") or ("",)
        try:
            asked = ipaddress.ip_address(name.strip("[]"))
            return asked == ipaddress.ip_address(str(server[0]).partition("%")[0])
        except ValueError:
            return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
