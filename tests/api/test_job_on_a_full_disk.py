"""A disk that is full: the job fails, and says so; nothing half-written is a result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.own_disk import skip_without_mounts

# In a name space of its own: a small disk for the state of a server, with so much left for the job.
CHILD = """
import json, subprocess, sys
from pathlib import Path
registry, state, spec, left = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(state)], check=True)
from tests.unit.api.attempts import made_attempt
from dsgrid.api.jobs.attempt_folder import read_outcome
from dsgrid.api.job import EMBEDDED
from dsgrid.api.runners.process import ProcessRunner
from dsgrid.api.settings import Settings
import os, time
settings = Settings(registry=registry, state=state)
attempt = made_attempt(settings, Path(spec).read_text(), EMBEDDED, cache=False)
told = os.statvfs(state)
with open(state / "server.filler", "wb") as file:
    file.write(b"x" * (told.f_bavail * told.f_frsize - left))
runner = ProcessRunner(settings)
runner.start(attempt)
while (outcome := runner.look(attempt)) is None:
    time.sleep(0.02)
published = [str(path) for path in attempt.folder.rglob("current.json")]
print(json.dumps([outcome.state, outcome.code, outcome.reason, published]))
"""


@pytest.mark.parametrize("left", [0, 40_000])
def test_a_job_that_finds_no_room_has_failed_and_says_why(demo_registry: Path, tmp_path: Path, left: int):
    skip_without_mounts()
    spec = demo_registry.parents[2] / "specs/demo/hourly_by_state.toml"
    command = [sys.executable, "-c", CHILD, str(demo_registry), str(tmp_path), str(spec), str(left)]
    done = subprocess.run(
        ["unshare", "-rm", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    state, code, reason, published = json.loads(done.stdout.splitlines()[-1])
    assert (state, code) == ("failed", 9), reason
    assert "No space left" in reason or "full" in reason
    assert published == []
