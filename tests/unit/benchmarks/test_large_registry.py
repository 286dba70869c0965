"""The large registry of the benchmarks: its specs are valid, and fit together."""

from __future__ import annotations

from pathlib import Path

from benchmarks.large_registry import DATASETS, counties_of, dataset_spec, names_of, project_spec, values_of

from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


def test_the_project_has_twelve_dimensions_and_requires_every_dataset(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    create_registry({"registry": str(folder)})
    register_project(project_spec(counties_of(120), names_of(DATASETS)), registry=folder)
    with Registry.open(folder) as registry:
        (row,) = registry.projects()
        known = {each["id"].partition("/")[2] for each in registry.dimensions()}
    # With time they are twelve, besides those of all records that every project has.
    assert row["base"] == 7
    assert {"state", "region", "group", "fuel", "years"} <= known
    assert row["required"] == DATASETS


def test_every_dataset_has_a_valid_spec_and_the_values_that_are_required(tmp_path: Path) -> None:
    counties = counties_of(12)
    for number in range(DATASETS):
        spec = dataset_spec(counties, number, tmp_path / "data.parquet")
        load_spec(spec, "register_and_submit_dataset")
        metrics = {each["id"] for each in spec["dimension"]["metric"]["records"]}
        assert set(values_of(counties, number).column("metric").to_pylist()) == metrics


def test_counties_have_ids_of_their_own() -> None:
    counties = counties_of(3_200)
    assert len({each["id"] for each in counties}) == 3_200
    assert {len(each["id"]) for each in counties} == {5}
