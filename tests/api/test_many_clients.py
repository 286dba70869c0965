"""Many clients at once: every reader is answered, and every job that was taken ends."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from tests.api.server import Server, running_server

READERS = 200
QUERIES = 20
ROUNDS = 4
PATHS = (
    "/v1/projects",
    "/v1/datasets?sort=-rows",
    "/v1/projects/three_states_2018",
    "/v1/dimensions/three_states_2018%2Fcounty/records?where=state%20%3D%20CA",
    "/v1/datasets/commercial_2018/history",
    "/v1/entries/three_states_2018/graph",
    "/v1/schemas/query",
    "/v1/jobs",
)
LIMITS = {"requests": 1_000_000, "burst": 100_000, "queued": 100, "connections": 500, "running": 2}


def query(number: int) -> dict[str, Any]:
    return {
        "job": "query",
        "spec_version": 1,
        "name": f"q{number}",
        "project": "three_states_2018",
        "datasets": ["residential_2018"],
        "step": [{"function": "sum", "by": ["state", "fuel", "scenario", ("annual", "month_of_year")[number % 2]]}],
    }


async def load(server: Server) -> tuple[Counter[int], list[float], list[dict[str, Any]]]:
    """Ask as many readers and analysts at once would; return the statuses, the seconds of the reads, and the jobs."""
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=READERS)
    users = [{"Authorization": f"Bearer {server.token('analyst', f'user{index}')}"} for index in range(4)]
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60, trust_env=False) as client:

        async def read(reader: int) -> None:
            for turn in range(ROUNDS):
                began = time.monotonic()
                path = PATHS[(reader + turn) % len(PATHS)]
                answer = await client.get(path, headers=users[reader % len(users)])
                seconds.append(time.monotonic() - began)
                statuses[answer.status_code] += 1
                json.loads(answer.content)

        async def ask(number: int) -> dict[str, Any]:
            user = users[number % len(users)]
            answer = await client.post("/v1/queries?cache=false", json=query(number), headers=user)
            statuses[answer.status_code] += 1
            assert answer.status_code == 202, answer.text
            address = answer.headers["Location"]
            job: dict[str, Any] = answer.json()
            while job["ended_at"] is None:
                answer = await client.get(address, headers={**user, "Prefer": "wait=20"})
                assert answer.status_code == 200, answer.text
                job = answer.json()
            return job

        done = await asyncio.gather(*(ask(each) for each in range(QUERIES)), *(read(each) for each in range(READERS)))
    return statuses, seconds, [job for job in done if job is not None]


def test_200_readers_and_20_queued_queries_are_all_answered(demo_registry: Path, tmp_path: Path) -> None:
    with running_server(demo_registry, tmp_path, limits=LIMITS) as server:
        statuses, seconds, jobs = asyncio.run(load(server))
        assert statuses == {200: READERS * ROUNDS, 202: QUERIES}
        assert Counter(job["state"] for job in jobs) == {"succeeded": QUERIES}
        assert {job["attempt"] for job in jobs} == {1}
        assert len({job["id"] for job in jobs}) == QUERIES
        listed = server.client("admin").get("/v1/jobs?limit=100").json()
        assert {job["id"] for job in listed["items"]} == {job["id"] for job in jobs}
        # To be read, not to be passed: pytest -s shows it.
        cuts = statistics.quantiles(seconds, n=20)
        print(f"reads: p50 {statistics.median(seconds):.3f} s, p95 {cuts[-1]:.3f} s, max {max(seconds):.3f} s")
