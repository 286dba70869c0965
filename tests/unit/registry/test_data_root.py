"""Where a registry's data are: what is kept of it, and what is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from registry_published import publish
from tests.orphans import orphans

from dsgrid.errors import RegistryError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.validate import validate
from dsgrid.registry import migrations
from dsgrid.registry.data_root import PROBE, named_root
from dsgrid.registry.garbage import find_garbage
from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node, Source


def kept(value: str, folder: Path, spec: Path) -> str:
    return named_root(Node(value, ("data",), Source(None, "", spec)), folder)


def test_a_relative_place_is_kept_relative_to_the_registry_and_any_other_as_it_is(tmp_path: Path) -> None:
    assert kept("../bulk", tmp_path / "a/registry", tmp_path / "specs") == "../../bulk"
    assert kept("../a/registry/data", tmp_path / "a/registry", tmp_path / "specs") == ""
    assert kept(str(tmp_path / "bulk"), tmp_path / "registry", tmp_path) == str(tmp_path / "bulk")
    assert kept("s3://bucket/prefix/", tmp_path / "registry", tmp_path) == "s3://bucket/prefix"


def test_a_place_is_found_behind_links(tmp_path: Path) -> None:
    (tmp_path / "disk/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk/deep")
    with Registry.create(tmp_path / "link/registry", data=kept("bulk", tmp_path / "link/registry", tmp_path)) as made:
        assert made.data == (tmp_path / "bulk").resolve()
    with Registry.open(tmp_path / "disk/deep/registry") as opened:
        assert opened.data == (tmp_path / "bulk").resolve()


def test_data_are_registered_and_read_there(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry", data="../bulk") as registry:
        dataset = publish(registry, "comstock")
        assert (registry.data_folder(dataset) / "manifest.json").is_file()
        assert orphans(registry) == ()
        (tmp_path / "bulk/other/1.0.0-left").mkdir(parents=True)
        assert [path.name for path in orphans(registry)] == ["1.0.0-left"]
    assert not (tmp_path / "registry/data").exists()
    shutil.copytree(tmp_path / "registry", tmp_path / "elsewhere/registry")
    shutil.copytree(tmp_path / "bulk", tmp_path / "elsewhere/bulk")
    with Registry.open(tmp_path / "elsewhere/registry") as moved:
        assert verify_manifest(moved.data_folder(dataset)) == ()
        assert str(moved.data_folder(dataset)).startswith(str(tmp_path / "elsewhere/bulk"))


def test_a_place_that_holds_something_or_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").write_text("x")
    spec = tmp_path / "create.toml"
    for place, message in (("taken", r"taken is not empty \(file\)"), ("taken/file", "nothing can be written to the")):
        spec.write_text(f'spec_version = 1\njob = "create_registry"\nregistry = "registry"\ndata_root = "{place}"\n')
        with pytest.raises(RegistryError, match=rf"create.toml:4:13: data_root: .*{message}"):
            create_registry(spec)
        assert not (tmp_path / "registry/registry.db").exists()
    spec.write_text('spec_version = 1\njob = "create_registry"\nregistry = "registry"\ndata_root = "free"\n')
    validate(spec)
    made = create_registry(spec)
    assert made.report() == f"created registry {tmp_path / 'registry'}, its data in {tmp_path / 'free'}"
    assert list((tmp_path / "free").iterdir()) == []


def test_a_creation_that_breaks_off_leaves_no_registry_with_its_data_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = migrations._apply
    steps = []

    def break_off(database: object, migration: migrations.Migration) -> None:
        steps.append(migration.version)
        apply(database, migration)  # type: ignore[arg-type]
        if migration.version == migrations.MIGRATIONS[-1].version:
            raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "_apply", break_off)
    with pytest.raises(KeyboardInterrupt):
        Registry.create(tmp_path / "registry", data="../bulk")
    monkeypatch.undo()
    assert len(steps) == len(migrations.MIGRATIONS)
    with pytest.raises(RegistryError, match="its creation was interrupted; create it again"):
        Registry.open(tmp_path / "registry")
    Registry.create(tmp_path / "registry", data="../bulk").close()
    with Registry.open(tmp_path / "registry") as opened:
        assert opened.data == tmp_path / "bulk"


def test_what_a_killed_creation_was_trying_out_does_not_hinder_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "bulk").mkdir()
    (tmp_path / "registry/.lock-probe-12ab34cd").touch()
    (tmp_path / "bulk" / PROBE).touch()
    Registry.create(tmp_path / "registry", data="../bulk").close()
    with Registry.open(tmp_path / "registry") as opened:
        assert opened.data == tmp_path / "bulk"
    assert list((tmp_path / "bulk").iterdir()) == []


def test_a_folder_is_as_old_as_what_changed_last_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsgrid.registry.garbage.time.time", lambda: 3000.0)
    with Registry.create(tmp_path / "registry") as registry:
        folder = tmp_path / "registry/data/dataset/1.0.0-aa"
        (folder / "facts").mkdir(parents=True)
        (folder / "facts/x").write_text("x")
        for path in (folder, folder / "facts"):
            os.utime(path, (1000, 1000))
        os.utime(folder / "facts/x", (2000, 2000))
        assert {each.path: each.age for each in find_garbage(registry.database, registry.data)} == {folder: 1000.0}
