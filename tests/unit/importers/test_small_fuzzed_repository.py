"""A small repository with random edits: the same as with the real ones, where somebody waits."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from tests.mutations import in_tables, in_text, in_tree, in_values
from tests.mutations.edit import Change, Edit, edited
from tests.mutations.imports import Imported, assert_sound, assert_told, import_of
from tests.mutations.tree import Tree

from .conftest import DATASET, PROJECT, QUERY, TABLES

_MAPPINGS: Final[dict[str, Any]] = {
    "mappings": [
        {"dimension_type": "geography", "file": "dimension_mappings/county.csv", "mapping_type": "one_to_one"},
        {"dimension_type": "metric", "file": "dimension_mappings/end_use.csv", "mapping_type": "one_to_one"},
    ]
}
_REGISTERED: Final[dict[str, Any]] = {
    "projects": [{"project_id": "demo", "config_file": "project.json5", "log_message": "The first"}],
    "datasets": [{"dataset_id": "offices", "config_file": "datasets/offices/dataset.json5"}],
    "dataset_submissions": [
        {
            "dataset_id": "offices",
            "project_id": "demo",
            "dimension_mapping_file": "datasets/offices/dimension_mappings.json5",
        }
    ],
}
# Of the types that the dataset of other tests does not need it has no dimension.
_WHOLE: Final[dict[str, Any]] = {
    **DATASET,
    "dimension_references": [
        *DATASET["dimension_references"],
        {"name": "scenario", "type": "scenario", "version": "1.0.0"},
        {"name": "model_year", "type": "model_year", "version": "1.0.0"},
    ],
}
_FOLDER: Final = "datasets/offices"
_CONFIGURATIONS: Final = {
    "project.json5": PROJECT,
    "register.json5": _REGISTERED,
    "queries/by_state.json5": QUERY,
    f"{_FOLDER}/dataset.json5": _WHOLE,
    f"{_FOLDER}/dimension_mappings.json5": _MAPPINGS,
}
_DATA: Final = "id,fans,cooling\n1,1.0,2.0\n"
_SAME_IDS: Final = "from_id,to_id\n{0},{0}\n{1},{1}\n"
CHANGES: Final = (*in_values.CHANGES, *in_text.CHANGES * 2, *in_tables.CHANGES, *in_tree.CHANGES)
ROUNDS: Final = 24


@cache
def _repository() -> Tree:
    texts = {name: json.dumps(value, indent=1) for name, value in _CONFIGURATIONS.items()}
    texts |= TABLES
    texts |= {f"{_FOLDER}/{name}": text for name, text in TABLES.items()}
    texts[f"{_FOLDER}/dimension_mappings/county.csv"] = _SAME_IDS.format("06037", "36047")
    texts[f"{_FOLDER}/dimension_mappings/end_use.csv"] = _SAME_IDS.format("fans", "cooling")
    texts[f"{_FOLDER}/load_data.csv"] = _DATA
    return Tree({name: text.encode() for name, text in texts.items()})


@cache
def _unedited() -> Imported:
    with TemporaryDirectory() as folder:
        found = import_of(_repository(), Path(folder))
        assert_sound(found, _repository(), Path(folder))
        return found


def _import_edited(work: Path, seed: str, changes: tuple[Change, ...], number: int = 1) -> tuple[Imported, Tree]:
    tree = _repository().copy()
    edits = edited(tree, Random(seed), changes, number)
    print("\n".join(map(str, edits)))  # shown when it fails
    found = import_of(tree, work)
    assert_sound(found, tree, work)
    if len(edits) == 1:
        assert_told(edits[0], found, _unedited())
    return found, tree


def test_the_small_repository_is_imported_as_a_whole() -> None:
    found = _unedited()
    assert (found.code, found.error) == (0, "")
    assert {each["outcome"] for each in found.report["files"].values()} == {"converted", "used", "left out"}
    assert {name for name in found.files if name.endswith("submit_dataset.toml")} == {f"{_FOLDER}/submit_dataset.toml"}


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_small_repository_with_random_edits_is_imported_and_the_report_tells(tmp_path: Path, number: int) -> None:
    _import_edited(tmp_path, f"small-{number}", CHANGES, 1 + number % 3)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ROUNDS, 20 * ROUNDS))
def test_a_small_repository_with_many_random_edits_is_imported(tmp_path: Path, number: int) -> None:
    _import_edited(tmp_path, f"small-{number}", CHANGES, 1 + number % 5)


@pytest.mark.parametrize("number", range(4))
def test_what_is_no_json5_is_told_with_its_file(tmp_path: Path, number: int) -> None:
    _import_edited(tmp_path, f"broken-{number}", (in_text.BROKEN,))


@pytest.mark.parametrize("number", range(4))
def test_the_same_text_in_another_dress_is_imported_to_the_same(tmp_path: Path, number: int) -> None:
    found, _ = _import_edited(tmp_path, f"same-{number}", (in_text.SAME,))
    assert found.told() == _unedited().told()


@pytest.mark.slow
@pytest.mark.parametrize("instead", ["nothing", "folder", "pipe", "/dev/zero", "/proc/self/mem", "..", "nowhere"])
@pytest.mark.parametrize("file", sorted(_repository().files))
def test_a_file_that_is_lost_is_missed(tmp_path: Path, file: str, instead: str) -> None:
    tree = _repository().copy()
    tree.remove(file)
    if instead == "folder":
        tree.folders.add(file)
    elif instead == "pipe":
        tree.pipes.add(file)
    elif instead != "nothing":
        tree.links[file] = instead
    found = import_of(tree, tmp_path)
    assert_sound(found, tree, tmp_path)
    assert_told(Edit(f"is {instead}", file, is_lost=True), found, _unedited())
