"""Jobs and their results: nothing of them names a folder of the server, they are their owners', and streams are few."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.server import Server, running_server

WAIT = {"Prefer": "wait=60"}
PLACE = "hidden-place"  # a part of every path of this server, and of nothing else
TOML = {"Content-Type": "application/toml"}


@pytest.fixture(scope="module")
def server(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(PLACE)
    registry = shutil.copytree(demo_registry, folder / "registry")
    inputs = folder / "inputs"
    inputs.mkdir()
    made = demo_registry.parents[2]
    shutil.copytree(made / "specs/demo/dimensions", inputs / "dimensions")
    rows = (made / "build/demo/data/growth/rates.csv").read_text().splitlines()
    (inputs / "twice.csv").write_text("\n".join([*rows, rows[1]]) + "\n")  # no row may be there twice
    roots = {"inputs": {"folder": str(inputs)}}
    with running_server(
        registry, folder / "server", roots=roots, limits={"streams": 2, "burst": 2_000, "running": 1}
    ) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> httpx.Client:
    return server.client("admin")


@pytest.fixture(scope="module")
def wrong_spec(demo_registry: Path) -> str:
    """A spec that passes all checks but those of the data."""
    text = (demo_registry.parents[2] / "specs/demo/register_growth.toml").read_text("utf-8")
    for written, meant in (
        (r"^registry = .*\n", ""),
        (r"growth_(?!rate)", "other_"),
        (r'"dimensions/', '"inputs/dimensions/'),
        (r'"[^"]*/rates\.csv"', '"inputs/twice.csv"'),
    ):
        text = re.sub(written, meant, text, flags=re.MULTILINE)
    return text


@pytest.fixture(scope="module")
def jobs(admin: httpx.Client, demo_registry: Path, wrong_spec: str) -> dict[str, dict[str, Any]]:
    """A query that was answered, and a job that failed because of a file."""
    text = (demo_registry.parents[2] / "specs/demo/annual_by_state.toml").read_text("utf-8")
    text = re.sub(r"^(registry|path) = .*\n", "", text, flags=re.MULTILINE)
    found = {
        "query": admin.post("/v1/queries", content=text, headers=TOML | WAIT, timeout=90),
        "wrong": admin.post("/v1/jobs", content=wrong_spec, headers=TOML | WAIT, timeout=90),
    }
    assert {answer.status_code for answer in found.values()} == {200}, [answer.text for answer in found.values()]
    return {name: answer.json() for name, answer in found.items()}


def test_a_file_of_a_root_is_named_as_the_user_named_it(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["query"]["state"] == "succeeded"
    assert jobs["wrong"]["state"] == "failed"
    told = str(jobs["wrong"])
    assert "inputs/twice.csv" in told
    assert PLACE not in told


def test_no_answer_about_jobs_or_the_registry_names_a_folder(
    server: Server, admin: httpx.Client, jobs: dict[str, dict[str, Any]]
) -> None:
    paths = admin.get("/v1/openapi.json").json()["paths"]
    references = ("three_states_2018", "commercial_2018", "state")
    job_id = jobs["query"]["id"]
    result_files = [each["path"] for each in admin.get(f"/v1/jobs/{job_id}/result/files").json()["items"]]
    asked: set[str] = set()
    for path, operations in paths.items():
        if "get" not in operations:
            continue
        for job in jobs.values() if "/jobs/{" in path else [{"id": "x"}]:
            own = re.sub(r"{(job|id)}", job["id"], path)
            own = f"{own}?with={job_id}" if "diff" in path and "jobs" in path else own
            names = references if "{ref" in own else result_files if "{path}" in own else ("table",)
            asked |= {re.sub(r"{\w+}", name, own) for name in names}

    wrong = []
    for address in sorted(asked):
        answer = admin.get(address)
        if PLACE.encode() in answer.content or PLACE in str(answer.headers) or answer.status_code >= 500:
            wrong.append((address, answer.status_code, answer.text[:300]))

    assert wrong == []
    assert len(asked) > 60
    assert result_files


def test_jobs_of_others_are_not_there_for_who_is_no_admin(server: Server, jobs: dict[str, dict[str, Any]]) -> None:
    other = server.client("contributor", "somebody")
    of_it = [
        address for job in jobs.values() for name, address in job["links"].items() if name not in ("cancel", "retry")
    ]

    assert {other.get(address).status_code for address in of_it} == {404}
    for job in jobs.values():
        assert other.post(f"/v1/jobs/{job['id']}/cancel").status_code == 404
        assert other.post(f"/v1/jobs/{job['id']}/retry").status_code == 404
        assert other.delete(f"/v1/jobs/{job['id']}").status_code == 404
    assert other.get("/v1/jobs").json()["items"] == []


def test_a_name_with_other_roles_is_the_same_owner_and_no_more(
    server: Server, admin: httpx.Client, jobs: dict[str, dict[str, Any]]
) -> None:
    same = server.client("analyst", "admin")  # the name of the admin's token, with less of a role
    reader = server.client("reader", "admin")

    assert same.get(jobs["query"]["links"]["self"]).status_code == 200
    assert same.get("/v1/tokens").status_code == 403
    assert reader.get(jobs["query"]["links"]["self"]).status_code == 403


def test_more_streams_than_the_limit_are_429_and_an_ended_one_makes_room(server: Server, wrong_spec: str) -> None:
    client = server.client("contributor", "streamer")
    first, job = (client.post("/v1/jobs?runner=embedded", content=wrong_spec, headers=TOML).json() for _ in range(2))

    def status() -> int:
        with client.stream("GET", job["links"]["events"]) as answer:
            for _ in answer.iter_raw():
                break
            return answer.status_code

    with ExitStack() as stack:
        opened = [stack.enter_context(client.stream("GET", job["links"]["events"])) for _ in range(2)]
        assert [each.status_code for each in opened] == [200, 200]
        with ThreadPoolExecutor(10) as pool:
            flood = list(pool.map(lambda _: status(), range(20)))
        assert set(flood) == {429}
        assert server.client().get("/v1/health").status_code == 200
        # It waits for the first one, so that the streams have not ended by themselves.
        assert client.post(f"/v1/jobs/{job['id']}/cancel").status_code in (200, 202)
        client.get(job["links"]["self"], headers=WAIT)
    assert status() == 200
    client.post(f"/v1/jobs/{first['id']}/cancel")
