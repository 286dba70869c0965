"""The guide of datasets without a project: its examples run on the demo, and what it refuses is refused so."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.errors import DsgridError

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

GUIDE = DEMO.parents[1] / "docs" / "dataset_queries.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
REFUSED = [(text, said) for (first, text), (then, said) in pairwise(BLOCKS) if (first, then) == ("toml", "text")]
EXAMPLES = {
    tomli.loads(text)["name"]: text for language, text in BLOCKS if language == "toml" and text not in dict(REFUSED)
}
PROJECT = "three_states_2018"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    folder = tmp_path_factory.mktemp("guide")
    specs = small_demo(folder, days=2, counties=5)
    opened = dsgrid.open_registry(folder / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


def example(name: str, folder: Path) -> dict[str, Any]:
    spec = tomli.loads(EXAMPLES[name])
    return spec | {"result": {**spec.get("result", {}), "path": str(folder)}}


@ON_SAIL
@pytest.mark.parametrize("name", [name for name, text in EXAMPLES.items() if '"query_dataset"' in text])
def test_a_query_of_the_guide_runs_on_the_demo(name: str, registry: OpenRegistry, tmp_path: Path) -> None:
    assert registry.query_dataset(example(name, tmp_path)).rows > 0


@ON_SAIL
def test_a_dataset_is_mapped_and_registered_as_the_guide_says(registry: OpenRegistry, tmp_path: Path) -> None:
    mapped = registry.map_dataset(example("homes_by_county", tmp_path))
    assert mapped.registered is not None
    assert mapped.specs is not None
    assert mapped.specs.name == "homes_by_county_specs"
    assert (mapped.specs / "register_dataset.toml").is_file()
    assert mapped.report().startswith("homes_by_county: ")


@ON_SAIL
@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_the_guide_shows_as_refused_is_refused_so(
    text: str, said: str, registry: OpenRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "query.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DsgridError) as caught:
        registry.explain("query.toml")
    assert str(caught.value) == said.rstrip("\n")


@ON_SAIL
def test_the_plan_in_the_guide_is_what_is_explained(registry: OpenRegistry, tmp_path: Path) -> None:
    (shown,) = (text for language, text in BLOCKS if language == "console")
    plan = registry.explain(example("homes_by_state", tmp_path)).report().splitlines()
    lines = [line for line in shown.splitlines()[1:] if line != "..."]
    assert lines
    assert set(lines) <= set(plan)


@ON_SAIL
def test_the_snippet_of_python_runs(registry: OpenRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = (text for language, text in BLOCKS if language == "python")
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    exec(snippet.replace('"build/demo/registry"', repr(str(registry.folder))), known)
    assert set(known["result"].to_pandas()["state"]) == {"CA", "CO", "NY"}


@ON_SAIL
def test_a_dataset_gives_without_its_project_what_it_gives_with_it(registry: OpenRegistry, tmp_path: Path) -> None:
    dataset, by = "residential_2018", ["state", "fuel", "scenario", "hourly"]
    with_project = registry.query(
        {"name": "with", "project": PROJECT, "datasets": [dataset], "step": [{"by": by}], "result": {"path": tmp_path}}
    )
    to = {type_: f"{PROJECT}/{name}" for type_, name in (("geography", "state"), ("metric", "fuel"))}
    to |= {"time": f"{PROJECT}/time_mst", "scenario": f"{PROJECT}/scenario"}
    without = registry.query_dataset(
        {"name": "without", "dataset": dataset, "to": to, "step": [{"by": by}], "result": {"path": tmp_path}}
    )
    wanted = with_project.to_pandas().set_index(by)["value"]
    found = without.to_pandas().set_index(by)["value"]
    assert len(found) == len(wanted) > 100
    assert [*found.sort_index()] == pytest.approx([*wanted.sort_index()])
