"""dsgrid outside its checkout: as a wheel, and as a bundle where only the core is installed."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dsgrid import bundle
from dsgrid.operations.init import init

ROOT = Path(__file__).resolve().parents[2]
FIRST_STEPS = ("create_registry", "register_project", "register_dataset", "submit_dataset")


def call(*command, cwd, **environment):
    """Run a command as a user of another machine would: with nothing of this checkout on the path."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SPARK_HOME")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: the build leaves files beside its sources.
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, folder / "source", symlinks=True, ignore=left_out)
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, folder / "source", cwd=folder)
    return next(folder.glob("*.whl"))


def test_a_wheel_carries_every_module_schema_job_and_template(wheel):
    carried = {name.removeprefix("dsgrid/") for name in zipfile.ZipFile(wheel).namelist()}
    package = ROOT / "lib/dsgrid"
    # The links in assets/ are followed by hand: rglob does not.
    folders = {
        "": package,
        **{f"assets/{link.name}/": link for link in (package / "assets").iterdir() if link.is_dir()},
    }
    wanted = {
        f"{prefix}{path.relative_to(folder)}"
        for prefix, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - carried == set()
    assert {"assets/schemas/query.schema.json", "assets/jobs/query.py", "assets/slurm/cluster.sh"} <= carried


def test_a_wheel_works_without_the_checkout(wheel, tmp_path):
    installed = tmp_path / "installed"
    call(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", installed, wheel, cwd=tmp_path)
    # The dependencies are those of this environment; dsgrid itself is the wheel's.
    dsgrid = [sys.executable, "-m", "dsgrid"]
    environment = {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = call(sys.executable, "-c", "import dsgrid; print(dsgrid.__file__)", cwd=tmp_path, **environment)
    assert Path(where.strip()).is_relative_to(installed)
    call(*dsgrid, "init", "project", cwd=tmp_path, **environment)
    project = tmp_path / "project"
    call(*dsgrid, "validate", *sorted((project / "specs").glob("*.toml")), cwd=project, **environment)
    out = call("make", f"DSGRID={' '.join(dsgrid)}", cwd=project, **environment)
    assert "24 rows" in out
    out = call(*dsgrid, "bundle", cwd=tmp_path, **environment)
    source = {"PYTHONPATH": str(wheel.parent / "source/lib")}
    sha256 = call(
        sys.executable, "-c", "from dsgrid import bundle; print(bundle.bundle_sha256())", cwd=tmp_path, **source
    )
    assert sha256.strip() in out, "the same code has the same bundle, wherever it is installed"
    assert list((tmp_path / "cache/dsgrid").glob("*.zip"))


@pytest.mark.slow
def test_a_wheel_installs_with_its_extras_into_an_empty_environment(wheel, tmp_path):
    call(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    call(tmp_path / "venv/bin/pip", "install", "-q", f"dsgrid[embedded,cli] @ {wheel.as_uri()}", cwd=tmp_path)
    dsgrid = tmp_path / "venv/bin/dsgrid"
    assert call(dsgrid, "--version", cwd=tmp_path).startswith("dsgrid 0.")
    call(dsgrid, "init", "project", cwd=tmp_path)
    assert "24 rows" in call("make", f"DSGRID={dsgrid}", cwd=tmp_path / "project")
    out = call(dsgrid, "run", "specs/query.toml", "--engine", "spark", cwd=tmp_path / "project")
    assert "24 rows" in out


@pytest.mark.slow
def test_the_bundle_runs_under_spark_submit_where_only_the_core_is_installed(tmp_path):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    core = config["options"]["install_requires"].split()
    call(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    binaries = tmp_path / "venv/bin"
    call(binaries / "pip", "install", "-q", *core, cwd=tmp_path)
    listed = call(binaries / "pip", "list", "--format=freeze", cwd=tmp_path).lower()
    assert not [name for name in ("dsgrid", "pysail", "click", "rich", "grpcio", "plotly") if f"\n{name}==" in listed]
    archive = bundle.build(tmp_path / "dsgrid.zip")
    project = tmp_path / "project"
    init(project)
    # What needs no engine needs no spark-submit either.
    for job in FIRST_STEPS:
        facts = job == "register_dataset"
        runner = [binaries / "spark-submit", "--py-files", archive] if facts else [binaries / "python"]
        spec = f"specs/{job}.toml"
        call(
            *runner,
            ROOT / f"jobs/{job}.py",
            spec,
            cwd=project,
            PYTHONPATH="" if facts else str(archive),
            **pythons(binaries),
        )
    command = [binaries / "spark-submit", "--master", "local[2]", "--py-files", archive, ROOT / "jobs/query.py"]
    out = call(*command, "specs/query.toml", cwd=project, **pythons(binaries))
    assert "heating_by_hour: 24 rows" in out


def pythons(binaries):
    return {"PYSPARK_PYTHON": str(binaries / "python"), "PYSPARK_DRIVER_PYTHON": str(binaries / "python")}
