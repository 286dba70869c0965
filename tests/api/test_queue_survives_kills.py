"""A real server that is killed at random moments, with real processes of jobs: none is lost, none is done twice."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.server import Server, running_server

from dsgrid.api.job import ENDED

# It needs no engine, and is over soon.
CHECK = {"spec_version": 1, "job": "check_registry"}
RUNNERS = {"warm": 0, "embedded": 2}


@dataclass
class Client:
    """Somebody who hands in jobs, and tries again with the same key where the server does not answer.

    Parameters
    ----------
    spec
        What is handed in; with a mark of its own each time.
    most
        How many jobs at most.
    """

    server: Server
    token: str
    spec: dict[str, Any]
    most: int
    name: str = "a"
    accepted: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while number < self.most and not self.ends.is_set():
            key = f"{self.name}-{number}"
            answer = self.ask("POST", "/v1/jobs", json=self.spec, headers={"Idempotency-Key": key})
            if answer is not None and answer.status_code in (200, 202):
                self.accepted[key] = answer.json()["id"]
                number += 1
            elif answer is not None:
                # Nothing is wrong with it, and there is room.
                self.refusals.append(answer.text)
                return
            time.sleep(0.05)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        with contextlib.suppress(httpx.HTTPError):
            return httpx.request(method, self.server.url + path, headers=headers, timeout=20, trust_env=False, **more)
        return None

    def until_all_have_ended(self, seconds: float) -> list[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        while True:
            answer = self.ask("GET", "/v1/jobs?limit=1000")
            if answer is not None and answer.status_code == 200:
                jobs: list[dict[str, Any]] = answer.json()["items"]
                if all(job["state"] in ENDED for job in jobs):
                    return jobs
                assert time.monotonic() < deadline, f"these have not ended: {jobs}"
            time.sleep(0.1)


def killed_again_and_again(server: Server, clients: list[Client], kills: int, seed: int, longest: float) -> None:
    """Kill the server at random moments while clients hand in jobs."""
    chance = random.Random(seed)
    threads = [threading.Thread(target=client.run) for client in clients]
    for each in threads:
        each.start()
    for left in reversed(range(kills)):
        time.sleep(chance.uniform(0.0, longest))
        server.kill()
        # Some are killed again before they listen.
        is_awaited = not left or chance.random() < 0.8
        server.start(wait=is_awaited)
        if not is_awaited:
            time.sleep(chance.uniform(0.2, 1.0))
    for each in threads:
        each.join(60)
    for each in clients:
        each.ends.set()
        assert each.refusals == []


def done_once(state: Path, jobs: list[dict[str, Any]]) -> None:
    """Each job was begun by one process, which has ended once."""
    for job in jobs:
        folder = state / "jobs" / job["id"]
        claims = [json.loads(path.read_text()) for path in folder.glob("*/started.json")]
        assert len([claim for claim in claims if "pid" in claim]) == 1, (job, claims)
        assert len(list(folder.glob("*/outcome.json"))) == 1, job
        lines = [line for path in folder.glob("*/log.jsonl") for line in path.read_text().splitlines()]
        assert len([line for line in lines if json.loads(line)["event"] == "run_ended"]) == 1, job
    # Nothing is there that nobody was told of, and the database is whole.
    with contextlib.closing(sqlite3.connect(state / "server.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        attempts = connection.execute("SELECT job, number FROM attempts WHERE ended_at IS NULL").fetchall()
    assert attempts == []


def test_no_job_is_lost_or_done_twice_however_often_the_server_is_killed(demo_registry: Path, tmp_path: Path) -> None:
    with running_server(demo_registry, tmp_path, runners=RUNNERS) as server:
        clients = [Client(server, server.token("admin", name), CHECK, 4, name) for name in ("anna", "bert")]
        killed_again_and_again(server, clients, kills=5, seed=10, longest=1.0)
        jobs = clients[0].until_all_have_ended(60)
        assert {job["id"] for job in jobs} == {job for client in clients for job in client.accepted.values()}
        assert sum(len(client.accepted) for client in clients) == 8
        assert {job["state"] for job in jobs} == {"succeeded"}
        done_once(server.state, jobs)


def test_two_who_hand_in_the_same_at_once_get_one_job(demo_registry: Path, tmp_path: Path) -> None:
    with running_server(demo_registry, tmp_path, runners=RUNNERS) as server:
        token = server.token("admin", "anna")
        clients = [Client(server, token, CHECK, 1, "same") for _ in range(6)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        assert len({client.accepted["same-0"] for client in clients}) == 1
        jobs = clients[0].until_all_have_ended(60)
        assert len(jobs) == 1
        done_once(server.state, jobs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_queries_of_a_warm_engine_survive_kills_too(demo_registry: Path, tmp_path: Path, seed: int) -> None:
    query = {
        "spec_version": 1,
        "job": "query",
        "name": "by_state",
        "project": "three_states_2018",
        "datasets": ["residential_2018"],
        "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
    }
    with running_server(demo_registry, tmp_path, runners={"warm": 1, "embedded": 1}) as server:
        clients = [Client(server, server.token("admin", "anna"), CHECK, 12, "anna")]
        clients += [Client(server, server.token("analyst", "bert"), query, 12, "bert")]
        killed_again_and_again(server, clients, kills=12, seed=seed, longest=3.0)
        jobs = clients[0].until_all_have_ended(240)
        assert {job["id"] for job in jobs} == {job for client in clients for job in client.accepted.values()}
        assert sum(len(client.accepted) for client in clients) == 24
        done_once(server.state, jobs)
