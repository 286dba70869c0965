"""A table is known as a query's result by the manifest of its run, and only while it is as the query left it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_dataset, example_project, register

from dsgrid.registry.lineage import Lineage, Source, find_lineage
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import data_file, file_sha256, new_run, publish_result, write_manifest
from dsgrid.registry.registry import Registry

CONTENTS = {
    "query": "by_state",
    "table": "table.csv",
    "project": "conus_2022@1.0.0",
    "datasets": [{"id": "comstock", "version": "1.0.0", "folder": ""}, {"id": "comstock", "version": "1.0.0"}],
    "spec_sha256": "abc",
}


def publish(root: Path, **changes: object) -> Path:
    """Publish a result as a query does, and return its table."""
    run = new_run(root, "by_state")
    table = run / str({**CONTENTS, **changes}["table"])
    files: list[DataFile] = []
    if table.suffix:
        table.write_text("state,value\nCA,1\n")
        files = [data_file(run, table.name, "table", 1)]
    else:
        table.mkdir()
        for name in ("a.csv", "b.csv"):
            (table / name).write_text("state,value\nCA,1\n")
            files.append(data_file(run, f"{table.name}/{name}", "table", 1))
    write_manifest(run, files, {**CONTENTS, **changes})
    publish_result(run)
    return table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return publish(tmp_path / "results")


@pytest.fixture
def registry(folder: Path) -> Iterator[Registry]:
    with Registry.open(folder, write=True) as registry:
        yield registry


def found(table: Path) -> Lineage:
    lineage = find_lineage(table)
    assert isinstance(lineage, Lineage)
    return lineage


def test_a_result_says_what_it_was_made_from(table: Path) -> None:
    assert found(table) == Lineage(
        query="by_state",
        run=table.parent.name,
        manifest_sha256=file_sha256(table.parent / "manifest.json"),
        spec_sha256="abc",
        project=Source("project", "conus_2022", "1.0.0"),
        datasets=(Source("dataset", "comstock", "1.0.0"),),
    )


def test_a_result_of_many_files_and_a_link_to_one_are_known(tmp_path: Path, table: Path) -> None:
    parts = publish(tmp_path / "results", table="parts")
    assert found(parts).run == parts.parent.name
    link = tmp_path / "link.csv"
    link.symlink_to(table)
    assert found(link) == found(table)


def test_a_table_that_lies_elsewhere_has_no_lineage(tmp_path: Path, table: Path) -> None:
    copied = tmp_path / "copied.csv"
    copied.write_bytes(table.read_bytes())
    assert find_lineage(copied) is None


def test_the_manifest_of_something_else_is_no_lineage(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("")
    for text in ("{", "[]", '{"dataset": "comstock"}'):
        (tmp_path / "manifest.json").write_text(text)
        assert find_lineage(tmp_path / "data.csv") is None


def test_a_table_that_was_changed_is_not_the_query_s_any_more(table: Path) -> None:
    table.write_text("state,value\nCA,2\n")
    assert str(find_lineage(table)).endswith(f"table.csv is not as the query by_state@{table.parent.name} left it")


def test_a_part_of_a_result_and_a_file_beside_it_have_no_lineage(tmp_path: Path, table: Path) -> None:
    parts = publish(tmp_path / "results", table="parts")
    assert "is not the table that the query by_state@" in str(find_lineage(parts / "a.csv"))
    beside = table.with_name("mine.csv")
    beside.write_text("")
    assert "is not the table that the query by_state@" in str(find_lineage(beside))


def test_a_damaged_manifest_is_told(table: Path) -> None:
    path = table.parent / "manifest.json"
    document = json.loads(path.read_bytes())
    del document["files"]
    path.write_text(json.dumps(document))
    assert str(find_lineage(table)) == f"{path} is damaged: KeyError('files')"


def test_two_datasets_of_one_result_share_its_query(registry: Registry, table: Path) -> None:
    for id_ in ("totals", "totals_again"):
        with registry.registration("a result") as registration:
            registration.add_dataset(example_dataset(id_), lineage=found(table))
    queries = [node for node in registry.graph().nodes if node.kind == "query"]
    assert [query.reference for query in queries] == [f"by_state@{table.parent.name}"]
    assert [str(node) for node in registry.graph().parents(queries[0])] == [
        "dataset totals@1.0.0",
        "dataset totals_again@1.0.0",
    ]
    assert [str(node) for node in registry.graph().children(queries[0])] == [
        "project conus_2022@1.0.0",
        "dataset comstock@1.0.0",
    ]


def test_sources_in_versions_that_the_registry_lacks_are_named(registry: Registry, tmp_path: Path) -> None:
    sources = [{"id": "comstock", "version": "1.0.0"}, {"id": "resstock", "version": "1.0.0"}]
    lineage = found(publish(tmp_path, project="conus_2022@2.0.0", datasets=sources))
    assert [str(source) for source in registry.missing_sources(lineage)] == [
        "project conus_2022@2.0.0",
        "dataset resstock@1.0.0",
    ]
    with registry.registration("a result") as registration:
        registration.add_dataset(example_dataset("totals"), lineage=lineage)
    assert not any(node.kind == "query" or node.is_derived for node in registry.graph().nodes)


def test_the_same_id_and_version_with_other_data_is_another_dataset(registry: Registry, tmp_path: Path) -> None:
    other = [{"id": "comstock", "version": "1.0.0", "folder": "comstock/1.0.0-0a1b2c3d"}]
    lineage = found(publish(tmp_path, datasets=other))
    assert [source.id for source in registry.missing_sources(lineage)] == ["comstock"]


def test_a_number_of_a_removed_project_never_leads_to_another_one(registry: Registry, table: Path) -> None:
    references = ["conus_2022"]
    agreed = registry.removal(references)
    with registry.registration("remove") as registration:
        registration.remove(references, False, agreed)
    register(registry, replace(example_project(), name="Another project of this id"))
    assert [str(source) for source in registry.missing_sources(found(table))] == ["project conus_2022@1.0.0"]
