"""A small registry without an engine: a project of two counties, a dataset with data, its submission."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import DATASET, PROJECT, SUBMISSION

from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry import disk
from dsgrid.registry.model import Dataset, Layout
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


def add_dataset(folder: Path, spec: dict[str, Any] = DATASET) -> Dataset:
    """Publish one small file and register it as a dataset, as the job does once an engine has written the data."""
    loaded = load_spec(spec, "register_dataset")
    dimensions, time = load_dimensions(loaded.root, None)
    id_ = spec["dataset"]["id"]
    with Registry.open(folder, write=True) as registry:
        where = new_folder(registry, id_, "1.0.0")
        disk.write_file(where / "facts.parquet", b"as good as any")
        files = (data_file(where, "facts.parquet", "facts", 1),)
        write_manifest(where, files)
        place = f"{where.parent.name}/{where.name}"
        dataset = Dataset(id_, "1.0.0", "modeled", dimensions, time, Layout(False, None, ()), place, files)
        with registry.registration("test", job="register_dataset") as registration:
            return registration.add_dataset(dataset)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "registry"
    Registry.create(folder).close()
    register_project(PROJECT, registry=folder)
    add_dataset(folder)
    submit_dataset(SUBMISSION, registry=folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """The folder of a registry that the test may do anything to."""
    return shutil.copytree(template, tmp_path / "registry")
