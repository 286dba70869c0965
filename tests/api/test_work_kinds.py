"""Kinds of jobs besides queries, run over HTTP: what they write is in their folder, and names nothing of the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.server import running_server

QUERY: dict[str, Any] = {
    "job": "query",
    "name": "hourly_by_county",
    "project": "three_states_2018",
    "datasets": ["commercial_2018"],
    "step": [{"by": ["county", "building_type", "end_use", "scenario", "hourly"]}],
}


class Work:
    """Hands specs in, waits for the ends of their jobs, and looks for paths of the server in everything."""

    def __init__(self, client: httpx.Client, folder: Path) -> None:
        self._client = client
        self._folder = str(folder)

    def run(self, spec: dict[str, Any], state: str = "succeeded", **options: str) -> dict[str, Any]:
        """Run a spec, and return its job."""
        spec = {"spec_version": 1, **spec}
        answer = self._client.post("/v1/jobs", json=spec, params=options, headers={"Prefer": "wait=50"}, timeout=90)
        assert answer.status_code in (200, 202), answer.text
        job: dict[str, Any] = answer.json()
        while job["state"] in ("queued", "running"):
            job = self._client.get(job["links"]["self"], headers={"Prefer": "wait=30"}, timeout=60).json()
        assert job["state"] == state, json.dumps(job["outcome"])
        self._check(json.dumps(job))
        self._check(self._client.get(job["links"]["log"]).text)
        for name, text in self.files(job).items():
            assert self._folder.encode() not in text, name
        return job

    def files(self, job: dict[str, Any]) -> dict[str, bytes]:
        """Return the files that a job has written."""
        if "files" not in job["links"]:
            return {}
        every = self._client.get(job["links"]["files"]).json()["items"]
        return {
            each["path"]: self._client.get(each["url"]).content for each in every if "/schemas/" not in each["path"]
        }

    def _check(self, text: str) -> None:
        assert self._folder not in text, text[:2_000]


@pytest.mark.slow
def test_what_jobs_write_is_in_their_folders_and_names_nothing_of_the_server(
    own_registry: Path, demo_registry: Path, tmp_path: Path
) -> None:
    home = demo_registry.parents[1]
    (tmp_path / "scratch").mkdir()
    roots = {
        "data": {"folder": str(home / "demo/data")},
        "scratch": {"folder": str(tmp_path / "scratch"), "writable": True},
    }
    with running_server(own_registry, tmp_path / "server", roots=roots) as server:
        work = Work(server.client("admin"), tmp_path)
        asked = work.run(QUERY)
        result = f"jobs/{asked['id']}/result"

        export = {"job": "export_result", "result": result, "format": "csv", "columns": "county", "missing": "zero"}
        exported = work.run({**export, "output": "exports/loads"})
        assert [name for name in work.files(exported) if name.endswith(".csv")]
        work.run({**export, "output": "scratch/loads"})
        assert list((tmp_path / "scratch/loads").glob("*.csv"))

        derived = work.run({"job": "create_derived_dataset", "result": result, "output": "made", "id": "made_of_it"})
        assert "will not be linked" not in derived["outcome"]["report"]
        spec = work.files(derived)["files/made/register_dataset.toml"].decode()
        assert f'table = "{result}/table.parquet"' in spec
        # What was made by one job is registered by another, as it was downloaded.
        names = {
            f'"{each.removeprefix("files/made/")}"': f'"jobs/{derived["id"]}/{each}"' for each in work.files(derived)
        }
        for name, named in names.items():
            spec = spec.replace(name, named)
        sent = server.client("contributor", "anna")
        refused = sent.post("/v1/jobs", content=spec, headers={"Content-Type": "application/toml"})
        assert refused.status_code == 422  # somebody else's result
        own = server.client("admin").post(
            "/v1/jobs", content=spec, headers={"Content-Type": "application/toml", "Prefer": "wait=50"}, timeout=90
        )
        assert own.json()["state"] == "succeeded", own.text

        generated = work.run(
            {"job": "generate_dataset", "table": "data/residential/load_data.parquet", "output": "drawn", "id": "drawn"}
        )
        assert (
            b'table = "data/residential/load_data.parquet"'
            in work.files(generated)["files/drawn/register_dataset.toml"]
        )

        dumped = work.run({"job": "dump", "output": "dumped", "ids": ["growth_to_2040"], "data": "copy"})
        assert any(name.endswith(".parquet") for name in work.files(dumped))

        work.run({"job": "copy_registry", "target": "scratch/copy", "datasets": ["growth_to_2040"]})
        work.run({"job": "create_registry", "registry": "scratch/fresh"})
        assert (tmp_path / "scratch/copy/registry.db").is_file()
        assert (tmp_path / "scratch/fresh/registry.db").is_file()

        (tmp_path / "scratch/query.toml").write_text(
            'spec_version = 1\njob = "query_dataset"\nregistry = "/nowhere"\nname = "in_a_bulk"\n'
            'dataset = "growth_to_2040"\n[result]\npath = "/nowhere"\n'
        )
        work.run({"job": "bulk", "specs": ["scratch/query.toml"]})
        assert sorted(path.name for path in (tmp_path / "scratch").iterdir()) == [
            "copy",
            "fresh",
            "loads",
            "query.toml",
        ]
