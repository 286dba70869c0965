"""Dimensions and mappings of their own: registered all or none, and used in exactly the versions that are meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT, SUBMISSION, TIME, changed, one

from dsgrid.errors import DataError, DsgridError, NotFoundError, RegistryError, SpecError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry

DIMENSIONS: dict[str, Any] = {
    "owner": "census_2020",
    "dimension": {
        "county": PROJECT["base"]["county"],
        "state": {"type": "geography", "class": "state", "records": [one("CA"), one("CO")]},
        "tract": {"type": "geography", "records": [one("g1"), one("g2")], "description": "Tracts"},
    },
    "time": {"time_mst": {key: value for key, value in TIME.items() if key != "name"}},
}
MAPPINGS: dict[str, Any] = {
    "owner": "census_2020",
    "mapping": {
        "county_to_state": {
            "from": "census_2020/county@1",
            "to": "census_2020/state",
            "kind": "many_to_one_aggregation",
            "records": [{"from": "06037", "to": "CA"}, {"from": "08031", "to": "CO"}],
            "description": "By FIPS code",
            "tolerance": 1e-9,
        },
        "tract_to_county": {
            "from": "tract",
            "to": "census_2020/county@1.0.0",
            "kind": "one_to_one",
            "records": [{"from": "g1", "to": "06037"}, {"from": "g2", "to": "08031"}],
        },
    },
}
USING = changed(
    changed(
        changed(PROJECT, "base/county", {"type": "geography", "use": "census_2020/county"}),
        "supplemental/state",
        {"of": "county", "use": "census_2020/state@1", "mapping": {"use": "census_2020/county_to_state@1"}},
    ),
    "time",
    {"use": "census_2020/time_mst"},
)


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry with the dimensions and the mappings of a census."""
    folder = tmp_path / "registry"
    create_registry({}, registry=folder)
    register_dimensions(DIMENSIONS, registry=folder)
    register_mappings(MAPPINGS, registry=folder)
    return folder


def contents(folder: Path) -> list[Any]:
    with Registry.open(folder) as opened:
        return [opened.dimensions(), opened.mappings(), opened.projects(), opened.datasets(), opened.registrations()]


def test_dimensions_and_mappings_are_what_their_specs_say(registry: Path) -> None:
    with Registry.open(registry) as opened:
        assert [row["id"] for row in opened.dimensions()] == [
            f"census_2020/{name}" for name in ("county", "state", "time_mst", "tract")
        ]
        assert opened.dimension("census_2020/tract").description == "Tracts"
        assert opened.time("time_mst").zone == "-07:00"
        mapping = opened.mapping("census_2020/county_to_state@1")
        assert (mapping.kind, mapping.tolerance, mapping.description, mapping.version) == (
            *("many_to_one_aggregation", 1e-9),
            *("By FIPS code", "1.0.0"),
        )
        assert [(one.from_id, one.to_id) for one in mapping.associations] == [("06037", "CA"), ("08031", "CO")]
        assert opened.ends(mapping.id) == (("census_2020/county", "1.0.0"), ("census_2020/state", "1.0.0"))


def test_a_second_registration_of_one_of_them_keeps_none(registry: Path) -> None:
    before = contents(registry)
    more = changed(DIMENSIONS, "dimension/region", {"type": "geography", "records": [one("west")]})
    with pytest.raises(RegistryError, match=r"dimension census_2020/county is registered already \(1\.0\.0"):
        register_dimensions(more, registry=registry)
    first = {"another": MAPPINGS["mapping"]["county_to_state"], **MAPPINGS["mapping"]}
    with pytest.raises(RegistryError, match=r"mapping census_2020/county_to_state is registered already \(1\.0\.0"):
        register_mappings({"owner": "census_2020", "mapping": first}, registry=registry)
    assert contents(registry) == before


def test_an_owner_may_be_a_project_for_dimensions_of_new_names(registry: Path) -> None:
    register_project(PROJECT, registry=registry)
    spec = {"owner": "two_counties", "dimension": {"region": {"type": "geography", "records": [one("west")]}}}
    (found,) = register_dimensions(spec, registry=registry).registered.dimensions
    assert (found.id, found.version) == ("two_counties/region", "1.0.0")
    taken = {"owner": "two_counties", "dimension": {"county": {"type": "geography", "records": [one("x")]}}}
    with pytest.raises(RegistryError, match="dimension two_counties/county is registered already"):
        register_dimensions(taken, registry=registry)


