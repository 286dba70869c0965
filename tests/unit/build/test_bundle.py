"""The bundle names the code that runs by its sha256: equal sources, equal bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest

from dsgrid import bundle


@pytest.fixture
def copied(tmp_path):
    return bundle.build(tmp_path / "copy" / "dsgrid.zip")


def test_the_same_sources_give_the_same_bytes_whatever_their_times_and_modes(tmp_path, monkeypatch):
    package = tmp_path / "dsgrid"
    for name in ("b.py", "a.py", "room/c.py", "registry/schema.sql", "assets/schemas/q.json", "assets/jobs/q.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    monkeypatch.setattr(bundle, "PACKAGE", package)
    first = bundle.bundle_bytes()
    os.utime(package / "a.py", (1, 1))
    (package / "b.py").chmod(0o755)
    (package / "room/__pycache__").mkdir()
    (package / "room/__pycache__/c.cpython-311.pyc").write_bytes(b"x")
    assert bundle.bundle_bytes() == first
    (package / "a.py").write_text("changed")
    assert bundle.bundle_bytes() != first


def test_it_holds_the_library_and_the_schemas_and_nothing_else(copied):
    names = zipfile.ZipFile(copied).namelist()
    assert names == sorted(names)
    assert {"dsgrid/engine.py", "dsgrid/registry/schema.sql", "dsgrid/assets/schemas/query.schema.json"} <= set(names)
    assert all(name.endswith((".py", ".sql", ".schema.json")) for name in names)
    assert {name.split("/")[2] for name in names if name.startswith("dsgrid/assets/")} == {"schemas"}


def test_code_that_runs_from_the_zip_knows_its_sha256_and_finds_its_schemas(copied):
    program = """if True:
        from dsgrid import bundle
        from dsgrid.spec.assets import asset
        print(bundle.__file__, bundle.bundle_sha256(), bundle.build(), asset("schemas/query.schema.json")[0])
    """
    environment = {**os.environ, "PYTHONPATH": str(copied)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=copied.parent, capture_output=True, text=True, check=True
    )
    file, sha256, built, first = done.stdout.split()
    assert file.startswith(str(copied))
    assert sha256 == hashlib.sha256(copied.read_bytes()).hexdigest() == bundle.bundle_sha256()
    assert built == str(copied), "what runs is the bundle; none is built from it"
    assert first == "{"


def test_a_bundle_that_is_there_already_is_left_alone(copied):
    before = copied.stat().st_mtime_ns
    assert bundle.build(copied).stat().st_mtime_ns == before
    copied.write_bytes(b"old")
    assert zipfile.is_zipfile(bundle.build(copied))
    assert [path.name for path in copied.parent.iterdir()] == ["dsgrid.zip"], "no part file stays"


def test_the_bundle_of_a_running_job_stays_when_the_code_changes(tmp_path, monkeypatch):
    package = tmp_path / "checkout/lib/dsgrid"
    package.mkdir(parents=True)
    (package / "a.py").write_text("one")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle, "PACKAGE", package)
    first = bundle.lasting()
    content = first.read_bytes()
    assert bundle.lasting() == first
    (package / "a.py").write_text("another")
    second = bundle.lasting()
    assert second != first
    assert first.read_bytes() == content
    assert hashlib.sha256(second.read_bytes()).hexdigest().startswith(second.stem.removeprefix("dsgrid-"))


def test_bundles_that_nobody_has_used_for_a_month_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "dsgrid"
    folder.mkdir()
    for name in ("dsgrid-old.zip", "dsgrid-new.zip", "spark.jsa"):
        (folder / name).write_text("")
    for name in ("dsgrid-old.zip", "spark.jsa"):
        os.utime(folder / name, (1, 1))
    made = bundle.lasting()
    assert {path.name for path in folder.iterdir()} == {"dsgrid-new.zip", "spark.jsa", made.name}
    os.utime(made, (1, 1))
    assert bundle.lasting() == made
    assert made.stat().st_mtime > 1, "it is in use"


def test_a_home_that_cannot_be_written_is_no_reason_to_have_no_bundle(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(bundle, "default_path", lambda: tmp_path / "build/dsgrid.zip")
    assert bundle.lasting() == tmp_path / "build/dsgrid.zip"
