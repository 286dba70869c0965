"""One look at a page: who looks, at what, and how the server is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import flask

from dsgrid.viewer.asking import Asking
from dsgrid.viewer.sessions import Session

_PLAIN: Final = "/:@,+=~!$'()*;"
_LONGEST: Final = 8_000  # characters of an address that servers and proxies take for sure


@dataclass(frozen=True)
class Visit:
    """What a page needs to know.

    Parameters
    ----------
    session
        Of the user; its `asking` asks the server with the user's token.
    prefix
        Where the viewer is, with a slash at its end: ``/`` or ``/viewer/``.
    page
        The first part of the path, such as ``projects``; empty for the home page.
    reference
        The rest of the path: ``id`` or ``id@version``; it may hold slashes.
    params
        What stands behind the ``?``.
    """

    session: Session
    prefix: str
    page: str = ""
    reference: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def now(self) -> str:
        """The address of the page that the browser shows, also inside of a callback, which is told none."""
        if self.page or self.params:
            return self.href(self.page, self.reference, **self.params)
        return page_before() or self.prefix

    @property
    def ask(self) -> Asking:
        """How the server is asked."""
        return self.session.asking

    @property
    def way_in(self) -> str:
        """The address where one signs in, and gets back to where one is."""
        return way_in(self.prefix, self.now)

    def href(self, page: str = "", reference: str = "", **params: Any) -> str:
        """Return the address of a page; parameters that are None or empty are left out."""
        path = "/".join(part for part in (page, quote(reference, safe=_PLAIN)) if part)
        return f"{self.prefix}{path}{query_of(params)}"

    def download(self, path: str, **params: Any) -> str:
        """Return the address from which the browser fetches what the server has at a path below ``/v1``."""
        return f"{self.prefix}download{path}{query_of(params)}"


def page_before() -> str:
    """Return the address of the page that sends the present request, as the browser tells it; nothing for none."""
    try:
        shown = urlsplit(flask.request.referrer or "")
    except ValueError:
        return ""
    return f"{shown.path}{f'?{shown.query}' if shown.query else ''}"


def query_of(params: Mapping[str, Any]) -> str:
    """Return parameters as they stand behind an address, with the ``?``; nothing for none."""
    pairs = [(name, value) for name, value in params.items() if value not in (None, "", ())]
    return f"?{urlencode(pairs, doseq=True)}" if pairs else ""


def way_in(prefix: str, after: str) -> str:
    """Return the address where one signs in, and gets to a page afterwards.

    Where that page's own address is so long (it may hold a spec) that another one cannot hold it, it is that of the
    page itself, which asks who comes.
    """
    address = f"{prefix}sign-in{query_of({'next': after})}"
    if len(address) <= _LONGEST:
        return address
    is_own = after.startswith(prefix) and not after.startswith("//")
    return after if is_own else f"{prefix}sign-in"


def visit_of(pathname: str | None, search: str | None = None) -> Visit:
    """Return the visit to an address, by whoever sends the present request."""
    prefix: str = flask.g.prefix
    path = (pathname or prefix).removeprefix(prefix.rstrip("/")).strip("/")
    page, _, reference = path.partition("/")
    params = dict(parse_qsl((search or "").removeprefix("?")))
    return Visit(flask.g.session, prefix, unquote(page), unquote(reference), params)


def here() -> Visit:
    """Return the visit of a callback, which knows no address."""
    return Visit(flask.g.session, flask.g.prefix)
