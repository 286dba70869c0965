"""What is said to a mistake in a project or a mapping: one line, with its place, what was found, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mistakes.bench import Bench
from tests.mistakes.corpus import WITHOUT_DATA
from tests.mistakes.mistake import Mistake


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.new(tmp_path_factory.mktemp("mistakes"))


@pytest.mark.parametrize("spec", ["project.toml", "mappings.toml"])
def test_without_a_mistake_nothing_is_said(bench: Bench, tmp_path: Path, spec: str) -> None:
    assert bench.first_lines(Mistake("nothing", spec, lambda files: files, ()), tmp_path) == ()


@pytest.mark.parametrize("mistake", WITHOUT_DATA, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_in_one_line(bench: Bench, tmp_path: Path, mistake: Mistake) -> None:
    assert bench.first_lines(mistake, tmp_path) == mistake.expected
