"""What is read from a registry is exactly what was registered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import (
    datasets,
    example_dataset,
    example_project,
    example_submission,
    mappings,
    metadata,
    projects,
    register,
    scalars,
)
from strategies.time_dimensions import time_dimensions
from strategies.time_rules import time_rules
from tests.rounds import rounds

from dsgrid.cli.tables import document
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import RegistryError
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.registration import Registration
from dsgrid.registry.registry import Registry
from dsgrid.registry.values import decode, encode, flatten, unflatten
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.load import load_time
from dsgrid.time.rules import TimeRules

few = rounds(10)


class UndoError(Exception):
    """Ends a registration without keeping it, so that random examples don't meet."""


@pytest.fixture(scope="module")
def shared_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with Registry.create(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@contextmanager
def undone(registry: Registry) -> Iterator[Registration]:
    with suppress(UndoError), registry.registration("test") as registration:
        yield registration
        raise UndoError


def bare(value: Dimension | Mapping | TimeDimension) -> Any:
    """Without the id and version that registration adds."""
    return replace(value, id="", version="")


def bare_project(project: Project) -> Project:
    return replace(
        project,
        time=bare(project.time),
        base=tuple(bare(dimension) for dimension in project.base),
        supplemental=tuple(
            replace(each, dimension=bare(each.dimension), mapping=bare(each.mapping)) for each in project.supplemental
        ),
    )


def bare_dataset(dataset: Dataset) -> Dataset:
    dimensions = {type_: bare(dimension) for type_, dimension in dataset.dimensions.items()}
    return replace(dataset, dimensions=dimensions, time=bare(dataset.time))


@few
@given(project=projects())
def test_a_project_is_read_as_it_was_registered(shared_registry: Registry, project: Project) -> None:
    with undone(shared_registry) as registration:
        registered = registration.add_project(project)
        found = shared_registry.project(project.id)
    assert found == registered
    assert bare_project(found) == project
    assert [dimension.records.columns for dimension in found.base] == [each.records.columns for each in project.base]
    assert all(dimension.id == f"{project.id}/{dimension.name}" for dimension in found.base)


@few
@given(dataset=datasets())
def test_a_dataset_is_read_as_it_was_registered(shared_registry: Registry, dataset: Dataset) -> None:
    with undone(shared_registry) as registration:
        registered = registration.add_dataset(dataset)
        found = shared_registry.dataset(dataset.id)
    assert found == registered
    assert bare_dataset(found) == dataset
    assert list(found.dimensions) == list(dataset.dimensions)


@few
@given(
    by_type=st.dictionaries(st.sampled_from(list(example_submission().mappings)), st.none() | mappings),
    rules=time_rules("course@1.0.0"),
)
def test_a_submission_is_read_as_it_was_registered(
    shared_registry: Registry, by_type: dict[str, Mapping | None], rules: TimeRules
) -> None:
    plain = example_submission()
    changed = {type_: replace(plain.mappings[type_], mapping=mapping) for type_, mapping in by_type.items()}
    submission = replace(plain, mappings={**plain.mappings, **changed}, time=rules)
    with undone(shared_registry) as registration:
        registration.add_project(example_project())
        registration.add_dataset(example_dataset())
        registration.add_dataset(example_dataset("course"))
        registered = registration.add_submission(submission)
        found = shared_registry.submission("conus_2022", "comstock")
    assert found == registered
    assert found.time == rules
    for type_, target in found.mappings.items():
        expected = submission.mappings[type_]
        assert target.base == expected.base
        assert (target.mapping and bare(target.mapping)) == expected.mapping


@rounds(40)
@given(time=time_dimensions())
def test_a_time_dimension_of_any_kind_is_read_as_it_was_registered(
    shared_registry: Registry, time: TimeDimension
) -> None:
    with undone(shared_registry) as registration:
        _, (registered,) = registration.add_dimensions("census", (), (time,))
        found = shared_registry.time("census/time")
    assert found == registered
    assert bare(found) == time


@given(time=time_dimensions(of_dataset=False))
def test_a_time_dimension_of_any_kind_is_shown_as_a_spec_says_it(
    shared_registry: Registry, time: TimeDimension
) -> None:
    with undone(shared_registry) as registration:
        registration.add_dimensions("census", (), (time,))
        found = shared_registry.entry("census/time")
    said = load_time(Node(found["time"], (), Source(None, "", Path())), of_dataset=False)
    assert said == replace(time, description="")
    assert found["description"] == time.description
    lines = document(found).splitlines()
    assert [line.split()[0] for line in lines[lines.index("time") + 1 :][: len(found["time"])]] == list(found["time"])


def test_a_submission_whose_shape_is_not_registered_is_refused_and_nothing_is_kept(tmp_path: Any) -> None:
    submission = replace(example_submission(), time=TimeRules(shape="course@1.0.0"))
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project(), example_dataset())
        with pytest.raises(RegistryError, match=r"the shape course@1\.0\.0 of annual values is not registered"):
            register(registry, submission)
        assert registry.submissions() == []


@given(scalars)
def test_a_scalar_keeps_its_type_and_value(value: Any) -> None:
    found = decode(*encode(value))
    assert found == value
    assert type(found) is type(value)


@given(metadata)
def test_nested_metadata_survive_being_rows(value: dict[str, Any]) -> None:
    assert unflatten(flatten(value)) == value


def test_equal_records_of_two_owners_are_kept_once(tmp_path: Any) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project("one_project"), example_project("other_project"))
        tables = registry._database.value("SELECT count(*) FROM record_tables")
        dimensions = [row for row in registry.dimensions() if row["type"] != "time"]
    assert (tables, len(dimensions)) == (4, 16)


def test_a_dimension_of_another_owner_is_used_not_copied(tmp_path: Any) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        project = registry.project("conus_2022")
        shared = replace(project.base[0], name="fips")
        dataset = example_dataset()
        register(registry, replace(dataset, dimensions={**dataset.dimensions, "geography": shared}))
        assert registry.dataset("comstock").dimensions["geography"] == shared
        assert "comstock/fips" not in [row["id"] for row in registry.dimensions()]


def test_records_are_found_by_plain_sql(tmp_path: Any) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        states = registry._database.rows(
            "SELECT id, value FROM dimension_attributes WHERE dimension_id = ? AND attribute = ?",
            ("conus_2022/county", "state"),
        )
        associations = registry._database.rows(
            "SELECT from_id, to_id, fraction FROM mapping_associations WHERE mapping_id = ?",
            ("conus_2022/county:state",),
        )
    assert [tuple(row) for row in states] == [("06037", "CA"), ("08001", "CO")]
    assert [tuple(row) for row in associations] == [("06037", "CA", 1.0), ("08001", "CO", 1.0)]


def test_attribute_columns_keep_the_order_of_first_appearance(tmp_path: Any) -> None:
    rows = (
        Record("1", "a", {"x": 1}),
        Record("2", "b", {"z": True, "x": None}),
        Record("3", "c", {"y": 2.0, "z": "t"}),
    )
    project = example_project()
    base = (replace(project.base[0], records=Records(rows)), *project.base[1:])
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, replace(project, base=base))
        assert registry.project(project.id).base[0].records.columns == ("id", "name", "x", "z", "y")


def test_missing_associations_are_kept(tmp_path: Any) -> None:
    missing = ({"geography": "06037", "sector": "one"}, {"metric": "two"})
    with Registry.create(tmp_path / "registry") as registry:
        with registry.registration("test") as registration:
            registration.add_dataset(example_dataset(), missing)
        assert registry.missing("comstock") == missing
