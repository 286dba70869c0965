"""The demo over HTTP alone: an empty registry, files in roots, and the same numbers as by specs at home."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import httpx
import tomli
from tests.api.conftest import STEPS
from tests.api.server import Server, running_server

from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.query import query
from dsgrid.operations.shown_rows import write_csv
from dsgrid.operations.stored_rows import rows_of_result

TOML = {"Content-Type": "application/toml", "Prefer": "wait=60"}
# What the specs name by paths relative to themselves, by the roots of the server.
MOVED = {
    r"\.\./\.\./build/demo/data/": "data/",
    r'"(dimensions|mappings|missing)/': r'"specs/\1/',
}
QUERIES = ("annual_by_state", "growth_by_state")


def sent(path: Path) -> str:
    """Return a spec of the demo as it is sent: with roots, and what it says of registry and results as it is."""
    text = path.read_text("utf-8")
    for written, meant in MOVED.items():
        text = re.sub(written, meant, text)
    return text


def posted(client: httpx.Client, address: str, text: str, **options: Any) -> dict[str, Any]:
    """Hand a spec in, wait for its end, and return the job."""
    answer = client.post(address, content=text, headers=TOML, timeout=120, **options)
    assert answer.status_code in (200, 202), answer.text
    job: dict[str, Any] = answer.json()
    while job["state"] in ("queued", "running"):
        job = client.get(job["links"]["self"], headers={"Prefer": "wait=30"}, timeout=60).json()
    assert job["state"] == "succeeded", job
    return job


def at_home(spec: Path, registry: Path, folder: Path) -> str:
    """Return the answer to the same spec without a server, as CSV."""
    asked = tomli.loads(spec.read_text("utf-8"))
    asked["result"]["path"] = str(folder / "at_home")
    text = io.StringIO()
    write_csv(rows_of_result(query(asked, registry=registry)), text, None)
    return text.getvalue()


def rows(text: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, with numbers that may differ in their last digits rounded."""
    found = []
    for row in csv.reader(io.StringIO(text)):
        found.append(tuple(f"{float(cell):.9g}" if re.fullmatch(r"-?[0-9.]+(e-?\d+)?", cell) else cell for cell in row))
    return sorted(found)


def test_the_demo_is_registered_and_asked_over_http_alone(demo_registry: Path, tmp_path: Path) -> None:
    home = demo_registry.parents[2]
    specs = home / "specs/demo"
    registry = tmp_path / "registry"
    create_registry({"registry": str(registry)})
    roots = {"specs": {"folder": str(specs)}, "data": {"folder": str(home / "build/demo/data")}}
    with running_server(registry, tmp_path / "server", roots=roots) as server:
        contributor, analyst = server.client("contributor"), server.client("analyst")
        for name in STEPS[1:]:
            text = sent(specs / f"{name}.toml")
            checked = contributor.post("/v1/validate", content=text, headers=TOML).json()
            assert checked["valid"], checked
            job = posted(contributor, "/v1/jobs", text)
            assert str(tmp_path) not in str(job)
            assert str(home) not in str(job)
        for name in QUERIES:
            job = posted(analyst, "/v1/queries", sent(specs / f"{name}.toml"))
            answer = analyst.get(f"{job['links']['result']}/table.csv")
            assert answer.status_code == 200, answer.text
            assert rows(answer.text) == rows(at_home(specs / f"{name}.toml", demo_registry, tmp_path)), name
        _says_who_registered(server, analyst)


def _says_who_registered(server: Server, analyst: httpx.Client) -> None:
    listed = analyst.get("/v1/registrations").json()
    assert {row["submitter"] for row in listed["items"] if row["submitter"]} >= {"contributor"}
