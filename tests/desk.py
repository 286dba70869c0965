"""A small demo project to spoil: its specs, its data, its registry, and what an operation leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.demo_project import small_demo

from dsgrid.errors import DsgridError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.query import query
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

OPERATIONS: dict[str, Callable[..., Any]] = {
    "create_registry": create_registry,
    "register_project": register_project,
    "register_commercial": register_dataset,
    "register_residential": register_dataset,
    "submit_commercial": submit_dataset,
    "submit_residential": submit_dataset,
    "hourly_by_state": query,
}


@dataclass(frozen=True)
class Desk:
    """A copy of a small demo project to spoil, and its registry."""

    folder: Path
    engine: Engine

    @property
    def specs(self) -> Path:
        return self.folder / "specs/demo"

    @property
    def data(self) -> Path:
        return self.folder / "build/demo/data"

    @property
    def registry(self) -> Path:
        return self.folder / "build/demo/registry"

    @classmethod
    def new(cls, folder: Path, engine: Engine) -> Desk:
        """Make a project of two counties and two days, with a registry that has the project and no dataset."""
        small_demo(folder, days=2, counties=2)
        desk = cls(folder, engine)
        desk.run("create_registry", "register_project")
        return desk

    def copy(self, folder: Path) -> Desk:
        """Return a copy to spoil."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Desk(folder, self.engine)

    def run(self, *names: str) -> Any:
        """Run specs one after the other; return what the last one gives."""
        found = None
        for name in names:
            found = OPERATIONS[name](self.specs / f"{name}.toml", engine=self.engine)
        return found

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a text that occurs in a file of the specs."""
        path = self.specs / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def rewrite(self, file: str, change: Callable[[pa.Table], pa.Table]) -> None:
        """Change a Parquet file of the data."""
        pq.write_table(change(pq.read_table(self.data / file)), self.data / file)

    def listing(self) -> list[Any]:
        """What the registry lists."""
        if not (self.registry / "registry.db").exists():
            return []
        with Registry.open(self.registry) as opened:
            listed = [opened.projects(), opened.datasets(), opened.submissions(), opened.registrations()]
            return [*listed, opened.dimensions(), opened.mappings()]

    def files(self) -> list[Path]:
        """Every file and folder of the registry and of the results."""
        places = (self.registry, self.folder / "build/demo/results")
        return sorted(path for place in places for path in place.rglob("*"))

    def refuses(self, name: str, error: type[DsgridError]) -> str:
        """Run a spec that has to fail and to change nothing; return the first line of the message."""
        before = self.listing(), self.files()
        with pytest.raises(error) as caught:
            self.run(name)
        assert (self.listing(), self.files()) == before
        assert caught.value.exit_code == error.exit_code
        return str(caught.value).splitlines()[0]
