"""A registry with one project, one dataset and its submission; made once, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from registry_values import example_dataset, example_project, example_submission, register

from dsgrid.registry.registry import Registry


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "registry"
    with Registry.create(folder) as registry:
        register(registry, example_project(), example_dataset(), example_submission(), submitter="ann")
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """The folder of a registry that the test may do anything to."""
    return shutil.copytree(template, tmp_path / "registry")
