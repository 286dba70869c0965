"""dsgrid init, dsgrid doctor, and that the parts of the project fit each other."""

from __future__ import annotations

import configparser
import importlib
from pathlib import Path

import pytest

from dsgrid.errors import UsageError
from dsgrid.operations import doctor as doctor_module
from dsgrid.operations.doctor import doctor
from dsgrid.operations.init import init
from dsgrid.spec.assets import asset, asset_names, asset_path
from dsgrid.spec.validate import WITHOUT_JOB

ROOT = Path(__file__).resolve().parents[3]


def test_init_writes_specs_whose_schemas_the_editor_finds(tmp_path):
    files = init(tmp_path / "new").files
    assert {"Makefile", ".gitignore", "specs/query.toml", "slurm/single_node.sbatch", "slurm/cluster.sh"} <= set(files)
    for spec in (tmp_path / "new/specs").glob("*.toml"):
        schema = spec.read_text().splitlines()[0].removeprefix("#:schema ")
        assert (spec.parent / schema).is_file(), spec


def test_init_overwrites_only_when_told_to(tmp_path):
    (tmp_path / "Makefile").write_text("mine")
    with pytest.raises(UsageError, match='"Makefile" already; nothing was written'):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]
    init(tmp_path, force=True)
    assert (tmp_path / "Makefile").read_text() != "mine"


def test_doctor_says_what_to_do_about_what_is_missing(monkeypatch):
    monkeypatch.setattr(doctor_module, "java_command", lambda: None)
    report = doctor(spark=True).report()
    assert not doctor(spark=True).is_healthy
    assert "NO  Java" in report
    assert "JAVA_HOME" in report
    assert doctor(spark=False).is_healthy, "without Spark, Java is only welcome"
    assert all(len(line) < 160 for line in report.splitlines())


def test_every_job_is_an_operation_with_a_schema_of_its_name():
    jobs = [path.stem for path in (ROOT / "jobs").glob("*.py")]
    assert {"create_registry", "register_project", "register_dataset", "submit_dataset", "query"} <= set(jobs)
    for job in jobs:
        assert callable(getattr(importlib.import_module(f"dsgrid.operations.{job}"), job))
        assert asset(f"schemas/{job}.schema.json")
        assert f'run_job("{job}")' in (ROOT / f"jobs/{job}.py").read_text()
    assert [name.removesuffix(".schema.json") for name in asset_names("schemas")] == sorted({*jobs, *WITHOUT_JOB})


def test_assets_are_the_files_of_the_checkout():
    for name in ("jobs/query.py", "slurm/spark_job.sbatch", "schemas/query.schema.json"):
        assert asset_path(name).resolve() == ROOT / name


def test_every_room_stands_in_the_list_that_imports_are_checked_by():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    layers = config["importlinter:contract:rooms"]["layers"].replace("|", " ").split()
    package = ROOT / "lib/dsgrid"
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {f"dsgrid.{room}" for room in rooms - {"__init__", "version"}} == set(layers)


def test_what_is_installed_is_pinned_to_a_range():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    requirements = [config["options"]["install_requires"], *(extras[name] for name in extras if name != "all")]
    names = [line for text in requirements for line in text.split("\n") if line and not line.startswith("#")]
    unpinned = [name for name in names if "<" not in name and "==" not in name]
    assert unpinned == ["tzdata"], "the newest time zones are the right ones"
