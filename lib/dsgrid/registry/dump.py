"""What a registry holds as specs with their tables, which register again to the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsgrid.errors import UsageError
from dsgrid.registry import disk
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.documents import (
    Document,
    Use,
    by_version,
    dataset_document,
    dimensions_document,
    mappings_document,
    project_document,
    submission_document,
)
from dsgrid.registry.folders import schema_line, schemas_above, whole_folder, write_schemas, write_text
from dsgrid.registry.model import Dataset
from dsgrid.registry.publish import MANIFEST
from dsgrid.registry.registry import Registry
from dsgrid.registry.spec_tables import LONGEST_NAME, SpecTables
from dsgrid.registry.toml import escaped
from dsgrid.registry.versions import parse_reference
from dsgrid.registry.versions import parts as number
from dsgrid.storage.location import Location
from dsgrid.toml_text import dumps

REFER, COPY = "refer", "copy"
# What a copy of the data holds; the rest is made anew when the dataset is registered.
COPIED = ("facts", "lookup", "missing", "expected")
FOLDERS = {"project": "projects", "dataset": "datasets", "dimension": "dimensions", "mapping": "mappings"}


@dataclass(frozen=True)
class Dump:
    """What a dump wrote.

    Parameters
    ----------
    folder
        The folder.
    specs
        The specs, in the order in which they can be run.
    notes
        What could not be said exactly, in one sentence each.
    """

    folder: Path
    specs: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def dump(
    registry: Registry, references: str | Sequence[str], folder: str | Path, data: str = REFER
) -> tuple[Path, ...]:
    """Write what some ids name into a folder, as specs and tables that register again to the same; return the specs.

    A dataset comes with a spec for each of its submissions.

    Parameters
    ----------
    references
        One ``id`` or ``id@version`` of a project, dataset, dimension or mapping; or several, each of which goes to a
        folder of its own.
    folder
        Absent or empty. It appears when everything is in it.
    data
        ``refer``: the specs of datasets name the files in the registry's data folder. ``copy``: the files are copied
        beside the specs, so that the folder can go anywhere.

    Raises
    ------
    RegistryError
        The folder holds something already.
    """
    folder = Path(folder)
    wanted = [references] if isinstance(references, str) else list(references)
    things = [(registry.kind(reference), reference) for reference in wanted]
    with whole_folder(folder, "a dump") as inside:
        writer = Writer(registry, inside, data)
        taken: set[str] = set()
        for kind, reference in things:
            writer.write(kind, reference, "" if len(things) == 1 else _place(kind, reference, taken))
    return tuple(folder / path for path in writer.specs)


class Writer:
    """Writes specs into an unfinished folder.

    Attributes
    ----------
    registry
        What is dumped.
    specs
        The specs so far, relative to the folder.
    """

    def __init__(self, registry: Registry, folder: Path, data: str, use: Use = by_version) -> None:
        if data not in (REFER, COPY):
            raise UsageError(f'data are "{REFER}" or "{COPY}", not "{data}"')
        self.registry, self._folder, self._data, self._use = registry, folder, data, use
        # A folder that can go anywhere has its own schemas.
        outside = None if data == COPY else schemas_above(folder)
        self._schemas = outside or write_schemas(folder)
        self._places: dict[str, SpecTables] = {}
        self.specs: list[Path] = []

    def write(self, kind: str, reference: str, place: str) -> None:
        """Write what a reference names into the folder `place`, a dataset with its submissions."""
        if kind == "project":
            tables = self._tables(place)
            self.spec(place, kind, project_document(self.registry.project(reference), tables, self._use))
        elif kind == "dataset":
            dataset = self.registry.dataset(reference)
            self.dataset(dataset, place)
            # A project has its composites without expecting them, which no spec of a submission could say.
            submitted = () if is_composite(self.registry, dataset) else self._newest_submissions(dataset)
            for project, version in submitted:
                self.submission(dataset, project, version, place)
        elif kind == "dimension":
            self.dimensions([reference], place)
        else:
            self.mappings([reference], place, lambda end: end)

    def dataset(self, dataset: Dataset, place: str) -> None:
        """Write the spec of a dataset, and its files if they are to be copied."""
        source = self.registry.data_folder(dataset)
        shown = "data" if self._data == COPY else str(source)
        if self._data == COPY:
            stored_files(self.registry.data, dataset, *COPIED)
            for file in dataset.files:
                if file.role in COPIED:
                    target = self._folder / place / "data" / file.path
                    if not target.parent.exists():
                        disk.make_folder(target.parent)
                    disk.copy_file(source / file.path, target)
        document = dataset_document(dataset, shown, self._tables(place), self._use, precision_of(source))
        self.spec(place, "dataset", document)

    def submission(self, dataset: Dataset, project: str, version: str, place: str) -> None:
        """Write the spec that submits a dataset to a version of a project."""
        found = self.registry.submission(project, dataset.id, version, dataset_version=dataset.version)
        document = submission_document(found, dataset, self._tables(place), self._use, self._shape(found.time.shape))
        self.spec(place, f"submit_to_{project}", document)

    def dimensions(self, references: Sequence[str], place: str) -> None:
        """Write dimensions of one owner, times among them."""
        times = {row["id"] for row in self.registry.dimensions(all_versions=True) if row["type"] == "time"}
        parts = [
            self.registry.time(each) if parse_reference(each)[0] in times else self.registry.dimension(each)
            for each in references
        ]
        owner = parts[0].id.partition("/")[0]
        self.spec(place, "dimensions", dimensions_document(owner, parts, self._tables(place)))

    def mappings(self, references: Sequence[str], place: str, use: Callable[[str], str]) -> None:
        """Write mappings of one owner; `use` says how their dimensions are named."""
        parts = []
        for each in references:
            mapping = self.registry.mapping(each)
            (from_, from_version), (to, to_version) = self.registry.ends(f"{mapping.id}@{mapping.version}")
            parts.append((mapping, (f"{from_}@{from_version}", f"{to}@{to_version}")))
        owner = parts[0][0].id.partition("/")[0]
        self.spec(place, "mappings", mappings_document(owner, parts, self._tables(place), use))

    def spec(self, place: str, name: str, document: Document) -> None:
        """Write a spec, with the line that tells editors its schema."""
        path = Path(place) / f"{name}.toml"
        target = self._folder / path
        text = dumps(escaped(document))
        write_text(target, schema_line(target, document["job"], self._schemas) + text)
        self.specs.append(path)

    def _shape(self, reference: str) -> str:
        """Return how a spec names a shape: with its version where there is a newer one."""
        id_ = reference.partition("@")[0]
        return id_ if not id_ or self.registry.dataset(id_).version == reference.partition("@")[2] else reference

    def _tables(self, place: str) -> SpecTables:
        return self._places.setdefault(place, SpecTables(self._folder / place))

    def _newest_submissions(self, dataset: Dataset) -> Iterator[tuple[str, str]]:
        """Yield the projects that hold this version of a dataset, each in the newest version that does."""
        newest: dict[str, str] = {}
        for row in self.registry.submissions(all_versions=True):
            accepted = row["status"] == "accepted"
            if accepted and (row["dataset_id"], row["dataset_version"]) == (dataset.id, dataset.version):
                versions = (row["project_version"], newest.get(row["project_id"], row["project_version"]))
                newest[row["project_id"]] = max(versions, key=number)
        yield from newest.items()


def is_composite(registry: Registry, dataset: Dataset) -> bool:
    """Say whether a version of a dataset is a composite of a project."""
    rows = registry.composites(all_versions=True)
    return (dataset.id, dataset.version) in {(row["id"], row["version"]) for row in rows}


def _place(kind: str, reference: str, taken: set[str]) -> str:
    """Return a folder for one of several, and take it: two ids may give the same name ("a_b/c" and "a/b_c")."""
    stem = reference.replace("/", "_").replace(":", "_to_")[:LONGEST_NAME]
    name, attempt = stem, 1
    while (place := f"{FOLDERS[kind]}/{name}").casefold() in taken:
        attempt += 1
        name = f"{stem}_{attempt}"
    taken.add(place.casefold())
    return place


def precision_of(folder: Location) -> str:
    """Return ``float32`` when the facts are of 32 bits; the manifest knows, where the files are there."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return ""
    columns = json.loads(manifest.read_text("utf-8")).get("schema", {}).get("facts", {})
    return "float32" if "float" in columns.values() else ""
