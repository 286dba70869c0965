"""What a step makes of a table's time: which of its words are known, and what becomes of each digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem
from dsgrid.query.factor import Column
from dsgrid.query.model import Step
from dsgrid.query.plan import Plan
from dsgrid.query.rules.reductions import additivity_of
from dsgrid.query.stages import Relation, Table
from dsgrid.query.time_columns import SLOT, known_words
from dsgrid.time.shown import shown_span


@dataclass(frozen=True)
class ReducedTime:
    """Time after a step.

    Parameters
    ----------
    columns
        Its columns of time, first those that the step keeps, then hidden ones that follow from them.
    keys
        Their values, a tuple per digit.
    """

    columns: tuple[Column, ...]
    keys: tuple[tuple[object, ...], ...]
    relation: Relation


def reduced_time(
    plan: Plan, before: Table, columns: Sequence[Column], step: Step, problems: list[Problem]
) -> ReducedTime:
    """Return what a step leaves of time.

    A word of time is known where the table's own columns of time determine it: the month of an hour, not the hour of a
    month.
    """
    asked = [column for column in columns if column.type == TIME]
    names = [column.name for column in before.time_columns]
    for column in asked:
        problems += _unknown(plan, before, names, column, step)
    if problems:
        return ReducedTime((), ((),), Relation(TIME, (), len(before.time_keys)))
    places = [names.index(column.name) for column in asked]
    hidden = [place for place in range(len(names)) if place not in places and before.determined(places, place)]
    kept = [*places, *hidden]
    alive = before.digits(TIME)
    found = [tuple(before.time_keys[digit][place] for place in kept) for digit in alive]
    keys = tuple(sorted(set(found)))
    number = {key: index for index, key in enumerate(keys)}
    rows = tuple((digit, number[key], 1.0) for digit, key in zip(alive, found, strict=True))
    if step.function == "sum" and len(keys) < len(alive) and not before.counts:
        problems += _not_additive(plan, step)
    made = tuple(before.time_columns[place] for place in kept)
    return ReducedTime(made, keys, Relation(TIME, rows, len(alive)))


def _unknown(plan: Plan, before: Table, names: Sequence[str], column: Column, step: Step) -> list[Problem]:
    node = step.node["by"]
    at = node[step.by.index(column.name)] if column.name in step.by else node
    if column.word != SLOT and column.name not in names and column.word not in known_words(plan.time):
        return [at.problem(f'"{column.name}" means nothing for the time of {plan.project.id}, {shown_span(plan.time)}')]
    if not before.knows(column.name):
        shown = ", ".join(one.name for one in before.columns_of(TIME))
        return [at.problem(f'"{column.name}" is not known any more: the table that this step sees has only {shown}')]
    return []


def _not_additive(plan: Plan, step: Step) -> list[Problem]:
    if plan.time.measurement not in ("total", ""):
        return [
            step.node.problem(
                f'values over time are of the measurement "{plan.time.measurement}" in {plan.project.id}, so they do '
                "not add up over time; use mean, min or max"
            )
        ]
    if not additivity_of(plan).over_time:
        return [step.node.problem("values of this metric do not add up over time; use mean, min or max")]
    return []
