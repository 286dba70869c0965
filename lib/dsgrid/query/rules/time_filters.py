"""Filters on time: which slots of the project pass, and which values of a table's columns of time do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import TIME
from dsgrid.errors import SpecError, listing
from dsgrid.query.factor import Column
from dsgrid.query.model import Filter, Test
from dsgrid.query.plan import Plan
from dsgrid.query.predicates import PredicateError, kept, unknown_value
from dsgrid.query.rules.filters import is_of_time
from dsgrid.query.rules.time_words import may_lack_time
from dsgrid.query.source import Source
from dsgrid.query.time_columns import SHOWN, SLOT, by_geography, is_stamp, is_wall, known_words, told
from dsgrid.time.dimension import NoTime, RepresentativeTime, is_local
from dsgrid.time.pieces import Int64
from dsgrid.time.shown import shown_span

Clock = tuple[str, str]  # the zone of a geography, the base record whose year it is
_DAY = 10  # characters of a date


def column_of(plan: Plan, condition: Filter) -> Column:
    """Return the column of time that a filter is about.

    Raises
    ------
    SpecError
        If it means nothing for the project's time.
    """
    name = condition.dimension or ""
    known = known_words(plan.time)
    if name == plan.time.name and not isinstance(plan.time, RepresentativeTime):
        return Column(name, TIME, "time", word=SLOT)
    if name not in known:
        raise condition.node["dimension"].error(
            f'"{name}" means nothing for the time of {plan.project.id}, {shown_span(plan.time)}; there '
            f"{'are' if len(known) > 1 else 'is'} {listing(known, 20) or 'nothing'}"
        )
    return Column(name, TIME, "time", word=name)


def slots_kept(plan: Plan, filters: Sequence[Filter], clocks: Sequence[Clock]) -> dict[Clock, npt.NDArray[np.bool_]]:
    """Tell which of the project's slots pass all filters, on the clock of each zone and in the year of each record."""
    values = [told(plan, *clock) for clock in clocks]
    sizes = [len(next(iter(one.values()))) for one in values]
    passed = np.ones(sum(sizes), bool)
    for condition in filters:
        column = column_of(plan, condition)
        shown = [one.get(SHOWN + column.word, one[column.word]) for one in values]
        # All clocks at once: a year that one of them never shows may be that of another.
        passed &= passing(plan, condition, column, np.concatenate(shown))
    return dict(zip(clocks, np.split(passed, np.cumsum(sizes)[:-1]), strict=True))


def passing(
    plan: Plan, condition: Filter, column: Column, values: npt.NDArray[Any] | Sequence[object]
) -> npt.NDArray[np.bool_]:
    """Tell which values of a column of time pass a filter; timestamps are readings, in microseconds.

    Raises
    ------
    SpecError
        If the filter compares with what no value is, or can be.
    """
    unique, inverse = np.unique(np.asarray(values), return_inverse=True)
    stamps = is_stamp(plan, column)
    cells: list[Any] = [_reading(int(one)) for one in unique] if stamps else [_plain(one) for one in unique]
    test = condition.test
    if stamps:
        test = _whole_days(test)
        if test.operator == "in" and all(isinstance(one, str) and len(one) == _DAY for one in test.operands):
            cells = [cell[:_DAY] for cell in cells]
    every = _every_cell(plan, column, len(cells[0]) if stamps and cells else 0)
    unknown = unknown_value(test, [*cells, *every])
    if unknown is not None:
        value, hint = unknown
        raise condition.node.error(f'"{column.name}" is never {value!r} in project {plan.project.id}{hint}')
    try:
        found = kept(test, cells)
    except PredicateError as error:
        raise condition.node.error(f"{column.name}: {error}") from None
    return np.array(found, bool)[inverse]


def _every_cell(plan: Plan, column: Column, length: int) -> list[Any]:
    """Return what a column of time may show anywhere in the project; texts of timestamps have a length."""
    found: dict[Any, None] = {}
    for clock in _every_clock(plan):
        values = told(plan, *clock)
        shown = np.unique(values.get(SHOWN + column.word, values[column.word]))
        stamps = is_stamp(plan, column)
        found.update(dict.fromkeys(_reading(int(one))[:length] if stamps else _plain(one) for one in shown))
    return list(found)


def _every_clock(plan: Plan) -> list[Clock]:
    """Return all clocks that time of the project may be told on, in all of its years."""
    zones, records = [""], [""]
    if by_geography(plan) or is_local(plan.time):
        geographies = [base for base in plan.project.base if base.type == "geography"]
        found = dict.fromkeys(str(one.get("time_zone") or "") for base in geographies for one in base.records)
        zones = [zone for zone in found if zone]
    year_of = getattr(plan.time, "year_of", "")
    if year_of:
        records = [id_ for base in plan.project.base if base.type == year_of for id_ in base.records.ids]
    return [(zone, record) for zone in zones for record in records]


def readings_of(plan: Plan, column: Column, values: Sequence[object]) -> Sequence[object]:
    """Return what a clock shows for the values of a column of a table; others than timestamps stay what they are."""
    if not is_stamp(plan, column) or is_wall(plan):
        return values
    shown: dict[object, object] = {}
    for clock in _every_clock(plan):
        of_slots = told(plan, *clock)
        shown.update(zip(of_slots[column.word].tolist(), of_slots[SHOWN + column.word].tolist(), strict=True))
    return [shown[value] for value in values]


def restricted(codes: Int64, passed: npt.NDArray[np.bool_]) -> Int64:
    """Return the codes of slots, where -1 stands for those that do not pass."""
    return np.where(passed, codes, -1)


def refuse_no_slot(plan: Plan, filters: Sequence[Filter], found: Sequence[npt.NDArray[np.bool_]]) -> None:
    """Raise when no slot passes anywhere."""
    if found and not any(one.any() for one in found):
        raise SpecError(filters[0].node.problem(f"the filters leave no time of project {plan.project.id}"))


def refuse_without_time(plan: Plan) -> None:
    """Raise for filters on the time of what has none, whether or not other filters leave anything of it."""
    if isinstance(plan.time, NoTime):
        return
    problems = []
    for source in plan.sources:
        if not isinstance(source.dataset.time, NoTime):
            continue
        # Those of the query are about what a factor without time is multiplied with; its own can mean nothing.
        filters = source.time_filters if source.leaf not in may_lack_time(plan) else _own_filters(plan, source)
        if filters:
            problems.append(
                filters[0].node.problem(
                    f"dataset {source.dataset.id} has no time that could be filtered; filter another source by time"
                )
            )
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))


def _own_filters(plan: Plan, source: Source) -> tuple[Filter, ...]:
    filters = () if source.member is None else source.member.filters
    return tuple(one for one in filters if is_of_time(plan.project, one))


def _whole_days(test: Test) -> Test:
    """Return a test whose limits are days as one whose limits are the last or the first moments of these days."""
    last = {"above": (0,), "at_most": (0,), "between": (1,)}.get(test.operator, ())
    operands = tuple(
        f"{one} 99:99" if index in last and isinstance(one, str) and len(one) == _DAY else one
        for index, one in enumerate(test.operands)
    )
    return replace(test, operands=operands)


def _reading(microseconds: int) -> str:
    moment = np.datetime64(microseconds, "us")
    minutes = moment.astype("datetime64[m]")
    shown = minutes if minutes == moment else moment.astype("datetime64[s]")
    return str(shown).replace("T", " ")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
