"""A copy is what the registry was at one moment, whole or not there; a part has no trace of the rest."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_published import contents, publish, published_registry
from registry_values import example_project, example_submission, register
from tests.faults import KilledError, Steps
from tests.rounds import thinned

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.registry import copying, disk
from dsgrid.registry.database import Database
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two projects, of which one shares a dataset with the other and has one of its own."""
    folder = published_registry(tmp_path_factory.mktemp("source") / "registry", "comstock")
    with Registry.open(folder, write=True) as registry:
        other = example_project("alaska_2030")
        register(registry, replace(other, description="The secret of Alaska"))
        publish(registry, "resstock", b"homes")
        register(registry, example_submission("alaska_2030", "comstock"), example_submission("alaska_2030", "resstock"))
        publish(registry, "alone", b"nobody's")
    return folder


def copy(source: Path, target: Path, **spec: Any) -> Any:
    return copy_registry({"target": target, **spec}, registry=source)


def ids(folder: Path) -> dict[str, set[str]]:
    with Registry.open(folder) as registry:
        found = {name: {row["id"] for row in getattr(registry, name)()} for name in ("projects", "datasets")}
        found["submissions"] = {f"{row['project_id']}/{row['dataset_id']}" for row in registry.submissions()}
    return found


def test_a_copy_has_the_same_contents(source: Path, tmp_path: Path) -> None:
    done = copy(source, tmp_path / "new/copy")
    assert contents(tmp_path / "new/copy") == contents(source)
    assert (done.files, done.reused) == (6, 0)
    assert sorted(path.name for path in (tmp_path / "new/copy").iterdir()) == ["data", "registry.db"]
    assert examine(tmp_path / "new/copy", checksums=True, older_than=0).is_clean
    assert done.report().endswith(f"in {tmp_path / 'new/copy'}")


def test_an_empty_folder_is_taken_and_anything_else_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    copy(source, tmp_path / "empty")
    with pytest.raises(RegistryError, match="is a registry already"):
        copy(source, tmp_path / "empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    with pytest.raises(RegistryError, match=r"is not empty \(mine.txt\)"):
        copy(source, tmp_path / "full")
    with pytest.raises(RegistryError, match="is a file"):
        copy(source, tmp_path / "full/mine.txt")
    with pytest.raises(RegistryError, match="inside of each other"):
        copy(source, source / "copy")


def test_links_share_the_files(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "copy", data="link")
    assert contents(tmp_path / "copy") == contents(source)
    for path in (tmp_path / "copy/data").rglob("*.parquet"):
        assert path.samefile(source / path.relative_to(tmp_path / "copy"))


def test_where_links_are_impossible_they_are_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_source: Path, _target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(disk, "link_file", fail)
    with pytest.raises(RegistryError, match=r"cannot be linked.*Invalid cross-device link.*copy the data instead"):
        copy(source, tmp_path / "copy", data="link")


def test_one_project_comes_with_what_it_needs_and_no_trace_of_others(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "copy", projects=["conus_2022"])
    assert ids(tmp_path / "copy") == {
        "projects": {"conus_2022"},
        "datasets": {"comstock"},
        "submissions": {"conus_2022/comstock"},
    }
    data = (tmp_path / "copy/registry.db").read_bytes()
    assert b"conus_2022" in data
    assert b"alaska" not in data.lower()
    assert b"resstock" not in data
    assert sorted(path.name for path in (tmp_path / "copy/data").iterdir()) == ["comstock"]
    assert examine(tmp_path / "copy", checksums=True).is_clean
    with Registry.open(source) as old, Registry.open(tmp_path / "copy") as new:
        assert new.project("conus_2022") == old.project("conus_2022")
        assert new.dataset("comstock") == old.dataset("comstock")
        assert new.submission("conus_2022", "comstock") == old.submission("conus_2022", "comstock")


def test_named_datasets_come_alone_or_with_a_project(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "one", datasets=["alone"])
    assert ids(tmp_path / "one") == {"projects": set(), "datasets": {"alone"}, "submissions": set()}
    copy(source, tmp_path / "two", projects=["alaska_2030"], datasets=["resstock"])
    assert ids(tmp_path / "two") == {
        "projects": {"alaska_2030"},
        "datasets": {"resstock"},
        "submissions": {"alaska_2030/resstock"},
    }
    for name in ("one", "two"):
        assert examine(tmp_path / name, checksums=True).is_clean


def test_unknown_ids_are_told_with_the_closest(source: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match='did you mean "conus_2022"'):
        copy(source, tmp_path / "copy", projects=["conus_2021"])
    assert not (tmp_path / "copy/registry.db").exists()


def test_a_derived_dataset_brings_what_it_was_made_of(source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))
    with Registry.open(folder, write=True) as registry:
        publish(registry, "derived", b"made")
        with registry.registration("test") as registration:
            keys = {row["id"]: row["key"] for row in registry.database.rows("SELECT id, key FROM all_datasets")}
            query = registry.database.insert(
                "queries",
                name="q",
                run="r",
                manifest_sha256="1",
                spec_sha256="2",
                project_version=registry.database.value("SELECT key FROM all_projects WHERE id = 'alaska_2030'"),
                registration=registration.key,
            )
            registry.database.insert("query_datasets", query=query, position=0, dataset_version=keys["resstock"])
            registry.database.insert("derived_datasets", dataset_version=keys["derived"], query=query)
    copy(folder, tmp_path / "copy", datasets=["derived"])
    assert ids(tmp_path / "copy") == {
        "projects": {"alaska_2030"},
        "datasets": {"derived", "resstock"},
        "submissions": {"alaska_2030/resstock"},
    }
    copy(folder, tmp_path / "without", projects=["conus_2022"])
    assert ids(tmp_path / "without")["projects"] == {"conus_2022"}
    for name in ("copy", "without"):
        assert examine(tmp_path / name, checksums=True).is_clean


