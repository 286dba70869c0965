"""A registry to change, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from changing import Bench


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Bench.new(tmp_path_factory.mktemp("bench") / "registry").folder


@pytest.fixture
def bench(template: Path, tmp_path: Path) -> Bench:
    """A registry that the test may do anything to."""
    return Bench(shutil.copytree(template, tmp_path / "registry"))
