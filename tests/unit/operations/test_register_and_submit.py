"""What a project has against a new dataset is said before an engine is started and before a folder is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one

from dsgrid.errors import DsgridError, NotFoundError, RegistryError
from dsgrid.operations import storing
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_and_submit_dataset import register_and_submit_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_project import register_project
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry

SPEC: dict[str, Any] = {
    **DATASET,
    "submission": {key: SUBMISSION[key] for key in ("project", "mapping")},
}


class EngineNeededError(Exception):
    """An engine was asked for."""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    @contextmanager
    def running(_engine: object) -> Iterator[None]:
        raise EngineNeededError
        yield

    monkeypatch.setattr(storing, "running", running)
    folder = tmp_path / "registry"
    create_registry({}, registry=folder)
    register_project(PROJECT, registry=folder)
    return folder


def data_folders(registry: Path) -> list[Path]:
    return sorted((registry / "data").iterdir())


def test_a_dataset_that_fits_goes_to_the_engine(registry: Path) -> None:
    with pytest.raises(EngineNeededError):
        register_and_submit_dataset(changed(SPEC, "data/table", __file__), registry=registry)
    assert data_folders(registry) == [], "what was begun is removed"


REFUSED = [
    ("submission/mapping", None, "a [submission.mapping.geography] is needed"),
    ("submission/project", "two_countys", 'did you mean "two_counties"?'),
    ("submission/project", "two_counties@2", "project two_counties has no version 2"),
    ("submission/mapping/geography/records", [{"from": "g1", "to": "06037"}], 'required record of "county": "08031"'),
    ("submission/mapping/geography/use", "census/x", "records"),
    ("dimension/metric/records", [one("cooling", unit="kW")], 'no conversion from "kW" to "MWh"'),
    ("dimension/subsector/records", [one("house")], 'does not cover 1 required record of "building": "office"'),
    ("time/end", "2018-01-01 23:00", "24"),
    ("time/interval", "period_ending", "wrap_time"),
    ("dataset/id", "offcies", "does not expect dataset offcies"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED)
def test_what_needs_no_data_is_refused_before_them(registry: Path, path: str, value: Any, sentence: str) -> None:
    spec = changed(SPEC, path, value)
    for refuse in (
        lambda: register_and_submit_dataset(spec, registry=registry),
        lambda: validate(
            {"spec_version": 1, "job": "register_and_submit_dataset", **changed(spec, "data/table", __file__)},
            registry=registry,
        ),
    ):
        with pytest.raises(DsgridError) as refused:
            refuse()
        assert sentence in str(refused.value)
    assert data_folders(registry) == []


def test_a_submission_that_is_refused_has_its_place_in_the_spec(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as refused:
        register_and_submit_dataset(changed(SPEC, "submission/project", "two_countys"), registry=registry)
    assert refused.value.problems[0].key == "submission.project"
    with pytest.raises(DsgridError) as uncovered:
        register_and_submit_dataset(changed(SPEC, "dimension/subsector/records", [one("house")]), registry=registry)
    assert uncovered.value.problems[0].key == "dataset.id"


def test_a_dataset_that_is_registered_is_refused(registry: Path) -> None:
    from tests.dataless import add_dataset

    add_dataset(registry, DATASET)
    with pytest.raises(RegistryError, match=r"dataset offices is registered already \(1\.0\.0"):
        register_and_submit_dataset(SPEC, registry=registry)
    with Registry.open(registry) as opened:
        assert opened.submissions() == []


def test_a_name_that_something_else_has_is_told_before_the_data_are_read(registry: Path) -> None:
    own = {"own_county": {"type": "geography", "class": "county", "records": [one("g1")]}}
    register_dimensions({"owner": "offices", "dimension": own}, registry=registry)
    with pytest.raises(RegistryError, match=r"dimension offices/own_county 1\.0\.0 is registered already, with other"):
        register_and_submit_dataset(SPEC, registry=registry)
    time = {key: value for key, value in DATASET["time"].items() if key != "name"}
    register_dimensions({"owner": "offices", "time": {"own_sector": time}}, registry=registry)
    spec = changed(SPEC, "dimension/geography/name", "own_counties")
    with pytest.raises(RegistryError, match=r"dimension offices/own_sector 1\.0\.0 is registered already, with other"):
        register_and_submit_dataset(spec, registry=registry)


def test_what_was_registered_for_the_dataset_before_is_taken(registry: Path) -> None:
    own = {"own_county": {**DATASET["dimension"]["geography"], "type": "geography"}}
    del own["own_county"]["name"]
    register_dimensions({"owner": "offices", "dimension": own}, registry=registry)
    with pytest.raises(EngineNeededError):
        register_and_submit_dataset(changed(SPEC, "data/table", __file__), registry=registry)
