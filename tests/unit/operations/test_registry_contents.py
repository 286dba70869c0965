"""Lists, entries and records as documents and files."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import dataset, project, submission

from dsgrid import open_registry
from dsgrid.dimensions.load import load_mapping, load_records
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.records import CHUNK, chunks, export_records, select_records, write_csv, write_json
from dsgrid.operations.registry_contents import count_tags, list_registry, show_entry, unknown_tags
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node, Source


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of which the project is older than the rest by a day."""
    folder = tmp_path_factory.mktemp("contents") / "registry"
    with Registry.create(folder) as opened, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-01T12:00:00.000000Z")
        with opened.registration("The project", "ann") as registration:
            registration.add_project(project())
        patch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-02T12:00:00.000000Z")
        with opened.registration("The dataset", "bob") as registration:
            registration.add_dataset(dataset())
            registration.add_submission(submission())
    return folder


def test_a_filter_shows_the_lists_that_have_its_column(registry: Path) -> None:
    assert list(list_registry(registry)) == ["projects", "datasets", "submissions"]
    assert list(list_registry(registry, where=["kind = modeled"])) == ["datasets"]
    assert list(list_registry(registry, where=["id ~ office", "submitter = bob"])) == ["projects", "datasets"]
    assert list(list_registry(registry, where=["associations > 1"])) == ["mappings"]
    assert list(list_registry(registry, where=["log_message ~ PROJECT"])) == ["registrations"]
    with pytest.raises(UsageError, match=re.escape('there is no column "kidn"; did you mean "kind"?')):
        list_registry(registry, where=["kidn = modeled"])
    with pytest.raises(UsageError, match="no list has all of the columns log_message, associations"):
        list_registry(registry, where=["associations > 1"], sort="log_message")


def test_a_list_that_is_named_has_to_have_the_column(registry: Path) -> None:
    with pytest.raises(UsageError, match='"associations > 1": there is no column "associations"; did you mean'):
        list_registry(registry, ["mappings", "projects"], where=["associations > 1"])
    with pytest.raises(UsageError, match='there is no list "project"; did you mean "projects"'):
        list_registry(registry, ["project"])


def test_filters_are_anded_and_rows_sorted(registry: Path) -> None:
    found = list_registry(
        registry,
        ["dimensions"],
        where=["type != time", "records >= 2", "id ~ two_counties/"],
        sort="-records,id",
        columns=["id", "records"],
    )["dimensions"]
    ids = ["building", "by_sector", "county", "sector", "state"]
    assert found == [{"id": f"two_counties/{id_}", "records": 2} for id_ in ids]


def test_a_list_at_a_date_has_what_there_was(registry: Path) -> None:
    then = list_registry(registry, at="2026-03-01")
    assert [len(rows) for rows in then.values()] == [1, 0, 0]
    assert then["projects"][0]["submitted"] == 0
    assert list_registry(registry)["projects"][0]["submitted"] == 1
    with pytest.raises(UsageError, match='a whole registry has no version "1"; expected a date'):
        list_registry(registry, at="1")


