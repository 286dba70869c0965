"""From a query and a registry to a plan, without an engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.matrix import Matrix, from_mapping, identity
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem, SpecError
from dsgrid.query.associations import AssociationTable
from dsgrid.query.factor import Factor
from dsgrid.query.inputs import Input, Inputs, read_inputs
from dsgrid.query.model import Query
from dsgrid.query.parting import divided
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.reports.checks import check_benchmark, check_report
from dsgrid.query.reports.load import with_load
from dsgrid.query.rules import ALONE, JUDGING, RESOLVING, RULES, Rule
from dsgrid.query.rules.agreement import check_keys, check_slots
from dsgrid.query.rules.columns import choose_columns
from dsgrid.query.rules.outputs import reach_outputs
from dsgrid.query.rules.part import take_part
from dsgrid.query.rules.sharing import common_columns, followed_by, is_worthwhile, with_columns
from dsgrid.query.rules.slots import carry_slots
from dsgrid.query.rules.times import map_time
from dsgrid.query.rules.totals import cover_growth
from dsgrid.query.source import Source
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import Location

_PART = RULES.index(take_part)


def make_plans(query: Query, registry: Registry) -> Plans:
    """Resolve the query's names in the registry and apply the rules.

    Raises
    ------
    SpecError
        For what the query says, all of it that can be found at once.
    NotFoundError
        For a project or dataset that is not registered, or a dataset that is not submitted to the project.
    """
    return plan_inputs(query, read_inputs(query, registry), registry)


def plan_inputs(query: Query, inputs: Inputs, registry: Registry) -> Plans:
    """Return the plans of a query, given what its names mean."""
    benchmarks = tuple(sources_of(one, registry) for one in inputs.benchmarks)
    return plan_results(query, inputs.project, sources_of(inputs.members, registry), benchmarks)


def plan_results(
    query: Query, project: Project, sources: tuple[Source, ...], benchmarks: Sequence[tuple[Source, ...]] = ()
) -> Plans:
    """Return the plans of a query's results, and the contraction that they share where that pays.

    Parameters
    ----------
    benchmarks
        The sources of what its reports compare with, one after the other.
    """
    problems: list[Problem] = []
    started, plans = [], []
    compared = iter(benchmarks)
    for one in (query, *query.others):
        against = next(compared) if one.report is not None and one.report.benchmark is not None else ()
        try:
            started.append(apply_rules(initial_plan(one, project, sources), RULES[:_PART]))
            plans.append(reported(_continued(started[-1], RULES[_PART:]), project, against))
        except SpecError as error:
            problems.extend(error.problems)
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    tables = [plan for plan in plans if plan.query.output.table]
    if len(tables) == 1:
        return Plans(plans[0], tuple(plans[1:]), started=tuple(started))
    start, shared = _shared(initial_plan(query, project, sources), tables)
    if not is_worthwhile(shared):
        return Plans(plans[0], tuple(plans[1:]), started=tuple(started))
    followers = [replace(followed_by(shared, plan), benchmark=plan.benchmark) for plan in plans]
    shared = replace(shared, carried=any(plan.balances for plan in followers))
    return Plans(followers[0], tuple(followers[1:]), shared, (start,))


def reported(plan: Plan, project: Project, benchmark: tuple[Source, ...]) -> Plan:
    """Return the plan of a report, checked, with that of its benchmark.

    Raises
    ------
    SpecError
        If the report says nothing, or has nothing that it could compare.
    """
    check_report(plan)
    report = plan.query.report
    if report is None or report.benchmark is None:
        return plan
    plan = replace(plan, benchmark=apply_rules(initial_plan(report.benchmark, project, benchmark)))
    check_benchmark(plan)
    return plan


def _shared(plan: Plan, plans: Sequence[Plan]) -> tuple[Plan, Plan]:
    """Return the contraction that several plans can follow: before the rule that takes a part of it, and in the end."""
    plan = replace(plan, query=replace(plan.query, steps=(), output=replace(plan.query.output, filters=())))
    plan = _continued(plan, RESOLVING)
    plan = with_columns(plan, common_columns(plan, plans), plans)
    start = _continued(plan, (rule for rule in RULES[:_PART] if rule not in ALONE))
    return start, _continued(start, (rule for rule in RULES[_PART:] if rule not in ALONE))


def plan_parts(plans: Plans, count: int) -> tuple[tuple[Plan, ...], ...]:
    """Return, for each contraction of the plans of a query, those of its parts; their rows are the whole's.

    Parameters
    ----------
    count
        How many parts are wanted; there are fewer where nothing that the contraction keeps can be divided so.
    """
    left_out = ALONE if plans.shared is not None else tuple(rule for rule in ALONE if rule is not carry_slots)
    rules = [rule for rule in RULES[_PART:] if rule not in left_out]
    return tuple(
        _parts(start, whole, rules, count) for start, whole in zip(plans.started, plans.contractions, strict=True)
    )


def _parts(start: Plan, whole: Plan, rules: Sequence[Rule], count: int) -> tuple[Plan, ...]:
    """Return the plans of the parts of a contraction, given its plan before the rule that takes a part."""
    parts = divided(whole, count)
    if len(parts) < 2:
        return (whole,)
    # Codes, sums that wait for the driver, and what rows carry along are those of the whole.
    return tuple(
        replace(_continued(replace(start, part=part), rules), gathers=whole.gathers, carried=whole.carried)
        for part in parts
    )


def _continued(plan: Plan, rules: Iterable[Rule]) -> Plan:
    for rule in rules:
        plan = rule(plan)
    return plan


def initial_plan(query: Query, project: Project, sources: tuple[Source, ...]) -> Plan:
    """Return the plan before any rule: a source for each member of the query, with mappings to the base dimensions."""
    complete = tuple(
        replace(_with_factors(project, source), member=member)
        for member, source in zip(query.members, sources, strict=True)
    )
    query = with_load(query, project, sources)
    return Plan(query=query, project=project, columns=(), sources=complete, time=project.time)


def _with_factors(project: Project, source: Source) -> Source:
    if source.factors:
        return source
    growth = None if source.growth is None else _with_factors(project, source.growth)
    factors = base_factors(project, source.dataset, source.submission)
    return Source(
        source.dataset,
        source.submission,
        factors,
        source.associations,
        shape=source.shape,
        growth=growth,
    )


def apply_rules(plan: Plan, rules: tuple[Rule, ...] = RULES) -> Plan:
    """Return the plan after the resolving and the judging rules, whose errors are gathered, and then `rules`."""
    start = plan
    for together in (RESOLVING, JUDGING):
        problems: list[Problem] = []
        for rule in together:
            try:
                plan = rule(plan)
            except SpecError as error:
                problems.extend(error.problems)
        if problems:
            raise SpecError(problems)
    _refuse_before_steps(start, plan)
    return _continued(plan, rules)


def _refuse_before_steps(start: Plan, plan: Plan) -> None:
    """Raise where the table of the formula does not stand by itself, even if the first step would hide that.

    A contraction takes over a first sum and its filters; whether a query is refused must not depend on that.
    """
    if plan.step is None:
        return
    grows = any(source.growth is not None for source in plan.sources)
    if grows or (plan.agreements and plan.step.filters):
        output = replace(start.query.output, filters=(), unit=None)
        table = replace(start, query=replace(start.query, steps=(), output=output))
        # No column matters to what is compared, and datasets need not have the same ones.
        resolving = (rule for rule in RESOLVING if rule is not choose_columns)
        _continued(table, (*resolving, check_keys, map_time, check_slots, reach_outputs, cover_growth))


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


def sources_of(inputs: Sequence[Input], registry: Registry) -> tuple[Source, ...]:
    """Return a source for each of what a query reads, with the combinations that it has."""
    return tuple(_source(one, registry) for one in inputs)


def _source(one: Input, registry: Registry) -> Source:
    shape = None
    if one.shape is not None:
        shape = Source(one.shape, one.submission, associations=read_associations(registry, one.shape))
    return Source(
        one.dataset,
        one.submission,
        associations=read_associations(registry, one.dataset),
        shape=shape,
        growth=None if one.growth is None else _source(one.growth, registry),
    )


def read_associations(registry: Registry, dataset: Dataset) -> AssociationTable:
    """Return the stored combinations of a dataset."""
    records = {type_: dimension.records.ids for type_, dimension in dataset.dimensions.items()}
    return AssociationTable.read(associations_file(registry, dataset), records)


def associations_file(registry: Registry, dataset: Dataset) -> Location:
    """Return the path of a dataset's association table."""
    return stored_files(registry.data, dataset, "associations")[0]
