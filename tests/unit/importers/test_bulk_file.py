from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.bulk_file import BulkSubmission, bulk_file
from dsgrid.importers.document import Entry

BULK: dict[str, Any] = {
    "projects": [{"project_id": "demo", "config_file": "project/project.json5", "log_message": "First"}],
    "datasets": [{"dataset_id": "offices", "config_file": "project/dataset.json5"}],
    "dataset_submissions": [
        {
            "dataset_id": "offices",
            "project_id": "demo",
            "dimension_mapping_file": "project/dimension_mappings.json5",
            "dimension_mapping_references_file": "project/references.json5",
            "autogen_reverse_supplemental_mappings": ["geography", "geography"],
            "replace_dimension_mapping_names_with_ids": True,
        }
    ],
}


def _file(tmp_path: Path, folder: str = "bulk", **changes: Any) -> Entry:
    (tmp_path / "project").mkdir(exist_ok=True)
    for name in ("project", "dataset", "dimension_mappings", "references"):
        (tmp_path / "project" / f"{name}.json5").touch()
    return Entry(BULK | changes, tmp_path / folder / "register.json5")


def test_what_is_registered_and_submitted_is_read_with_its_files(tmp_path: Path) -> None:
    document = _file(tmp_path)
    found = bulk_file(document, tmp_path)
    (project,), (dataset,), (submission,) = found.projects, found.datasets, found.submissions
    assert (project.project_id, project.config_file, project.log_message) == (
        "demo",
        tmp_path / "project/project.json5",
        "First",
    )
    assert (dataset.dataset_id, dataset.config_file, dataset.log_message) == (
        "offices",
        tmp_path / "project/dataset.json5",
        "",
    )
    mappings, references = tmp_path / "project/dimension_mappings.json5", tmp_path / "project/references.json5"
    place = document["dataset_submissions"][0]
    assert submission == BulkSubmission("offices", "demo", mappings, references, ("geography",), "", place)
    assert found.remarks == ()


def test_paths_start_where_the_files_are(tmp_path: Path) -> None:
    found = bulk_file(_file(tmp_path, "a/b"))
    assert found.projects[0].config_file == tmp_path / "project/project.json5"
    assert {remark.kind for remark in found.remarks} == {"changed"}
    beside = bulk_file(_file(tmp_path, "."))
    assert beside.projects[0].config_file == tmp_path / "project/project.json5"
    assert beside.remarks == ()


def test_a_file_that_is_not_there_is_told_and_named_all_the_same(tmp_path: Path) -> None:
    found = bulk_file(_file(tmp_path, datasets=[{"dataset_id": "homes", "config_file": "absent.json5"}]), tmp_path)
    assert found.datasets[0].config_file == tmp_path / "absent.json5"
    assert [(one.kind, one.key) for one in found.remarks] == [("decide", "datasets[0].config_file")]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = BULK["dataset_submissions"][0] | {"autogen_reverse_supplemental_mappings": ["geografy"]}
    document = _file(tmp_path, projects=[{"project_id": "demo"}], dataset_submissions=[wrong])
    with pytest.raises(SpecError) as caught:
        bulk_file(document, tmp_path)
    assert [problem.message for problem in caught.value.problems] == [
        'the key "config_file" is missing',
        'there is no dimension type "geografy"; did you mean "geography"?',
    ]


def test_unknown_keys_are_told(tmp_path: Path) -> None:
    found = bulk_file(_file(tmp_path, dataset_submission=[{"dataset_id": "x"}]), tmp_path)
    (remark,) = found.remarks
    assert (remark.kind, remark.key) == ("decide", "dataset_submission")
    assert 'did you mean "dataset_submissions"' in remark.message
