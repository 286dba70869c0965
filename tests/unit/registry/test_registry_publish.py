"""Published data are whole: a kill at any step leaves the old state or the new one, plus garbage that is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_values import example_dataset, register
from tests.faults import KilledError, Steps
from tests.orphans import orphans

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.registry import disk, publish
from dsgrid.registry.publish import (
    current_run,
    data_file,
    new_folder,
    new_run,
    publish_result,
    read_manifest,
    verify_manifest,
    write_manifest,
)
from dsgrid.registry.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.create(tmp_path / "registry") as registry:
        yield registry


def publish_dataset(registry: Registry, id_: str = "comstock", contents: bytes = b"facts") -> Path:
    """What `register_dataset` does, without an engine."""
    folder = new_folder(registry, id_, "1.0.0")
    (folder / "facts").mkdir()
    (folder / "facts/part-0.parquet").write_bytes(contents)
    files = [data_file(folder, "facts/part-0.parquet", "facts", 10)]
    write_manifest(folder, files, {"engine": "none"})
    register(registry, example_dataset(id_, folder.relative_to(registry.data).as_posix()))
    return folder


def test_a_kill_at_any_step_leaves_all_or_nothing(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(monkeypatch)
    publish_dataset(registry, "zeroth")
    with steps.dying_before(None):
        publish_dataset(registry, "first")
    count, before = steps.names.index("after the commit"), registry.datasets()
    assert count > 20
    for step in range(count):
        with steps.dying_before(step), pytest.raises(KilledError):
            publish_dataset(registry, "second")
        assert registry.datasets() == before
    left = orphans(registry)
    assert {folder.parent.name for folder in left} == {"second"}
    assert len(left) == count - 1, "each try but the first had made its folder"
    folder = publish_dataset(registry, "second")
    assert orphans(registry) == left, "what is registered is no orphan"
    assert verify_manifest(folder) == ()


def test_a_kill_while_a_result_is_published_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(contents: bytes) -> Path:
        folder = new_run(tmp_path, "annual")
        (folder / "table.parquet").write_bytes(contents)
        write_manifest(folder, [data_file(folder, "table.parquet", "result", 1)], {})
        publish_result(folder)
        return folder

    steps = Steps(monkeypatch)
    with steps.dying_before(None):
        old = run(b"old")
    last = len(steps.names) - 1
    for step in range(last + 1):
        with steps.dying_before(step), pytest.raises(KilledError):
            run(b"new")
        found = current_run(tmp_path, "annual")
        assert verify_manifest(found) == ()
        # The very last step only makes sure that the swap lasts.
        assert (found / "table.parquet").read_bytes() == (b"new" if step == last else b"old")
    assert found != old
    new = run(b"new")
    assert current_run(tmp_path, "annual") == new


def test_the_manifest_is_written_after_everything_is_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data/comstock/1.0.0-abc"
    (folder / "facts").mkdir(parents=True)
    (folder / "facts/a.parquet").write_bytes(b"a")
    files = [data_file(folder, "facts/a.parquet", "facts", 1)]
    log: list[tuple[str, str]] = []
    sync, write = disk.sync, disk.write_file

    def logged_sync(path: Path) -> None:
        log.append(("sync", path.name))
        sync(path)

    def logged_write(path: Path, data: bytes) -> None:
        log.append(("write", path.name))
        write(path, data)

    monkeypatch.setattr(disk, "sync", logged_sync)
    monkeypatch.setattr(disk, "write_file", logged_write)
    write_manifest(folder, files)
    assert log == [
        ("sync", "a.parquet"),
        ("sync", "facts"),
        ("sync", "1.0.0-abc"),
        ("write", "manifest.json"),
        ("sync", "manifest.json"),
        ("sync", "1.0.0-abc"),
        ("sync", "comstock"),
        ("sync", "data"),
    ]


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"abc")
    file = data_file(tmp_path, "a.parquet", "facts", 3)
    assert (file.bytes, file.path) == (3, "a.parquet")
    sha256 = write_manifest(tmp_path, [file], {"engine": {"name": "sail"}, "sums": [1.5]})
    manifest = read_manifest(tmp_path)
    assert manifest.files == manifest.of_role("facts") == (file,)
    assert manifest.extra == {"engine": {"name": "sail"}, "sums": [1.5]}
    assert publish.manifest_sha256(tmp_path) == sha256


def test_damage_is_found_against_the_manifest(tmp_path: Path) -> None:
    for name in ("same", "gone", "longer", "other"):
        (tmp_path / name).write_bytes(b"abc")
    write_manifest(tmp_path, [data_file(tmp_path, name, "facts", 1) for name in ("same", "gone", "longer", "other")])
    (tmp_path / "gone").unlink()
    (tmp_path / "longer").write_bytes(b"abcd")
    (tmp_path / "other").write_bytes(b"xyz")
    assert [problem.message for problem in verify_manifest(tmp_path)] == [
        "the file is missing",
        "the file has 4 bytes instead of 3",
        "the file's checksum is not that of the manifest",
    ]
    assert len(verify_manifest(tmp_path, checksums=False)) == 2


def test_a_missing_or_torn_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"holds no published data: it has no manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 1, "files": [{"pa')
    with pytest.raises(RegistryError, match="is damaged or cut short"):
        read_manifest(tmp_path)


def test_orphans_spare_folders_that_are_being_written(registry: Registry) -> None:
    folder = new_folder(registry, "comstock", "1.0.0")
    assert orphans(registry) == (folder,)
    assert orphans(registry, older_than=60) == ()


def test_a_result_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no result"):
        current_run(tmp_path, "annual")


def test_a_run_without_a_manifest_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="were not published"):
        publish_result(new_run(tmp_path, "annual"))


def test_the_pointer_moves_with_its_folder(tmp_path: Path) -> None:
    folder = new_run(tmp_path / "results", "annual")
    write_manifest(folder, [])
    publish_result(folder)
    assert json.loads((folder.parent / "current.json").read_text()) == {"run": folder.name}
    (tmp_path / "results").rename(tmp_path / "moved")
    assert current_run(tmp_path / "moved", "annual").is_dir()
