"""References come from outside: whatever they say, they name things of the registry and never a place."""

from __future__ import annotations

import os
import random
from pathlib import Path
from urllib.parse import quote

import pytest

ROUTES = (
    "/v1/datasets/{}/rows",
    "/v1/datasets/{}/compare?with={}",
    "/v1/datasets/{}/profiles",
    "/v1/datasets/{}",
    "/v1/entries/{}/records",
    "/v1/entries/{}/history",
    "/v1/entries/{}/graph",
    "/v1/entries/{}/diff?old={}",
    "/v1/references?prefix={}",
    "/v1/schemas/{}",
)
PIECES = (
    *(
        "..",
        ".",
        "/",
        "//",
        "etc/passwd",
        "registry.db",
        "data",
        "offices",
        "@",
        "@1",
        "s3://",
        "file://",
        "~",
        "$HOME",
    ),
    *(
        "\x00",
        "\n",
        "\x1b[31m",
        "\u202e",
        "é",
        "\U0001f600",
        "%2e%2e",
        "\\",
        "'",
        '"',
        "; DROP TABLE projects; --",
        "%",
        "?",
    ),
)


@pytest.fixture
def secret(tmp_path):
    """The folder of a result that nobody may reach by its name."""
    folder = tmp_path / "results" / "secret"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"columns": [], "secret": "TOLD"}')
    (folder / "table.csv").write_text("id,TOLD\n")
    return folder


@pytest.mark.parametrize("route", ROUTES)
def test_places_are_not_reached(shared_client, secret, route):
    reader = shared_client("reader")
    inside = os.path.relpath(secret)
    for name in (str(secret), inside, f"./{inside}", str(secret / "table.csv"), f"file://{secret}", "s3://bucket/key"):
        for quoted in (quote(name), quote(name, safe="")):
            answer = reader.get(route.format(quoted, quoted))
            assert answer.status_code in (200, 400, 404), answer.text
            assert "TOLD" not in answer.text
            if answer.status_code == 200:
                assert answer.json()["items"] == []


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_they_are_the_answer_is_clean(shared_client, small_registry, route):
    reader, chance = shared_client("reader"), random.Random(route)
    for _ in range(15):
        name = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
        quoted = quote(name, safe="")
        answer = reader.get(route.format(quoted, quoted))
        assert answer.status_code < 500, (name, answer.text)
        for place in (small_registry, Path.cwd(), "root:x"):
            assert str(place) not in answer.text, name
