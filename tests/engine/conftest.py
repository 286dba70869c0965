"""Small demo projects to spoil, made once for each engine and copied for each test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.desk import Desk

if TYPE_CHECKING:
    from dsgrid.engine import Engine


@pytest.fixture(scope="session")
def template(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("template"), engine)


@pytest.fixture(scope="session")
def commercial_template(template: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = template.copy(tmp_path_factory.mktemp("commercial"))
    desk.run("register_commercial", "submit_commercial")
    return desk


@pytest.fixture
def desk(template: Desk, tmp_path: Path) -> Desk:
    """A project with a registry that has the project and no dataset."""
    return template.copy(tmp_path)


@pytest.fixture
def commercial_desk(commercial_template: Desk, tmp_path: Path) -> Desk:
    """The same with the commercial dataset, which is submitted."""
    return commercial_template.copy(tmp_path)
