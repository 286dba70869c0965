"""The operation `register_composite`: a result of a query becomes a source of its project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.engine import Engine
from dsgrid.errors import DataError, NotFoundError, RegistryError
from dsgrid.operations.create_derived_dataset import Derived, derive
from dsgrid.operations.derived_form import named_result
from dsgrid.operations.location import registry_folder
from dsgrid.operations.register_dataset import proposal as propose
from dsgrid.operations.register_dataset import with_data
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.submit_dataset import build_submission
from dsgrid.registry.composites import composite_of, expecting
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.proposal import DatasetVersion, Part, Proposal
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parts
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node


@dataclass(frozen=True, repr=False)
class RegisteredComposite(Reported):
    """A result that is a source of its project now.

    Parameters
    ----------
    dataset
        What it is stored as.
    project
        The project and its version.
    query
        The query and the run that made it.
    """

    dataset: Dataset
    project: str
    query: str
    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        rows = sum(file.rows for file in self.dataset.files if file.role == "facts")
        return (
            f"registered composite {self.dataset.id}@{self.dataset.version} of project {self.project} in "
            f"{self.folder}: {counted(rows, 'row')} of query {self.query}"
        )


def register_composite(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> RegisteredComposite:
    """Register a published result in its project, under a name that later queries name as a source.

    The result is stored as a dataset with the project's base dimensions. All is written in one transaction; the query
    and what it read are kept with it, and cannot be removed before it.

    Raises
    ------
    DataError
        If the result does not have the project's base dimensions; it says what to change in the query.
    RegistryError
        If this result is registered already, or something else has the name.
    """
    loaded = load_spec(spec, "register_composite", variables)
    folder = registry_folder(loaded, registry)
    root = loaded.root
    with Registry.open(folder, write=True) as opened, tempfile.TemporaryDirectory(prefix="dsgrid-") as scratch:
        project = opened.project(root["project"].value)
        last = opened.last_registration
        _refuse_other(root, opened, project)
        made = _derived(root, opened, project, Path(scratch), progress)
        inner = load_spec(made.dataset_spec, "register_dataset")
        proposed = _proposed(root, inner, opened)
        with (
            with_data(proposed, inner, opened, engine, progress) as complete,
            registering(opened, loaded, f"Register composite {made.id}") as registration,
        ):
            if registration.previous != last:
                _refuse_stale(root, inner, opened, proposed, project)
            registration.write(complete)
            (version,) = (part.value for part in complete.parts if part.kind == "dataset")
            submission = _submission(made, opened, project, version.dataset)
            registration.add_composite(submission)
        dataset = opened.dataset(version.dataset.id, version.dataset.version)
    assert not isinstance(made.lineage, str)
    query = f"{made.lineage.query}@{made.lineage.run}"
    return RegisteredComposite(dataset, f"{project.id}@{project.version}", query, folder)


def bytes_to_read(spec: Spec) -> int:
    """Return how many bytes a job of this spec reads."""
    return sum(file.stat().st_size for file in named_result(spec.root["result"]).files)


def _refuse_other(root: Node, registry: Registry, project: Project) -> None:
    """Refuse a name that means something else."""
    node = root["id"]
    known = [row["version"] for row in registry.datasets() if row["id"] == node.value]
    owner = composite_of(registry.database, node.value)
    if known and owner is None:
        raise RegistryError(
            node.problem(f"dataset {node.value} is registered ({known[0]}), and is no composite; choose another name")
        )
    if owner is not None and owner != project.id:
        raise RegistryError(node.problem(f"{node.value} is a composite of project {owner}; choose another name"))
    if any(each.dataset_id == node.value for each in project.requirements):
        raise RegistryError(
            node.problem(
                f"project {project.id} {project.version} expects a dataset {node.value}, with requirements of its own; "
                "choose another name, or let `dsgrid derive` make that dataset"
            )
        )


def _derived(
    root: Node, registry: Registry, project: Project, scratch: Path, progress: Callable[[str], None] | None
) -> Derived:
    """Return the specs of the dataset that the composite is stored as."""
    result = named_result(root["result"])
    asked = str(result.manifest.get("project") or "")
    if asked.rpartition("@")[0] != project.id:
        what = f"project {asked}" if asked else "a dataset, and no project"
        raise DataError(root["result"].problem(f"its query asked {what}; a composite is one of the project it asked"))
    made = derive(
        result.folder,
        id=root["id"].value,
        output=scratch / root["id"].value,
        registry=registry,
        project=f"{project.id}@{project.version}",
        description=root.string("description"),
        expected=True,
        progress=progress,
    )
    if made.unsaid:
        raise DataError(
            [
                root["result"].problem(
                    "a composite has the base dimensions of its project, and this result has not: ask without steps, "
                    "or by base dimensions and the project's time; `dsgrid derive` makes a dataset of other results"
                ),
                *(root["result"].problem(reason) for reason in made.unsaid),
            ]
        )
    if isinstance(made.lineage, str):
        why = f"a composite keeps its query and what that read, and here that cannot be: {made.lineage}"
        raise RegistryError(root["result"].problem(why))
    return made


def _proposed(root: Node, inner: Spec, registry: Registry) -> Proposal:
    """Return what is to be written: the dataset and dimensions of its own; with the version that the spec names."""
    proposed = propose(inner, registry)
    found = [part for part in proposed.parts if part.kind == "dataset"]
    if not found or not found[0].value.needs_data:
        known = registry.dataset(root["id"].value)
        raise RegistryError(
            root["result"].problem(
                f"this result is registered already, as {known.id}@{known.version}; a query names it as a source"
            )
        )
    (part,) = found
    asked = root.string("version")
    if asked and asked != part.new:
        _refuse_version(root, part, asked, registry)
        part = _with_version(part, asked)
    parts_ = tuple(part if each is found[0] else each for each in proposed.parts)
    return replace(proposed, job="register_composite", parts=parts_)


def _refuse_version(root: Node, part: Part, asked: str, registry: Registry) -> None:
    """Refuse a number that does not follow, or that was given before."""
    if part.old and parts(asked) <= parts(part.old):
        raise root["version"].error(f"the newest version is {part.old}, and the next one is higher, such as {part.new}")
    removed = {row["version"] for row in registry.removals() if (row["kind"], row["id"]) == ("dataset", part.id)}
    if asked in removed:
        raise root["version"].error(
            f"{part.id}@{asked} was removed, and a number is given once; the next is {part.new}"
        )


def _with_version(part: Part, version: str) -> Part:
    value: DatasetVersion = part.value
    return replace(part, new=version, value=replace(value, dataset=replace(value.dataset, version=version)))


def _submission(made: Derived, registry: Registry, project: Project, dataset: Dataset) -> Submission:
    assert made.submission_spec is not None
    root = load_spec(made.submission_spec, "submit_dataset").root
    return build_submission(root, expecting(project, dataset.id), dataset, registry)


def _refuse_stale(root: Node, inner: Spec, registry: Registry, proposed: Proposal, project: Project) -> None:
    """Refuse when somebody registered meanwhile what makes another thing of this. Called under the lock."""
    try:
        same = registry.project(root["project"].value).version == project.version
    except NotFoundError:
        same = False
    if not same or _proposed(root, inner, registry) != proposed:
        raise RegistryError(
            f"somebody registered another version of {root['id'].value} or of its project while the result was stored; "
            "nothing was written, run it again"
        )
