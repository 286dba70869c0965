"""What a query of a dataset without a project reads, and how it is planned: as a query of a project that stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.errors import DataError, NotFoundError, Problem, SpecError
from dsgrid.operations.definitions import Gathered
from dsgrid.operations.reached_names import read_supplementals
from dsgrid.operations.shapes import refused_series
from dsgrid.operations.targets import TargetTime, read_target_time, read_targets, time_node
from dsgrid.operations.told_losses import losses_told
from dsgrid.query.inputs import Input, Inputs
from dsgrid.query.model import Query
from dsgrid.query.of_dataset import Target, named_apart, stand_in, stand_in_submission, with_years, without_project
from dsgrid.registry.acceptance import refused_time, refused_units
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.proposal import Remark
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.node import Node
from dsgrid.time.dimension import is_local

if TYPE_CHECKING:
    from dsgrid.query.plan import Plans


def read_dataset_inputs(query: Query, registry: Registry) -> Inputs:
    """Return the dataset that a query asks, how it is brought to its targets, and what stands in for a project.

    Raises
    ------
    SpecError, NotFoundError, DataError
        With everything that is wrong with the targets: what is not reached, or ambiguous, and times and units that do
        not become those of the targets.
    """
    root = query.node
    for one in query.benchmarks:
        raise one.members_node.error(
            "a calibration compares with a dataset that was submitted to the same project; ask the project instead"
        )
    try:
        dataset = registry.dataset(*parse_reference(query.project))
    except NotFoundError as error:
        raise NotFoundError(root["dataset"].problem(error.problems[0].message)) from None
    gathered = Gathered()
    targets = gathered.take(lambda: read_targets(root, dataset, registry))
    arrival = gathered.take(lambda: read_target_time(root, dataset, registry))
    gathered.raise_any()
    assert targets is not None
    assert arrival is not None
    inputs = _brought(root, dataset, targets, arrival, registry)
    units = refused_units(inputs.project, dataset, inputs.members[0].submission.mappings)
    if units:
        raise DataError([root["to"]["metric"].problem(each) for each in units])
    return inputs


def _brought(
    root: Node, dataset: Dataset, targets: Mapping[str, Target], arrival: TargetTime, registry: Registry
) -> Inputs:
    """Return a dataset brought to its targets, and to the first time that it can be brought to."""
    refused: tuple[Problem, ...] = ()
    for wanted in arrival.times:
        known, time = named_apart(targets, wanted if arrival.is_named else with_years(wanted, targets))
        project = stand_in(dataset, known, time)
        submission = stand_in_submission(dataset, project, known, arrival.rules)
        found = _disagreeing(project) or refused_time(project, dataset, submission, arrival.shape)
        if not found:
            break
        refused = refused or found
    else:
        head = "its hours, on clocks that change, are no hours of standard time: " if len(arrival.times) > 1 else ""
        hint = _local_hint(root, dataset)
        told = [(time_node(root, each.key), without_project(each, dataset)) for each in refused]
        raise SpecError([node.problem(f"{head}{each.message}{hint}", each.detail) for node, each in told])
    if arrival.shape is not None:
        lacking = refused_series(registry, dataset, arrival.shape)
        if lacking:
            raise SpecError([time_node(root, "shape").problem(each.message, each.detail) for each in lacking])
    named = read_supplementals(root, dataset, project.base, registry)
    return Inputs(stand_in(dataset, known, time, named), (Input(dataset, submission, arrival.shape),))


def _disagreeing(project: Project) -> tuple[Problem, ...]:
    """Say which years of the target time are not those of the dimension that it goes by."""
    # numpy, which those who have no such time do without.
    from dsgrid.time.agreement import year_disagreements

    year_of = project.time.year_of
    if not year_of:
        return ()
    dimension = next(one for one in project.base if one.type == year_of)
    return tuple(Problem(text, key=year_of) for text in year_disagreements(project.time, {year_of: dimension}))


def _local_hint(root: Node, dataset: Dataset) -> str:
    """Return what to do about a dataset in local time whose places or hours do not fit; perhaps nothing."""
    tables = root.get("to")
    if not is_local(dataset.time) or (tables is not None and "time" in tables):
        return ""
    if tables is not None and "geography" in tables:
        return "; name a target for its time in [to], or name the places in `by` instead of [to]"
    return "; name a target for its time in [to]"


def dataset_plans(query: Query, inputs: Inputs, registry: Registry) -> Plans:
    """Return how a query of a dataset is answered.

    Raises
    ------
    SpecError
        For what the query says. Where it names a dimension that is none, all that mappings reach are looked at for the
        closest one.
    """
    # Imported here: what was answered before needs no plan.
    from dsgrid.query.planner import plan_inputs

    try:
        return plan_inputs(query, inputs, registry)
    except SpecError as error:
        problems = error.problems
    try:
        plan_inputs(query, replace(inputs, project=_with_all_names(query, inputs, registry)), registry)
    except SpecError as error:
        problems = error.problems
    raise SpecError([without_project(each, inputs.members[0].dataset) for each in problems])


def _with_all_names(query: Query, inputs: Inputs, registry: Registry) -> Project:
    """Return what stands in for a project, with every dimension that mappings lead to."""
    project, (one,) = inputs.project, inputs.members
    every = read_supplementals(query.node, one.dataset, project.base, registry, all_=True)
    names = {each.dimension.name for each in every}
    others = (each for each in project.supplemental if each.dimension.name not in names)
    return replace(project, supplemental=(*every, *others))


def told_of(inputs: Inputs, registry: Registry) -> tuple[Remark, ...]:
    """Return what the mappings to the targets do to totals."""
    (one,) = inputs.members
    remarks = losses_told(one.dataset, one.submission, registry)
    return tuple(replace(each, text=each.text.replace("mapping.", "to.", 1)) for each in remarks)