WRONG_DIMENSIONS = [
    ("dimension/tract/records", [one("g1"), one("g1")], 'id "g1" occurs twice'),
    ("dimension/county/class", "sector", 'class "sector" is of sector, not of geography'),
    ("dimension/time_mst", {"type": "sector", "records": [one("x")]}, "there is a [dimension.time_mst] too"),
    ("dimension/county/records", [one("06037", state="CA", time_zone="America/Los_Angels")], "Los_Angel"),
    ("time/time_mst/zone", "Mars/Olympus", "Mars/Olympus"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), WRONG_DIMENSIONS)
def test_a_wrong_dimension_is_told_in_one_sentence(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(DsgridError) as refused:
        validate({"spec_version": 1, "job": "register_dimensions", **changed(DIMENSIONS, path, value)})
    assert sentence in str(refused.value)


def test_problems_of_several_dimensions_are_told_at_once(registry: Path) -> None:
    spec = changed(DIMENSIONS, "dimension/tract/records", [one("g1"), one("g1")])
    spec = changed(spec, "time/time_mst/end", "2017-01-01 00:00")
    with pytest.raises(DsgridError) as refused:
        register_dimensions(spec, registry=registry)
    assert len(refused.value.problems) == 2


def test_a_spec_of_nothing_is_refused(registry: Path) -> None:
    with pytest.raises(SpecError, match=r"nothing to register; write \[dimension\.NAME\]"):
        register_dimensions({"owner": "census_2020"}, registry=registry)


WRONG_MAPPINGS = [
    ("county_to_state/from", "census_2020/conty", NotFoundError, 'did you mean "census_2020/county"?'),
    ("county_to_state/to", "census_2020/state@2", NotFoundError, "dimension census_2020/state has no version 2"),
    ("county_to_state/to", "census_2020/time_mst", RegistryError, "census_2020/time_mst is a time dimension"),
    (
        "county_to_state/records",
        [{"from": "6037", "to": "CA"}, {"from": "08031", "to": "CO"}],
        DataError,
        'did you mean "06037"?',
    ),
    ("county_to_state/kind", "one_to_one_", SpecError, "one_to_one"),
]


@pytest.mark.parametrize(("path", "value", "error", "sentence"), WRONG_MAPPINGS)
def test_a_wrong_mapping_is_told_in_one_sentence(
    registry: Path, path: str, value: Any, error: type[DsgridError], sentence: str
) -> None:
    spec = changed(changed(MAPPINGS, f"mapping/{path}", value), "owner", "other")
    with pytest.raises(error) as refused:
        register_mappings(spec, registry=registry)
    assert sentence in str(refused.value)


def test_a_mapping_stays_within_one_type(registry: Path) -> None:
    register_dimensions(
        {"owner": "census_2020", "dimension": {"sector": {"type": "sector", "records": [one("com")]}}},
        registry=registry,
    )
    spec = changed(changed(MAPPINGS, "mapping/county_to_state/to", "sector"), "owner", "other")
    with pytest.raises(SpecError, match=r"county is of type geography and census_2020/sector of type sector"):
        register_mappings(spec, registry=registry)


def test_a_dimension_and_a_mapping_share_no_id(registry: Path) -> None:
    spec = {"owner": "census_2020", "mapping": {"state": MAPPINGS["mapping"]["county_to_state"]}}
    with pytest.raises(RegistryError, match="census_2020/state is the id of a dimension"):
        register_mappings(spec, registry=registry)
    spec = {"owner": "census_2020", "dimension": {"county_to_state": DIMENSIONS["dimension"]["state"]}}
    with pytest.raises(RegistryError, match="census_2020/county_to_state is the id of a mapping"):
        register_dimensions(spec, registry=registry)


# Use -----------------------------------------------------------------------------------------------------------------


def test_a_project_uses_what_is_registered_and_copies_nothing(registry: Path) -> None:
    project = register_project(USING, registry=registry).project
    state = next(one for one in project.supplemental if one.dimension.name == "state")
    assert (state.dimension.id, state.mapping.id) == ("census_2020/state", "census_2020/county_to_state")
    assert (project.time.id, project.time.name) == ("census_2020/time_mst", "time_mst")
    with Registry.open(registry) as opened:
        assert opened.project("two_counties") == project
        own = {row["id"] for row in (*opened.dimensions(), *opened.mappings()) if row["id"].startswith("two_counties/")}
    assert not own & {"two_counties/county", "two_counties/state", "two_counties/time", "two_counties/county:state"}


def test_a_supplemental_may_be_registered_and_its_mapping_own(registry: Path) -> None:
    spec = changed(USING, "supplemental/state/mapping", PROJECT["supplemental"]["state"]["mapping"])
    project = register_project(spec, registry=registry).project
    assert project.supplemental[0].mapping.id == "two_counties/county:state"


WRONG_USES = [
    (
        "base/county",
        PROJECT["base"]["county"],
        'maps from census_2020/county@1.0.0, but base dimension "county" is defined in this spec; '
        'use = "census_2020/county@1.0.0" there makes it that one',
    ),
    (
        "supplemental/state/use",
        "census_2020/tract",
        'maps to census_2020/state@1.0.0, but supplemental dimension "state" is census_2020/tract@1.0.0',
    ),
    ("supplemental/state/mapping/use", "census_2020/county_to_stat", 'did you mean "census_2020/county_to_state"?'),
    ("supplemental/state/use", "census_2020/time_mst", "census_2020/time_mst is a time dimension"),
    ("time/use", "census_2020/county", "census_2020/county is no time dimension"),
    ("time/use", "census_2020/time_est", 'did you mean "census_2020/time_mst"?'),
]


@pytest.mark.parametrize(("path", "value", "sentence"), WRONG_USES)
def test_a_use_of_what_does_not_fit_names_both_sides(registry: Path, path: str, value: Any, sentence: str) -> None:
    before = contents(registry)
    with pytest.raises(DsgridError) as refused:
        register_project(changed(USING, path, value), registry=registry)
    assert sentence in str(refused.value)
    assert contents(registry) == before


def test_a_use_without_a_registry_says_that_there_is_none() -> None:
    with pytest.raises(NotFoundError) as refused:
        validate({"spec_version": 1, "job": "register_project", **USING})
    assert {problem.key for problem in refused.value.problems} == {"time.use", "base.county.use"}
    assert all("there is no registry to look in" in problem.message for problem in refused.value.problems)


def test_what_is_used_and_defined_at_once_is_refused(registry: Path) -> None:
    for path, value in (("time/kind", "datetime"), ("supplemental/state/records", [one("CA")])):
        with pytest.raises(SpecError):
            register_project(changed(USING, path, value), registry=registry)
    with pytest.raises(SpecError):
        register_project(changed(USING, "supplemental/state/mapping/kind", "one_to_one"), registry=registry)


OWN_TRACTS = changed(DATASET, "dimension/geography", {"use": "census_2020/tract", "name": "own_tract"})
BY_USE = changed(SUBMISSION, "mapping/geography", {"use": "census_2020/tract_to_county@1"})


def test_a_submission_uses_a_registered_mapping(registry: Path) -> None:
    register_project(USING, registry=registry)
    add_dataset(registry, changed(OWN_TRACTS, "time", {"use": "census_2020/time_mst", "column": "hour"}))
    found = submit_dataset(BY_USE, registry=registry).submission
    geography = found.mappings["geography"]
    assert geography.mapping is not None
    assert (geography.base, geography.mapping.id) == ("county", "census_2020/tract_to_county")
    with Registry.open(registry) as opened:
        assert opened.submission("two_counties", "offices") == found
        assert opened.dataset("offices").time == opened.time("time_mst")


def test_a_mapping_of_other_dimensions_is_refused_with_both(registry: Path) -> None:
    register_project(PROJECT, registry=registry)
    add_dataset(registry, DATASET)
    with pytest.raises(SpecError) as refused:
        submit_dataset(BY_USE, registry=registry)
    from_, to = map(str, refused.value.problems)
    assert (
        "maps from census_2020/tract@1.0.0, but the dataset's geography dimension is offices/own_county@1.0.0" in from_
    )
    assert (
        'maps to census_2020/county@1.0.0, but base dimension "county" of project two_counties 1.0.0 is '
        "two_counties/county@1.0.0"
    ) in to


def test_the_mapping_says_which_of_several_base_dimensions_it_reaches(registry: Path) -> None:
    both = changed(USING, "base/tract", {"type": "geography", "use": "census_2020/tract"})
    register_project(both, registry=registry)
    add_dataset(registry, OWN_TRACTS)
    assert submit_dataset(BY_USE, registry=registry).submission.mappings["geography"].base == "county"


def test_a_mapping_that_reaches_no_base_dimension_is_refused(registry: Path) -> None:
    both = changed(USING, "base/tract", {"type": "geography", "use": "census_2020/tract"})
    register_project(both, registry=registry)
    add_dataset(registry, OWN_TRACTS)
    with pytest.raises(SpecError, match=r"maps to census_2020/state@1\.0\.0, which is no base geography of project"):
        submit_dataset(
            changed(BY_USE, "mapping/geography/use", "census_2020/county_to_state"),
            registry=registry,
        )
