from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.submission import submission

from .conftest import Make


def _mappings(repository: Path, *mappings: dict[str, object]) -> Entry:
    return Entry({"mappings": list(mappings)}, repository / "dimension_mappings.json5")


def test_mappings_are_keyed_by_type_and_wrapping_is_asked_for(project_file: Make, repository: Path) -> None:
    mapping = {
        "dimension_type": "geography",
        "file": "county_to_state.csv",
        "mapping_type": "one_to_one",
        "project_base_dimension_name": "county",
    }
    spec = submission(project_file(), "offices", _mappings(repository, mapping)).spec
    assert spec == {
        "spec_version": 1,
        "job": "submit_dataset",
        "project": "demo",
        "dataset": "offices",
        "wrap_time": True,
        "mapping": {
            "geography": {"to": "county", "kind": "one_to_one", "records": str(repository / "county_to_state.csv")}
        },
    }


def test_a_dataset_may_need_no_mapping(project_file: Make) -> None:
    spec = submission(project_file(datasets=[{"dataset_id": "offices"}]), "offices").spec
    assert "mapping" not in spec
    assert "wrap_time" not in spec


def test_a_dataset_that_the_project_does_not_list_is_an_error(project_file: Make) -> None:
    with pytest.raises(SpecError, match='the project lists no dataset "office"; did you mean "offices"'):
        submission(project_file(), "office")


def test_adjustments_of_time_are_not_supported_yet(project_file: Make) -> None:
    none = {"leap_day_adjustment": "none", "daylight_saving_adjustment": {"spring_forward_hour": "none"}}
    entry = {"dataset_id": "offices", "time_based_data_adjustment": none}
    submission(project_file(datasets=[entry]), "offices")
    entry["time_based_data_adjustment"] = none | {"leap_day_adjustment": "drop_feb29"}
    with pytest.raises(SpecError, match=r"datasets\[0\]\.time_based_data_adjustment: not supported yet"):
        submission(project_file(datasets=[entry]), "offices")


def test_mappings_by_reference_are_not_supported_yet(project_file: Make, repository: Path) -> None:
    references = Entry({"references": [{"mapping_id": "x"}]}, repository / "dimension_mapping_references.json5")
    with pytest.raises(SpecError, match="references: not supported yet"):
        submission(project_file(), "offices", references)
