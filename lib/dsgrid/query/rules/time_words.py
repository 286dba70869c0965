"""Refuse what a query asks of time that the project's time cannot say, and sums over time that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem, SpecError, listing
from dsgrid.query.combination import Combination, Leaf, Shifted, leaves, without_time
from dsgrid.query.factor import Column
from dsgrid.query.plan import Plan
from dsgrid.query.time_columns import SLOT, TIME_ZONE, UTC_OFFSET, is_stamp, is_wall, known_words, one_row_per_slot
from dsgrid.spec.node import Node
from dsgrid.time.calendar import WORD_OF_PART
from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, IndexTime, NoTime, RepresentativeTime
from dsgrid.time.shown import shown_span
from dsgrid.time.table import PROFILE, grid_form_of
from dsgrid.time.targets import target_slots
from dsgrid.time.zones import TimeError, zone


def check_times(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise everything that is wrong with its words of time and its zone.

    Examples
    --------
    The query::

        [[step]]
        by = ["county", "daily"]

        [result]
        zone = "Mars"

    is refused::

        result.zone: there is no time zone "Mars"; write an offset such as "-05:00" or a name such as
        "America/Denver"
    """
    problems = [*_zone(plan), *_words(plan), *_sums(plan), *_periods(plan), *_timeless(plan)]
    if problems:
        raise SpecError(problems)
    return plan


def by_node(plan: Plan, column: Column) -> Node:
    """Return where a query names a column; of one that it does not name, where it would."""
    if plan.step is None:
        return plan.query.node
    node = plan.step.node["by"]
    asked = plan.step.by
    return node[asked.index(column.name)] if column.name in asked else node


def _asked(plan: Plan) -> tuple[Column, ...]:
    """Return the columns of time that the step names, which are not there only for later steps."""
    if plan.step is None:
        return ()
    return tuple(column for column in plan.columns_of(TIME) if column.name not in plan.hidden)


def _zone(plan: Plan) -> Iterator[Problem]:
    asked, node = plan.query.output.zone, plan.query.node.get("result")
    if asked is None or node is None:
        return
    columns = _asked(plan)
    if isinstance(plan.time, IndexTime) and columns and all(column.word == SLOT for column in columns):
        yield node["zone"].problem(
            f'the slots of {plan.project.id} are numbers, which no zone changes; it changes words such as "daily"'
        )
        return
    if not isinstance(plan.time, (DatetimeTime, IndexTime)) or grid_form_of(plan.time) == PROFILE:
        yield node["zone"].problem(
            f"time cannot be told in another zone: that of {plan.project.id} has no instants, it is "
            f"{shown_span(plan.time)}"
        )
        return
    if asked != GEOGRAPHY:
        try:
            zone(asked)
        except TimeError as error:
            yield node["zone"].problem(error.problems[0].message)


def _words(plan: Plan) -> Iterator[Problem]:
    columns = _asked(plan)
    known = known_words(plan.time)
    for column in columns:
        if isinstance(plan.time, NoTime):
            yield by_node(plan, column).problem(f"project {plan.project.id} has no time")
        elif column.word in (SLOT, TIME_ZONE, UTC_OFFSET):
            continue
        elif column.word not in known:
            yield by_node(plan, column).problem(
                f'"{column.name}" means nothing for the time of {plan.project.id}, {shown_span(plan.time)}; there '
                f"{'are' if len(known) > 1 else 'is'} {listing(known, 20)}"
            )
        elif column.word == "hourly" and _step(plan) > timedelta(hours=1):
            yield by_node(plan, column).problem(
                f'"hourly" needs steps of an hour or less; those of {plan.project.id} are {_step(plan)}'
            )
    stamps = [column for column in columns if is_stamp(plan, column)]
    if is_wall(plan) and len(stamps) > 1:
        yield by_node(plan, stamps[1]).problem(
            f'"{stamps[0].name}" and "{stamps[1].name}" would be told on the clock of each geography, with one '
            "utc_offset beside them; keep one of the two"
        )


def _step(plan: Plan) -> timedelta:
    assert isinstance(plan.time, (DatetimeTime, IndexTime))
    return plan.time.step


def _sums(plan: Plan) -> Iterator[Problem]:
    """Refuse sums of what is no total: the mean of two hours is not their sum."""
    time = plan.time
    if plan.step is None or one_row_per_slot(plan) or time.measurement in ("total", ""):
        return
    if target_slots(time) > 1 and any(not isinstance(source.dataset.time, NoTime) for source in plan.sources):
        yield plan.node.problem(
            f'values over time are of the measurement "{time.measurement}" in {plan.project.id}, so they do not add '
            f'up over time; keep its slots with "{time.name}" in `by`'
        )


# What may be added up inside of a typical period: the hours of its day, the days of its week.
_WITHIN = frozenset({"hour", "day_of_week"})


def _periods(plan: Plan) -> Iterator[Problem]:
    """Refuse sums over typical periods that do not say how often each of them occurs."""
    time = plan.time
    if not isinstance(time, RepresentativeTime) or plan.step is None or one_row_per_slot(plan):
        return
    if time.measurement != "total" or all(isinstance(source.dataset.time, NoTime) for source in plan.sources):
        return
    kept = {column.word for column in plan.columns_of(TIME)}
    if not kept <= {SLOT, *known_words(time)}:
        return  # that is told already
    lost = [part for part in time.by if part not in _WITHIN and WORD_OF_PART.get(part, part) not in kept]
    if lost:
        words = [WORD_OF_PART.get(part, part) for part in lost]
        yield plan.node.problem(
            f"the time of {plan.project.id} is of typical periods, and a sum over their {listing(lost)} says nothing, "
            f"as it is not known how often each occurs; keep {listing(words)} in `by`"
        )


def _timeless(plan: Plan) -> Iterator[Problem]:
    columns = [column for column in plan.columns_of(TIME) if column.name not in plan.hidden]
    if not columns:
        return
    for source in plan.sources:
        if source.leaf in may_lack_time(plan):
            continue
        if isinstance(source.dataset.time, NoTime) and not isinstance(plan.time, NoTime):
            yield by_node(plan, columns[0]).problem(
                f"dataset {source.dataset.id} has no time, so it cannot be asked by time; ask for it without "
                f'"{columns[0].name}"'
            )


def may_lack_time(plan: Plan) -> frozenset[int]:
    """Return the operands of the expression that may have no time: factors, and divisors, of what has one."""

    def factors(combination: Combination) -> frozenset[int]:
        if isinstance(combination, Leaf):
            return frozenset()
        if isinstance(combination, Shifted):
            return factors(combination.of)
        own = factors(combination.left) | factors(combination.right)
        sides = [without_time(one, plan.timeless) for one in (combination.left, combination.right)]
        if combination.operator == "*" and sides[0] and not sides[1]:
            return own | frozenset(leaves(combination.left))
        if combination.operator in "*/" and sides[1] and not sides[0]:
            return own | frozenset(leaves(combination.right))
        return own

    return factors(plan.combination)
