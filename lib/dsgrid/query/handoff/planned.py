"""The exports of a query against its plans: what the results will not have is refused before anything is read."""

from __future__ import annotations

from typing import Final

from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.form import described_columns
from dsgrid.query.handoff.layout import lay_out
from dsgrid.query.handoff.model import Export
from dsgrid.query.handoff.source import Source, source_of
from dsgrid.query.model import Query
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.rules.reductions import adds_up
from dsgrid.query.time_meaning import described_time

FOLDER: Final = "exports"


def check_exports(asked: Query, plans: Plans) -> None:
    """Refuse exports of what the results will not have, before anything is read.

    Raises
    ------
    SpecError
        With everything that is wrong.
    """
    if not asked.exports:
        return
    tables = [plan for plan in plans.every if plan.query.report is None and plan.query.output.table]
    by_name = {None if plan is plans.first else plan.query.name: plan for plan in tables}
    problems: list[Problem] = []
    if any(plan.query.name == FOLDER for plan in plans.others):
        problems.append(asked.node.problem(f'the folder "{FOLDER}" is for the exports; give the result another name'))
    for export in asked.exports:
        if export.of not in by_name:
            problems.append(_no_table(export, [name for name in by_name if name is not None]))
            continue
        plan = by_name[export.of]
        try:
            lay_out(export, planned_source(plan), _units(plan))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)


def _no_table(export: Export, names: list[str]) -> Problem:
    if export.of is None:
        hint = f"; say of which result it is: `of` is one of {listing(names)}" if names else ""
        return export.node.problem(f"the query has no table of its own that could be exported{hint}")
    hint = did_you_mean(export.of, names) or "; it has none with a table"
    return export.node["of"].problem(f'the query has no further result "{export.of}"{hint}')


def planned_source(plan: Plan) -> Source:
    """Return what the result of a plan will have."""
    shown = plan.shown
    pivot = next((column.name for column in shown.columns if column.type == shown.query.output.pivot), None)
    return source_of(described_columns(shown), described_time(shown), adds_up(plan), pivot)


def _units(plan: Plan) -> dict[str, set[str]]:
    """Return the units of each metric record, as the result shows it."""
    shown = plan.shown
    axis = shown.axis("metric")
    found: dict[str, set[str]] = {}
    for key, unit in zip(axis.keys, axis.units, strict=True):
        for column, id_ in zip(axis.columns, key, strict=True):
            named = shown.query.output.names and column.dimension is not None
            record = column.dimension.records.by_id[id_].name if named and column.dimension is not None else id_
            found.setdefault(record, set()).add(unit)
    return found
