"""What every request to the viewer passes: under which name it comes, from which page, and who sends it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

import flask
from dash import html
from flask import Flask, Response, g, request
from plotly.utils import PlotlyJSONEncoder

from dsgrid.viewer import callbacks
from dsgrid.viewer.bridge import LARGEST_BODY
from dsgrid.viewer.kept_files import FOLDERS
from dsgrid.viewer.plain_pages import sign_in_page
from dsgrid.viewer.problems import notice
from dsgrid.viewer.public import origin_of
from dsgrid.viewer.sessions import Sessions
from dsgrid.viewer.visit import page_before, way_in

# The callback that shows pages; it asks itself who looks.
ROUTE: Final = "..page.children...title.data...user.children.."
_COOKIE: Final = "dsgrid_viewer"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# What holds nothing of the registry, and is there before anybody has signed in.
_OPEN: Final = ("/sign-in", "/_favicon.ico")
_SIGNED_OUT: Final = "You are not signed in any more. Sign in again, and go on where you are."


def install(
    app: Flask,
    sessions: Sessions,
    *,
    prefix: str,
    names: frozenset[str] | None,
    server: str,
    scripts: Callable[[], Sequence[str]],
    public: str | None = None,
) -> None:
    """Put the guards around the viewer.

    Parameters
    ----------
    names
        Names that it may be asked by, besides those of this machine; None where the server that has it has looked.
    public
        The URL that users have for it, where a proxy is before it.
    server
        What users call the server.
    scripts
        The hashes of the scripts that its page holds.
    """
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    known = None if names is None else _LOOPBACK | {name.lower() for name in names}
    policy: list[str] = []
    own = origin_of(public)

    @app.before_request
    def admit() -> Response | None:
        # A page of elsewhere may have bent its own name to this machine, or send forms here.
        if known is not None and not _is_known(known):
            return _refused(421, f'the viewer is not known as "{request.host}"; --name adds a name')
        if (why := _strange(own)) is not None:
            return _refused(403, why)
        g.prefix = prefix
        g.cookie = request.cookies.get(cookie_name())
        found = sessions.get(g.cookie)
        g.session = found or sessions.anonymous()
        if found is not None or _is_open() or sessions.admits_all():
            g.is_shut = False
            return None
        g.is_shut = True
        return _shut(prefix, server)

    @app.after_request
    def dress(answer: Response) -> Response:
        if not policy:
            policy.append(_policy(scripts()))
        headers = answer.headers
        headers.setdefault("Content-Security-Policy", policy[0])
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
        return answer


def _is_open() -> bool:
    is_key = request.path == "/" and "key" in request.args  # `sign_in` looks at it
    is_leaving = request.path == "/sign-out" and request.method == "POST"
    return is_key or is_leaving or request.path in _OPEN or request.path.startswith(FOLDERS)


def cookie_name() -> str:
    """Return what the cookie is called: browsers give those of one machine to all its ports."""
    _, _, port = request.host.rpartition(":")
    return f"{_COOKIE}_{port}" if port.isdigit() else _COOKIE


def _is_known(known: frozenset[str]) -> bool:
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return False
    return host.rstrip(".") in known or _is_own_address(host)


def _is_own_address(host: str) -> bool:
    """Say whether it is the very address that the request came to: no name, so nobody can have bent it."""
    try:
        return ipaddress.ip_address(host) == ipaddress.ip_address(request.environ["SERVER_NAME"].partition("%")[0])
    except ValueError:
        return False


def _strange(own: str) -> str | None:
    """Return why a request is refused that a page of elsewhere has brought about; None for all others.

    Parameters
    ----------
    own
        The viewer's origin as users have it: a proxy may hand on another name, or leave out the port.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD"):
        if site not in ("same-origin", "none"):
            return "pages of other origins may not ask the viewer"
        if origin is not None and origin.lower() != own and _netloc(origin) != request.host.lower():
            return "pages of this origin may not ask the viewer"
        return None
    # A link leads here from anywhere; nothing else does.
    if site not in ("same-origin", "none") and request.headers.get("Sec-Fetch-Mode") != "navigate":
        return "pages of other origins may not ask the viewer"
    if request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object") and site != "same-origin":
        return "the viewer does not stand inside of other pages"
    return None


def _sent(where: str) -> Response:
    return flask.make_response(flask.redirect(where, 303))


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _shut(prefix: str, server: str) -> Response | None:
    """Return what who has not signed in gets instead; None where a page says it itself."""
    if request.path == callbacks.PATH:
        asked = callbacks.asked_now()
        if asked is not None and asked.get("output") == ROUTE:
            return None
        # An answer that changes nothing but the notice.
        again = html.A("Sign in", href=way_in(prefix, page_before()), className="button main")
        told = {"multi": True, "response": {}, "sideUpdate": {"notice": notice(_SIGNED_OUT, again)}}
        return _json(json.dumps(told, cls=PlotlyJSONEncoder))
    if request.path.startswith("/_"):
        return _refused(401, "sign in first")
    if request.method not in ("GET", "HEAD"):
        return _refused(401, "sign in first")
    after = f"{prefix}{request.full_path.removeprefix('/').rstrip('?')}"
    where = way_in(prefix, after if after != prefix else "")
    # Too long for another address: the form stands in the page's place.
    return sign_in_page(prefix, server, after=after) if where == after else _sent(where)


def _policy(hashes: Sequence[str]) -> str:
    scripts = " ".join(["'self'", *hashes])
    # What draws plots and grids writes styles into its elements, and makes pictures of blobs.
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _refused(status: int, why: str) -> Response:
    return flask.make_response(f"{why}\n", status, {"Content-Type": "text/plain; charset=utf-8"})


def _json(text: str) -> Response:
    return flask.make_response(text, 200, {"Content-Type": "application/json"})
