"""A whole registry as specs: the newest version of everything, in an order in which each finds what it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dsgrid.dimensions.mapping import Mapping
from dsgrid.registry.documents import Document, Part, plain_name
from dsgrid.registry.dump import REFER, Dump, Writer
from dsgrid.registry.folders import whole_folder
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.registry import Registry
from dsgrid.time.files import has_files

Reference = tuple[str, str]
BULK = "bulk"


@dataclass(frozen=True)
class Entry:
    """One spec of the dump.

    Parameters
    ----------
    kind, id
        What it registers; of dimensions and mappings the owner.
    provides, uses
        The parts that it registers, and those that it expects to be registered.
    """

    kind: str
    id: str
    provides: frozenset[Reference]
    uses: frozenset[Reference]
    write: Callable[[Writer], None]


def dump_all(registry: Registry, folder: str | Path, data: str = REFER) -> Dump:
    """Write everything that a registry holds, in its newest version, and a ``bulk`` spec that registers it again.

    References between the specs have no version: in a fresh registry everything begins with the first.
    """
    folder = Path(folder)
    contents = Contents(registry)
    with whole_folder(folder, "a dump") as inside:
        writer = _Writer(registry, inside, data)
        for entry in ordered(contents.entries):
            entry.write(writer)
            writer.emitted |= entry.provides
        writer.spec("", BULK, _bulk(writer.specs))
    return Dump(folder, tuple(folder / path for path in writer.specs), (*contents.notes, *writer.notes))


def ordered(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries so that each comes after those that provide what it uses, where that is possible."""
    waiting = list(entries)
    while waiting:
        coming = [entry.provides for entry in waiting]
        ready = (
            entry
            for entry in waiting
            if not any(entry.uses & provided for provided in coming if provided is not entry.provides)
        )
        entry = next(ready, waiting[0])
        waiting.remove(entry)
        yield entry


class Contents:
    """What a registry holds, as entries of a dump.

    Attributes
    ----------
    entries
        Dimensions and mappings of their own, projects, datasets and submissions.
    notes
        What is left out.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.notes: list[str] = []
        owners = [*self._projects(), *self._datasets()]
        owners += self._submissions()
        provided = {reference for entry in owners for reference in entry.provides}
        used = {reference for entry in owners for reference in entry.uses}
        ids = {entry.id for entry in owners}
        mappings = [row for row in registry.mappings() if self._alone(row, provided, used, ids)]
        used |= {(row[f"{end}_id"], row[f"{end}_version"]) for row in mappings for end in ("from", "to")}
        dimensions = [row for row in registry.dimensions() if self._alone(row, provided, used, ids)]
        alone = [*self._dimension_entries(dimensions)]
        known = provided | {reference for entry in alone for reference in entry.provides}
        self.entries = [*alone, *self._mapping_entries(mappings, known), *owners]
        self._note_older()

    def _projects(self) -> Iterator[Entry]:
        for row in self._registry.projects():
            parts = _project_parts(self._registry.project(row["id"]))
            yield _entry("project", row["id"], parts, _writes("project", row["id"]))

    def _datasets(self) -> Iterator[Entry]:
        for row in self._registry.datasets():
            parts = _dataset_parts(self._registry.dataset(row["id"]))
            yield _entry("dataset", row["id"], parts, _writes("dataset", row["id"]))

    def _submissions(self) -> Iterator[Entry]:
        newest = {row["id"]: row["version"] for row in self._registry.datasets()}
        composites = {row["id"] for row in self._registry.composites()}
        for row in self._registry.submissions():
            project, dataset = row["project_id"], row["dataset_id"]
            if row["status"] != "accepted":
                continue
            if dataset in composites:
                self.notes.append(
                    f"{dataset} is a composite of {project}, and comes as a dataset that no project has: to make it a "
                    "composite again, run its query and register_composite"
                )
                continue
            if row["dataset_version"] != newest.get(dataset):
                self.notes.append(
                    f"the submission of {dataset}@{row['dataset_version']} to {project} is left out: its newest "
                    f"version {newest.get(dataset)} is not submitted"
                )
                continue
            found = self._registry.submission(project, dataset)
            parts = _submission_parts(self._registry, found)
            entry = _entry("submission", f"{project}/{dataset}", parts, _submits(found))
            # It needs them, whatever they provide.
            needed = {f"project {project}", f"dataset {dataset}"}
            if found.time.shape:
                shape, _, version = found.time.shape.partition("@")
                needed.add(f"dataset {shape}")
                if version != newest[shape]:
                    self.notes.append(
                        f"the submission of {dataset} to {project} follows the course of {shape}@{version}; with the "
                        f"dump it follows that of {newest[shape]}, the newest"
                    )
            yield Entry(entry.kind, entry.id, entry.provides, entry.uses | {(one, "") for one in needed}, entry.write)

    def _alone(self, row: Document, provided: set[Reference], used: set[Reference], ids: set[str]) -> bool:
        """Say whether a part needs a spec of its own: nobody's, or left by an owner that has it no more."""
        reference = (row["id"], row["version"])
        owned = row["id"].partition("/")[0] in ids
        return reference not in provided and (reference in used or not owned)

    def _dimension_entries(self, rows: list[Document]) -> Iterator[Entry]:
        for owner, of_owner in _by_owner(rows).items():
            kept = []
            for row in of_owner:
                time = self._registry.time(row["id"]) if row["type"] == "time" else None
                if time is not None and has_files(time):
                    self.notes.append(f"time {time.id} is left out: it says how files of its dataset are read")
                else:
                    kept.append(row)
            if kept:
                provides = frozenset((row["id"], row["version"]) for row in kept)
                yield Entry("dimension", owner, provides, frozenset(), _writes_dimensions(owner, kept))

    def _mapping_entries(self, rows: list[Document], known: set[Reference]) -> Iterator[Entry]:
        for owner, of_owner in _by_owner(rows).items():
            kept, uses = [], set()
            for row in of_owner:
                ends = {(row[f"{end}_id"], row[f"{end}_version"]) for end in ("from", "to")}
                if ends <= known and plain_name(row["id"], owner) == row["id"].removeprefix(f"{owner}/"):
                    kept.append(row)
                    uses |= ends
                elif owner not in {row["id"] for row in self._registry.projects()}:
                    self.notes.append(f"mapping {row['id']} is left out: it maps what is not in the dump")
            if kept:
                provides = frozenset((row["id"], row["version"]) for row in kept)
                yield Entry("mapping", owner, provides, frozenset(uses), _writes_mappings(owner, kept))

    def _note_older(self) -> None:
        older = sum(
            len(read(all_versions=True)) - len(read()) for read in (self._registry.projects, self._registry.datasets)
        )
        if older:
            self.notes.append(
                f"{older} older version{'s' if older > 1 else ''} of projects and datasets left out; a dump of "
                "ID@VERSION writes one"
            )
        aliases = len(self._registry.aliases())
        if aliases:
            what = f"{aliases} alias{'es' if aliases > 1 else ''} of an imported registry"
            self.notes.append(f"{what} left out; `dsgrid registry copy` takes them along")


