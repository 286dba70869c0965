"""New versions of random projects, datasets and dimensions: what is proposed is what is there afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_values import (
    COUNTIES,
    datasets,
    example_dataset,
    example_dimension,
    example_project,
    mappings,
    projects,
    records,
    register,
    texts,
    times,
)
from tests.rounds import rounds

from dsgrid.dimensions.changes import highest
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import RegistryError
from dsgrid.registry.comparison import compare_datasets, compare_projects
from dsgrid.registry.model import DataInput, Project, Requirement
from dsgrid.registry.proposal import DatasetVersion, MappingVersion
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parts
from dsgrid.time.comparison import compare_times
from dsgrid.time.dimension import TimeDimension

FEW = rounds(4)
MANY = settings(max_examples=400, deadline=None)


@st.composite
def edits(draw: st.DrawFn, project: Project) -> Project:
    """A project with some of its parts changed, added or removed; names keep their types."""
    base = list(project.base)
    at = draw(st.integers(0, len(base) - 1))
    base[at] = replace(base[at], records=draw(records), description=draw(texts))
    kept = [replace(each, mapping=draw(mappings)) if draw(st.booleans()) else each for each in project.supplemental]
    if draw(st.booleans()):
        dimension = Dimension("added by an edit", base[0].type, draw(texts), draw(records))
        kept.append(Supplemental(dimension, base[0].name, draw(mappings)))
    requirements = draw(st.sampled_from((project.requirements, ())))
    return replace(
        project,
        name=draw(texts),
        metadata=draw(st.sampled_from((project.metadata, {"tags": ["another"]}, {}))),
        base=tuple(base),
        supplemental=tuple(kept),
        subsets=draw(st.sampled_from((project.subsets, ()))),
        requirements=requirements,
        time=replace(draw(st.just(project.time) | times), name=project.time.name),
    )


def check_project(data: st.DataObject) -> None:
    project = data.draw(projects())
    with tempfile.TemporaryDirectory() as folder, Registry.create(Path(folder) / "registry") as registry:
        register(registry, project)
        versions = [registry.project(project.id)]
        for _ in range(2):
            edited = data.draw(edits(project))
            proposed = registry.proposals.project(edited)
            assert proposed.is_empty == (compare_projects(versions[-1], edited) == ())
            if proposed.is_empty:
                continue
            with registry.registration("edit") as registration:
                registration.write(proposed)
            found = registry.project(project.id)
            assert compare_projects(found, edited) == ()
            assert parts(found.version) > parts(versions[-1].version)
            versions.append(found)
            assert registry.proposals.project(edited).is_empty
        for version in versions:
            assert registry.project(project.id, version.version) == version


def check_dataset(data: st.DataObject) -> None:
    dataset = data.draw(datasets())
    inputs = (DataInput("settings", "", 1, "a"),)
    with tempfile.TemporaryDirectory() as folder, Registry.create(Path(folder) / "registry") as registry:
        with registry.registration("first") as registration:
            registration.add_dataset(dataset, ({"geography": "g"},), inputs)
        edited = replace(
            dataset,
            kind=data.draw(texts),
            description=data.draw(texts),
            metadata=data.draw(st.sampled_from((dataset.metadata, {}))),
            dimensions={
                type_: replace(each, records=data.draw(records)) if data.draw(st.booleans()) else each
                for type_, each in dataset.dimensions.items()
            },
            time=replace(data.draw(st.just(dataset.time) | times), name=dataset.time.name),
        )
        old = registry.dataset(dataset.id)
        proposed = registry.proposals.dataset(edited, inputs)
        assert proposed.is_empty == (compare_datasets(old, edited) == ())
        with registry.registration("edit") as registration:
            registration.write(proposed)
        assert compare_datasets(registry.dataset(dataset.id), edited) == ()
        assert registry.dataset(dataset.id, "1.0.0") == old
        assert registry.inputs(dataset.id) == inputs
        assert registry.missing(dataset.id) == ({"geography": "g"},)
        assert registry.proposals.dataset(edited, inputs).is_empty


def check_time(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, Registry.create(Path(folder) / "registry") as registry:
        versions: list[TimeDimension] = []
        for _ in range(3):
            edited = replace(data.draw(times), name="clock")
            proposed = registry.proposals.dimensions("census", [edited])
            if versions:
                changes = compare_times(versions[-1], edited)
                assert proposed.is_empty == (changes == ())
                assert proposed.level == highest(changes)
            if not proposed.is_empty:
                with registry.registration("edit") as registration:
                    registration.write(proposed)
                versions.append(registry.time("census/clock"))
            assert compare_times(versions[-1], edited) == ()
        assert [registry.time("census/clock", each.version) for each in versions] == versions
        assert [each.version for each in registry.history("census/clock").versions] == [
            each.version for each in versions
        ]
        first, last = versions[0], versions[-1]
        assert registry.difference("census/clock", first.version, last.version).changes == compare_times(first, last)


@pytest.mark.parametrize("check", [check_project, check_dataset, check_time])
def test_a_random_edit_is_there_afterwards_and_the_old_version_too(check: Callable[[st.DataObject], None]) -> None:
    FEW(given(st.data())(check))()


@pytest.mark.slow
@pytest.mark.parametrize("check", [check_project, check_dataset, check_time])
def test_many_random_edits_are_there_afterwards(check: Callable[[st.DataObject], None]) -> None:
    MANY(given(st.data())(check))()


def test_versions_of_a_dimension_only_go_up(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry, registry.registration("edit") as registration:
        county = replace(registry.dimension("conus_2022/county"), description="Two")
        with pytest.raises(RegistryError, match=r"1\.0\.0 is not newer than 1\.0\.0, registered by ann"):
            registration.update_dimension(county)
        registration.update_dimension(replace(county, version="1.0.1"))
        assert registry.dimension("conus_2022/county").description == "Two"


def test_a_name_keeps_its_type(folder: Path) -> None:
    with Registry.open(folder) as registry:
        project = replace(example_project(), base=(*example_project().base[1:], example_dimension("sector", "county")))
        with pytest.raises(RegistryError, match="registered with the type geography, not sector; give it another name"):
            registry.proposals.project(replace(project, supplemental=(), subsets=()))


def test_data_that_were_not_stored_are_not_registered(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry, registry.registration("edit") as registration:
        version = DatasetVersion(replace(example_dataset(), version="2.0.0"), (), None)
        with pytest.raises(RegistryError, match="were not stored yet"):
            registration.update_dataset(version)


def test_a_mapping_to_a_new_version_of_a_dimension_has_that_level(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        more = Records((*COUNTIES, Record("36061", "New York", {"state": "NY", "time_zone": "America/New_York"})))
        county = example_dimension("geography")
        for records_, version, level in ((more, "1.1.0", "minor"), (COUNTIES, "2.0.0", "major")):
            with registry.registration("edit") as registration:
                registration.update_dimension(
                    replace(county, records=records_, id="conus_2022/county", version=version)
                )
            mapping = registry.mapping("conus_2022/county:state")
            proposed = registry.proposals.mappings(
                [MappingVersion(mapping, ("conus_2022/county", version), ("conus_2022/state", "1.0.0"))]
            )
            assert [(part.new, part.level) for part in proposed.parts] == [(version, level)]
            with registry.registration("edit") as registration:
                registration.write(proposed)


def test_a_requirement_alone_leaves_all_parts_as_they_are(folder: Path) -> None:
    with Registry.open(folder) as registry:
        project = example_project()
        more = (*project.requirements, Requirement("resstock", project.requirements[0].single))
        proposed = registry.proposals.project(replace(project, requirements=more))
    assert [(part.kind, part.old, part.new) for part in proposed.parts] == [
        ("project", "1.0.0", "1.1.0"),
        ("submission", "1.0.0+1.0.0", "1.1.0+1.0.0"),
    ]


def test_a_proposal_is_the_same_value_while_nothing_changes(folder: Path, tmp_path: Path) -> None:
    project = replace(example_project(), description="Other")
    copy = shutil.copytree(folder, tmp_path / "copy")
    with Registry.open(folder) as registry, Registry.open(copy) as other:
        assert (
            registry.proposals.project(project)
            == other.proposals.project(project)
            != registry.proposals.project(example_project())
        )
