"""The operation `filter_registry`: a small registry with some records of a project."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.dimensions.dimension import Dimension
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DataError, NotFoundError, Problem, RegistryError, SpecError, did_you_mean
from dsgrid.operations.location import folder_of, registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.running import running
from dsgrid.registry.copying import copy_folder
from dsgrid.registry.data_check import Published
from dsgrid.registry.dump import is_composite
from dsgrid.registry.extract import (
    NONE,
    DatasetExtract,
    Kept,
    Writer,
    cut_dataset,
    cut_project,
    cut_shape,
    followed_records,
    kept_records,
)
from dsgrid.registry.folders import whole_folder
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.publish import manifest_sha256, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.time.tzdata import tzdata_version

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Choice:
    """What an extract holds.

    Parameters
    ----------
    project
        The project with the records that are kept.
    datasets
        Its datasets with what reaches these records.
    kept
        By base dimension the number of records that stay, and of all.
    left_out
        Datasets that have nothing for these records, and supplemental dimensions without a record.
    """

    project: Project
    datasets: tuple[DatasetExtract, ...]
    kept: dict[str, tuple[int, int]]
    left_out: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class FilteredRegistry(Reported):
    """A registry that is an extract of another one."""

    folder: Path
    choice: Choice
    bytes: int

    def report(self) -> str:
        """Return what to tell the user."""
        one = self.choice
        kept = ", ".join(f"{some} of {every} records of {name}" for name, (some, every) in one.kept.items())
        lines = [
            f"extract of project {one.project.id}@{one.project.version} in {self.folder}: {kept}, "
            f"{len(one.datasets)} datasets of {self.bytes / 1e6:,.1f} MB"
        ]
        return "\n".join(lines + [f"  left out: {each}" for each in one.left_out])


def filter_registry(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    variables: Mapping[str, str] | None = None,
) -> FilteredRegistry:
    """Make a registry with some records of one version of a project, and what of its datasets reaches them.

    A query gives the same numbers there as it gives on the whole with the same filter. The folder appears when
    everything is in it; until then, and when anything fails, there is nothing.

    Raises
    ------
    SpecError, NotFoundError
        If the spec names what is not there.
    DataError
        If nothing is left.
    RegistryError
        If the target holds something.
    """
    loaded = load_spec(spec, "filter_registry", variables)
    say = progress or (lambda _: None)
    target = folder_of(loaded.root["target"])
    with Registry.open(registry_folder(loaded, registry)) as opened:
        chosen = choose(loaded.root, opened)
        with whole_folder(target, "an extract") as unfinished, Registry.create(unfinished) as new:
            work = _Work(opened, new, loaded, engine, say)
            stored = tuple(work.store(each) for each in chosen.datasets)
            say("registering")
            with registering(new, loaded, f"Extract of {chosen.project.id}@{chosen.project.version}") as registration:
                Writer(registration).write(chosen.project, stored)
                new.database.insert("settings", name="extract_of", value=json.dumps(_origin(loaded.root, opened)))
    size = sum(file.bytes for each in stored for file in each.dataset.files)
    return FilteredRegistry(Path(target), chosen, size)


def bytes_to_read(spec: Spec, registry: str | Path | None) -> int:
    """Return how large the facts are that the engine will read; raise what is wrong with the spec now."""
    with Registry.open(registry_folder(spec, registry)) as opened:
        chosen = choose(spec.root, opened)
    files = [file for each in chosen.datasets if each.kept for file in each.whole.files]
    return sum(file.bytes for file in files if file.role == "facts")


# What is kept ---------------------------------------------------------------------------------------------------------


def choose(root: Node, registry: Registry) -> Choice:
    """Return what the extract of a spec holds, after every check that needs no engine."""
    project = _found(root["project"], lambda: registry.project(*parse_reference(root["project"].value)))
    kept = _kept(root["keep"], project)
    extracts: list[DatasetExtract] = []
    without: list[Dataset] = []
    for node, submission in _submissions(root, registry, project):
        extract = _cut(registry, submission, kept)
        dataset = registry.dataset(submission.dataset_id, submission.dataset_version)
        if extract is not None and not _is_empty(registry, extract):
            extracts.append(extract)
        elif node is not None:
            raise DataError(node.problem(f"dataset {dataset.id} has nothing for the records that are kept"))
        else:
            without.append(dataset)
    if not extracts:
        raise DataError(
            root["keep"].problem(f"no dataset of project {project.id} has anything for the records that are kept")
        )
    cut = cut_project(project, kept, {each.dataset.id for each in extracts})
    extracts = _with_shapes(registry, extracts, kept)
    left_out = [f"{_named(each, extracts)}, which has nothing for these records" for each in without]
    names = {each.dimension.name for each in cut.supplemental}
    left_out += [
        f'supplemental dimension "{each.dimension.name}", of which no record is left'
        for each in project.supplemental
        if each.dimension.name not in names
    ]
    counts = {each.name: (len(kept[each.name]), len(each.records)) for each in project.base if each.name in kept}
    return Choice(cut, tuple(extracts), counts, tuple(left_out))


def _named(dataset: Dataset, extracts: Sequence[DatasetExtract]) -> str:
    """Return what of a dataset is left out: all, or its submission, where others follow its course."""
    name = f"dataset {dataset.id}@{dataset.version}"
    return f"the submission of {name}" if dataset in [each.whole for each in extracts] else name


def _found(node: Node, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except NotFoundError as error:
        raise NotFoundError([replace(each, where=node.where, key=node.key) for each in error.problems]) from None


def _kept(keep: Node, project: Project) -> dict[str, frozenset[str]]:
    """Return by base dimension the records to keep; several keys that mean one base dimension all have to hold."""
    dimensions: dict[str, Dimension] = {each.name: each for each in project.base}
    dimensions |= {each.dimension.name: each.dimension for each in project.supplemental}
    problems: list[Problem] = []
    kept: dict[str, frozenset[str]] = {}
    for name, node in keep.items():
        if name not in dimensions:
            hint = did_you_mean(name, dimensions)
            problems.append(node.problem(f'no base or supplemental dimension "{name}" in project {project.id}{hint}'))
            continue
        valid = dimensions[name].records.by_id
        unknown = [each for each in node if each.value not in valid]
        problems += [
            each.problem(f'no record "{each.value}" in dimension "{name}"{did_you_mean(each.value, valid)}')
            for each in unknown
        ]
        base, ids = kept_records(project, name, node.value)
        kept[base] = kept[base] & ids if base in kept else ids
        if not unknown and not kept[base]:
            problems.append(node.problem(f'these records leave nothing of "{base}"'))
    if problems:
        raise SpecError(problems)
    return kept


def _submissions(root: Node, registry: Registry, project: Project) -> list[tuple[Node | None, Submission]]:
    """Return the submissions of the datasets that are named, each with its place; else those of all."""
    if "datasets" in root:
        read = partial(_submission, registry, project)
        return [(node, _found(node, partial(read, *parse_reference(node.value)))) for node in root["datasets"]]
    rows = registry.submissions(all_versions=True)
    here = [row for row in rows if (row["project_id"], row["project_version"]) == (project.id, project.version)]
    return [
        (None, _submission(registry, project, row["dataset_id"], row["dataset_version"]))
        for row in here
        if row["status"] == "accepted"
    ]


def _submission(registry: Registry, project: Project, dataset: str, version: str | None) -> Submission:
    return registry.submission(project.id, dataset, project.version, version)


def _cut(registry: Registry, submission: Submission, kept: Kept, followed: Kept = NONE) -> DatasetExtract | None:
    dataset = registry.dataset(submission.dataset_id, submission.dataset_version)
    found = cut_dataset(dataset, submission, registry.missing(dataset.id, dataset.version), kept, followed)
    return None if found is None else replace(found, is_composite=is_composite(registry, dataset))


def _with_shapes(registry: Registry, extracts: Sequence[DatasetExtract], kept: Kept) -> list[DatasetExtract]:
    """Return extracts with those of the datasets whose course annual values follow: what these values need of them."""
    followers: dict[str, list[Dataset]] = {}
    for each in extracts:
        if each.submission is not None and each.submission.time.shape:
            followers.setdefault(each.submission.time.shape, []).append(each.dataset)
    found = {f"{each.whole.id}@{each.whole.version}": each for each in extracts}
    for reference, datasets in followers.items():
        shape = registry.dataset(*parse_reference(reference))
        followed = followed_records(datasets, shape)
        submitted = found[reference].submission if reference in found else None
        extract = None if submitted is None else _cut(registry, _whole(registry, submitted), kept, followed)
        found[reference] = extract or cut_shape(shape, registry.missing(shape.id, shape.version), followed)
    return list(found.values())


def _whole(registry: Registry, cut: Submission) -> Submission:
    return registry.submission(cut.project_id, cut.dataset_id, cut.project_version, cut.dataset_version)


def _is_empty(registry: Registry, extract: DatasetExtract) -> bool:
    if not extract.kept or not extract.whole.files:
        return False
    from dsgrid.datasets.extract import kept_associations

    return kept_associations(registry.data, extract.whole, extract.kept).num_rows == 0


def _origin(root: Node, registry: Registry) -> dict[str, Any]:
    return {"registry": str(registry.folder), "project": root.string("project"), "keep": root["keep"].value}


# Files ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Work:
    """Stores the datasets of an extract in the new registry."""

    source: Registry
    new: Registry
    spec: Spec
    engine: Engine | None
    say: Progress

    def store(self, extract: DatasetExtract) -> DatasetExtract:
        """Store the files of a dataset; return it with where they are."""
        whole = extract.whole
        if not whole.folder:
            return extract
        where = new_folder(self.new, whole.id, whole.version)
        folder = f"{whole.id}/{where.name}"
        if not extract.kept:
            link = self.spec.root.string("data") == "link"
            self.say(f"{'linking' if link else 'copying'} {whole.id}")
            self._carry(whole, where, link)
            return replace(extract, dataset=replace(extract.dataset, folder=folder))
        self.say(f"filtering {whole.id}")
        with running(self.engine) as used, engine_errors():
            from dsgrid.datasets.extract import write_extract

            prepared = write_extract(used.spark, self.source.data, whole, extract.dataset, extract.kept, where)
        dataset = replace(
            extract.dataset, layout=prepared.layout, files=prepared.files, folder=folder, profile=prepared.profile
        )
        manifest = {
            "dataset": whole.id,
            "version": whole.version,
            "layout": asdict(dataset.layout),
            "extract_of": _origin(self.spec.root, self.source),
            "spec_sha256": self.spec.sha256,
            "engine": {"name": used.name, "version": used.version},
            "bundle_sha256": bundle_sha256(),
            "tzdata": tzdata_version(),
            "summary": prepared.summary,
        }
        write_manifest(where, prepared.files, manifest)
        return replace(extract, dataset=dataset)

    def _carry(self, whole: Dataset, where: Any, link: bool) -> None:
        folder = self.source.data_folder(whole)
        try:
            known = Published(whole.folder, {whole.id: manifest_sha256(folder)}, {})
            copy_folder(folder, where, known, link, [0, 0, 0])
        except FileNotFoundError as error:
            raise RegistryError(
                f"{error.filename or folder} is missing; check_registry lists everything that is"
            ) from None
