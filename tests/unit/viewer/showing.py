"""A viewer in this process, and what its pages show as plain values: without a browser, and without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import flask
import httpx
from dash import dcc, html
from dash.development.base_component import Component

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport
from dsgrid.viewer import routing
from dsgrid.viewer.app import make_viewer
from dsgrid.viewer.visit import Visit, visit_of

URL = "http://localhost:8000"
TOKEN = "dsg_secret"
Handler = Callable[[httpx.Request], httpx.Response]


class Viewer:
    """A viewer of a server that is a function of requests.

    Attributes
    ----------
    flask
        Its application.
    client
        What asks it as a browser does; signed in, unless nobody is.
    """

    def __init__(self, server: httpx.BaseTransport, token: str | None = TOKEN, **options: Any) -> None:
        self.flask = make_viewer(
            lambda given: Transport(parse_address(URL), given, handler=server, hasty=True), server=URL, **options
        )
        self.client = self.flask.test_client()
        self.cookie = ""
        if token is not None:
            answer = self.client.post("/sign-in", data={"token": token})
            assert answer.status_code == 303, answer.text
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    @contextmanager
    def at(self, address: str = "/") -> Iterator[Visit]:
        """Give the visit to an address; inside of this, callbacks may be called: ``here()`` works."""
        parts = urlsplit(address)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        with self.flask.test_request_context(parts.path, headers=headers):
            refused = self.flask.preprocess_request()
            assert refused is None, refused
            assert flask.g.session is not None
            yield visit_of(parts.path, parts.query)

    def show(self, address: str) -> Any:
        """Return what a page shows; errors are shown as users see them."""
        with self.at(address) as visit:
            return routing.shown(visit)[0]

    def title(self, address: str) -> str:
        """Return what the window is called there."""
        with self.at(address) as visit:
            return routing.shown(visit)[1]


def answering(answers: Mapping[str, Any] | Handler, me: Mapping[str, str] | None = None) -> httpx.BaseTransport:
    """Return a server that gives answers by their paths below ``/v1``, and 404 for all others.

    Parameters
    ----------
    answers
        From ``/datasets`` to JSON, to a text, or to a whole answer; or a function of requests.
    me
        Who has the token; an analyst called ada.
    """
    user = {"name": "ada", "role": "analyst"} if me is None else dict(me)

    def answer(request: httpx.Request) -> httpx.Response:
        if callable(answers):
            return answers(request)
        path = request.url.path.removeprefix("/v1")
        known = {"/me": user, **answers}
        if path not in known:
            return problem(404, "not found", f"nothing is at {path}")
        found = known[path]
        if isinstance(found, httpx.Response):
            return found
        return httpx.Response(200, text=found) if isinstance(found, str) else httpx.Response(200, json=found)

    return httpx.MockTransport(answer)


def problem(status: int, title: str, detail: str, **more: Any) -> httpx.Response:
    """Return an error as the server tells it."""
    document = {"type": f"/v1/problems/{title.replace(' ', '-')}", "title": title, "status": status, "detail": detail}
    kind = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, content=json.dumps({**document, **more}).encode(), headers=kind)


def pieces(shown: Any, *kinds: str) -> list[Any]:
    """Return the components of these kinds, such as ``"A"`` or ``"Link"``, in the order of the page; all for none."""
    found: list[Any] = []
    for each in _walk(shown):
        if isinstance(each, Component) and (not kinds or type(each).__name__ in kinds):
            found.append(each)
    return found


def piece(shown: Any, id: str) -> Any:
    """Return the component with an id."""
    found = [each for each in pieces(shown) if getattr(each, "id", None) == id]
    assert found, f"no component is called {id}; there are {[getattr(each, 'id', None) for each in pieces(shown)]}"
    return found[0]


def words(shown: Any) -> str:
    """Return the text of a page, with a blank between its parts, but where a word may go on in the next line."""
    found = ""
    goes_on = True
    for each in _walk(shown):
        if isinstance(each, html.Wbr):
            goes_on = True
        elif isinstance(each, str | int | float) and not isinstance(each, bool) and str(each):
            found += str(each) if goes_on else f" {each}"
            goes_on = False
    return found


def links(shown: Any) -> dict[str, str]:
    """Return the links of a page: from their texts to their addresses."""
    return {words(each): str(each.href) for each in pieces(shown, "A", "Link") if getattr(each, "href", None)}


def _walk(shown: Any) -> Iterator[Any]:
    if isinstance(shown, list | tuple):
        for each in shown:
            yield from _walk(each)
        return
    yield shown
    if isinstance(shown, Component):
        yield from _walk(getattr(shown, "children", None))
        if (told := getattr(shown, "data-drawn", None)) is not None:
            yield from _walk(undrawn(json.loads(told)))


def undrawn(node: Any) -> Any:
    """Return the components that were sent as plain values, to be drawn by the browser."""
    if not isinstance(node, list):
        return node
    tag, attributes, *children = node
    inner = [undrawn(each) for each in children]
    if not tag:
        return inner
    named = {
        {"class": "className", "colspan": "colSpan", "tabindex": "tabIndex"}.get(name, name): value
        for name, value in attributes.items()
    }
    if named.pop("data-inside", None) is not None:
        return dcc.Link(inner, **named)
    return getattr(html, tag.capitalize())(inner, **named)
