"""A server hands jobs to Apache Spark through spark-submit, and gets the results that the embedded engine gives."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
from tests.api.server import running_server

SPEC: dict[str, Any] = {
    "job": "query",
    "spec_version": 1,
    "name": "by_state",
    "project": "three_states_2018",
    "datasets": ["residential_2018"],
    "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "${time}"]}],
}


def answered(client: httpx.Client, runner: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the job of a query, and its table, sorted."""
    asked = client.post(
        "/v1/queries", json=SPEC, params={"runner": runner, "cache": "false", "set": "time=day_of_year"}
    )
    assert asked.status_code == 202, asked.text
    job: dict[str, Any] = asked.json()
    while job["ended_at"] is None:
        job = client.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=20"}).json()
    assert job["state"] == "succeeded", job
    sent = client.get(f"{job['links']['result']}/table.parquet")
    table = pd.read_parquet(io.BytesIO(sent.content))
    return job, table.sort_values([name for name in table.columns if name != "value"], ignore_index=True)


def test_a_query_gives_the_same_by_spark_submit(demo_registry: Path, tmp_path: Path) -> None:
    runners = {"warm": 0, "embedded": 1, "spark": 1, "master": "local[2]", "memory": "1g"}
    with running_server(demo_registry, tmp_path, runners=runners) as server:
        client = server.client("analyst")
        _, expected = answered(client, "embedded")
        job, found = answered(client, "spark")
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
        assert len(found) > 0
        assert job["runner"] == "spark"
        # The stages that Spark's process goes through arrive as events, like those of any other job.
        events = client.get(f"/v1/jobs/{job['id']}/events").text
        assert "stage_begun" in events
        assert "event: end" in events
