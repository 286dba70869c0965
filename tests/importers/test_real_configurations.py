"""Every configuration of the real input: it becomes a valid spec, or says what is not supported yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.errors import DsgridError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.query import query
from dsgrid.importers.submission import submission
from dsgrid.importers.translation import Translation
from dsgrid.importers.write import write
from dsgrid.spec.load import load_spec

PROJECTS = {"std": "std/project", "efs": "efs/test_efs/dsgrid_project", "full": "standard-scenarios-full"}

# What the configurations themselves get wrong: files that are not there, and datasets that their project dropped.
FAULTS = ("does not exist", "the project lists no dataset", "no file load_data.parquet")


def _project(shared: Path, name: str) -> Entry:
    return read(shared / "data" / PROJECTS[name] / "project.json5")


def _assert_valid(translation: Translation, folder: Path) -> None:
    assert load_spec(translation.spec).job == translation.job
    written = load_spec(write(translation, folder))
    assert written.root.value.keys() == translation.spec.keys()


def _assert_known(error: DsgridError) -> None:
    unexpected = [
        problem
        for problem in error.problems
        if not problem.message.startswith("not supported yet: ")
        and not any(fault in problem.message for fault in FAULTS)
    ]
    assert unexpected == []


@pytest.mark.parametrize("name", PROJECTS)
def test_projects_become_valid_specs(shared: Path, tmp_path: Path, name: str) -> None:
    _assert_valid(project(_project(shared, name)), tmp_path)


@pytest.mark.parametrize("name", PROJECTS)
def test_datasets_and_mappings_become_valid_specs_or_say_why_not(shared: Path, tmp_path: Path, name: str) -> None:
    document = _project(shared, name)
    valid = []
    for file in sorted(document.file.parent.glob("datasets/**/dataset*.json5")):
        configuration = read(file)
        mappings = file.parent / "dimension_mappings.json5"
        try:
            _assert_valid(dataset(configuration), tmp_path / "dataset")
            valid.append(file.parent.name)
            if mappings.exists():
                translation = submission(document, configuration["dataset_id"].value, read(mappings))
                _assert_valid(translation, tmp_path / "submission")
        except DsgridError as error:
            _assert_known(error)
    assert set(valid) >= ({"comstock", "comstock_unpivoted"} if name == "efs" else {"comstock", "resstock"})


@pytest.mark.parametrize("name", ["std", "efs"])
def test_queries_become_valid_specs_or_say_why_not(shared: Path, tmp_path: Path, name: str) -> None:
    document = _project(shared, name)
    valid = 0
    for file in sorted((shared / "expected" / name).glob("*/query.json*")):
        try:
            _assert_valid(query(read(file), document, tmp_path / "results"), tmp_path)
            valid += 1
        except DsgridError as error:
            _assert_known(error)
    assert valid >= 14


def test_the_full_project_is_translated_in_seconds_with_every_county(shared: Path) -> None:
    spec = project(_project(shared, "full")).spec
    assert len(spec["base"]["county"]["records"]) == 3108
    assert spec["time"]["zone"] == "-05:00"
