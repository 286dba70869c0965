"""What projects and datasets say about themselves: found by tags and texts, of one version, at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import example_dataset, example_project, metadata, register
from tests.rounds import rounds

from dsgrid.registry.registry import Registry

WORDS = ("heat", "Heat pump", "pump", "cold", "ÉTÉ", "straße", "STRASSE", "%", "a_c", "abc")


def leaves(value: Any) -> Iterator[str]:
    """Return all values of nested tables and arrays as texts, but for those that are nothing, or true or false."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry whose datasets and projects say the words in all places."""
    with Registry.create(tmp_path_factory.mktemp("words") / "registry") as registry:
        for number, word in enumerate(WORDS):
            places: list[dict[str, Any]] = [
                {"tags": [word]},
                {"tags": ["other", word], "origin": {"authors": [f"Dr. {word}"]}},
                {"origin": {"tags": word}, "metadata": {"tags[0]": word, "note": "none"}},
                {"metadata": {"note": f"about {word}s", "reviewed": True, "rounds": 7}},
            ]
            for place, said in enumerate(places):
                register(registry, replace(example_dataset(f"dataset_{number}_{place}"), metadata=said))
        register(registry, replace(example_project("project"), name="Pumps", metadata={"status": "planned"}))
        yield registry


@rounds(20)
@given(
    tags=st.lists(st.sampled_from((*WORDS, "other", "OTHER", "absent")), max_size=2),
    text=st.sampled_from(
        (*WORDS, "", "dr. heat", "about", "hEAt  pump", "planned", "pumps", "dataset_1", "none", "7", "true")
    ),
)
def test_a_search_finds_what_says_the_words_and_nothing_else(words: Registry, tags: list[str], text: str) -> None:
    for what, names in (("datasets", ("id", "description")), ("projects", ("id", "name", "description"))):
        rows = getattr(words, what)()
        expected = []
        for row in rows:
            said = getattr(words, what.removesuffix("s"))(row["id"]).metadata
            own = {" ".join(tag.split()).casefold() for tag in said.get("tags", [])}
            texts = [*(row[name] for name in names), *leaves(said)]
            part = " ".join(text.split()).casefold()
            if all(tag.casefold() in own for tag in tags) and any(part in each.casefold() for each in texts):
                expected.append(row["id"])
        assert [row["id"] for row in words.search(what, rows, tags, text)] == expected


def test_dimensions_and_mappings_are_found_by_id_name_and_description(words: Registry) -> None:
    found = words.search("dimensions", words.dimensions(), text="PROJECT/state")
    assert [row["id"] for row in found] == ["project/state"]
    found = words.search("mappings", words.mappings(), text="county:st")
    assert [row["id"] for row in found] == ["project/county:state"]


def test_tags_are_counted_by_projects_and_datasets(words: Registry) -> None:
    counts = words.tags("datasets", words.datasets())
    assert counts["other"] == len(WORDS)
    assert {word: counts[word] for word in WORDS} == dict.fromkeys(WORDS, 2), "a key of one's own is no tag"
    assert words.tags("projects", words.projects()) == {}


def test_each_version_says_its_own_and_each_moment_what_was_said_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    project = example_project()
    with Registry.create(folder) as registry:
        monkeypatch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-01T12:00:00.000000Z")
        register(registry, project)
        monkeypatch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-02T12:00:00.000000Z")
        edited = replace(project, metadata={"status": "published", "tags": ["done"]})
        with registry.registration("edit") as registration:
            registration.write(registry.proposals.project(edited))
        assert registry.project("conus_2022", "1.0.0").metadata == project.metadata
        assert registry.project("conus_2022", "1.0.1").metadata == edited.metadata
        rows = registry.projects(all_versions=True)
        assert [(row["version"], row["status"], row["tags"]) for row in rows] == [
            ("1.0.0", "in_progress", "load_profiles, 2022"),
            ("1.0.1", "published", "done"),
        ]
        assert [row["version"] for row in registry.search("projects", rows, ["2022"])] == ["1.0.0"]
    with Registry.open(folder, at="2026-03-01") as then:
        assert then.project("conus_2022").metadata == project.metadata
        assert then.projects()[0]["status"] == "in_progress"
        assert then.tags("projects", then.projects()) == {"load_profiles": 1, "2022": 1}
        assert then.search("projects", then.projects(), ["done"]) == []


@rounds(10)
@given(metadata=metadata)
def test_people_find_every_value_with_plain_sql(
    tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, Any]
) -> None:
    with Registry.create(tmp_path_factory.mktemp("sql") / "registry") as registry:
        register(registry, replace(example_project(), metadata=metadata))
        rows = registry.database.rows(
            "SELECT id, version FROM all_metadata WHERE kind = 'project' AND type IN ('text', 'integer', 'real')"
        )
        assert {(row["id"], row["version"]) for row in rows} <= {("conus_2022", "1.0.0")}
        assert len(rows) == len(list(leaves(metadata)))


def test_what_is_removed_takes_its_metadata_along(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project(), example_dataset())
        ids = ["conus_2022", "comstock"]
        with registry.registration("remove") as registration:
            registration.remove(ids, False, registry.removal(ids))
        assert registry.database.value("SELECT count(*) FROM project_metadata") == 0
        assert registry.database.value("SELECT count(*) FROM dataset_metadata") == 0
