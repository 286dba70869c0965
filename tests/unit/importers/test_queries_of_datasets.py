from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.dataset_query import dataset_query, is_dataset_query, map_dataset
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec

from .conftest import Make

STATE = {"type": "geography", "dimension_id": "8d7a", "version": "1.0.0"}
TIME = {"type": "time", "name": "time_est"}
NAMES = {"8d7a": "state"}
BASE: dict[str, Any] = {
    "name": "offices_by_state",
    "dataset_id": "offices",
    "to_dimension_references": [STATE],
    "result": {"table_format": {"format_type": "stacked"}, "output_format": "csv", "sort_columns": []},
}
SAVING = {"daylight_saving_adjustment": {"spring_forward_hour": "drop", "fall_back_hour": "duplicate"}}


def _translated(configuration: Entry | None = None, **changes: Any) -> Translation:
    document = Entry(BASE | changes, Path("/q/query.json5"))
    assert is_dataset_query(document)
    translation = dataset_query(document, Path("/results"), NAMES, configuration=configuration)
    load_spec(translation.spec)
    return translation


def test_targets_are_registered_dimensions_by_name() -> None:
    assert _translated().spec == {
        "spec_version": 1,
        "job": "query_dataset",
        "name": "offices_by_state",
        "dataset": "offices",
        "to": {"geography": "state"},
        "result": {"path": "/results", "format": "csv"},
    }


def test_rules_of_time_stand_with_the_target_of_time() -> None:
    translation = _translated(
        to_dimension_references=[STATE, TIME], wrap_time_allowed=True, time_based_data_adjustment=SAVING
    )
    assert translation.spec["to"]["time"] == {
        "dimension": "time_est",
        "wrap_time": True,
        "spring_forward": "drop",
        "fall_back": "duplicate",
    }


def test_rules_of_time_without_a_target_are_dropped_with_a_remark() -> None:
    translation = _translated(wrap_time_allowed=True)
    assert list(translation.spec["to"]) == ["geography"]
    assert ("dropped", "wrap_time_allowed") in [(one.kind, one.key) for one in translation.remarks]


def test_columns_by_type_are_called_by_their_dimension(dataset_file: Make) -> None:
    columns = ["geography", "subsector", "sector", "timestamp", "value"]
    result = BASE["result"] | {"sort_columns": columns}
    known = _translated(dataset_file(), to_dimension_references=[STATE, TIME], result=result)
    assert known.spec["result"]["sort"] == ["state", "own_subsector", "sector", "time_est", "value"]
    unknown = _translated(result=result)
    assert [one.message for one in unknown.remarks if one.kind == "decide"] == [
        "columns are called by their dimension here; what is that of the subsector?",
        "columns are called by their dimension here; what is that of the sector?",
    ]


def test_a_mapping_plan_changes_no_number() -> None:
    plan = {"dataset_id": "offices", "mappings": [{"name": "state", "persist": True}]}
    (dropped,) = [one for one in _translated(mapping_plan=plan).remarks if one.kind == "dropped"]
    assert "what it keeps on the way (state) is not kept" in dropped.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"to_dimension_references": [STATE, STATE]}, r"\[1\]: there are two targets of the type geography"),
        ({"to_dimension_references": []}, "names no target"),
        (
            {"to_dimension_references": [{"type": "geography", "dimension_id": "8d7"}]},
            'give its name; did you mean "8d7a"',
        ),
        ({"result": {"aggregations": [{}]}}, "result.aggregations: not supported"),
        ({"name": "a/b"}, '"a/b" cannot be the name of a query'),
    ],
)
def test_what_cannot_be_asked_names_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        _translated(**changes)


def test_a_dataset_in_the_terms_of_its_project_needs_no_file(project_file: Make) -> None:
    spec = map_dataset(project_file(), "offices", Path("/results")).spec
    assert (spec["name"], spec["project"], spec["dataset"]) == ("offices", "demo", "offices")
    assert load_spec(spec).job == "map_dataset"
