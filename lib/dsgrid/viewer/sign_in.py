"""Signing in with a token, by a form or by the address that the viewer prints; and signing out."""

from __future__ import annotations

import hmac
import threading
from typing import Final
from urllib.parse import urlsplit

import flask
from flask import Flask, Response, g, request

from dsgrid.client.failures import TokenError
from dsgrid.client.tokens import checked_token
from dsgrid.errors import DsgridError, UsageError
from dsgrid.viewer.attempts import Attempts
from dsgrid.viewer.guards import cookie_name
from dsgrid.viewer.plain_pages import sign_in_page
from dsgrid.viewer.public import origin_of
from dsgrid.viewer.sessions import IDLE, Sessions

_AT_ONCE: Final = 4  # of the viewer's threads, for who has not signed in yet


def install(
    app: Flask,
    sessions: Sessions,
    *,
    prefix: str,
    server: str,
    key: str | None,
    own_token: str | None,
    public: str | None = None,
    attempts: Attempts | None = None,
) -> None:
    """Add the addresses ``sign-in`` and ``sign-out``.

    Parameters
    ----------
    public
        The URL that users have for the server, where that is another than the one that it listens at.
    """
    tries = attempts or Attempts()
    places = threading.BoundedSemaphore(_AT_ONCE)

    def signed_in(token: str, after: str) -> Response:
        made = sessions.begin(token)
        sessions.end(g.cookie)
        answer = flask.make_response(flask.redirect(safe(after, prefix), 303))
        answer.set_cookie(
            cookie_name(),
            made,
            max_age=int(IDLE),
            path=prefix,
            httponly=True,
            secure=_is_encrypted(public),
            samesite="Lax",
        )
        return answer

    def page(why: str, after: str, status: int) -> Response:
        return sign_in_page(prefix, server, after=after, why=why, status=status)

    @app.before_request
    def by_key() -> Response | None:
        given = request.args.get("key")
        if given is None or request.path != "/":
            return None
        if request.method != "GET" or key is None or own_token is None:
            return flask.make_response(flask.redirect(prefix, 303))
        who = request.remote_addr or ""
        if tries.wait(who):
            return page(_too_many(tries.wait(who)), "", 429)
        if not hmac.compare_digest(given.encode(), key.encode()):
            tries.failed(who)
            return page("this address is of another run of the viewer; it prints a new one each time", "", 401)
        try:
            return signed_in(own_token, prefix)
        except DsgridError as error:
            return page(_why(error), "", 401)

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> Response:
        after = request.values.get("next", "")
        if request.method == "GET":
            return page("", after, 200)
        who = request.remote_addr or ""
        if wait := tries.wait(who):
            return page(_too_many(wait), after, 429)
        if not places.acquire(blocking=False):
            return page("many people sign in at this moment; try again in a few seconds", after, 503)
        try:
            return signed_in(checked_token(request.form.get("token", ""), "the token"), after)
        except TokenError as error:
            tries.failed(who)
            return page(_why(error), after, 401)
        except UsageError as error:
            return page(str(error), after, 400)
        except DsgridError as error:
            return page(_why(error), after, 502)
        finally:
            places.release()

    @app.route("/sign-out", methods=["POST"])
    def sign_out() -> Response:
        sessions.end(g.cookie)
        answer = flask.make_response(flask.redirect(f"{prefix}sign-in", 303))
        answer.delete_cookie(cookie_name(), path=prefix)
        return answer


def safe(after: str, prefix: str) -> str:
    """Return where to go next: a page of the viewer, whatever the address says."""
    try:
        parts = urlsplit(after)
    except ValueError:
        return prefix
    plain = after.isascii() and after.isprintable() and "\\" not in after and " " not in after
    if not plain or parts.scheme or parts.netloc or not after.startswith(prefix) or after.startswith("//"):
        return prefix
    # Neither back to the form, nor out of the viewer by its parent folder.
    inside = parts.path.removeprefix(prefix)
    return prefix if inside.startswith(("sign-", "/")) or ".." in parts.path.split("/") else after


def _is_encrypted(public: str | None) -> bool:
    """Say whether the browser may send the cookie over TLS alone."""
    if request.is_secure:
        return True
    own = origin_of(public)
    return own.startswith("https:") and own in (
        request.headers.get("Origin", "").lower(),
        f"https://{request.host.lower()}",
    )


def _why(error: DsgridError) -> str:
    if isinstance(error, TokenError):
        return "the server does not know this token: it is mistyped, has expired, or was revoked"
    return str(error)


def _too_many(wait: float) -> str:
    return f"too many wrong tokens from here; the next try is possible in {wait:.0f} s"
