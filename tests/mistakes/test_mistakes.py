"""What `dsgrid check` says to a mistake: one line, with its place, what was found, and what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.mistakes.bench import Bench
from tests.mistakes.corpus import MISTAKES, OF_DATASETS
from tests.mistakes.mistake import Mistake

if TYPE_CHECKING:
    from dsgrid.engine import Engine

# A file, its line, and the column in a spec; of Parquet the row; a folder where it is about all of its files.
PLACE = re.compile(r"([\w/-]+\.(toml:\d+:\d+|csv(:\d+)?|parquet( \(row \d+\))?|txt|xlsx)|offices|homes): ")
SPECS = ("homes.toml", "offices.toml", "people.toml", "clocks.toml")


def on_engines() -> list[Any]:
    """All mistakes on the engine that is quick; on the other one they take minutes, and the messages are the same."""
    return [
        pytest.param(engine, mistake, id=f"{engine}-{mistake.name}", marks=marks)
        for engine, marks in (("sail", ()), ("spark", (pytest.mark.slow,)))
        for mistake in OF_DATASETS
    ]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.new(tmp_path_factory.mktemp("mistakes"))


@pytest.mark.parametrize("spec", SPECS)
def test_without_a_mistake_nothing_is_said(bench: Bench, engine: Engine, tmp_path: Path, spec: str) -> None:
    nothing = Mistake("nothing", spec, lambda files: files, ())
    assert bench.first_lines(nothing, tmp_path, engine) == ()


@pytest.mark.parametrize(("engine", "mistake"), on_engines(), indirect=["engine"])
def test_a_mistake_is_told_in_one_line(bench: Bench, engine: Engine, tmp_path: Path, mistake: Mistake) -> None:
    assert bench.first_lines(mistake, tmp_path, engine) == mistake.expected


def test_every_kind_of_mistake_is_there_once_and_is_told_with_its_place() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names)) >= 60
    for mistake in MISTAKES:
        assert mistake.expected, mistake.name
        for line in mistake.expected:
            assert PLACE.match(line), line
