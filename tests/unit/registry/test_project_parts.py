"""What a project is made of, requires and has, as rows; and what its datasets cover, from what is registered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_dataset, example_dimension, example_project, example_submission, register
from story import tell

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import NotFoundError
from dsgrid.operations.project_parts import (
    project_coverage,
    project_datasets,
    project_dimensions,
    project_requirements,
)
from dsgrid.registry.model import Coverage, Requirement, TypeMapping
from dsgrid.registry.registry import Registry

OTHERS = 2**5  # combinations of the five types with two records that are neither geography nor sector


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tell(tmp_path_factory.mktemp("past") / "registry")


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that requires three datasets: one has gaps, one is registered only, one is not there."""
    folder = tmp_path_factory.mktemp("gaps") / "registry"
    project = replace(
        example_project(),
        requirements=(
            Requirement("comstock", Coverage({"geography": ("06037",)})),
            Requirement("resstock", Coverage({"sector": ("two",)})),
            Requirement(
                "tempo",
                Coverage({}),
                (
                    Coverage({"geography": ("06037",), "sector": ("one", "two")}),
                    Coverage({"geography": ("08001",), "sector": ("one",)}),
                ),
            ),
        ),
    )
    with Registry.create(folder) as registry:
        register(registry, project, example_dataset("resstock"))
        with registry.registration("with gaps") as registration:
            missing = [{"geography": "06037", "sector": "one"}, {"geography": "06037", "metric": "two"}]
            registration.add_dataset(example_dataset(), missing=missing)
            registration.add_submission(example_submission())
    return folder


def test_each_dataset_has_its_state_in_the_version_that_is_asked_for(past: Path, gaps: Path) -> None:
    def states(folder: Path, reference: str) -> dict[str, tuple[str, str]]:
        rows = project_datasets(folder, reference)["items"]
        return {row["dataset"]: (row["status"], row["version"]) for row in rows}

    assert states(past, "conus_2022@1.0.0") == dict.fromkeys(("comstock", "resstock"), ("accepted", "1.0.0"))
    assert states(past, "conus_2022@3") == {"comstock": ("invalidated", "1.0.0"), "resstock": ("accepted", "1.0.0")}
    assert states(gaps, "conus_2022") == {
        "comstock": ("accepted", "1.0.0"),
        "resstock": ("registered", "1.0.0"),
        "tempo": ("unregistered", ""),
    }


def test_a_dataset_that_was_invalidated_says_why_and_one_that_is_not_there_says_nothing(past: Path, gaps: Path) -> None:
    lost = project_datasets(past, "conus_2022@3")["items"][0]
    assert '"08001"' in lost["reason"]
    assert (lost["submitted_at"], lost["kind"], lost["metric_class"]) == (None, "modeled", "energy_end_use")
    first, _, last = project_datasets(gaps, "conus_2022")["items"]
    assert (first["missing"], first["required"], first["submitter"] != "") == (2, True, True)
    assert {last[name] for name in ("kind", "rows", "bytes", "missing", "submitted_at", "description")} == {None}


def test_dimensions_name_where_they_are_registered_and_what_leads_to_them(gaps: Path) -> None:
    found = project_dimensions(gaps, "conus_2022")
    assert found["reference"] == "conus_2022@1.0.0"
    assert found["time"]["dimension"] == "conus_2022/time_est@1.0.0"
    assert [each["name"] for each in found["base"]][:2] == ["county", "sector"]
    (state,) = found["supplemental"]
    assert (state["of"], state["dimension"], state["mapping"], state["associations"]) == (
        *("county", "conus_2022/state@1.0.0", "conus_2022/county:state@1.0.0"),
        2,
    )
    (subset,) = found["subsets"]
    assert [(each["name"], each["records"], each["first"]) for each in subset["selectors"]] == [
        ("pacific", 1, ["06037"]),
        ("mountain", 1, ["08001"]),
    ]


def test_requirements_tell_how_many_records_of_each_type_and_the_first_of_them(gaps: Path) -> None:
    comstock, _, tempo = project_requirements(gaps, "conus_2022", records=1)["items"]
    geography = comstock["types"][0]
    assert (geography["required"], geography["of"], geography["is_all"], geography["base"]) == (1, 2, False, ["county"])
    assert geography["records"] == [{"id": "06037", "name": "Los Angeles"}]
    assert comstock["types"][1]["is_all"]
    assert [each["type"] for each in tempo["types"]][:1] == ["subsector"], "what is combined is told once"
    assert [[(each["type"], each["required"]) for each in entry] for entry in tempo["together"]] == [
        [("geography", 1), ("sector", 2)],
        [("geography", 1), ("sector", 1)],
    ]
    (one,) = project_requirements(gaps, "conus_2022", dataset="tempo")["items"]
    assert len(one["together"][0][1]["records"]) == 2
    with pytest.raises(NotFoundError, match='"temp"; did you mean "tempo"'):
        project_requirements(gaps, "conus_2022", dataset="temp")


