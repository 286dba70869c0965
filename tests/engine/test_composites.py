"""A result that is registered in its project is a source of later queries, and keeps what it was made of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK
from tests.orphans import orphans

from dsgrid.errors import DataError, NotFoundError, RegistryError, SpecError
from dsgrid.operations.apply import apply
from dsgrid.operations.bulk import bulk
from dsgrid.operations.check_registry import examine
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.dump import dump
from dsgrid.operations.filter_registry import filter_registry
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.query import query
from dsgrid.operations.register_composite import RegisteredComposite, register_composite
from dsgrid.operations.register_project import register_project
from dsgrid.operations.remove import remove
from dsgrid.query.result import Result, open_result
from dsgrid.registry.registry import Registry

PROJECT = "three_states_2018"
OFFICES: dict[str, Any] = {"where": [{"dimension": "building_type", "ends_with": "_office"}]}


def ask(desk: Desk, name: str, dataset: str = "commercial_2018", registry: Path | None = None, **spec: Any) -> Result:
    whole = {"name": name, "project": PROJECT, "datasets": [dataset], "result": {"path": str(desk.folder / "r")}}
    return query({**whole, **spec}, registry=registry or desk.registry, engine=desk.engine)


def compose(desk: Desk, result: Result, registry: Path | None = None, **more: Any) -> RegisteredComposite:
    spec = {"project": PROJECT, "result": str(result.folder), "id": "offices", **more}
    return register_composite(spec, registry=registry or desk.registry, engine=desk.engine)


def by_state(desk: Desk, dataset: str, registry: Path | None = None, **more: Any) -> pd.Series:
    result = ask(desk, "by_state", dataset, registry, step=[{"by": ["state", "end_use", "scenario", "hourly"]}], **more)
    return result.to_pandas().set_index(["state", "end_use", "scenario", "hourly"])["value"].sort_index()


@pytest.fixture
def desk(commercial_desk: Desk) -> Desk:
    return commercial_desk


def test_a_composite_is_asked_as_what_it_was_made_of(desk: Desk) -> None:
    made = compose(desk, ask(desk, "offices", **OFFICES))
    assert made.report().startswith(f"registered composite offices@1.0.0 of project {PROJECT}@1.0.0 in ")
    for name in ("offices", "offices@1"):
        pd.testing.assert_series_equal(by_state(desk, name), by_state(desk, "commercial_2018", **OFFICES), rtol=1e-9)
    with Registry.open(desk.registry) as registry:
        (row,) = registry.composites()
        assert (row["id"], row["version"], row["project_id"]) == ("offices", "1.0.0", PROJECT)
        assert (row["query"], row["rows"]) == ("offices", sum(f.rows for f in made.dataset.files if f.role == "facts"))
        shown = registry.entry("offices")
        assert shown["composite_of"] == f"{PROJECT}@1.0.0"
        assert shown["query"] == made.query
        assert registry.project(PROJECT).version == "1.0.0", "the project is not changed by it"
    assert examine(desk.registry, checksums=True).is_clean


@SLOW_ON_SPARK
def test_what_a_composite_was_made_of_stays_while_it_does(desk: Desk) -> None:
    compose(desk, ask(desk, "offices", **OFFICES))
    text = dependency_graph(desk.registry, "commercial_2018", down=False).text()
    assert "dataset offices@1.0.0 (composite)" in text
    with pytest.raises(RegistryError, match=r"needed by .*query offices@.*which made dataset offices@1.0.0"):
        remove({"ids": ["commercial_2018"]}, registry=desk.registry)
    with pytest.raises(RegistryError, match="is needed by"):
        remove({"ids": [PROJECT]}, registry=desk.registry)
    remove({"ids": ["offices"]}, registry=desk.registry)
    with Registry.open(desk.registry) as registry:
        assert registry.composites() == []
        assert orphans(registry) == ()
        assert not any(node.kind == "query" for node in registry.graph().nodes)
    with pytest.raises(NotFoundError, match='"offices"'):
        ask(desk, "gone", "offices")
    compose(desk, ask(desk, "offices", **OFFICES))
    remove({"ids": ["commercial_2018"], "cascade": True}, registry=desk.registry)
    with Registry.open(desk.registry) as registry:
        assert registry.datasets() == []
        assert orphans(registry) == ()


@SLOW_ON_SPARK
def test_another_result_is_the_next_version_and_the_same_one_is_refused(desk: Desk) -> None:
    first = ask(desk, "offices", **OFFICES)
    compose(desk, first)
    with pytest.raises(RegistryError, match=r"result: this result is registered already, as offices@1.0.0"):
        compose(desk, first)
    with pytest.raises(RegistryError, match=r"registered already, as offices@1.0.0"):
        compose(desk, ask(desk, "offices", **OFFICES))
    more = ask(desk, "offices")
    with pytest.raises(SpecError, match=r"the newest version is 1.0.0, and the next one is higher, such as 2.0.0"):
        compose(desk, more, version="1.0.0")
    assert compose(desk, more, version="3.1.0").dataset.version == "3.1.0"
    for version, wanted in (("1", OFFICES), ("3.1.0", {})):
        found = by_state(desk, f"offices@{version}")
        pd.testing.assert_series_equal(found, by_state(desk, "commercial_2018", **wanted), rtol=1e-9)
    remove({"ids": ["offices@3.1.0"]}, registry=desk.registry)
    with pytest.raises(SpecError, match=r"offices@3.1.0 was removed, and a number is given once"):
        compose(desk, more, version="3.1.0")
    assert compose(desk, more).dataset.version == "2.0.0"


@SLOW_ON_SPARK
def test_a_new_version_of_the_project_takes_its_composites_along(desk: Desk) -> None:
    compose(desk, ask(desk, "offices", **OFFICES))
    wanted = by_state(desk, "offices")
    desk.replace("register_project.toml", 'name = "Three States 2018"', 'name = "Three states"')
    applied = apply(desk.specs / "register_project.toml", allow="patch")
    assert "offices 1.0.0" in applied.report()
    pd.testing.assert_series_equal(by_state(desk, "offices"), wanted)
    # A record that it has goes: it does not fit any more.
    desk.replace("register_project.toml", '{ id = "high_electrification"', '{ id = "all_electric"')
    refused = apply(desk.specs / "register_project.toml", allow="major")
    assert '"high_electrification"' in refused.report()
    with pytest.raises(NotFoundError, match="invalidated that"):
        by_state(desk, "offices")


@SLOW_ON_SPARK
def test_copies_and_extracts_have_the_composite_and_a_dump_says_that_it_has_not(desk: Desk, tmp_path: Path) -> None:
    compose(desk, ask(desk, "offices", **OFFICES))
    wanted = by_state(desk, "offices")
    copy_registry({"target": str(tmp_path / "copy"), "datasets": ["offices"]}, registry=desk.registry)
    pd.testing.assert_series_equal(by_state(desk, "offices", tmp_path / "copy"), wanted)
    cut = {"target": str(tmp_path / "cut"), "project": PROJECT, "keep": {"state": ["CA"]}}
    filter_registry(cut, registry=desk.registry, engine=desk.engine)
    pd.testing.assert_series_equal(by_state(desk, "offices", tmp_path / "cut"), wanted.loc[["CA"]])
    for folder in (tmp_path / "copy", tmp_path / "cut"):
        with Registry.open(folder) as registry:
            assert [row["id"] for row in registry.composites()] == ["offices"]
        assert examine(folder).is_clean
    dumped = dump({"output": str(tmp_path / "dump")}, registry=desk.registry)
    assert any("offices is a composite" in note for note in dumped.dump.notes)
    assert [path.name for path in (tmp_path / "dump/datasets/offices").glob("*.toml")] == ["dataset.toml"]


@SLOW_ON_SPARK
def test_a_project_that_changes_meanwhile_gets_no_composite(desk: Desk) -> None:
    result = ask(desk, "offices", **OFFICES)
    desk.replace("register_project.toml", 'name = "Three States 2018"', 'name = "Three states"')

    def change(message: str) -> None:
        if message == "publishing":
            apply(desk.specs / "register_project.toml", allow="patch")

    spec = {"project": PROJECT, "result": str(result.folder), "id": "offices"}
    with pytest.raises(RegistryError, match="somebody registered another version of offices or of its project"):
        register_composite(spec, registry=desk.registry, engine=desk.engine, progress=change)
    with Registry.open(desk.registry) as registry:
        assert registry.composites() == []
        assert not (registry.data / "offices").exists()
    assert compose(desk, result).project == f"{PROJECT}@1.0.1"


@SLOW_ON_SPARK
def test_a_bulk_makes_a_composite_and_asks_it(desk: Desk) -> None:
    head = f'spec_version = 1\nregistry = "{desk.registry}"\nproject = "{PROJECT}"\n'
    asked = 'job = "query"\nname = "{}"\ndatasets = ["{}"]\nresult.path = "r"\n'
    specs = {
        "ask": asked.format("all", "commercial_2018"),
        "compose": 'job = "register_composite"\nresult = "r/all"\nid = "offices"\n',
        "ask_it": asked.format("again", "offices"),
    }
    for name, text in specs.items():
        (desk.folder / f"{name}.toml").write_text(head + text)
    (desk.folder / "bulk.toml").write_text(
        f'spec_version = 1\njob = "bulk"\nspecs = {[f"{name}.toml" for name in specs]}\n'
    )
    bulk(desk.folder / "bulk.toml", engine=desk.engine)
    first, again = (open_result(desk.folder / "r" / name) for name in ("all", "again"))
    assert again.manifest["sums"][0]["found"] == pytest.approx(first.manifest["sums"][0]["found"], rel=1e-9)


@SLOW_ON_SPARK
def test_what_is_no_composite_is_refused_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    offices = ask(desk, "offices", **OFFICES)
    states = ask(desk, "states", step=[{"by": ["state", "end_use", "scenario", "hourly"]}])
    before = desk.listing(), desk.files()
    with pytest.raises(DataError, match="a composite has the base dimensions of its project") as caught:
        compose(desk, states)
    assert "a [mapping.subsector] is needed" in str(caught.value)
    with pytest.raises(RegistryError, match=r"dataset commercial_2018 is registered \(1.0.0\), and is no composite"):
        compose(desk, offices, id="commercial_2018")
    with pytest.raises(RegistryError, match="expects a dataset residential_2018"):
        compose(desk, offices, id="residential_2018")
    with pytest.raises(NotFoundError, match="there is no result"):
        register_composite({"project": PROJECT, "result": "nowhere", "id": "offices"}, registry=desk.registry)
    elsewhere = tmp_path / "elsewhere"
    create_registry({}, registry=elsewhere)
    register_project(desk.specs / "register_project.toml", registry=elsewhere)
    with pytest.raises(RegistryError, match="the registry does not hold what query offices read"):
        compose(desk, offices, elsewhere)
    changed = Path(shutil.copytree(str(offices.folder), tmp_path / "changed"))
    data = bytearray((changed / "table.parquet").read_bytes())
    data[100] ^= 1
    (changed / "table.parquet").write_bytes(bytes(data))
    with pytest.raises(DataError, match="checksum"):
        register_composite({"project": PROJECT, "result": str(changed), "id": "offices"}, registry=desk.registry)
    assert (desk.listing(), desk.files()) == before
