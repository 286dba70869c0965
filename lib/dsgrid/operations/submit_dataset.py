"""The operation `submit_dataset`: accept a dataset into a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, DsgridError, NotFoundError, Problem, SpecError, did_you_mean, listing
from dsgrid.operations.definitions import own_mapping
from dsgrid.operations.derived_mappings import found_mapping, hint, reversed_mapping
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.reuse import registered_ends, registered_mapping
from dsgrid.operations.shapes import refused_series, registered_shape
from dsgrid.operations.told_losses import told
from dsgrid.registry.acceptance import refused_coverage, refused_ids, refused_time, refused_units
from dsgrid.registry.model import Dataset, Project, Submission, TypeMapping
from dsgrid.registry.proposal import Proposal, Remark
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, key_path
from dsgrid.time.load_rules import load_rules, rule_node


@dataclass(frozen=True, repr=False)
class SubmittedDataset(Reported):
    """A dataset that the project accepts now.

    Parameters
    ----------
    remarks
        What its mappings do to totals, and where they come from.
    """

    submission: Submission
    folder: Path
    remarks: tuple[Remark, ...] = ()

    def report(self) -> str:
        """Return what to tell the user."""
        one = self.submission
        lines = [
            f"submitted dataset {one.dataset_id}@{one.dataset_version} to project "
            f"{one.project_id}@{one.project_version} in {self.folder}"
        ]
        return "\n".join([*lines, *(f"  {remark}" for remark in self.remarks)])


def submit_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> SubmittedDataset:
    """Check that a registered dataset covers what the project requires, and register how it maps to the project.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong: mappings, units, time, coverage.
    """
    loaded = load_spec(spec, "submit_dataset", variables)
    folder = registry_folder(loaded, registry)
    root = loaded.root
    with Registry.open(folder, write=True) as opened:
        last = opened.last_registration
        dataset, submission = read_and_build(root, opened)
        with registering(opened, loaded, f"Submit {dataset.id} to {submission.project_id}") as registration:
            if registration.previous != last:
                # Somebody may have given the project or the dataset a new version: that is the one to submit.
                dataset, submission = read_and_build(root, opened)
            registered = registration.add_submission(submission)
        return SubmittedDataset(registered, folder, told(root, dataset, submission, opened))


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`."""
    dataset, submission = read_and_build(spec.root, registry)
    proposed = registry.proposals.submission(submission)
    return replace(proposed, remarks=() if proposed.is_empty else told(spec.root, dataset, submission, registry))


def read_and_build(root: Node, registry: Registry) -> tuple[Dataset, Submission]:
    """Return the dataset that a spec names, and the submission that it defines."""
    project = read_named(root["project"], registry.project)
    dataset = read_named(root["dataset"], registry.dataset)
    return dataset, build_submission(root, project, dataset, registry)


def build_submission(
    node: Node,
    project: Project,
    dataset: Dataset,
    registry: Registry | None = None,
    place: Node | None = None,
    own: Node | None = None,
) -> Submission:
    """Return the submission that a table defines, after every check that needs no facts.

    Parameters
    ----------
    node
        A table with ``mapping``, in which the rules of time are, and ``wrap_time``: the whole spec of `submit_dataset`,
        or a part of another.
    dataset
        Its data are not looked at: it may be one that has none yet.
    registry
        Where the mappings are that the table names by `use`.
    place
        Where problems are reported that belong to no key of the table; by default its ``dataset``.
    own
        The spec of the dataset, where it is at hand: problems are reported at its dimensions and its time.
    """
    place = place or node["dataset"]
    parts = {**dict(own["dimension"].items()), "time": own["time"]} if own is not None else {}
    problems: list[Problem] = []
    kind: type[DsgridError] = DataError
    mappings: dict[str, TypeMapping] = {}
    tables = node.get("mapping")
    for type_ in RECORD_TYPES:
        table = tables.get(type_) if tables is not None else None
        try:
            mappings[type_] = _type_mapping(type_, table, parts.get(type_, place), project, dataset, registry, node)
        except DsgridError as error:
            problems.extend(error.problems)
            kind = type(error)
    if problems:
        raise kind(problems)
    rules = load_rules(node)
    shape = None
    if rules.shape:
        shape = registered_shape(node["mapping"]["time"]["shape"], registry)
        rules = replace(rules, shape=f"{shape.id}@{shape.version}")
    submission = Submission(project.id, project.version, dataset.id, dataset.version, mappings, rules)
    refused = refused_time(project, dataset, submission, shape)
    if not refused and shape is not None and registry is not None:
        refused = refused_series(registry, dataset, shape)
    at = parts.get("time", place)
    problems.extend((rule_node(node, problem.key) or at).problem(problem.message) for problem in refused)
    if problems:
        raise SpecError(problems)
    metric = tables.get("metric") if tables is not None else None
    problems.extend(map((metric or parts.get("metric", place)).problem, refused_units(project, dataset, mappings)))
    problems.extend(map(place.problem, refused_coverage(project, dataset, mappings)))
    if problems:
        raise DataError(problems)
    return submission