class _Writer(Writer):
    """Writes references without versions, and what nothing provides in full."""

    def __init__(self, registry: Registry, folder: Path, data: str) -> None:
        super().__init__(registry, folder, data, self._reference)
        self.emitted: set[Reference] = set()
        self.notes: list[str] = []

    def _shape(self, reference: str) -> str:
        return reference.partition("@")[0]

    def _reference(self, part: Part, own_id: str) -> str:
        if part.id in ("", own_id):
            return ""
        if (part.id, part.version) in self.emitted:
            return part.id
        kind = "mapping" if isinstance(part, Mapping) else "dimension"
        self.notes.append(f"{kind} {part.id}@{part.version} becomes {own_id}: the dump has no spec for that version")
        return ""


Parts = list[tuple[Part, str]]


def _project_parts(project: Project) -> Parts:
    return [
        (project.time, f"{project.id}/{project.time.name or 'time'}"),
        *((each, f"{project.id}/{each.name}") for each in project.base),
        *((each.dimension, f"{project.id}/{each.dimension.name}") for each in project.supplemental),
        *((each.mapping, f"{project.id}/{each.of}:{each.dimension.name}") for each in project.supplemental),
    ]


def _dataset_parts(dataset: Dataset) -> Parts:
    return [
        (dataset.time, f"{dataset.id}/{dataset.time.name or 'time'}"),
        *((each, f"{dataset.id}/{each.name}") for each in dataset.dimensions.values()),
    ]


def _submission_parts(registry: Registry, submission: Submission) -> Parts:
    dimensions = registry.dataset(submission.dataset_id, submission.dataset_version).dimensions
    owner = f"{submission.project_id}/{submission.dataset_id}"
    return [
        (target.mapping, f"{owner}/{dimensions[type_].name}:{target.base}")
        for type_, target in submission.mappings.items()
        if target.mapping is not None
    ]


def _entry(kind: str, id_: str, parts: Parts, write: Callable[[Writer], None]) -> Entry:
    provides = frozenset((part.id, part.version) for part, own in parts if part.id == own)
    uses = frozenset((part.id, part.version) for part, own in parts if part.id != own)
    return Entry(kind, id_, provides | {(f"{kind} {id_}", "")}, uses, write)


def _writes(kind: str, id_: str) -> Callable[[Writer], None]:
    def write(writer: Writer) -> None:
        if kind == "project":
            writer.write(kind, id_, f"projects/{id_}")
        else:
            writer.dataset(writer.registry.dataset(id_), f"datasets/{id_}")

    return write


def _submits(submission: Submission) -> Callable[[Writer], None]:
    def write(writer: Writer) -> None:
        dataset = writer.registry.dataset(submission.dataset_id, submission.dataset_version)
        place = f"datasets/{submission.dataset_id}"
        writer.submission(dataset, submission.project_id, submission.project_version, place)

    return write


def _writes_dimensions(owner: str, rows: list[Document]) -> Callable[[Writer], None]:
    return lambda writer: writer.dimensions(_references(rows), f"dimensions/{owner}")


def _writes_mappings(owner: str, rows: list[Document]) -> Callable[[Writer], None]:
    return lambda writer: writer.mappings(_references(rows), f"mappings/{owner}", lambda end: end.partition("@")[0])


def _references(rows: list[Document]) -> list[str]:
    return [f"{row['id']}@{row['version']}" for row in rows]


def _by_owner(rows: list[Document]) -> dict[str, list[Document]]:
    owners: dict[str, list[Document]] = {}
    for row in rows:
        owners.setdefault(row["id"].partition("/")[0], []).append(row)
    return owners


def _bulk(specs: list[Path]) -> Document:
    return {"spec_version": 1, "job": BULK, "specs": [path.as_posix() for path in specs]}
