"""Work that would take all of a server's memory, disk or time is refused, or left to a process of its own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dsgrid.api.limits import Limits
from dsgrid.api.settings import Settings

DIMENSION: dict[str, Any] = {
    "job": "register_dimensions",
    "spec_version": 1,
    "owner": "places",
    "dimension": {"city": {"type": "geography", "class": "county", "records": "inputs/cities.csv"}},
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(tables=1_000, terms=5, specs=3_000))


def query(**more: Any) -> dict[str, Any]:
    step = {"function": "sum", "by": ["state"]}
    spec = {"job": "query", "spec_version": 1, "name": "q", "project": "two_counties", "datasets": ["offices"]}
    return {**spec, "step": [step], **more}


def cities(settings: Settings, count: int) -> None:
    lines = ["id,name", *(f"c{number},City {number}" for number in range(count))]
    (settings.roots[0].folder / "cities.csv").write_text("\n".join(lines))


def test_a_large_table_is_left_to_the_job(client_of: Callable[..., TestClient], settings: Settings) -> None:
    client = client_of("contributor")
    cities(settings, 3)
    small = client.post("/v1/jobs", json=DIMENSION)
    assert small.status_code == 202, small.text
    assert not any("too large" in note for note in small.json()["notes"])

    cities(settings, 1_000)
    large = client.post("/v1/jobs", json=DIMENSION)
    assert large.status_code == 202, large.text
    assert any('"inputs/cities.csv" is too large' in note for note in large.json()["notes"])

    asked = client.post("/v1/validate", json=DIMENSION).json()
    assert not asked["valid"]
    assert "too large to be read before a job runs" in asked["problems"][0]["message"]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"step": [{"function": "sum", "by": ["state"]}] * 6}, "step"),
        ({"datasets": [f"d{number}" for number in range(6)]}, "datasets"),
        ({"datasets": None, "expression": " + ".join(["offices"] * 6)}, "expression"),
    ],
)
def test_a_query_of_many_parts_is_refused_at_once(
    client_of: Callable[..., TestClient], more: dict[str, Any], key: str
) -> None:
    spec = {name: value for name, value in query(**more).items() if value is not None}
    for path in ("/v1/queries", "/v1/explain"):
        answer = client_of("analyst").post(path, json=spec)
        assert answer.status_code == 422
        assert f"{key}: has 6 parts, and a server plans at most 5 (limits.terms)" in answer.json()["detail"]


def test_the_specs_that_one_user_keeps_are_bounded_and_room_is_made_by_removing(
    client_of: Callable[..., TestClient], settings: Settings
) -> None:
    cities(settings, 3)
    client = client_of("contributor", name="carla")
    spec = {**DIMENSION, "log_message": "x" * 1_000}
    jobs = [client.post("/v1/jobs", json=spec) for _ in range(3)]
    assert [each.status_code for each in jobs] == [202, 202, 429]
    assert "limits.specs" in jobs[2].json()["detail"]
    assert client_of("contributor", name="dora").post("/v1/jobs", json=spec).status_code == 202

    first = jobs[0].headers["Location"]
    client.post(f"{first}/cancel")
    while client.get(first).json()["ended_at"] is None:
        time.sleep(0.01)
    assert client.delete(first).status_code == 204
    assert client.post("/v1/jobs", json=spec).status_code == 202


def test_a_locked_registry_is_not_waited_for_long(
    client_of: Callable[..., TestClient], small_registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsgrid.api.work.intake.LOCK_TIMEOUT", 0.2)
    client = client_of("analyst")
    other = sqlite3.connect(small_registry / "registry.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        began = time.monotonic()
        answer = client.post("/v1/explain", json=query())
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.text
        assert time.monotonic() - began < 10
    finally:
        other.rollback()
        other.close()
