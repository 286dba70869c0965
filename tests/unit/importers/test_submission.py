from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.registered import RegisteredMappings
from dsgrid.importers.submission import submission
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec
from dsgrid.time.load_rules import load_rules

from .conftest import DATASET, PROJECT, TIME, Make


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


ADJUSTED = {
    "leap_day_adjustment": "drop_feb29",
    "daylight_saving_adjustment": {"spring_forward_hour": "drop", "fall_back_hour": "interpolate"},
}
RULES = {"leap_day": "drop_feb29", "spring_forward": "drop", "fall_back": "interpolate"}


def _adjusted(project_file: Make, kind: str | None, adjustment: dict[str, Any], **entry: Any) -> Translation:
    """Translate the submission of a dataset whose time is of some kind; None: no configuration says it."""
    listed = {"dataset_id": "offices", "time_based_data_adjustment": adjustment, **entry}
    configuration = None
    if kind is not None:
        configuration = Entry({"dimensions": [{"type": "time", "time_type": kind}]}, Path("dataset.json5"))
    return submission(project_file(datasets=[listed]), "offices", None, configuration)


def test_adjustments_become_rules_where_they_do_something(project_file: Make) -> None:
    for kind in (None, "index"):
        translation = _adjusted(project_file, kind, ADJUSTED)
        assert translation.spec["mapping"] == {"time": RULES}
        assert load_rules(load_spec(translation.spec).root).given == RULES
    none = {"leap_day_adjustment": "none", "daylight_saving_adjustment": {"spring_forward_hour": "none"}}
    assert "mapping" not in _adjusted(project_file, "index", none).spec


@pytest.mark.parametrize("kind", ["datetime", "annual", "noop"])
def test_adjustments_that_the_existing_system_ignores_are_dropped_with_a_remark(project_file: Make, kind: str) -> None:
    translation = _adjusted(project_file, kind, ADJUSTED)
    assert not set(RULES) & set(translation.spec.get("mapping", {}).get("time", {}))
    assert [remark.key for remark in translation.remarks if remark.kind == "dropped"] == [
        "datasets[0].time_based_data_adjustment"
    ]


def test_typical_periods_have_values_on_all_days_and_somebody_should_look(project_file: Make) -> None:
    translation = _adjusted(project_file, "representative_period", ADJUSTED)
    assert "mapping" not in translation.spec
    (remark,) = [one for one in translation.remarks if one.kind == "decide"]
    assert "no values on that day of leap years" in remark.message
    assert remark.target == ("mapping", "time")
    # Their hours around changes of the clock are what the clock shows on both sides.
    clocks = {"daylight_saving_adjustment": ADJUSTED["daylight_saving_adjustment"]}
    assert "mapping" not in _adjusted(project_file, "representative_period", clocks).spec


def test_annual_values_are_spread_flat_and_never_wrapped(project_file: Make) -> None:
    translation = _adjusted(project_file, "annual", {}, wrap_time_allowed=True)
    assert translation.spec["mapping"] == {"time": {"spread": "flat"}}
    assert "wrap_time" not in translation.spec
    assert [remark.kind for remark in translation.remarks] == ["defaulted", "dropped"]
    load_spec(translation.spec)


@pytest.mark.parametrize(
    ("kind", "wrapped"), [("datetime", True), ("index", True), ("representative_period", None), ("noop", None)]
)
def test_only_what_has_ends_is_wrapped(project_file: Make, kind: str, wrapped: bool | None) -> None:
    assert _adjusted(project_file, kind, {}, wrap_time_allowed=True).spec.get("wrap_time") == wrapped


def test_rules_of_time_stand_beside_the_mappings(project_file: Make, repository: Path) -> None:
    mapping = {"dimension_type": "geography", "file": "county_to_state.csv", "mapping_type": "one_to_one"}
    configuration = Entry({"dimensions": [{"type": "time", "time_type": "annual"}]}, Path("dataset.json5"))
    spec = submission(project_file(), "offices", _mappings(repository, mapping), configuration).spec
    assert list(spec["mapping"]) == ["geography", "time"]


REFERENCES = {"references": [{"mapping_names": {"from": "own_county", "to": "county"}, "version": "1.0.0"}]}


