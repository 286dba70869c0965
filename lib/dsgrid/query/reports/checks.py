"""Refuse reports that say nothing: loads that do not add up, years without hours, systems of several scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, TIME
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.model import Step
from dsgrid.query.plan import Plan
from dsgrid.query.reports.load import CALIBRATION, SUMMARY, Load
from dsgrid.query.reports.measures import measures_of
from dsgrid.query.reports.table import form_of
from dsgrid.query.rules.presentation import UNIT
from dsgrid.query.rules.reduce import first_table, reduced
from dsgrid.query.rules.reductions import additivity_of
from dsgrid.query.stages import Reduction, Table
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET
from dsgrid.time.dimension import RepresentativeTime
from dsgrid.time.shown import shown_span
from dsgrid.time.table import PROFILE, grid_form_of

_SHOWN = 3


def check_report(plan: Plan) -> None:
    """Raise everything that is wrong with a report, given its plan.

    Raises
    ------
    SpecError
        If its load means nothing, or its table would have a column twice.
    """
    report = plan.query.report
    if report is None:
        return
    problems = [*_columns(plan)] if report.kind == CALIBRATION else [*_load(plan), *_system(plan), *_columns(plan)]
    if problems:
        raise SpecError(problems)
    if report.coincident_with is not None:
        system(plan)


def _load(plan: Plan) -> Iterator[Problem]:
    load = Load(plan)
    report, time = load.report, plan.time
    node = report.node["kind"]
    if not additivity_of(plan).over_categories:
        what = "quotients" if plan.unitless else "values of this metric"
        yield node.problem(f"{what} do not add up, so they are no load that could be reported")
        return
    if report.kind == SUMMARY:
        yield from _total(plan)
    elif not load.in_slots:
        yield node.problem(
            f"a {_named(report.kind)} needs a load with slots within a year, but the time of {plan.project.id} is "
            f"{shown_span(time)}; annual_summary reports on years"
        )
    if isinstance(time, RepresentativeTime) and report.kind != "peak_load":
        yield node.problem(
            f"the time of {plan.project.id} is of typical periods, and it is not known how often each occurs; of "
            "those a peak_load can be reported"
        )


def _total(plan: Plan) -> Iterator[Problem]:
    load = Load(plan)
    told = plan.time.measurement in ("total", "")
    if load.in_slots and not (told and additivity_of(plan).over_time):
        what = "values of this metric" if told else f'values of the measurement "{plan.time.measurement}"'
        yield load.report.node["kind"].problem(
            f"{what} do not add up over time, so a year has no total; load_factor reports their mean and their peak"
        )


def _named(kind: str) -> str:
    return kind.replace("_", " ")


def _system(plan: Plan) -> Iterator[Problem]:
    load = Load(plan)
    report = load.report
    if report.coincident_with is None:
        return
    node = report.node["coincident_with"]
    unknown = [name for name in report.coincident_with if name not in report.by]
    for index, name in enumerate(report.coincident_with):
        if name in unknown:
            yield node[index].problem(
                f'"{name}" is not in `by`, whose columns a system is made by{did_you_mean(name, report.by)}'
            )
    if unknown:
        return
    table = load_table(plan)
    for type_ in NAMED_REDUCTION_TYPES:
        columns = table.columns_of(type_)
        count = len(table.digits(type_))
        if columns and count > 1 and not any(column.name in report.coincident_with for column in columns):
            yield node.problem(
                f'"{columns[0].name}" has {count} records, and a system is of one {type_} at a time; name it in '
                "`coincident_with`"
            )
    if load.zones:
        cure = "" if grid_form_of(plan.time) == PROFILE else '; give [result] a zone such as "UTC"'
        yield node.problem(
            f"a coincident peak compares loads at one instant, but time is told on the clock of each geography{cure}"
        )


def load_table(plan: Plan) -> Table:
    """Return the coded table of a load, as a step would see it."""
    return plan.stages[-1].after if plan.stages else first_table(plan)


def system(plan: Plan) -> Reduction:
    """Return the sum of groups to systems, as a step would make it.

    Raises
    ------
    SpecError
        If groups do not add up to systems: their units differ, or some would count twice.
    """
    report = Load(plan).report
    assert report.coincident_with is not None
    # What belongs beside timestamps comes with them.
    beside = (TIME_ZONE, UTC_OFFSET)
    times = tuple(column.name for column in load_table(plan).columns_of(TIME) if column.word not in beside)
    step = Step("sum", (*report.coincident_with, *times), (), plan.query.steps[0].node)
    try:
        return reduced(plan, load_table(plan), step)
    except SpecError as error:
        # A step names the types that it reduces; here `check_report` has seen to them.
        raise SpecError([report.node["coincident_with"].problem(one.message) for one in error.problems]) from None


def _columns(plan: Plan) -> Iterator[Problem]:
    """Return columns of the groups that are called like one that the report adds."""
    load = Load(plan)
    added = {name.casefold() for name in (*(one.name for one in measures_of(load)), UNIT)}
    for column in form_of(load).columns:
        if column.name.casefold() in added:
            at = load.report.by.index(column.name) if column.name in load.report.by else None
            node = load.report.node if at is None else load.report.node["by"][at]
            yield node.problem(f'"{column.name}" is the name of a column that the report adds')


def check_benchmark(plan: Plan) -> None:
    """Raise where a calibration has nothing to compare: no key in common, or values in other units.

    Raises
    ------
    SpecError
        With examples of the keys of both sides.
    """
    benchmark, report = plan.benchmark, plan.query.report
    if benchmark is None or report is None:
        return
    own, other = plan.shown, benchmark.shown
    problems = []
    for axis in own.axes:
        if axis.type == TIME or not axis.columns:
            continue
        theirs = next((one for one in other.axes if one.type == axis.type), None)
        if theirs is not None and not set(axis.keys) & set(theirs.keys):
            names = " and ".join(column.name for column in axis.columns)
            problems.append(report.node["against"].problem(_apart(names, axis.keys, theirs.keys)))
    if own.time_keys and other.time_keys and not set(own.time_keys) & set(other.time_keys):
        names = " and ".join(column.name for column in own.columns_of(TIME))
        problems.append(report.node["against"].problem(_apart(names, own.time_keys, other.time_keys)))
    if not problems:
        problems = [*_units(plan, benchmark)]
    if problems:
        raise SpecError(problems)


def _apart(names: str, own: tuple[tuple[object, ...], ...], other: tuple[tuple[object, ...], ...]) -> str:
    return (
        f"nothing can be compared: the values have {names} {_some(own)}, the benchmark has {_some(other)}; keep "
        "columns that both have, or bring the benchmark to the same records with a mapping"
    )


def _some(keys: tuple[tuple[object, ...], ...]) -> str:
    """Return the first of some keys."""
    return listing([" ".join(map(str, key)) for key in keys], _SHOWN)


def _units(plan: Plan, benchmark: Plan) -> Iterator[Problem]:
    assert plan.query.report is not None
    node = plan.query.report.node
    own, other = (
        dict(zip(one.shown.axis("metric").keys, one.shown.axis("metric").units, strict=True))
        for one in (plan, benchmark)
    )
    for key, unit in own.items():
        if key in other and other[key] != unit:
            of = f" of {' '.join(key)}" if key else ""
            yield node["against"].problem(
                f"the values{of} are in {unit or 'no unit'}, those of the benchmark in {other[key] or 'no unit'}; set "
                "`unit`"
            )
            return
