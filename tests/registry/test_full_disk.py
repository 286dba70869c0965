"""A disk that is full: a clear error, the old state, and the same command succeeds once there is room.

The disk is a small tmpfs in a mount namespace of the child process. (`test_faults` lets each single write fail for want
of room, which needs no rights.)
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.demo_project import small_demo
from tests.own_disk import skip_without_mounts

ROOT = Path(__file__).resolve().parents[2]

CHILD = r"""
import os, subprocess, sys
from pathlib import Path

place, specs, *names = sys.argv[1:]
place, specs = Path(place), Path(specs)
sys.path.insert(0, os.environ["CHECKOUT"])
from tests.registry_state import files, state

subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], check=True)
registry, filler = place / "registry", place / "filler"

def dsgrid(name):
    command = [sys.executable, "-m", "dsgrid", "run", "--registry", str(registry), str(specs / f"{name}.toml")]
    return subprocess.run(command, capture_output=True, text=True)

def whole():
    return state(registry), {path: one for path, one in files(registry).items() if path != "registry.db"}

for name in names[:-1]:
    done = dsgrid(name)
    assert done.returncode == 0, done.stderr
before = whole()
with filler.open("wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)) == 4096:
            pass
    except OSError:
        pass
# Some pages are left, so that it begins well.
os.truncate(filler, filler.stat().st_size - int(os.environ["ROOM"]))
failed = dsgrid(names[-1])
print(failed.stderr.strip().splitlines()[-1])
assert failed.returncode in (5, 7, 9), (failed.returncode, failed.stderr)
assert "Traceback" not in failed.stderr, failed.stderr
assert "defect" not in failed.stderr, failed.stderr
after = whole()
assert after == before, "the old state is intact, and nothing is left behind"
filler.unlink()
again = dsgrid(names[-1])
assert again.returncode == 0, again.stderr
assert whole() != before
"""


def _run(place: Path, specs: Path, room: int, *names: str) -> str:
    skip_without_mounts()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "CHECKOUT": str(ROOT), "ROOM": str(room)}
    place.mkdir()
    command = ["unshare", "-rm", sys.executable, "-c", CHILD, str(place), str(specs), *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    small_demo(folder, days=2, counties=12)
    return folder / "specs/demo"


def test_a_full_disk_leaves_the_registry_as_it_was_when_a_project_is_registered(tmp_path: Path, specs: Path) -> None:
    said = _run(tmp_path / "disk", specs, 32_768, "create_registry", "register_project")
    assert "full" in said or "cannot be written" in said


@pytest.mark.parametrize("room", [pytest.param(0, marks=pytest.mark.slow), 16_384])
def test_a_full_disk_leaves_the_registry_as_it_was_when_data_are_stored(tmp_path: Path, specs: Path, room: int) -> None:
    said = _run(tmp_path / "disk", specs, room, "create_registry", "register_project", "register_commercial")
    assert any(word in said for word in ("full", "No space left", "cannot be written", "disk")), said