def read_named(node: Node, read: Callable[[str, str | None], Any]) -> Any:
    """Return what a node names by ``id`` or ``id@version``; an error has the place of the node."""
    try:
        return read(*parse_reference(node.value))
    except NotFoundError as error:
        raise NotFoundError([replace(one, where=node.where, key=node.key) for one in error.problems]) from None


def _type_mapping(
    type_: str,
    node: Node | None,
    place: Node,
    project: Project,
    dataset: Dataset,
    registry: Registry | None,
    submission: Node,
) -> TypeMapping:
    own = dataset.dimensions[type_]
    if node is not None and "use" in node:
        return _registered(type_, node, project, own, registry)
    if node is not None and "reverse_of" in node:
        return reversed_mapping(type_, node, project, dataset)
    if node is not None and "find" in node:
        bases = (_base(type_, node, place, project, own),) if "to" in node else project.base_of_type(type_)
        return found_mapping(type_, node, project, own, bases, registry)
    base = _base(type_, node, place, project, own)
    if node is None or "records" not in node:
        wrong = refused_ids(own, base)
        if wrong is not None:
            more = hint(type_, project, own, (base,), registry)
            table = key_path((*submission.path, "mapping", type_))
            raise DataError((node or place).problem(f"{wrong}{_or_else(wrong)} a [{table}] is needed{more}"))
        return TypeMapping(base.name)
    return TypeMapping(base.name, own_mapping(node, own, base))


def _or_else(message: str) -> str:
    return " If not," if message.endswith("?") else ";"


def _registered(type_: str, node: Node, project: Project, own: Dimension, registry: Registry | None) -> TypeMapping:
    """Return the registered mapping that a table names; where it does not say which base it reaches, its end does."""
    bases = project.base_of_type(type_)
    what = f"the dataset's {type_} dimension"
    if "to" not in node and len(bases) > 1:
        _, end = registered_ends(node["use"], registry)
        reached = [one for one in bases if (one.id, one.version) == end]
        if len(reached) != 1:
            raise node["use"].error(
                f"this mapping maps to {end[0]}@{end[1]}, which is no base {type_} of project {project.id} "
                f"{project.version}; there are: {', '.join(f'{one.id}@{one.version}' for one in bases)}"
            )
        base = reached[0]
    else:
        base = _base(type_, node, node, project, own)
    ends = f'base dimension "{base.name}" of project {project.id} {project.version}'
    return TypeMapping(base.name, registered_mapping(node["use"], registry, own, base, (what, ends)))


def _base(type_: str, node: Node | None, place: Node, project: Project, own: Dimension) -> Dimension:
    bases = {dimension.name: dimension for dimension in project.base_of_type(type_)}
    if node is not None and "to" in node:
        to = node["to"].value
        if to not in bases:
            raise node["to"].error(f'project {project.id} has no base {type_} "{to}"{did_you_mean(to, bases)}')
        return bases[to]
    if len(bases) == 1:
        return next(iter(bases.values()))
    fitting = [one for one in bases.values() if set(own.records.ids) <= set(one.records.ids)]
    if node is None and len(fitting) == 1:
        return fitting[0]
    raise (node or place).error(
        f"project {project.id} has several base {type_} dimensions; say which with `to`: {listing(list(bases))}"
    )
