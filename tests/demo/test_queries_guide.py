"""The guide of queries: its snippets run on the demo, what it refuses is refused so, and it names all there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.errors import DsgridError
from dsgrid.query.model import OPERATORS
from dsgrid.spec.schemas.query import FUNCTIONS
from dsgrid.spec.schemas.words import TIME_WORDS

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

GUIDE = DEMO.parents[1] / "docs" / "queries.md"
PROJECT = "three_states_2018"
# What a snippet leaves out, because the guide has said it at its beginning.
DEFAULTS = {"project": PROJECT, "datasets": ["commercial_2018", "residential_2018"]}
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


@dataclass(frozen=True)
class Block:
    """A block of the guide: the language, the text, and the line that it begins on."""

    language: str
    text: str
    line: int


def blocks() -> Iterator[Block]:
    text = GUIDE.read_text("utf-8")
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)


def refused() -> list[tuple[str, str]]:
    """Return the specs that are followed by a message."""
    every = list(blocks())
    return [(one.text, said.text) for one, said in pairwise(every) if is_refused(one, said)]


def is_refused(one: Block, following: Block) -> bool:
    return one.language == "toml" and following.language == "text"


def snippets() -> list[Any]:
    """Return the parts of queries that are to run."""
    every = [*blocks(), Block("", "", 0)]
    return [
        pytest.param(one.text, id=f"line {one.line}")
        for one, following in pairwise(every)
        if one.language == "toml" and not is_refused(one, following)
    ]


def completed(text: str, folder: Path) -> dict[str, Any]:
    """Return the whole query that a snippet is a part of."""
    part = tomli.loads(text)
    whole: dict[str, Any] = {"name": "snippet", **DEFAULTS, **part}
    if "expression" in part:
        del whole["datasets"]
    return whole | {"result": {**part.get("result", {}), "path": str(folder)}}


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_demo(tmp_path_factory.mktemp("small"), days=7, counties=5)


@pytest.fixture(scope="module")
def registry(specs: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    opened = dsgrid.open_registry(tmp_path_factory.mktemp("guide") / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


@ON_SAIL
@pytest.mark.parametrize("text", snippets())
def test_a_snippet_of_the_guide_runs_on_the_demo(text: str, registry: OpenRegistry, tmp_path: Path) -> None:
    result = registry.query(completed(text, tmp_path))
    assert result.rows > 0
    assert result.manifest["query"] == tomli.loads(text).get("name", "snippet")


@ON_SAIL
@pytest.mark.parametrize(("text", "said"), refused())
def test_what_the_guide_calls_a_mistake_is_told_as_it_shows(
    text: str, said: str, registry: OpenRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "query.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DsgridError) as caught:
        registry.explain("query.toml")
    # How many combinations a dataset has is a matter of the demo's size.
    assert comparable(str(caught.value)) == comparable(said)


@ON_SAIL
def test_the_plan_in_the_guide_is_what_is_explained(registry: OpenRegistry, specs: Path) -> None:
    (shown,) = (one.text for one in blocks() if one.text.startswith("$ dsgrid explain specs/demo/growth_by_state.toml"))
    plan = registry.explain(specs / "growth_by_state.toml").report().splitlines()
    printed = iter([comparable(line) for line in plan])
    for line in shown.splitlines()[1:]:
        if line.strip() != "...":
            assert comparable(line) in printed, line


def comparable(line: str) -> str:
    """Return a line without its numbers: the demo of the tests is smaller than that of the guide."""
    return " ".join(re.sub(r"[\d.,]*\d", "#", line).split())


@ON_SAIL
def test_the_manifest_in_the_guide_has_the_keys_of_a_real_one(
    registry: OpenRegistry, specs: Path, tmp_path: Path
) -> None:
    (shown,) = (json.loads(one.text) for one in blocks() if one.language == "json")
    spec = tomli.loads((specs / "growth_by_state.toml").read_text("utf-8"))
    manifest = registry.query(spec | {"result": spec["result"] | {"path": str(tmp_path)}}).manifest
    assert len(shown) > 5
    for key, value in shown.items():
        assert shape(value) <= shape(manifest[key]), key


def shape(value: Any, path: str = "") -> set[str]:
    """Return the paths of all keys in a value."""
    if isinstance(value, dict):
        return {path}.union(*(shape(child, f"{path}.{key}") for key, child in value.items()))
    if isinstance(value, list):
        return {path}.union(*(shape(child, f"{path}[]") for child in value))
    return {path}


def test_the_guide_names_every_operator_every_function_and_every_word_of_time() -> None:
    text = GUIDE.read_text("utf-8")
    for name in (*OPERATORS, *FUNCTIONS, *TIME_WORDS):
        assert f"`{name}`" in text, name
