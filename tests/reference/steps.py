"""Aggregations: which rows become one, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.records import Attribute
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.query.model import Query, Step
from dsgrid.registry.model import Project
from reference.aggregates import aggregated
from reference.asked_time import columns_of_time, refuse_sum, refuse_words, said_after, with_companions
from reference.filtering import filtered_further
from reference.moments import shown
from reference.refused import RefusedError
from reference.stored import TYPES
from reference.table import (
    PERCENTILE,
    SLOT,
    TIME,
    Column,
    Ids,
    Table,
    conversion,
    converted,
    key,
    supplemental,
    unit_of,
)

ROUNDING = 1e-9
Shares = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Made:
    """A column, and how it is made.

    Parameters
    ----------
    source
        The column of the table whose ids it is made of.
    shares
        For an id the ids that it becomes, with its share of each; None where ids stay.
    """

    column: Column
    source: Column | None = None
    shares: Shares | None = None


def stepped(table: Table, step: Step, query: Query, project: Project) -> Table:
    """Return the table that a step leaves."""
    base_level = SLOT in table.rows
    table = filtered_further(table, step.filters, query, project)
    made = [one for name in step.by for one in _made(name, table, project)]
    columns = [one.column for one in made]
    if len({column.name for column in columns}) < len(columns):
        raise RefusedError("a column twice")
    refuse_words(columns, table, query, project)
    _refuse_unnamed(table, columns, step)
    _refuse_mixed_percentiles(table, columns)
    if step.function == "sum":
        _refuse_doubles(table, made, query)
        _refuse_quotients(table, made)
        refuse_sum(None if base_level else table.columns, columns, table, project)
    weighted = _weighted(table, step)
    reached = {type_: _reached(table, made, type_) for type_ in TYPES}
    units = _units(table, made, query, step)
    rows = _with_columns(weighted, made, query)
    columns = with_companions(columns, query, project)
    rows = rows.assign(
        **{key(column.name): rows[shown(column.word)] for column in columns if column.type == TIME and column.word}
    )
    # Counts add up, whatever they are of.
    measured = table.measured or step.function == "count"
    found = replace(table, rows=rows, columns=tuple(columns), reached=reached, units=units, measured=measured)
    return aggregated(said_after(columns, found, project), step)


def _refuse_mixed_percentiles(table: Table, columns: Sequence[Column]) -> None:
    """Refuse a step in which several percentiles would become one value."""
    own = table.column(PERCENTILE)
    if own is not None and own not in columns and own.type == PERCENTILE and table.rows[key(PERCENTILE)].nunique() > 1:
        raise RefusedError("several percentiles")


def _made(name: str, table: Table, project: Project) -> list[Made]:
    """Resolve a name in `by`."""
    own = table.column(name)
    if own is not None and own.type != TIME:
        return [Made(own, own)]
    of_time = columns_of_time(name, project)
    if of_time:
        return [Made(column) for column in of_time]
    other = supplemental(project, name)
    if other is not None:
        source = table.base_column(other.of)
        if source is None:
            raise RefusedError(f"the table has no {other.of}")
        return [Made(Column(name, source.type, "supplemental", other.dimension), source, _shares(other))]
    of, dot, attribute = name.partition(".")
    if not dot:
        raise RefusedError(f"no column {name}")
    return [_by_attribute(name, of, attribute, table, project)]


def _shares(other: Supplemental) -> Shares:
    found: Shares = {}
    for one in other.mapping.associations:
        if one.to_id is not None:
            own = found.setdefault(one.from_id, {})
            own[one.to_id] = own.get(one.to_id, 0.0) + one.fraction
    return found


def _by_attribute(name: str, of: str, attribute: str, table: Table, project: Project) -> Made:
    """Return the column of an attribute: of a column's records, or of a supplemental's of a base column."""
    source, other = table.column(of), supplemental(project, of)
    if source is not None and source.dimension is not None:
        texts = _texts(source.dimension, attribute)
        shares: Shares = {id_: {text: 1.0} for id_, text in texts.items()}
        needed = {ids[table.columns_of(source.type).index(source)] for ids in table.reached[source.type]}
        if not needed <= set(shares):
            raise RefusedError(f"records without {attribute}")
    elif other is not None and table.base_column(other.of) is not None:
        source = table.base_column(other.of)
        assert source is not None
        texts = _texts(other.dimension, attribute)
        shares = {}
        for id_, targets in _shares(other).items():
            for target, fraction in targets.items():
                if target not in texts:
                    continue
                own = shares.setdefault(id_, {})
                own[texts[target]] = own.get(texts[target], 0.0) + fraction
        needed = {ids[table.columns_of(source.type).index(source)] for ids in table.reached[source.type]}
        if not needed & set(_shares(other)) <= set(shares):
            raise RefusedError(f"records without {attribute}")
    else:
        raise RefusedError(f"the table has no {of}")
    return Made(Column(name, source.type, "attribute"), source, shares)


def _texts(dimension: Dimension, attribute: str) -> dict[str, str]:
    if attribute not in dimension.records.columns:
        raise RefusedError(f"no attribute {attribute}")
    texts = {record.id: _text(record.get(attribute)) for record in dimension.records}
    found = {id_: text for id_, text in texts.items() if text}
    if not found:
        raise RefusedError(f"no record has {attribute}")
    return found


def _text(value: Attribute) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# Refusals ------------------------------------------------------------------------------------------------------------


def _refuse_unnamed(table: Table, columns: Sequence[Column], step: Step) -> None:
    for type_ in NAMED_REDUCTION_TYPES:
        kept = any(column.type == type_ for column in columns)
        if kept and type_ in step.over:
            raise RefusedError(f"{type_} is kept and reduced")
        if not kept and len(table.reached[type_]) > 1 and type_ not in step.over:
            raise RefusedError(f"{type_} is reduced without being named")


def _refuse_doubles(table: Table, made: Iterable[Made], query: Query) -> None:
    """Refuse a supplemental of which several records hold one base record, by more than it is."""
    for one in made:
        if one.shares is None or one.source is None or query.allow_double_counting:
            continue
        if one.column.type in NAMED_REDUCTION_TYPES:
            # They are added up only where the query says so.
            continue
        position = table.columns_of(one.source.type).index(one.source)
        for id_ in {ids[position] for ids in table.reached[one.source.type]}:
            shares = one.shares.get(id_, {}).values()
            if len(shares) > 1 and sum(shares) > 1 + ROUNDING:
                raise RefusedError(f"{one.column.name} counts {id_} twice")


def _refuse_quotients(table: Table, made: Sequence[Made]) -> None:
    """Refuse to add up shares of each other, over whatever it is."""
    if table.measured:
        return
    for type_, reached in table.reached.items():
        targets = [target for ids in reached for target in _targets(table, made, type_, ids)]
        if len(set(targets)) < len(targets):
            raise RefusedError("a sum of quotients")


# Rows ----------------------------------------------------------------------------------------------------------------


def _targets(table: Table, made: Sequence[Made], type_: str, ids: Ids) -> list[Ids]:
    """Return what a combination of ids of one type becomes."""
    columns = table.columns_of(type_)
    choices: list[list[str]] = []
    for one in made:
        if one.column.type == type_ and one.source is not None:
            own = ids[columns.index(one.source)]
            choices.append([own] if one.shares is None else list(one.shares.get(own, {})))
    return list(product(*choices))


def _reached(table: Table, made: Sequence[Made], type_: str) -> set[Ids]:
    return {target for ids in table.reached[type_] for target in _targets(table, made, type_, ids)}


def _unit_column(made: Sequence[Made], query: Query) -> Made | None:
    """Return the new supplemental metric whose records say what unit values get."""
    if query.output.unit:
        return None
    for one in made:
        dimension = one.column.dimension
        if one.column.type == "metric" and one.column.level == "supplemental" and one.shares is not None:
            assert dimension is not None
            if all(isinstance(record.get("unit"), str) for record in dimension.records):
                return one
    return None


def _units(table: Table, made: Sequence[Made], query: Query, step: Step) -> dict[Ids, str]:
    """Return the unit of each metric that is left, or refuse to merge different ones."""
    source = _unit_column(made, query)
    names = [one for one in made if one.column.type == "metric"]
    found: dict[Ids, set[str]] = {}
    for ids in table.reached["metric"]:
        for target in _targets(table, made, "metric", ids):
            unit = table.units[ids]
            if source is not None and unit:
                assert source.column.dimension is not None
                own, unit = unit, unit_of(source.column.dimension, target[names.index(source)])
                conversion(own, unit)
            found.setdefault(target, set()).add(unit)
    if step.function == "count":
        return dict.fromkeys(found, "")
    if any(len(units) > 1 for units in found.values()):
        raise RefusedError(f"a {step.function} of different units")
    return {target: next(iter(units)) for target, units in found.items()}


def _with_columns(rows: pd.DataFrame, made: Sequence[Made], query: Query) -> pd.DataFrame:
    """Add the columns that are new: a row goes to each of its targets, times its share."""
    for one in made:
        if one.shares is None or one.source is None:
            continue
        pairs = [(id_, *pair) for id_, targets in one.shares.items() for pair in targets.items()]
        table = pd.DataFrame(pairs, columns=["#from", "#target", "#share"]).astype(
            {"#from": object, "#target": object, "#share": float}
        )
        rows = rows.merge(table, left_on=key(one.source.name), right_on="#from", how="inner")
        rows = rows.assign(value=rows["value"] * rows["#share"], size=rows["size"] * rows["#share"].abs())
        rows = rows.assign(**{f"#made {one.column.name}": rows["#target"]})
        rows = rows.drop(columns=["#from", "#target", "#share"])
    for one in made:
        if one.shares is not None:
            rows = rows.assign(**{key(one.column.name): rows[f"#made {one.column.name}"]})
    source = _unit_column(made, query)
    if source is not None:
        dimension = source.column.dimension
        assert dimension is not None
        own = zip(rows["unit"], rows[key(source.column.name)], strict=True)
        rows = converted(rows, [unit and unit_of(dimension, id_) for unit, id_ in own])
    return rows


def _weighted(table: Table, step: Step) -> pd.DataFrame:
    """Return the rows of a table with their weight."""
    rows = table.rows.assign(weight=1.0)
    if step.function != "weighted_mean":
        return rows
    for name in step.weights:
        of, _, attribute = name.partition(".")
        column = table.column(of)
        if column is None or column.dimension is None:
            raise RefusedError(f"the table has no {of}")
        position = table.columns_of(column.type).index(column)
        weights = {}
        for id_ in {ids[position] for ids in table.reached[column.type]}:
            weights[id_] = _number(column.dimension.records.by_id[id_].get(attribute))
        rows = rows.assign(weight=rows["weight"] * rows[key(of)].map(weights).astype(float))
    return rows


def _number(cell: Attribute) -> float:
    try:
        assert cell is not None
        assert not isinstance(cell, bool)
        return float(cell)
    except (AssertionError, ValueError):
        raise RefusedError(f"{cell} is no weight") from None