def test_mappings_by_reference_are_those_of_the_file_that_they_were_registered_with(
    project_file: Make, repository: Path
) -> None:
    ends = {
        "from_dimension": {"name": "own_county", "type": "geography"},
        "to_dimension": {"name": "county", "type": "geography"},
    }
    file = _mappings(repository, {"file": "county_to_state.csv", "mapping_type": "one_to_one", **ends})
    references = Entry(REFERENCES, repository / "dimension_mapping_references.json5")
    known = RegisteredMappings.of([file])
    translation = submission(project_file(), "offices", references, registered=known)
    assert translation.spec["mapping"] == {
        "geography": {"kind": "one_to_one", "records": str(repository / "county_to_state.csv")}
    }
    assert submission(project_file(), "offices", references=references, registered=known).spec == translation.spec


@pytest.mark.parametrize("reference", [REFERENCES["references"][0], {"mapping_id": "x", "version": "1.0.0"}])
def test_a_reference_to_a_mapping_that_nobody_knows_is_refused(
    project_file: Make, repository: Path, reference: dict[str, Any]
) -> None:
    references = Entry({"references": [reference]}, repository / "dimension_mapping_references.json5")
    with pytest.raises(SpecError, match=r"references\[0\]: not supported: the mapping .* by reference; give the file"):
        submission(project_file(), "offices", references)


def test_labels_at_the_other_end_of_the_hour_are_wrapped_as_they_always_are_there(
    project_file: Make, dataset_file: Make
) -> None:
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "time"]
    listed = [{"dataset_id": "offices"}]
    shifted = dataset_file(dimensions=[*others, TIME | {"time_interval_type": "period_ending"}])
    translation = submission(project_file(datasets=listed), "offices", None, shifted)
    assert translation.spec["wrap_time"] is True
    assert [remark.target for remark in translation.remarks] == [("wrap_time",)]
    ranges = [{"start": "2012-01-01 01:00:00", "end": "2013-01-01 00:00:00"}]
    fitting = dataset_file(dimensions=[*others, TIME | {"time_interval_type": "period_ending", "ranges": ranges}])
    # In another zone, but with labels at the same end, which one of the two need not say.
    unsaid = {key: value for key, value in TIME.items() if key != "time_interval_type"}
    zoned = {"time_zone_format": {"format_type": "aligned_in_absolute_time", "time_zone": "UTC"}}
    elsewhere = dataset_file(dimensions=[*others, unsaid | zoned])
    for same in (dataset_file(), fitting, elsewhere):
        assert "wrap_time" not in submission(project_file(datasets=listed), "offices", None, same).spec


def test_a_registry_says_which_of_several_base_dimensions_a_dataset_maps_to(
    project_file: Make, repository: Path
) -> None:
    metric = PROJECT["dimensions"]["base_dimensions"][3] | {"name": "capacity"}
    dimensions = PROJECT["dimensions"] | {"base_dimensions": [*PROJECT["dimensions"]["base_dimensions"], metric]}
    chosen = {"metric": "capacity", "geography": "county", "sector": None}
    document = project_file(dimensions=dimensions, datasets=[{"dataset_id": "offices", "base_dimension_names": chosen}])
    assert submission(document, "offices").spec["mapping"] == {"metric": {"to": "capacity"}}
    own = _mappings(repository, {"dimension_type": "metric", "records": [{"from_id": "a", "to_id": "fans"}]})
    assert submission(document, "offices", own).spec["mapping"]["metric"]["to"] == "capacity"


def test_a_reverse_that_the_existing_system_makes_is_asked_for(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    configuration = dataset_file(dimension_references=[{"name": "all_demo_geographies", "type": "geography"}])
    translation = submission(project_file(), "offices", _mappings(repository), configuration, ["geography"])
    assert translation.spec["mapping"] == {"geography": {"reverse_of": "all_geographies", "kind": "duplication"}}
    assert [remark.kind for remark in translation.remarks] == ["decide"]
    load_spec(translation.spec)
    own = submission(project_file(), "offices", None, dataset_file(), ["subsector"])
    assert own.spec["mapping"]["subsector"]["reverse_of"] == "own_subsector"
    with pytest.raises(SpecError, match='the dataset has no dimension of the type "scenario"'):
        submission(project_file(), "offices", None, dataset_file(), ["scenario"])


def test_units_that_a_reverse_would_convert_after_all_are_refused(project_file: Make, dataset_file: Make) -> None:
    configuration = dataset_file(enable_unit_conversion=False)
    with pytest.raises(SpecError, match="enable_unit_conversion: not supported: no conversion of units"):
        submission(project_file(), "offices", None, configuration, ("metric",))
