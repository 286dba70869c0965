"""From a query and a registry to a plan, without an engine."""

from __future__ import annotations

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.matrix import Matrix, from_mapping, identity
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError, Problem, SpecError
from dsgrid.query.associations import AssociationTable
from dsgrid.query.model import Query
from dsgrid.query.plan import Factor, Plan, Source
from dsgrid.query.rules import JUDGING, RESOLVING, RULES, Rule
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.storage.location import Location


def make_plan(query: Query, registry: Registry) -> Plan:
    """Resolve the query's names in the registry and apply the rules.

    Raises
    ------
    SpecError
        For what the query says, all of it that can be found at once.
    NotFoundError
        For a project or dataset that is not registered, or a dataset that is not submitted to the project.
    """
    project_id, version = parse_reference(query.project)
    try:
        project = registry.project(project_id, version)
    except NotFoundError as error:
        raise NotFoundError(_located(query, "project", error)) from None
    return apply_rules(initial_plan(query, project, _sources(query, registry, project)))


def initial_plan(query: Query, project: Project, sources: tuple[Source, ...]) -> Plan:
    """Return the plan before any rule: the sources with their mappings to the base dimensions."""
    complete = tuple(
        source
        if source.factors
        else Source(
            source.dataset,
            source.submission,
            base_factors(project, source.dataset, source.submission),
            source.associations,
            shape=source.shape,
        )
        for source in sources
    )
    return Plan(query=query, project=project, columns=(), sources=complete, time=project.time)


def apply_rules(plan: Plan, rules: tuple[Rule, ...] = RULES) -> Plan:
    """Return the plan after the resolving and the judging rules, whose errors are gathered, and then `rules`."""
    for together in (RESOLVING, JUDGING):
        problems: list[Problem] = []
        for rule in together:
            try:
                plan = rule(plan)
            except SpecError as error:
                problems.extend(error.problems)
        if problems:
            raise SpecError(problems)
    for rule in rules:
        plan = rule(plan)
    return plan


def base_factors(project: Project, dataset: Dataset, submission: Submission) -> tuple[Factor, ...]:
    """Return the factors of a dataset that reach the project's base dimensions."""
    factors = []
    for type_ in RECORD_TYPES:
        dimension = dataset.dimensions[type_]
        mapping = submission.mappings[type_]
        base = next(one for one in project.base if one.name == mapping.base)
        matrix = identity(dimension.records.ids) if mapping.mapping is None else from_mapping(mapping.mapping)
        chain = (base.name,) if mapping.mapping is None else (dimension.name, base.name)
        left_out = _unmapped(dimension, matrix, mapping.mapping)
        factors.append(Factor(type_, dimension.records.ids, base, matrix, chain, left_out=left_out))
    return tuple(factors)


def _unmapped(dimension: Dimension, matrix: Matrix, mapping: Mapping | None) -> tuple[tuple[str, str], ...]:
    """Return the records that reach nothing, and why."""
    dropped = set() if mapping is None else {one.from_id for one in mapping.associations}
    reasons = {True: "dropped on purpose", False: "the mapping does not name it"}
    return tuple((id_, reasons[id_ in dropped]) for id_ in dimension.records.ids if id_ not in matrix.entries)


def _sources(query: Query, registry: Registry, project: Project) -> tuple[Source, ...]:
    problems: list[Problem] = []
    sources: list[Source] = []
    for index, name in enumerate(query.datasets):
        dataset_id, version = parse_reference(name)
        try:
            submission = registry.submission(project.id, dataset_id, project.version, version)
            dataset = registry.dataset(dataset_id, submission.dataset_version)
        except NotFoundError as error:
            problems.append(_located(query, "datasets", error, index))
            continue
        associations = read_associations(registry, dataset)
        sources.append(Source(dataset, submission, associations=associations, shape=_shape(registry, submission)))
    if problems:
        raise NotFoundError(problems)
    return tuple(sources)


def _shape(registry: Registry, submission: Submission) -> Source | None:
    """Return the dataset whose course annual values follow, as a source of its own."""
    if not submission.time.shape:
        return None
    dataset = registry.dataset(*parse_reference(submission.time.shape))
    return Source(dataset, submission, associations=read_associations(registry, dataset))


def read_associations(registry: Registry, dataset: Dataset) -> AssociationTable:
    """Return the stored combinations of a dataset."""
    records = {type_: dimension.records.ids for type_, dimension in dataset.dimensions.items()}
    return AssociationTable.read(associations_file(registry, dataset), records)


def associations_file(registry: Registry, dataset: Dataset) -> Location:
    """Return the path of a dataset's association table."""
    return stored_files(registry.data, dataset, "associations")[0]


def _located(query: Query, key: str, error: NotFoundError, index: int | None = None) -> Problem:
    node = query.node[key] if index is None else query.node[key][index]
    return node.problem(error.problems[0].message)
