"""The load that a report looks at: the query's values by its groups, slot by slot of the project's time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem, SpecError
from dsgrid.query.factor import Column
from dsgrid.query.model import Query, Report, Step
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.columns import parts_of
from dsgrid.query.source import Source
from dsgrid.query.time_columns import SLOT, TIME_ZONE, UTC_OFFSET, by_geography, kind_of, known_words, told
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node
from dsgrid.spec.schemas.report import PERIODS
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime, NoTime, step_of

CALIBRATION: Final = "calibration"
SUMMARY: Final = "annual_summary"


def with_load(query: Query, project: Project, sources: tuple[Source, ...]) -> Query:
    """Return the query of a report with the step that makes its load: a sum by its groups, its period, and slots.

    A calibration compares sums by its own columns.

    Raises
    ------
    SpecError
        Where time is among the groups of a load.
    """
    report = query.report
    if report is None:
        return query
    by = report.by
    if report.kind != CALIBRATION:
        problems = list(_of_time(report, project))
        if problems:
            raise SpecError(problems)
        added = (*_periods(report, project), *_slots(project, sources))
        by = (*by, *(name for name in dict.fromkeys(added) if name not in by))
    node = Node({**report.node.value, "by": list(by)}, report.node.path, report.node.source)
    return replace(query, steps=(Step("sum", by, report.over, node),))


def _of_time(report: Report, project: Project) -> Iterator[Problem]:
    for index, name in enumerate(report.by):
        if name in TIME_WORDS or name == project.time.name:
            of_periods = name in PERIODS and report.kind != SUMMARY
            cure = f'; period = "{name}" reports for each of them' if of_periods else ""
            yield report.node["by"][index].problem(f'"{name}" is about time, and `by` names the groups{cure}')


def _periods(report: Report, project: Project) -> tuple[str, ...]:
    if report.kind == SUMMARY:
        return ("annual",) if "annual" in known_words(project.time) else ()
    return () if report.period is None else (report.period,)


def _slots(project: Project, sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Return the columns that tell slots apart: the beginnings of hours where slots are labelled by their ends."""
    time = project.time
    if isinstance(time, NoTime) or all(isinstance(source.dataset.time, NoTime) for source in sources):
        return ()
    if isinstance(time, DatetimeTime) and time.interval == "period_ending" and time.step == timedelta(hours=1):
        return ("hourly",)
    return tuple(column.name for column in parts_of(project, Column(time.name, TIME, "time", word=SLOT)))


@dataclass(frozen=True)
class Load:
    """The plan of a report's load, and what its rows mean.

    Each row has a group, a slot of time, and the period that the slot belongs to. Groups and periods have numbers; a
    slot is its label where rows keep labels, else its digit of time.
    """

    plan: Plan

    @property
    def report(self) -> Report:
        """What is asked."""
        assert self.plan.query.report is not None
        return self.plan.query.report

    @cached_property
    def form(self) -> Plan:
        """How rows of slots are decoded."""
        return self.plan.shown

    @property
    def groups(self) -> int:
        """How many numbers of groups there may be."""
        return self.form.size_without_time

    @property
    def keeps_labels(self) -> bool:
        """Whether rows keep the labels of slots."""
        return self.form.slots is not None

    @property
    def zones(self) -> bool:
        """Whether time is told on the clock of each geography, so that clocks are told apart."""
        return by_geography(self.form) and any(column.word == TIME_ZONE for column in self.form.columns)

    @cached_property
    def period_columns(self) -> tuple[Column, ...]:
        """The columns of time that are the same for all slots of a period."""
        of_slots = {column.name for column in self._slot_columns}
        return tuple(column for column in self.form.columns_of(TIME) if column.name not in of_slots)

    @cached_property
    def _slot_columns(self) -> tuple[Column, ...]:
        columns = self.form.columns_of(TIME)
        asked = _periods(self.report, self.form.project)
        kept = {*asked, TIME_ZONE} if self.zones else set(asked)
        if not self.zones:
            return tuple(column for column in columns if column.name not in kept)
        return tuple(column for column in columns if column.name not in kept and column.word != TIME_ZONE)

    @cached_property
    def slot_column(self) -> Column | None:
        """The one column that tells slots apart; None where there are several, or none."""
        found = [column for column in self._slot_columns if column.word not in (UTC_OFFSET, TIME_ZONE)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _keys(self) -> dict[Any, tuple[object, ...]]:
        """The values of the columns of time, by slot."""
        if not self.keeps_labels:
            return dict(enumerate(self.form.time_keys))
        values = told(self.form)
        columns = [values[column.word].tolist() for column in self.form.columns_of(TIME)]
        assert self.form.slots is not None
        return dict(zip(self.form.slots.tolist(), zip(*columns, strict=True), strict=True))

    @cached_property
    def periods(self) -> tuple[tuple[object, ...], ...]:
        """The values of `period_columns` of each period, by its number."""
        return tuple(sorted(set(self._period_of.values())))

    @cached_property
    def _period_of(self) -> dict[Any, tuple[object, ...]]:
        names = [column.name for column in self.form.columns_of(TIME)]
        places = [names.index(column.name) for column in self.period_columns]
        return {slot: tuple(key[place] for place in places) for slot, key in self._keys.items()}

    def period_numbers(self) -> list[tuple[Any, int]]:
        """Return slots, each with the number of its period."""
        numbers = {key: number for number, key in enumerate(self.periods)}
        return [(slot, numbers[key]) for slot, key in self._period_of.items()]

    def shown_slots(self) -> list[tuple[Any, object]]:
        """Return slots, each with what `slot_column` shows of it."""
        assert self.slot_column is not None
        place = [column.name for column in self.form.columns_of(TIME)].index(self.slot_column.name)
        return [(slot, key[place]) for slot, key in self._keys.items()]

    @property
    def slot_kind(self) -> str:
        """What a slot is in rows, as `dsgrid.query.literals.small_table` names it."""
        return "timestamp" if self.keeps_labels else "int64"

    @cached_property
    def of_periods(self) -> Plan:
        """How rows of periods are decoded, whose codes have the number of the period above that of the group."""
        kept = {column.name for column in self.period_columns}
        axes = tuple(axis for axis in self.form.axes if axis.type != TIME)
        if len(self.periods) > 1:
            keys = tuple((str(number),) for number in range(len(self.periods)))
            axes = (*axes, Axis(TIME, self.period_columns, keys, stride=self.groups))
        return replace(
            self.form,
            columns=tuple(column for column in self.form.columns if column.type != TIME or column.name in kept),
            axes=axes,
            time_keys=self.periods,
            slots=None,
        )

    @property
    def hours(self) -> float:
        """The length of a slot, in hours."""
        step = step_of(self.form.time)
        assert step is not None
        return step.total_seconds() / 3600

    @property
    def in_slots(self) -> bool:
        """Whether the load has slots within a year."""
        return step_of(self.form.time) is not None and bool(self._slot_columns)

    def kind_of(self, column: Column) -> str:
        """Return what a column of time holds."""
        return kind_of(self.form, column)
