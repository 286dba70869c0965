"""The operation `import_project`: a repository of another system, as specs and a report on all that is different."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.importers.conversion import Settings
from dsgrid.importers.import_report import Report
from dsgrid.importers.import_report_text import summary
from dsgrid.importers.repository_data import DataPlaces
from dsgrid.importers.repository_import import import_repository
from dsgrid.importers.write_import import write_import
from dsgrid.operations.create_registry import is_registry
from dsgrid.operations.import_target import EarlierImport, import_folder, require_target
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.folders import schemas_above, write_schemas
from dsgrid.registry.home import DATABASE
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown

REGISTRY = "registry"


@dataclass(frozen=True, repr=False)
class ImportedProject(Reported):
    """Specs that were written, and what is to be said of them.

    Parameters
    ----------
    folder
        The folder that holds them.
    is_strict
        Whether what is refused or needs a decision is a failure.
    """

    folder: Path
    result: Report
    is_strict: bool = False

    @property
    def code(self) -> int:
        """The exit code: 2 where nothing could be translated, or where somebody has to look and that is an error."""
        return 2 if not self._made or (self.is_strict and self.result.of("decide", "refused")) else 0

    @property
    def _made(self) -> int:
        return sum(self.result.counts[name] for name in ("projects", "datasets", "queries", "shared dimensions"))

    def report(self) -> str:
        """Return what to tell the user."""
        folder = shown(self.folder)
        lines = [f"imported {shown(self.result.source)} to {folder}", summary(self.result, folder)]
        if self.result.lists:
            lines += ["next:", *(f"  dsgrid run {shlex.quote(str(Path(folder) / name))}" for name in self.result.lists)]
        elif self.result.counts["datasets"]:
            lines.append("nothing of it can run yet; where data files are missing, --data FOLDER says where they are")
        registry = self.result.source / DATABASE
        if not self._made and registry.is_file():
            lines.append(f"{shown(registry)} is the database of a registry: dsgrid import registry reads that")
        elif not self._made and not self.result.of("refused"):
            lines.append(f"no configuration of dsgrid-toolkit was found in {shown(self.result.source)}")
        return "\n".join(lines)


def import_project(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    debug: bool = False,
) -> ImportedProject:
    """Translate a repository of dsgrid-toolkit: specs, the tables that they read, and a report.

    Nothing is registered, and the repository is not changed. What cannot be translated is in the report, and the rest
    is written all the same.

    Parameters
    ----------
    registry
        The registry that the specs work on; by default ``registry`` in the target.
    debug
        Print where a translator fails that should not.

    Raises
    ------
    NotFoundError
        If there is no such repository.
    UsageError
        If the target is inside of it.
    RegistryError
        If the target holds something else than an earlier import.
    """
    loaded = load_spec(spec, "import_project", variables)
    root = loaded.root
    say = progress or (lambda _: None)
    source, target, before = check_places(root)
    queries = [_place(node) for node in root.get("queries") or ()]
    places = DataPlaces(*(_place(root[key]) if key in root else None for key in ("data", "missing")))
    named = registry_folder(loaded, registry) if registry is not None or "registry" in root else None
    say(f"reading {shown(source)}")
    with import_folder(target, before) as folder:
        place = folder / REGISTRY if named is None else Path(os.path.abspath(named))
        settings = Settings(folder, place, places)
        imported = import_repository(source, settings, queries, debug=debug)
        schemas = schemas_above(target) or write_schemas(folder)
        say("writing specs")
        create = named is None or not is_registry(named)
        report = write_import(imported, folder, settings, schemas, create=create)
        report = before.finish(report, folder)
    return ImportedProject(target, report, bool(root.scalar("strict", False)))


def check_places(root: Node) -> tuple[Path, Path, EarlierImport]:
    """Return what is read, what is written, and what is there already.

    Raises
    ------
    NotFoundError, UsageError, RegistryError
        If one of them is not as it has to be.
    """
    source = _place(root["source"])
    target = _target(root, source)
    return source, target, require_target(target, bool(root.scalar("overwrite", False)))


def default_target(source: Path) -> Path:
    """Return the folder that an import writes where none is named: beside the working directory's other folders."""
    folder = Path(os.path.abspath(source))
    return Path(f"{(folder if folder.is_dir() else folder.parent).name}_dsgrid")


def _place(node: Node) -> Path:
    place = node.resolve(to_read=True)
    if not isinstance(place, Path):
        raise node.error("a repository is a folder on a disk")
    path = Path(os.path.realpath(place))
    if not path.exists():
        raise NotFoundError(node.problem(f"there is no {shown(place)}"))
    node.look_through(place)
    return path


def _target(root: Node, source: Path) -> Path:
    """Return the folder to write, which is not inside of what is read."""
    folder = source if source.is_dir() else source.parent
    node = root["target"]
    place = node.resolve()
    if not isinstance(place, Path):
        raise node.error("specs are written to a folder on a disk")
    target = Path(os.path.realpath(place))
    if target == folder or target.is_relative_to(folder):
        message = f"{shown(target)} is inside the repository, which is not changed; name another folder"
        raise UsageError(node.problem(message))
    if folder.is_relative_to(target):
        message = f"{shown(target)} holds the repository; name another folder"
        raise UsageError(node.problem(message))
    return target
