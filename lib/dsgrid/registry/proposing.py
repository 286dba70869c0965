"""From an edited project, dataset or submission to what it would change in the registry. Nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from dsgrid.dimensions.changes import Change, highest
from dsgrid.dimensions.comparison import compare_dimensions, compare_mappings
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.types import TIME
from dsgrid.errors import RegistryError
from dsgrid.registry.carry import carry, submission_part, with_mappings
from dsgrid.registry.comparison import compare_datasets, compare_projects, compare_submissions
from dsgrid.registry.database import Database
from dsgrid.registry.datasets import read_dataset, read_inputs, read_missing
from dsgrid.registry.keeping import keeping
from dsgrid.registry.model import DataInput, Dataset, Project, Submission
from dsgrid.registry.numbering import unused
from dsgrid.registry.projects import read_project
from dsgrid.registry.proposal import DatasetVersion, MappingVersion, Part, Proposal
from dsgrid.registry.resolve import find_version
from dsgrid.registry.submissions import read_submission
from dsgrid.registry.successors import Reference, Successors
from dsgrid.registry.versions import bump
from dsgrid.time.dimension import TimeDimension


def propose_project(database: Database, project: Project) -> Proposal:
    """Return what registering a project would change, with what becomes of its datasets."""
    key = newest(database, "project", project.id)
    successors = Successors(database)
    # Millions of associations that are the same in both are neither read nor compared.
    same = _same_associations(database, key, successors, project)
    old = None if key is None else read_project(database, key, without=same)
    if old is not None:
        successors.prefer(_references(old))
    found = _with_parts(successors, project)
    if old is None or key is None:
        found = replace(found, version=unused(database, "project", project.id))
        part = Part("project", project.id, "", found.version, value=found, subject=True)
        return Proposal("register_project", (*successors.parts, part))
    bare = _without_associations(found, same)
    changes = (*compare_projects(old, bare), *_other_references(old, bare))
    if not changes:
        return Proposal("register_project")
    found = replace(found, version=_after(database, "project", project.id, old.version, changes))
    part = Part("project", project.id, old.version, found.version, changes, found, subject=True)
    carriage = carry(database, key, found)
    return Proposal(
        "register_project",
        (*successors.parts, part, *carriage.parts),
        (found.id, found.version),
        carriage.carried,
        carriage.invalidated,
        keeping(database, successors.parts, without=("project", project.id)),
    )


def propose_dataset(
    database: Database,
    dataset: Dataset,
    inputs: tuple[DataInput, ...],
    data_changes: tuple[Change, ...],
    read_again: bool = False,
) -> Proposal:
    """Return what registering a dataset would change.

    Parameters
    ----------
    dataset
        Without its data: layout, files and folder are taken from the newest version while the data are the same.
    inputs
        What its data are read from.
    data_changes
        What says that the data are other ones.
    read_again
        The same files have to be read again, for other records.
    """
    key = newest(database, "dataset", dataset.id)
    old = None if key is None else read_dataset(database, key)
    used = () if old is None else [*map(_reference, old.dimensions.values()), _reference(old.time)]
    successors = Successors(database, used)
    found = replace(
        dataset,
        dimensions={
            type_: successors.dimension(dimension, f"{dataset.id}/{dimension.name}")
            for type_, dimension in dataset.dimensions.items()
        },
        time=successors.time(dataset.time, f"{dataset.id}/{dataset.time.name or TIME}"),
    )
    if old is None or key is None:
        found = replace(found, version=unused(database, "dataset", dataset.id))
        part = Part("dataset", dataset.id, "", found.version, value=DatasetVersion(found, inputs, None), subject=True)
        return Proposal("register_dataset", (*successors.parts, part))
    found = replace(found, layout=old.layout, files=old.files, folder=old.folder, profile=old.profile)
    # Whether they hold only the data say.
    read_again = read_again or (bool(found.checks) and found.checks != old.checks)
    changes = (*compare_datasets(old, found), *data_changes)
    if not changes:
        return Proposal("register_dataset")
    found = replace(found, version=_after(database, "dataset", dataset.id, old.version, changes))
    if data_changes or read_again:
        value = DatasetVersion(replace(found, folder="", files=()), inputs, None)
    else:
        value = DatasetVersion(found, read_inputs(database, key) or inputs, tuple(read_missing(database, key)))
    part = Part("dataset", dataset.id, old.version, found.version, changes, value, subject=True)
    return Proposal(
        "register_dataset",
        (*successors.parts, part),
        keeping=keeping(database, (*successors.parts, part), without=("dataset", dataset.id)),
    )


def propose_submission(database: Database, submission: Submission, dataset: Dataset | None = None) -> Proposal:
    """Return what submitting a dataset would change: a first submission is added to the version of its project.

    Another one of the same versions changes what the project's version means, so it makes a new version, and all else
    that is submitted goes along.

    Parameters
    ----------
    submission
        With the exact versions of the project and the dataset.
    dataset
        One that is to be registered together with its submission.
    """
    project_key = find_version(database, "project", submission.project_id, submission.project_version)
    project = read_project(database, project_key)
    if dataset is not None:
        successors = Successors(database)
        found = with_mappings(successors, project, dataset, submission)
        return Proposal("submit_dataset", (*successors.parts, replace(submission_part(found), subject=True)))
    dataset_key = find_version(database, "dataset", submission.dataset_id, submission.dataset_version)
    dataset = read_dataset(database, dataset_key)
    existing = database.value(
        "SELECT key FROM submissions WHERE project_version = ? AND dataset_version = ?", (project_key, dataset_key)
    )
    if existing is None:
        successors = Successors(database)
        found = with_mappings(successors, project, dataset, submission)
        part = replace(submission_part(found), subject=True)
        return Proposal("submit_dataset", (*successors.parts, part))
    changes = compare_submissions(read_submission(database, existing), submission)
    if not changes:
        return Proposal("submit_dataset")
    latest = newest(database, "project", project.id)
    if latest != project_key:
        # The same spec applied twice: what it made of the version that it names is the newest by now.
        made = database.value(
            "SELECT key FROM submissions WHERE project_version = ? AND dataset_version = ?", (latest, dataset_key)
        )
        if made is not None and not compare_submissions(read_submission(database, made), submission):
            return Proposal("submit_dataset")
        row = database.row("SELECT version FROM project_versions WHERE key = ?", (latest,))
        assert row is not None
        raise RegistryError(
            f"dataset {dataset.id} {dataset.version} is submitted to project {project.id} {project.version} with other "
            f"mappings or rules of time; only those of the newest version ({row['version']}) can be changed"
        )
    changed = replace(project, version=_after(database, "project", project.id, project.version, changes))
    successors = Successors(database)
    found = with_mappings(successors, changed, dataset, replace(submission, project_version=changed.version))
    carriage = carry(database, project_key, changed, leave_out=existing)
    part = replace(submission_part(found, f"{project.version}+{dataset.version}"), changes=changes, subject=True)
    above = Part("project", project.id, project.version, changed.version, value=changed)
    return Proposal(
        "submit_dataset",
        (*successors.parts, above, part, *carriage.parts),
        (changed.id, changed.version),
        carriage.carried,
        carriage.invalidated,
    )


def propose_dimensions(database: Database, owner: str, dimensions: Iterable[Dimension | TimeDimension]) -> Proposal:
    """Return what registering dimensions of `owner` would change; their users keep the versions that they refer to."""
    successors = Successors(database)
    for each in dimensions:
        if isinstance(each, Dimension):
            successors.dimension(each, f"{owner}/{each.name}", subject=True)
        else:
            successors.time(each, f"{owner}/{each.name or TIME}", subject=True)
    return Proposal(
        "register_dimensions", tuple(successors.parts), keeping=keeping(database, successors.parts, without=("", ""))
    )


def propose_mappings(database: Database, mappings: Iterable[MappingVersion]) -> Proposal:
    """Return what registering mappings would change.

    Parameters
    ----------
    mappings
        Each with its id, and with the exact versions of the dimensions that it maps.
    """
    successors = Successors(database)
    for each in mappings:
        plain = replace(each.mapping, id="", version="")
        successors.mapping(plain, each.mapping.id, (each.from_, each.to), subject=True)
    return Proposal(
        "register_mappings", tuple(successors.parts), keeping=keeping(database, successors.parts, without=("", ""))
    )


def newest(database: Database, kind: str, id_: str) -> int | None:
    """Return the key of the newest version of something, or None when nothing has this id."""
    row = database.row(f"SELECT key FROM current_{kind}s WHERE id = ?", (id_,))
    return None if row is None else int(row["key"])


def _after(database: Database, kind: str, id_: str, version: str, changes: Iterable[Change]) -> str:
    """Return the number that a version gets by changes of another one."""
    level = highest(changes) or "patch"
    return unused(database, kind, id_, bump(version, level), level)


def _same_associations(database: Database, key: int | None, successors: Successors, project: Project) -> frozenset[str]:
    """Return the supplemental dimensions whose associations are those that a registered version has."""
    rows = database.rows(
        "SELECT s.name, a.sha256 FROM supplemental_dimensions s JOIN mapping_versions v ON v.key = s.mapping "
        "JOIN association_tables a ON a.key = v.association_table WHERE s.project_version = ?",
        (key,),
    )
    registered = {row["name"]: row["sha256"] for row in rows}
    wanted = {each.dimension.name: each.mapping.associations for each in project.supplemental}
    return frozenset(
        name
        for name, associations in wanted.items()
        if name in registered and successors.checksum(associations) == registered[name]
    )


def _without_associations(project: Project, names: Collection[str]) -> Project:
    return replace(
        project,
        supplemental=tuple(
            replace(each, mapping=replace(each.mapping, associations=())) if each.dimension.name in names else each
            for each in project.supplemental
        ),
    )


def _with_parts(successors: Successors, project: Project) -> Project:
    """Return a project whose dimensions and mappings have the ids and versions that they have or are to get."""
    base = tuple(successors.dimension(each, f"{project.id}/{each.name}") for each in project.base)
    by_name = {each.name: each for each in base}
    return replace(
        project,
        time=successors.time(project.time, f"{project.id}/{project.time.name or TIME}"),
        base=base,
        supplemental=tuple(
            _with_part(successors, project.id, each, (by_name[each.of].id, by_name[each.of].version))
            for each in project.supplemental
        ),
    )


def _with_part(successors: Successors, project: str, supplemental: Supplemental, of: Reference) -> Supplemental:
    name = supplemental.dimension.name
    dimension = successors.dimension(supplemental.dimension, f"{project}/{name}")
    ends = of, (dimension.id, dimension.version)
    mapping = successors.mapping(supplemental.mapping, f"{project}/{supplemental.of}:{name}", ends)
    return replace(supplemental, dimension=dimension, mapping=mapping)


def _references(project: Project) -> Iterator[Reference]:
    yield _reference(project.time)
    yield from map(_reference, project.base)
    for one in project.supplemental:
        yield _reference(one.dimension)
        yield one.mapping.id, one.mapping.version


def _reference(dimension: Dimension | TimeDimension) -> Reference:
    return dimension.id, dimension.version


def _other_references(old: Project, new: Project) -> Iterator[Change]:
    """Yield where the contents are the same, and stand under another id or version now: a patch at least."""
    before = {each.name: each for each in old.base} | {each.dimension.name: each.dimension for each in old.supplemental}
    after = [("base", each) for each in new.base] + [("supplemental", each.dimension) for each in new.supplemental]
    for part, now in after:
        was = before.get(now.name)
        if was is not None and not compare_dimensions(was, now):
            yield from _other_reference(f"{part}.{now.name}", (was.id, was.version), (now.id, now.version))
    mappings = {each.dimension.name: each.mapping for each in old.supplemental}
    for one in new.supplemental:
        mapping = mappings.get(one.dimension.name)
        # Its own mapping gets a new version when its ends do, which has been said there.
        if mapping is not None and mapping.id != one.mapping.id and not compare_mappings(mapping, one.mapping):
            where = f"supplemental.{one.dimension.name}.mapping"
            yield from _other_reference(where, (mapping.id, mapping.version), (one.mapping.id, one.mapping.version))


def _other_reference(where: str, old: Reference, new: Reference) -> Iterator[Change]:
    if old != new:
        yield Change("changed", "reference", where, "", "patch", "@".join(old), "@".join(new))