def test_coverage_takes_off_declared_gaps_and_tells_what_is_there_beyond_what_is_required(gaps: Path) -> None:
    found = project_coverage(gaps, "conus_2022").document(0, 10)
    comstock, resstock, tempo = found["datasets"]
    # 2 sectors x 32; sector one is missing, and of the other half of the metrics.
    assert (comstock["required"], comstock["present"]) == ([2 * OTHERS, 0], [OTHERS // 2, 0])
    assert comstock["reached"] == [True, True]
    assert comstock["sums"] == {
        "required": 2 * OTHERS,
        "present": OTHERS // 2,
        "full": 0,
        "part": 1,
        "none": 0,
        "beyond": 1,
    }
    assert (resstock["required"], resstock["present"]) == ([OTHERS, OTHERS], [0, 0]), "not submitted: nothing is there"
    assert (tempo["required"], tempo["reached"]) == ([2 * OTHERS, OTHERS], [False, False])
    assert (found["total"], found["gaps"], found["dimension"]["name"]) == (2, 1, "county")


def test_coverage_of_a_supplemental_dimension_is_that_of_the_parts_of_its_records(gaps: Path) -> None:
    found = project_coverage(gaps, "conus_2022", "state").document(0, 10)
    assert [each["id"] for each in found["records"]] == ["CA", "CO"]
    assert found["dimension"]["of"] == "county"
    comstock = found["datasets"][0]
    assert (comstock["required"], comstock["present"]) == ([2 * OTHERS, 0], [OTHERS // 2, 0])


def test_records_come_in_pieces_and_those_with_gaps_alone(gaps: Path) -> None:
    cover = project_coverage(gaps, "conus_2022", "sector")
    last = cover.document(1, 5)
    assert ([each["id"] for each in last["records"]], last["total"], last["first"]) == (["two"], 2, 1)
    assert last["datasets"][0]["sums"] == cover.document(0, 1)["datasets"][0]["sums"], "sums are over all records"
    assert [each["id"] for each in project_coverage(gaps, "conus_2022").document(0, 9, gaps=True)["records"]] == [
        "06037"
    ]


def test_a_dimension_that_the_project_does_not_have_is_refused_with_the_closest_name(gaps: Path) -> None:
    with pytest.raises(NotFoundError, match='"stat"; did you mean "state"'):
        project_coverage(gaps, "conus_2022", "stat")
    with pytest.raises(NotFoundError):
        project_coverage(gaps, "conus_2022", "time_est")


def test_a_dataset_that_reaches_another_base_dimension_of_the_type_says_which(tmp_path: Path) -> None:
    project = example_project()
    region = example_dimension("geography", "region")
    project = replace(project, base=(*project.base, region), supplemental=(), subsets=())
    submission = example_submission()
    same = Mapping("one_to_one", tuple(Association(id_, id_) for id_ in region.records.ids))
    submission = replace(submission, mappings={**submission.mappings, "geography": TypeMapping("region", same)})
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, project, example_dataset(), submission)
    (of_county,) = project_coverage(tmp_path / "registry", "conus_2022", "county").document(0, 5)["datasets"]
    (of_region,) = project_coverage(tmp_path / "registry", "conus_2022", "region").document(0, 5)["datasets"]
    assert (of_county["is_other"], of_county["base"], of_county["required"]) == (True, "region", None)
    assert (of_region["is_other"], of_region["present"]) == (False, [2**6, 0])


def test_a_composite_is_told_with_its_records_of_which_none_is_required(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    same = replace(example_project(), description="Said otherwise")
    county = example_dimension("geography", "other")
    others = replace(same, base=(county, *same.base[1:]), supplemental=(), subsets=())
    with Registry.create(folder) as registry:
        register(registry, example_project(), example_dataset(), example_submission())
        with registry.registration("a composite") as registration:
            registration.add_dataset(example_dataset("offices"), missing=[{"geography": "06037"}])
            registration.add_composite(replace(example_submission(), dataset_id="offices"))
        for each in (same, others):
            proposal = registry.proposals.project(each)
            with registry.registration("Another version") as registration:
                registration.write(proposal)
        last, *before = [each["version"] for each in registry.entry("conus_2022")["versions"]]
        mappings = example_submission().mappings
        own = {**mappings, "geography": replace(mappings["geography"], base="other")}
        with registry.registration("a composite of the last version") as registration:
            registration.add_dataset(example_dataset("homes"))
            registration.add_composite(
                replace(example_submission(), dataset_id="homes", project_version=last, mappings=own)
            )
    assert len(before) == 2
    for version in before:
        found = project_coverage(folder, f"conus_2022@{version}").document(0, 5)
        homes, offices = sorted(found["datasets"], key=lambda each: each["dataset"])[1:]
        assert (offices["dataset"], offices["status"]) == ("offices", "composite")
        assert (offices["required"], offices["present"], offices["reached"]) == ([0, 0], [0, 0], [False, True])
        assert offices["sums"]["beyond"] == 1
        assert found["gaps"] == 0, "what a composite lacks is no gap of the project"
        # One of a version with another dimension has that, which is told.
        assert (homes["status"], homes["is_other"], homes["base"]) == ("composite", True, "other")
        sectors = project_coverage(folder, f"conus_2022@{version}", "sector").document(0, 5)["datasets"]
        assert [each["reached"] for each in sectors if each["status"] == "composite"] == [[True, True]] * 2
    by_state = project_coverage(folder, "conus_2022@1.0.0", "state").document(0, 5)["datasets"]
    assert [each["reached"] for each in by_state if each["dataset"] == "offices"] == [[False, True]]


def test_a_project_without_datasets_has_no_rows(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, replace(example_project(), requirements=()))
    assert project_datasets(tmp_path / "registry", "conus_2022")["items"] == []
    assert project_requirements(tmp_path / "registry", "conus_2022")["items"] == []
    assert project_coverage(tmp_path / "registry", "conus_2022").document(0, 5)["datasets"] == []
