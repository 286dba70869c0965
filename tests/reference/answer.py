"""What a query means: every step at full resolution, one after another, in plain pandas.

Slow and obvious on purpose. It shares no code with `dsgrid.query`; a query's plan may do what it likes as long as it
agrees with this. In this order:

1. Each member is mapped to the base dimensions and the project's slots; a projection grows. It is adjusted, and its own
   filters are applied; so are the query's filters on records, and those on the time that it has, which see the same as
   after the expression.
2. The expression makes one table of them, on which the other filters of the query are applied.
3. With a unit in the result all values are in it from here on.
4. The steps, one after another; then the filters of the result, and its form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dsgrid.query.model import Member, Query
from dsgrid.registry.model import Project
from dsgrid.time.dimension import NoTime
from reference.asked_time import columns_of_time, refuse_numbers, refuse_words, with_companions
from reference.expressions import evaluated
from reference.filtering import filtered, filtered_further, is_of_time, kept_moments, of_records
from reference.members import member_table
from reference.moments import shown, with_moments
from reference.refused import RefusedError
from reference.steps import stepped
from reference.stored import Stored
from reference.table import Table, conversion, converted, key

__all__ = ["Answer", "RefusedError", "answer"]


@dataclass(frozen=True)
class Answer:
    """A result.

    Parameters
    ----------
    keys, values
        The columns that name a row, and those that hold numbers.
    sizes
        The sums of the absolute terms, to compare the values within.
    empty
        Pivoted columns of records without any value, which a result may have.
    """

    keys: list[str]
    values: list[str]
    table: pd.DataFrame
    sizes: pd.DataFrame
    empty: frozenset[str] = frozenset()


def answer(query: Query, project: Project, datasets: Mapping[str, Stored] | Sequence[Stored]) -> Answer:
    """Return the result of a query, or raise `RefusedError`.

    Parameters
    ----------
    datasets
        What the query's members are about, by id; in a sequence each says its own.
    """
    by_id = datasets if isinstance(datasets, Mapping) else {one.dataset.id: one for one in datasets}
    members = {one.name: member_table(one, query, project, by_id) for one in query.members}
    _refuse_empty(query, project, members)
    table = evaluated(query, members)
    table = with_moments(table, query, project)
    on_records = of_records(query.filters, project)
    table = filtered(table, [one for one in query.filters if one not in on_records], query, project)
    table = _in_unit(table, query.output.unit)
    for step in query.steps:
        table = stepped(table, step, query, project)
    if query.steps:
        refuse_numbers(table.columns, query, project)
    else:
        table = _with_slots(table, query, project)
    return _presented(filtered_further(table, query.output.filters, query, project), query)


def _refuse_empty(query: Query, project: Project, members: Mapping[str, Table]) -> None:
    """Refuse filters that leave nothing of all members, whatever the facts."""
    emptied = [
        any(not ids for ids in members[one.name].reached.values())
        or _without_slots(one, members[one.name], query, project)
        for one in query.members
    ]
    if all(emptied):
        raise RefusedError("the filters leave no record")


def _without_slots(member: Member, table: Table, query: Query, project: Project) -> bool:
    filters = [one for one in (*query.filters, *member.filters) if is_of_time(one, project)]
    return bool(filters) and kept_moments(filters, query, project, table.places).empty


def _in_unit(table: Table, unit: str | None) -> Table:
    if unit is None:
        return table
    units = {ids: unit for ids, own in table.units.items() if conversion(own, unit) is not None}
    return replace(table, rows=converted(table.rows, [unit] * len(table.rows)), units=units)


def _with_slots(table: Table, query: Query, project: Project) -> Table:
    """Return the table at base level with the slots of the project, if the members have time."""
    if table.timeless or isinstance(project.time, NoTime):
        return table
    columns = columns_of_time(project.time.name, project)
    refuse_words(columns, table, query, project)
    columns = with_companions(columns, query, project)
    rows = table.rows.assign(**{key(column.name): table.rows[shown(column.word)] for column in columns})
    return replace(table, rows=rows, columns=(*table.columns, *columns))


def _presented(table: Table, query: Query) -> Answer:
    """Put names in place of ids, and a pivoted type's records in columns."""
    rows = table.rows[[*table.key_names, "unit", "value", "size"]]
    for column in table.columns:
        if query.output.names and column.dimension is not None:
            names = {record.id: record.name for record in column.dimension.records}
            if query.output.pivot is not None and len(set(names.values())) < len(names):
                raise RefusedError("pivoted names would mix records")
            rows = rows.assign(**{key(column.name): rows[key(column.name)].map(names)})
    if query.output.pivot is not None:
        return _pivoted(table, rows, query, query.output.pivot)
    keys = [*(column.name for column in table.columns), "unit"]
    shown_rows = rows[[*table.key_names, "unit", "value"]].set_axis([*keys, "value"], axis=1)
    return Answer(keys, ["value"], shown_rows, rows[["size"]].set_axis(["value"], axis=1))


def _pivoted(table: Table, rows: pd.DataFrame, query: Query, pivot: str) -> Answer:
    spread = [column for column in table.columns if column.type == pivot]
    if len(spread) != 1:
        raise RefusedError(f"{len(spread)} columns of {pivot}")
    others = [column.name for column in table.columns if column.type != pivot]
    inner, keys = [key(name) for name in others], list(others)
    if pivot != "metric":
        inner, keys = [*inner, "unit"], [*keys, "unit"]
    dimension = spread[0].dimension
    ids = {one[0] for one in table.reached[pivot]} if dimension is None else set()
    records = [] if dimension is None else list(dimension.records)
    empty = ids | {record.name if query.output.names else record.id for record in records}
    if rows.empty:
        return Answer(keys, [], rows[inner].set_axis(keys, axis=1), rows[[]], frozenset(empty))
    # pandas cannot pivot onto no rows at all; the result is one row.
    wide = rows.assign(everything=0).pivot(
        index=["everything", *inner], columns=key(spread[0].name), values=["value", "size"]
    )
    names = [str(name) for name in wide["value"].columns]
    values = wide["value"].reset_index().drop(columns="everything")
    sizes = wide["size"].reset_index(drop=True)
    return Answer(keys, names, values.set_axis([*keys, *names], axis=1), sizes, frozenset(empty.difference(names)))