def test_damage_is_refused_and_named(source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))
    path = next(folder.glob("data/comstock/*/facts/part-0.parquet"))
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(RegistryError, match=r"facts/part-0.parquet is damaged: its checksum"):
        copy(folder, tmp_path / "copy")
    path.unlink()
    with pytest.raises(RegistryError, match=r"facts/part-0.parquet is missing"):
        copy(folder, tmp_path / "copy")
    with pytest.raises(RegistryError, match=r"facts/part-0.parquet is missing"):
        copy(folder, tmp_path / "linked", data="link")
    manifest = path.parents[1] / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(RegistryError, match=r"manifest.json is damaged: it is not the one that was registered"):
        copy(folder, tmp_path / "copy")
    assert not (tmp_path / "copy/registry.db").exists()


@pytest.mark.slow
@pytest.mark.parametrize("spec", [{}, {"data": "link", "projects": ["conus_2022"]}], ids=["all", "part linked"])
def test_a_kill_at_any_step_is_finished_by_copying_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any]
) -> None:
    if not spec:
        source = published_registry(tmp_path / "source", "comstock")
    copy(source, tmp_path / "expected", **spec)
    expected = contents(tmp_path / "expected")
    steps = Steps(monkeypatch)
    with steps.dying_before(None):
        copy(source, tmp_path / "whole", **spec)
    names = list(steps.names)
    assert len(names) > 20
    for step in thinned(steps.telling(), 2):
        target, where = tmp_path / f"copy{step}", f"step {step}, {names[step]}"
        with steps.dying_before(step), pytest.raises(KilledError):
            copy(source, target, **spec)
        if (target / "registry.db").exists():
            assert contents(target) == expected, where
        else:
            with pytest.raises(NotFoundError):
                Registry.open(target)
        copy(source, target, **spec)
        assert contents(target) == expected, where
        assert not list(target.glob(".*")), where
        assert examine(target, checksums=True, older_than=0).is_clean, where


