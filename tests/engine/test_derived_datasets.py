"""The result of a query, registered as a dataset, knows what it was made of, and keeps its sources in the registry."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.desk import Desk
from tests.engines import few_on_spark
from tests.orphans import orphans

from dsgrid.errors import RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.query import query
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.remove import remove
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry

pytestmark = few_on_spark(3)

PROJECT = "three_states_2018"
ASKED = {
    "name": "commercial_by_state",
    "project": PROJECT,
    "datasets": ["commercial_2018"],
    "where": [{"subset": "fuel", "selectors": ["electricity"]}],
    "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
}


@pytest.fixture
def desk(commercial_desk: Desk) -> Desk:
    return commercial_desk


@pytest.fixture
def table(desk: Desk) -> Path:
    """The published result of the query."""
    return ask(desk).path


def ask(desk: Desk, unit: str = "MWh", **changes: Any) -> Any:
    result = {"path": str(desk.folder / "results"), "format": "parquet", "unit": unit}
    spec = {**ASKED, **changes, "result": result}
    return query(spec, registry=desk.registry, engine=desk.engine)


def as_dataset(desk: Desk, table: Path, id_: str = "state_totals") -> dict[str, Any]:
    """Return the spec that registers the result as a dataset."""

    def one(type_: str, record: str) -> dict[str, Any]:
        return {"name": f"{id_}_{type_}", "records": [{"id": record, "name": record}]}

    with Registry.open(desk.registry) as registry:
        time = registry.project(PROJECT).time
    return {
        "dataset": {"id": id_},
        "data": {
            "table": str(table),
            "columns": {
                "state": {"dimension": "geography"},
                "fuel": {"dimension": "metric"},
                "scenario": {"dimension": "scenario"},
            },
            "ignore": ["unit"],
        },
        "dimension": {
            "geography": {"use": f"{PROJECT}/state"},
            "metric": {
                "name": f"{id_}_fuel",
                "class": "energy_end_use",
                "records": [{"id": "electricity", "name": "Electricity", "fuel_id": "electricity", "unit": "MWh"}],
            },
            "scenario": {"use": f"{PROJECT}/scenario"},
            "sector": one("sector", "com"),
            "subsector": one("subsector", "all"),
            "model_year": one("model_year", "2018"),
            "weather_year": {"use": f"{PROJECT}/weather_year"},
        },
        "time": {"use": time.id, "column": "hourly"},
    }


def register(desk: Desk, spec: dict[str, Any], registry: Path | None = None) -> list[str]:
    """Register it, and return what was said."""
    said: list[str] = []
    register_dataset(spec, registry=registry or desk.registry, engine=desk.engine, progress=said.append)
    return [line for line in said if "lineage" in line]


def test_a_result_becomes_a_dataset_that_knows_its_sources(desk: Desk, table: Path) -> None:
    assert register(desk, as_dataset(desk, table)) == []
    run = f"query commercial_by_state@{table.parent.name}"
    shown = dependency_graph(desk.registry, "state_totals", up=False)
    assert shown.root.is_derived
    below = {str(node) for node in shown.graph.nodes}
    assert {run, f"project {PROJECT}@1.0.0", "dataset commercial_2018@1.0.0"} <= below
    users = dependency_graph(desk.registry, "commercial_2018", down=False).text()
    assert f"{run}\n" in users
    assert "dataset state_totals@1.0.0 (derived)" in users


def test_the_sources_of_a_derived_dataset_are_not_removed(desk: Desk, table: Path) -> None:
    register(desk, as_dataset(desk, table))
    before = desk.listing()
    for ids in (["commercial_2018", f"{PROJECT}/commercial_2018"], [PROJECT]):
        with pytest.raises(RegistryError, match=r"needed by query commercial_by_state@.*made dataset state_totals@1"):
            remove({"ids": ids}, registry=desk.registry)
    assert desk.listing() == before
    removed = remove({"ids": ["commercial_2018"], "cascade": True}, registry=desk.registry)
    assert len(removed.data) == 2
    with Registry.open(desk.registry) as registry:
        assert registry.datasets() == []
        assert orphans(registry) == ()
        assert list(registry.data.iterdir()) == []


def test_a_derived_dataset_that_is_gone_sets_its_sources_free(desk: Desk, table: Path) -> None:
    register(desk, as_dataset(desk, table))
    remove({"ids": ["state_totals"]}, registry=desk.registry)
    remove({"ids": [PROJECT, "commercial_2018"]}, registry=desk.registry)
    with Registry.open(desk.registry) as registry:
        assert registry.graph().nodes == ()


def test_a_table_that_was_changed_or_copied_has_no_lineage(desk: Desk, table: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copy(table, tmp_path / "copied.parquet"))
    assert register(desk, as_dataset(desk, copied, "copied")) == []
    with (table.parent / "manifest.json").open("a") as manifest:
        manifest.write("\n")
    other = ask(desk, where=[]).path
    other.write_bytes(table.read_bytes())
    (said,) = register(desk, as_dataset(desk, other, "changed"))
    assert "is not as the query commercial_by_state@" in said
    with Registry.open(desk.registry) as registry:
        assert not any(node.kind == "query" for node in registry.graph().nodes)


def test_a_registry_that_lacks_the_sources_says_which(desk: Desk, table: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    create_registry({}, registry=elsewhere)
    register_project(desk.specs / "register_project.toml", registry=elsewhere)
    (said,) = register(desk, as_dataset(desk, table), elsewhere)
    assert said.endswith("this registry lacks what query commercial_by_state read: dataset commercial_2018@1.0.0")
    # The same id and version, but registered there by themselves: other data, for all that anybody knows.
    register_dataset(desk.specs / "register_commercial.toml", registry=elsewhere, engine=desk.engine)
    submit_dataset(desk.specs / "submit_commercial.toml", registry=elsewhere)
    (said,) = register(desk, as_dataset(desk, table, "again"), elsewhere)
    assert said.endswith("read: dataset commercial_2018@1.0.0")


def test_a_copy_of_a_registry_knows_the_sources(desk: Desk, table: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(desk.registry, tmp_path / "copy"))
    assert register(desk, as_dataset(desk, table), copy) == []
    assert dependency_graph(copy, "state_totals").root.is_derived


def test_an_update_of_a_derived_dataset_keeps_or_changes_its_query(desk: Desk, table: Path) -> None:
    spec = {"spec_version": 1, "job": "register_dataset", **as_dataset(desk, table)}
    apply(spec, registry=desk.registry, engine=desk.engine)
    described = {**spec, "dataset": {"id": "state_totals", "description": "Electricity of offices and shops"}}
    apply(described, registry=desk.registry, engine=desk.engine, allow="patch")
    newer = ask(desk, unit="kWh").path
    others = {**described, "data": {**described["data"], "table": str(newer)}}
    apply(others, registry=desk.registry, engine=desk.engine, allow="major")
    with Registry.open(desk.registry) as registry:
        graph = registry.graph()
    made_by = {
        node.version: [child.version for child in graph.children(node) if child.kind == "query"]
        for node in graph.find("state_totals")
    }
    assert made_by == {
        "1.0.0": [table.parent.name],
        "1.0.1": [table.parent.name],
        "2.0.0": [newer.parent.name],
    }
