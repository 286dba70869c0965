from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.filter_file import filter_file
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec

from .conftest import Make

COUNTIES = {"dimension_type": "geography", "record_ids": ["06037"]}
STATES = {"dimension_type": "geography", "dimension_name": "state", "record_ids": ["CA"]}


def _translated(project: Entry | None, content: dict[str, Any]) -> tuple[Translation, ...]:
    projects = {} if project is None else {"demo": project}
    found = filter_file(Entry(content, Path("/f/filter.json5")), Path("/small"), projects)
    for translation in found:
        load_spec(translation.spec)
    return found


def test_records_are_kept_by_the_name_of_their_dimension(project_file: Make) -> None:
    dimensions = {"base_dimensions": [COUNTIES], "supplemental_dimensions": [STATES]}
    datasets = [{"dataset_id": "offices"}, {"dataset_id": "elsewhere"}]
    (translation,) = _translated(
        project_file(), {"projects": [{"project_id": "demo", "dimensions": dimensions}], "datasets": datasets}
    )
    assert translation.spec == {
        "spec_version": 1,
        "job": "filter_registry",
        "target": "/small",
        "datasets": ["offices"],
        "project": "demo",
        "keep": {"county": ["06037"], "state": ["CA"]},
    }


def test_a_project_that_stays_whole_is_copied_and_several_have_folders_of_their_own(project_file: Make) -> None:
    projects = [{"project_id": "demo", "dimensions": {"base_dimensions": [COUNTIES]}}, {"project_id": "other"}]
    cut, whole = _translated(project_file(), {"projects": projects})
    assert (cut.job, cut.spec["target"]) == ("filter_registry", "/small/demo")
    assert (whole.job, whole.spec["target"], whole.spec["projects"]) == ("copy_registry", "/small/other", ["other"])


def test_filters_on_datasets_themselves_are_for_somebody_to_decide(project_file: Make) -> None:
    project = {"project_id": "demo", "dimensions": {"base_dimensions": [COUNTIES]}}
    datasets = [{"dataset_id": "offices", "dimensions": [COUNTIES]}]
    (translation,) = _translated(project_file(), {"projects": [project], "datasets": datasets})
    assert ("decide", "datasets[0].dimensions") in [(one.kind, one.key) for one in translation.remarks]


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [
        ({"base_dimensions": [COUNTIES | {"dimension_type": "geografy"}]}, 'did you mean "geography"'),
        ({"base_dimensions": [COUNTIES, COUNTIES]}, 'two filters on "county"'),
        ({"base_dimensions": [COUNTIES | {"record_ids": []}]}, "no record is named"),
    ],
)
def test_what_makes_no_sense_names_its_place(project_file: Make, dimensions: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        _translated(project_file(), {"projects": [{"project_id": "demo", "dimensions": dimensions}]})


def test_base_dimensions_of_a_project_that_is_not_known_need_a_name() -> None:
    project = {"project_id": "demo", "dimensions": {"base_dimensions": [COUNTIES]}}
    with pytest.raises(SpecError, match=r"base_dimensions\[0\]: not supported: .* is not known here; give its name"):
        _translated(None, {"projects": [project]})
    with pytest.raises(SpecError, match="without a project"):
        _translated(None, {"datasets": [{"dataset_id": "offices"}]})
