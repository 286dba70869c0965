"""A small registry without an engine: a project of two counties, a dataset with data, its submission."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.project_specs import PROJECT, SUBMISSION
from tests.stored_dataset import add_dataset

from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry


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