def test_an_entry_is_shown_at_a_version_or_a_date(registry: Path) -> None:
    assert show_entry(registry, "two_counties", at="1.0")["version"] == "1.0.0"
    assert show_entry(registry, "two_counties@1", at="1.0.0")["version"] == "1.0.0"
    assert show_entry(registry, "two_counties")["datasets"][0]["status"] == "accepted"
    assert show_entry(registry, "two_counties", at="2026-03-01")["datasets"][0]["status"] == "not submitted"
    with pytest.raises(UsageError, match='"two_counties@1" and at 2 are two versions'):
        show_entry(registry, "two_counties@1", at="2")
    with pytest.raises(NotFoundError, match=r"project two_counties has no version 2; there are: 1\.0\.0"):
        show_entry(registry, "two_counties", at="2")
    with pytest.raises(NotFoundError, match="there was no dataset offices by 2026-03-01"):
        show_entry(registry, "offices", at="2026-03-01")
    with pytest.raises(NotFoundError, match='did you mean "two_counties"'):
        show_entry(registry, "two_county")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_exported_records_are_what_a_spec_reads_back(registry: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table.{ending}"
    source = Source(None, "", tmp_path)
    done = export_records(registry, "two_counties/county", path)
    assert done.report() == f"wrote 2 rows of two_counties/county@1.0.0 to {path}"
    with Registry.open(registry) as opened:
        county, state = opened.dimension("two_counties/county"), opened.mapping("two_counties/county:state")
    assert load_records(Node(path.name, (), source), "county", "geography") == county.records
    export_records(registry, "two_counties/county:state", path, force=True)
    mapping = Node({"kind": state.kind, "records": path.name}, (), source)
    assert load_mapping(mapping).associations == state.associations


def test_an_export_overwrites_nothing_and_leaves_no_half_file(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already; --force overwrites it"):
        export_records(registry, "two_counties/county", path)
    for wrong, message in (
        (tmp_path / "table.txt", r"expected a name that ends with \.csv or \.parquet"),
        (tmp_path / "nowhere" / "table.csv", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=message):
            export_records(registry, "two_counties/county", wrong)
    with pytest.raises(UsageError, match='there is no column "stat"; did you mean "state"'):
        export_records(registry, "two_counties/county", path, force=True, where=["stat = CO"])

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dsgrid.registry.disk.swap_file", full)
    with pytest.raises(OSError, match="No space left"):
        export_records(registry, "two_counties/county", path, force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "mine"


def test_an_empty_selection_is_a_table_with_a_heading(registry: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    none = {"where": ["id = nothing"]}
    with select_records(registry, "two_counties/county", **none) as selection:
        file = StringIO()
        assert write_csv(selection, file) == 0
        assert file.getvalue() == "id,name,state\n"
    with select_records(registry, "two_counties/county", **none) as selection:
        file = StringIO()
        write_json(selection, file)
        assert json.loads(file.getvalue()) == []
    export_records(registry, "two_counties/county", tmp_path / "none.parquet", **none)
    assert pq.read_table(tmp_path / "none.parquet").column_names == ["id", "name", "state"]


def test_csv_and_json_hold_the_chosen_columns_in_their_order(registry: Path) -> None:
    choice: dict[str, Any] = {"columns": ["state", "id"], "sort": "-id", "limit": 1}
    with select_records(registry, "two_counties/county", **choice) as selection:
        file = StringIO()
        write_csv(selection, file)
    assert list(csv.reader(StringIO(file.getvalue()))) == [["state", "id"], ["CO", "08031"]]
    with select_records(registry, "two_counties/county", **choice) as selection:
        file = StringIO()
        write_json(selection, file)
    assert json.loads(file.getvalue()) == [{"state": "CO", "id": "08031"}]


def test_rows_are_taken_in_chunks() -> None:
    taken = 0

    def rows():
        nonlocal taken
        for number in range(3 * CHUNK):
            taken += 1
            yield (number,)

    first = next(chunks(rows()))
    assert len(first) == taken == CHUNK


def test_the_python_api_looks_into_a_registry_too(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_registry(registry)
    assert opened.records("two_counties/county", where=["state = CO"], columns=["id"]) == [{"id": "08031"}]
    assert opened.listing("datasets", where=["kind ~ model"])[0]["id"] == "offices"
    assert opened.listing("datasets", at="2026-03-01") == []
    assert opened.show("two_counties", at="1")["version"] == "1.0.0"
    assert opened.project("two_counties", at="2026-03-01").version == "1.0.0"
    with pytest.raises(NotFoundError, match="there was no dataset offices"):
        opened.dataset("offices", at="2026-03-01")
    monkeypatch.setenv("DSGRID_REGISTRY", str(registry))
    assert open_registry().folder == registry


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of a project and two versions of a dataset, each with tags."""
    folder = tmp_path_factory.mktemp("tagged") / "registry"
    said = {"tags": ["commercial", "Reference"], "origin": {"authors": ["Ann Ray"]}, "metadata": {"contact": "Bo"}}
    with Registry.create(folder) as opened:
        with opened.registration("first", "ann") as registration:
            registration.add_project(replace(project(), metadata={"tags": ["reference", "2022"], "status": "planned"}))
            registration.add_dataset(replace(dataset(), metadata=said))
        with opened.registration("second", "ann") as registration:
            newer = replace(opened.dataset("offices"), metadata={**said, "tags": ["commercial", "revised"]})
            registration.write(opened.proposals.dataset(newer, ()))
    return folder


def ids(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {name: [row["id"] for row in rows] for name, rows in found.items()}


def test_tags_and_texts_choose_the_lists_that_have_them(tagged: Path) -> None:
    assert ids(list_registry(tagged, tags=["COMMERCIAL"])) == {"projects": [], "datasets": ["offices"]}
    assert ids(list_registry(tagged, search="ann ray")) == {
        "projects": [],
        "datasets": ["offices"],
        "dimensions": [],
        "mappings": [],
    }
    assert ids(list_registry(tagged, search="county:st"))["mappings"] == ["two_counties/county:state"]
    assert ids(list_registry(tagged, search="planned", where=["base = 7"])) == {"projects": ["two_counties"]}


def test_tags_texts_and_filters_have_to_hold_together(tagged: Path) -> None:
    def versions(**choice: Any) -> list[str]:
        found = list_registry(tagged, ["datasets"], all_versions=True, sort="-version", columns=["version"], **choice)
        return [row["version"] for row in found["datasets"]]

    assert versions(tags=["commercial"]) == ["1.0.1", "1.0.0"]
    assert versions(tags=["commercial", "reference"]) == ["1.0.0"]
    assert versions(tags=["commercial"], search="revise") == ["1.0.1"]
    assert versions(tags=["commercial"], search="bo", where=["tags ~ reference"]) == ["1.0.0"]
    assert versions(tags=["commercial"], search="nobody") == []
    assert versions(tags=["commerc"]) == [], "a part of a tag is none"


def test_what_has_no_tags_or_texts_is_refused(tagged: Path) -> None:
    with pytest.raises(UsageError, match=r"^only projects and datasets have tags, not dimensions$"):
        list_registry(tagged, ["projects", "dimensions"], tags=["x"])
    message = "^only projects, datasets, dimensions and mappings can be searched, not registrations$"
    with pytest.raises(UsageError, match=message):
        list_registry(tagged, ["registrations"], search="x")
    with pytest.raises(UsageError, match="no list has all of the columns associations"):
        list_registry(tagged, tags=["x"], where=["associations > 1"])


def test_the_closest_tag_is_named_for_one_that_nothing_has(tagged: Path) -> None:
    assert count_tags(tagged) == {"2022": 1, "commercial": 1, "reference": 1, "revised": 1}
    assert count_tags(tagged, ["datasets"], all_versions=True) == {"commercial": 2, "Reference": 1, "revised": 1}
    assert unknown_tags(["comercial", "REVISED"], count_tags(tagged)) == [
        'no tag "comercial"; did you mean "commercial"?'
    ]
    assert unknown_tags(["x"], {}) == ['no tag "x"']


def test_an_open_registry_finds_by_tags_and_texts(tagged: Path) -> None:
    registry = open_registry(tagged)
    assert registry.tags == count_tags(tagged)
    assert [row["id"] for row in registry.listing("datasets", tags=["revised"], search="RAY")] == ["offices"]
    assert registry.listing("projects", tags=["revised"]) == []
    assert registry.show("two_counties")["metadata"]["status"] == "planned"
