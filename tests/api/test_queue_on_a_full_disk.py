"""The disk of the state folder is full: nothing is accepted, nothing is lost, and it goes on when there is room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.own_disk import skip_without_mounts

# In a name space of its own, where the state folder is a small disk.
CHILD = """
import os, subprocess, sys, time
from pathlib import Path
registry, folder = Path(sys.argv[1]), Path(sys.argv[2])
state = folder / "state"
state.mkdir(mode=0o700)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", str(state)], check=True)
from tests.api.server import running_server

CHECK = {"spec_version": 1, "job": "check_registry"}
# More than there may be room for in the files of the database as they are.
LARGE = {
    "content": 'spec_version = 1\\njob = "check_registry"\\n' + "# a remark\\n" * 20_000,
    "headers": {"Idempotency-Key": "second", "Content-Type": "application/toml"},
}

def fill():
    with open(state / "server.filler", "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass

def ended(client, job):
    for _ in range(300):
        found = client.get(f"/v1/jobs/{job}", headers={"Prefer": "wait=5"}).json()
        if found["state"] in ("succeeded", "failed", "cancelled"):
            return found
    raise AssertionError(found)

with running_server(registry, folder, runners={"warm": 0, "embedded": 1}) as server:
    client = server.client("admin", "anna")
    first = client.post("/v1/jobs", json=CHECK, headers={"Idempotency-Key": "first"})
    assert first.status_code == 202, first.text
    fill()
    refused = [client.post("/v1/jobs", **LARGE) for _ in range(3)]
    assert [each.status_code for each in refused] == [507] * 3, [each.text for each in refused]
    assert "full" in refused[0].json()["detail"] and str(folder) not in refused[0].text
    # What can be read is read, and who is there is told so.
    assert client.get("/v1/jobs").status_code == 200
    assert client.get("/v1/projects").status_code == 200
    assert client.get("/v1/health").status_code == 200
    # A server that is killed now has nothing in its hands that the next one does not know.
    server.kill()
    (state / "server.filler").unlink()
    server.start()
    client = server.client("admin", "anna")
    found = ended(client, first.json()["id"])
    assert found["state"] in ("succeeded", "failed"), found
    if found["state"] == "failed":
        assert "full" in found["reason"] or "No space" in found["reason"] or "lost" in found["reason"], found
    second = client.post("/v1/jobs", **LARGE)
    assert second.status_code == 202, second.text
    assert ended(client, second.json()["id"])["state"] == "succeeded"
    assert len(client.get("/v1/jobs").json()["items"]) == 2
print("all held")
"""


def test_a_full_disk_refuses_jobs_and_loses_none(demo_registry: Path, tmp_path: Path) -> None:
    skip_without_mounts()
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", CHILD, str(demo_registry), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    assert done.stdout.endswith("all held\n")