def test_an_interrupted_copy_is_taken_over(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "copy"
    interrupted(source, target, monkeypatch)
    torn = next(target.glob("data/*/*/*.parquet"))
    torn.write_bytes(b"x" * torn.stat().st_size)
    found = copy(source, target)
    assert found.reused > 0
    assert found.files + found.reused == 6
    assert contents(target) == contents(source)
    assert f"{found.reused} were there already" in found.report()


def interrupted(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a copy whose last step was not done."""

    def full(_path: Path, _new: Path) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(disk, "swap_file", full)
        with pytest.raises(OSError, match="No space left"):
            copy(source, target)


def test_an_interrupted_copy_of_another_registry_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(source, tmp_path / "copy", monkeypatch)
    other = published_registry(tmp_path / "other")
    with pytest.raises(RegistryError, match=f"an interrupted copy of {source}"):
        copy(other, tmp_path / "copy")
    assert json.loads((tmp_path / "copy/.copying.json").read_text())["copy_of"] == str(source)


def test_what_is_registered_meanwhile_is_not_in_the_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))
    before = contents(folder)

    def register_one() -> None:
        with Registry.open(folder, write=True) as registry:
            publish(registry, "late")

    after_the_database(monkeypatch, register_one)
    copy(folder, tmp_path / "copy")
    assert contents(tmp_path / "copy") == before
    assert "late" in ids(folder)["datasets"]


def after_the_database(monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
    """Do something right after the database was copied, the first time."""
    original = Database.copy_to

    def copied(database: Database, path: Path) -> None:
        original(database, path)
        monkeypatch.setattr(Database, "copy_to", original)
        action()

    monkeypatch.setattr(Database, "copy_to", copied)


def test_a_dataset_that_is_removed_meanwhile_is_not_in_the_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))

    def remove_one() -> None:
        with Registry.open(folder, write=True) as registry, registry.database.atomic():
            registry.database.execute(
                "DELETE FROM dataset_versions WHERE dataset = (SELECT key FROM datasets WHERE id = 'alone')"
            )
            registry.database.execute("DELETE FROM datasets WHERE id = 'alone'")
        shutil.rmtree(folder / "data/alone")

    after_the_database(monkeypatch, remove_one)
    copy(folder, tmp_path / "copy")
    assert ids(tmp_path / "copy") == ids(folder)
    assert examine(tmp_path / "copy", checksums=True, older_than=0).is_clean, "nothing is left of the first attempt"


def test_endless_removals_end_the_copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise copying._GoneError

    monkeypatch.setattr(copying, "_attempt", gone)
    with pytest.raises(RegistryError, match="faster than it could be copied"):
        copy(source, tmp_path / "copy")


def test_the_data_of_a_copy_may_be_elsewhere(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "copy", data_root=tmp_path / "big disk")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["registry.db"]
    assert contents(tmp_path / "copy") == contents(source)
    assert examine(tmp_path / "copy", checksums=True).is_clean
    copy(tmp_path / "copy", tmp_path / "back")
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["data", "registry.db"]
    assert contents(tmp_path / "back") == contents(source)


@pytest.mark.slow
def test_copies_taken_while_others_register_are_whole(tmp_path: Path) -> None:
    folder = published_registry(tmp_path / "source", "comstock")
    ended = threading.Event()

    def go_on_registering() -> None:
        with Registry.open(folder, write=True) as registry:
            for number in range(500):
                if ended.is_set():
                    break
                publish(registry, f"dataset_{number}")

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(go_on_registering)
        try:
            for number in range(5):
                copy(folder, tmp_path / f"copy{number}")
        finally:
            ended.set()
        writer.result()
    sizes = []
    for number in range(5):
        assert examine(tmp_path / f"copy{number}", checksums=True, older_than=0).is_clean
        sizes.append(len(ids(tmp_path / f"copy{number}")["datasets"]))
    assert sizes == sorted(sizes)
    assert sizes[0] < len(ids(folder)["datasets"]), "some were registered meanwhile"
    assert examine(folder, checksums=True).is_clean
