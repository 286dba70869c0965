"""What everybody may ask of a server without a token, and what nobody learns by it."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from dsgrid.api.limits import Limits
from dsgrid.api.routes import readiness
from dsgrid.spec.schemas.server import LIMITS


@pytest.fixture
def settings(settings):
    return replace(settings, limits=replace(Limits(), page=7, queued=3))


def test_who_has_no_token_learns_what_answers_whether_it_lives_and_its_limits(client_of):
    nobody = client_of()
    assert nobody.get("/v1").json()["api"] == "v1"
    assert nobody.get("/v1/health").json() == {"status": "alive"}
    assert nobody.get("/v1/limits").json() == asdict(replace(Limits(), page=7, queued=3))


def test_every_link_of_the_first_page_leads_somewhere(shared_client, shared_app):
    paths = shared_app.openapi()["paths"]
    links = shared_client().get("/v1").json()["links"].values()
    assert len(links) == 12
    assert [link for link in links if link not in {*paths, "/v1/openapi.json"}] == []


def test_a_server_that_is_not_ready_says_why_lives_on_and_says_when_to_ask_again(client_of, app, monkeypatch):
    nobody = client_of()
    assert (nobody.get("/v1/ready").status_code, nobody.get("/v1/ready").json()["reasons"]) == (200, [])
    monkeypatch.setattr(readiness, "_of_registry", lambda _folder: "the registry is not there")
    del app.state.readiness
    answer = nobody.get("/v1/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reasons": ["the registry is not there"]}
    assert int(answer.headers["retry-after"]) > 0
    assert nobody.get("/v1/health").status_code == 200


def test_the_document_explains_each_limit_as_the_file_of_a_server_does(shared_app):
    table = shared_app.openapi()["components"]["schemas"]["Limits"]["properties"]
    assert {name: key["description"] for name, key in table.items()} == {
        name: key["description"] for name, key in LIMITS.items()
    }
