"""An extract is whole or not there; shared things that are cut in two ways get two ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_published import published_registry
from registry_values import COUNTIES, example_dataset, example_project, example_submission, register
from tests.faults import KilledError, Steps
from tests.rounds import thinned

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, NotFoundError, RegistryError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.filter_registry import filter_registry
from dsgrid.registry.extract import cut_project
from dsgrid.registry.model import Coverage, Requirement, TypeMapping
from dsgrid.registry.registry import Registry


def extract(source: Path, target: Path, **spec: Any) -> Any:
    return filter_registry({"target": target, "project": "conus_2022", **spec}, registry=source)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_registry(tmp_path_factory.mktemp("source") / "registry", "comstock")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A registry whose dataset uses the project's counties, and maps each of them to the other one."""
    with Registry.create(tmp_path / "shared") as registry:
        (project,) = register(registry, example_project())
        bases = {each.type: each for each in project.base}  # type: ignore[union-attr]
        register(registry, replace(example_dataset(), dimensions=bases))
        crossed = Mapping(
            "one_to_one", (Association("06037", "08001"), Association("08001", "06037")), description="crossed"
        )
        mappings = {type_: TypeMapping(bases[type_].name) for type_ in RECORD_TYPES}
        mappings["geography"] = TypeMapping("county", crossed)
        register(registry, replace(example_submission(), mappings=mappings))
    return tmp_path / "shared"


def test_what_was_cut_in_two_ways_gets_two_ids(shared: Path, tmp_path: Path) -> None:
    extract(shared, tmp_path / "extract", keep={"county": ["06037"]})
    assert examine(tmp_path / "extract").is_clean
    with Registry.open(tmp_path / "extract") as registry:
        project, dataset = registry.project("conus_2022"), registry.dataset("comstock")
        assert (project.metadata, dataset.metadata) == (example_project().metadata, example_dataset().metadata)
        county = next(each for each in project.base if each.name == "county")
        assert (county.id, county.records.ids) == ("conus_2022/county", ("06037",))
        own = dataset.dimensions["geography"]
        assert (own.id, own.name, own.records.ids) == ("conus_2022/county_2", "county", ("08001",))
        assert dataset.dimensions["sector"].id == "conus_2022/sector", "what both share is shared"
        mapping = registry.submission("conus_2022", "comstock").mappings["geography"].mapping
        assert mapping is not None
        assert mapping.associations == (Association("08001", "06037"),)


def test_ids_versions_and_origin_are_kept(source: Path, tmp_path: Path) -> None:
    extract(source, tmp_path / "extract", keep={"state": ["CO", "CA"]}, log_message="all of it")
    with Registry.open(source) as old, Registry.open(tmp_path / "extract") as new:
        assert new.project("conus_2022") == old.project("conus_2022")
        one, other = new.dataset("comstock"), old.dataset("comstock")
        assert replace(one, folder=other.folder) == other
        assert new.submission("conus_2022", "comstock") == old.submission("conus_2022", "comstock")
        assert [row["log_message"] for row in new.registrations()] == ["all of it"]
        assert str(source) in new.database.value("SELECT value FROM settings WHERE name = 'extract_of'")


def test_requirements_are_cut_with_their_records() -> None:
    def required(kept: set[str], *together: Coverage, **single: tuple[str, ...]) -> tuple[Requirement, ...]:
        project = replace(example_project(), requirements=(Requirement("comstock", Coverage(single), together),))
        return cut_project(project, {"county": frozenset(kept)}, {"comstock"}).requirements

    (left,) = required({"06037"}, geography=COUNTIES.ids, sector=("one",))
    assert left.single.ids == {"geography": ("06037",), "sector": ("one",)}
    assert required({"08001"}, geography=("06037",)) == ()
    pairs = [Coverage({"geography": (id_,), "sector": ("one",)}) for id_ in COUNTIES.ids]
    (left,) = required({"08001"}, *pairs)
    assert left.together == (pairs[1],)
    assert required({"nothing"}, *pairs) == ()


def test_requirements_for_other_datasets_are_left_out() -> None:
    assert cut_project(example_project(), {}, {"resstock"}).requirements == ()


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_nothing_or_all(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = {"keep": {"state": ["CO", "CA"]}, "data": "link"}
    steps = Steps(monkeypatch)
    with steps.dying_before(None):
        extract(source, tmp_path / "whole", **keep)
    names = list(steps.names)
    chosen = steps.telling()
    assert len(chosen) > 15
    for step in thinned(chosen, 2):
        target = tmp_path / f"extract{step}"
        with steps.dying_before(step), pytest.raises(KilledError):
            extract(source, target, **keep)
        if target.exists():
            assert examine(target, checksums=True).is_clean, names[step]
            with pytest.raises(RegistryError, match="is not empty"):
                extract(source, target, **keep)
        else:
            extract(source, target, **keep)
            assert examine(target, checksums=True, older_than=0).is_clean, names[step]
        assert not target.with_name(f".{target.name}.unfinished").exists()


def test_damaged_data_are_not_carried(source: Path, tmp_path: Path) -> None:
    folder = published_registry(tmp_path / "damaged", "comstock")
    path = next(folder.glob("data/*/*/facts/*"))
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(RegistryError, match="is damaged"):
        extract(folder, tmp_path / "extract", keep={"state": ["CO", "CA"]})
    path.unlink()
    with pytest.raises(RegistryError, match="is missing"):
        extract(folder, tmp_path / "extract", keep={"state": ["CO", "CA"]})
    assert not (tmp_path / "extract").exists()


def test_a_project_without_datasets_has_no_extract(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
    with pytest.raises(DataError, match="no dataset of project conus_2022 has anything"):
        extract(tmp_path / "registry", tmp_path / "extract", keep={"county": ["06037"]})
    with pytest.raises(NotFoundError, match=r"no dataset \"comstock\""):
        extract(tmp_path / "registry", tmp_path / "extract", keep={"county": ["06037"]}, datasets=["comstock"])
