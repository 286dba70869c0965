"""A registry says clearly what it does not do, and keeps nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_dataset, example_project, example_submission, register

from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import NotFoundError, RegistryError, UsageError
from dsgrid.registry.model import TypeMapping
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference, resolve_version


@pytest.fixture
def registry(folder: Path) -> Iterator[Registry]:
    with Registry.open(folder, write=True) as registry:
        yield registry


def test_an_id_that_is_taken_is_refused_with_who_took_it(registry: Registry) -> None:
    with pytest.raises(
        RegistryError,
        match=r"^project conus_2022 is registered already \(1\.0\.0, by ann on 20..-..-..\); `dsgrid plan` shows",
    ):
        register(registry, example_project())
    with pytest.raises(RegistryError, match=r"^dataset comstock is registered already \(1\.0\.0, by ann"):
        register(registry, example_dataset())


def test_a_second_submission_of_the_same_versions_is_refused(registry: Registry) -> None:
    with pytest.raises(
        RegistryError, match=r"comstock 1\.0\.0 is submitted to project conus_2022 1\.0\.0 already \(by ann"
    ):
        register(registry, example_submission())


def test_a_failing_registration_leaves_nothing(registry: Registry) -> None:
    before = [registry.registrations(), registry.projects(), registry.dimensions(), registry.mappings()]
    with pytest.raises(RegistryError, match="comstock is registered already"):
        register(registry, example_project("second_project"), example_dataset())
    assert [registry.registrations(), registry.projects(), registry.dimensions(), registry.mappings()] == before


def test_an_unknown_id_gets_the_closest_one(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r'no project "conus_2020" in the registry .*; did you mean "conus_2022"\?'):
        registry.project("conus_2020")
    with pytest.raises(NotFoundError, match=r'did you mean "comstock"\?'):
        registry.dataset("comstok")
    with pytest.raises(NotFoundError, match=r'did you mean "county"\?'):
        registry.dimension("conty")
    with pytest.raises(NotFoundError, match=r'did you mean "conus_2022/county:state"\?'):
        registry.mapping("conus_2022/county:stat")


def test_an_unknown_version_gets_those_that_exist(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"^project conus_2022 has no version 2; there are: 1\.0\.0$"):
        registry.project("conus_2022@2")


def test_a_dataset_that_is_not_submitted_is_told_apart_from_an_unknown_one(registry: Registry) -> None:
    register(registry, example_dataset("resstock"))
    with pytest.raises(NotFoundError, match=r'"resstock" is not submitted to project conus_2022 1\.0\.0'):
        registry.submission("conus_2022", "resstock")
    with pytest.raises(NotFoundError, match=r'no dataset "restock" in the registry .*did you mean "resstock"\?'):
        registry.submission("conus_2022", "restock")


def test_a_submission_is_told_apart_from_an_unknown_id(registry: Registry) -> None:
    with pytest.raises(
        NotFoundError, match=r"^conus_2022/comstock is a submission, no .*`dsgrid registry graph conus_2022/c"
    ):
        registry.entry("conus_2022/comstock")


def test_a_dimension_name_that_several_owners_have_is_refused_with_their_ids(registry: Registry) -> None:
    register(registry, example_project("other_project"))
    with pytest.raises(NotFoundError, match='not unique; use one of: "conus_2022/county", "other_project/county"'):
        registry.dimension("county")
    assert registry.dimension("conus_2022/county@1").id == "conus_2022/county"


def test_names_are_unique_inside_a_project_and_a_dataset(registry: Registry) -> None:
    project = example_project("twins")
    twins = replace(project, supplemental=(*project.supplemental, *project.supplemental))
    with pytest.raises(RegistryError, match='project twins has two dimensions "state"'):
        register(registry, twins)
    dataset = example_dataset("twins")
    named = {type_: replace(each, name="same") for type_, each in dataset.dimensions.items()}
    with pytest.raises(RegistryError, match='twins has two dimensions "same"'):
        register(registry, replace(dataset, dimensions=named))


def test_a_used_dimension_must_have_the_registered_records(registry: Registry) -> None:
    county = registry.dimension("conus_2022/county")
    changed = replace(county, records=Records((Record("01001", "Autauga"),)))
    dataset = example_dataset("resstock")
    with pytest.raises(RegistryError, match=r"dimension conus_2022/county 1\.0\.0 is registered with other records"):
        register(registry, replace(dataset, dimensions={**dataset.dimensions, "geography": changed}))


def test_a_submission_to_an_unknown_base_dimension_is_refused(registry: Registry) -> None:
    submission = example_submission(dataset="resstock")
    mappings = {**submission.mappings, "geography": TypeMapping("conty")}
    with pytest.raises(
        RegistryError, match=r'no base dimension "conty" of the type geography; did you mean "county"\?'
    ):
        register(registry, example_dataset("resstock"), replace(submission, mappings=mappings))


def test_data_without_a_manifest_are_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="were not published"):
        register(registry, example_dataset("resstock", folder="resstock/1.0.0-abc"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("comstock", ("comstock", None)), ("comstock@1", ("comstock", "1")), ("a/b@1.2.3", ("a/b", "1.2.3"))],
)
def test_a_reference_is_an_id_with_or_without_a_version(reference: str, expected: tuple[str, str | None]) -> None:
    assert parse_reference(reference) == expected


@pytest.mark.parametrize("reference", ["comstock@", "comstock@latest", "@1", "comstock@1.2.3.4"])
def test_a_malformed_reference_is_refused(reference: str) -> None:
    with pytest.raises(UsageError, match="is no reference"):
        parse_reference(reference)


def test_a_prefix_of_a_version_means_the_newest_of_it() -> None:
    versions = ["1.0.0", "1.2.0", "1.10.0", "2.0.1"]
    assert resolve_version("x", versions) == "2.0.1"
    assert resolve_version("x", versions, "1") == "1.10.0"
    assert resolve_version("x", versions, "1.2") == "1.2.0"
    with pytest.raises(NotFoundError, match=r"x has no version 1\.1; there are: 1\.0\.0, 1\.2\.0, 1\.10\.0, 2\.0\.1"):
        resolve_version("x", versions, "1.1")
