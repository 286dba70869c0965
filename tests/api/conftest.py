"""Real servers: a registry with data, made once for all tests, and one server that tests share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.server import Server, running_server
from tests.demo_project import small_demo

STEPS = (
    "create_registry",
    "register_project",
    "register_commercial",
    "register_residential",
    "register_growth",
    "submit_commercial",
    "submit_residential",
    "submit_growth",
)


@pytest.fixture(scope="session")
def demo_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry of a small demo project: a week of four counties. Its folder also has ``specs/demo``; read only."""
    folder = tmp_path_factory.mktemp("demo")
    specs = small_demo(folder)
    names = [specs / f"{name}.toml" for name in STEPS]
    command = [sys.executable, "-m", "dsgrid", "run", "--quiet", *map(str, names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "build/demo/registry"


@pytest.fixture
def own_registry(demo_registry: Path, tmp_path: Path) -> Path:
    """A copy of `demo_registry` that a test may change."""
    return Path(shutil.copytree(demo_registry, tmp_path / "registry"))


@pytest.fixture(scope="session")
def small_server(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over `demo_registry`, for all tests that leave the registry as it is."""
    with running_server(demo_registry, tmp_path_factory.mktemp("server")) as server:
        yield server
