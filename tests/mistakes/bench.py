"""Good files in a folder, a registry with the good project, and what a mistake gets there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mistakes.good import Files, good_files
from tests.mistakes.mistake import Mistake

from dsgrid.errors import DsgridError, Problem
from dsgrid.operations.check import check
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.plan import plan
from dsgrid.operations.register_project import register_project

if TYPE_CHECKING:
    from dsgrid.engine import Engine


@dataclass(frozen=True)
class Bench:
    """The good files, and a registry with their project."""

    files: Files
    registry: Path

    @classmethod
    def new(cls, folder: Path) -> Bench:
        bench = cls(good_files(), folder / "registry")
        create_registry({"registry": str(bench.registry)})
        register_project(write(bench.files, folder / "good") / "project.toml", registry=bench.registry)
        return bench

    def first_lines(self, mistake: Mistake, folder: Path, engine: Engine | None = None) -> tuple[str, ...]:
        """Make a mistake in a folder of its own, and return the first line of everything that is said to it."""
        spec = write(mistake.change(self.files), folder / "files") / mistake.spec
        found: tuple[Problem, ...] = ()
        try:
            if not mistake.needs_engine:
                plan(spec, registry=self.registry)
            else:
                outcomes = check(spec, registry=self.registry, engine=engine).outcomes
                found = tuple(problem for outcome in outcomes for problem in outcome.problems or ())
        except DsgridError as error:
            found = error.problems
        return tuple(_named(str(problem).splitlines()[0], spec.parent, self.registry) for problem in found)


def _named(line: str, folder: Path, registry: Path) -> str:
    """Return a line with names instead of paths."""
    return line.replace(f"{folder}/", "").replace(str(folder), folder.name).replace(str(registry), registry.name)


def write(files: Files, folder: Path) -> Path:
    """Write files into a new folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
