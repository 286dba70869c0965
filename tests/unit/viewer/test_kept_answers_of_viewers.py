"""What a viewer keeps of the server's answers: asked for by their tags, each user's own, and never more than fits."""

from __future__ import annotations

import json

import httpx
import pytest
from tests.unit.viewer.showing import URL

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport
from dsgrid.viewer import asking
from dsgrid.viewer.asking import Asking, Kept
from dsgrid.viewer.sessions import Sessions


def server(asked: list[tuple[str, str]]) -> httpx.MockTransport:
    """Return a server that tells each token its own name, under one tag, and writes down who asked with which tag."""

    def answer(request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        tag = request.headers.get("if-none-match", "")
        asked.append((token, tag))
        if tag:
            return httpx.Response(304, headers={"ETag": tag})
        return httpx.Response(200, json={"name": token, "role": "reader"}, headers={"ETag": '"1"'})

    return httpx.MockTransport(answer)


def test_what_has_not_changed_is_not_sent_again_and_is_nobody_elses() -> None:
    asked: list[tuple[str, str]] = []
    way = server(asked)
    sessions = Sessions(lambda token: Transport(parse_address(URL), token, handler=way))
    ada, bob = (sessions.get(sessions.begin(token)) for token in ("dsg_ada", "dsg_bob"))
    assert ada is not None
    assert bob is not None
    assert [each.asking.get("/me")["name"] for each in (ada, bob, ada)] == ["dsg_ada", "dsg_bob", "dsg_ada"]
    assert asked == [
        *(("dsg_ada", ""), ("dsg_bob", "")),
        *(("dsg_ada", '"1"'), ("dsg_bob", '"1"'), ("dsg_ada", '"1"')),
    ]


def test_who_signs_out_leaves_nothing() -> None:
    kept, asked = Kept(), list[tuple[str, str]]()
    one = Asking(Transport(parse_address(URL), "dsg_a", handler=server(asked)), kept)
    one.get("/me")
    assert kept._bytes == len(json.dumps({"name": "dsg_a", "role": "reader"}, separators=(",", ":")))
    one.close()
    assert (kept._bytes, len(kept._found), len(kept._many)) == (0, 0, 0)


def test_never_more_is_kept_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_KEPT", 3)
    monkeypatch.setattr(asking, "_KEPT_OF_ALL", 100)
    monkeypatch.setattr(asking, "_LARGEST", 50)
    kept = Kept()
    for number in range(5):
        kept.put(1, str(number), "t", number, 10)
    assert [kept.get(1, str(number))[1] for number in range(5)] == [None, None, 2, 3, 4], "so many of one user"
    kept.put(2, "large", "t", "x", 51)
    assert kept.get(2, "large") == ("", None)
    kept.get(1, "2")
    for user in (2, 3):
        kept.put(user, "a", "t", user, 45)
    assert kept._bytes == 100
    assert kept.get(1, "2")[1] == 2, "what was needed last stays"
    assert kept.get(1, "3") == ("", None)
    kept.put(2, "a", "u", "new", 5)
    assert (kept.get(2, "a"), kept._bytes) == (("u", "new"), 60)
