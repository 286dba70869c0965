"""What a query means: every step at full resolution, one after another, in plain pandas.

Slow and obvious on purpose. It shares no code with `dsgrid.query`; a query's plan may do what it likes as long as it
agrees with this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.units import factor
from dsgrid.query.model import Filter, Query
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from reference.asked_time import refuse_time, shown_time, time_columns
from reference.mapped_time import with_slots
from reference.refused import RefusedError
from reference.stored import TYPES, Stored, long_facts


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


def answer(query: Query, project: Project, datasets: Sequence[Stored]) -> Answer:
    """Return the result of a query, or raise `RefusedError`."""
    parts = [_at_base(project, stored) for stored in datasets]
    reached = [_reached(project, stored, query) for stored in datasets]
    if all(any(not ids for ids in one.values()) for one in reached):
        raise RefusedError("the filters leave no record")
    _refuse_unnamed(query, project, datasets, reached)
    parts = [_filtered(part, project, query) for part in parts]
    _refuse_overlap(query, parts)
    columns = _columns(query, project, datasets)
    refuse_time(query, project, [stored.dataset.time for stored in datasets], columns)
    _refuse_mixed(query, project, datasets, reached, columns)
    rows = pd.concat(parts, ignore_index=True).rename(columns=_inner)
    rows = shown_time(rows, query, project, columns)
    for name in columns:
        if _type(project, name) != "time":
            rows = _with_column(rows, name, project)
    rows = _in_target_unit(rows, query, project, columns)
    summed = rows.groupby([*columns, "unit"], as_index=False, sort=True)[["value", "size"]].sum()
    return _presented(summed, query, project, columns)


# Mapping -------------------------------------------------------------------------------------------------------------


def _at_base(project: Project, stored: Stored) -> pd.DataFrame:
    """Map every row to the base dimensions and the project's time, in the base metric's unit."""
    rows = long_facts(stored)
    rows = rows.assign(
        size=rows["value"].abs(), own_unit=rows["metric"].map(_units(stored.dataset.dimensions["metric"]))
    )
    rows = with_slots(rows, stored, project)
    for type_ in TYPES:
        mapping = stored.submission.mappings[type_].mapping
        if mapping is not None:
            rows = _joined(rows, type_, mapping, type_)
        if f"@{type_}" in rows:
            # Time has been mapped for one of the targets.
            rows = rows[rows[type_] == rows[f"@{type_}"]].drop(columns=f"@{type_}")
    base = _base(project, stored, "metric")
    rows = rows.assign(unit=rows["metric"].map(_units(base)))
    return _converted(rows, rows["own_unit"], rows["unit"]).drop(columns="own_unit")


def _joined(rows: pd.DataFrame, on: str, mapping: Mapping, to: str) -> pd.DataFrame:
    """Join a mapping onto the rows, multiply with its fractions; `to` is the column that the targets go to."""
    table = pd.DataFrame(
        [(one.from_id, one.to_id, one.fraction) for one in mapping.associations if one.to_id is not None],
        columns=["from", "target", "fraction"],
    ).astype({"from": object, "target": object, "fraction": float})
    rows = rows.merge(table, left_on=on, right_on="from", how="inner")
    rows = rows.assign(value=rows["value"] * rows["fraction"], size=rows["size"] * rows["fraction"].abs())
    return rows.assign(**{to: rows["target"]}).drop(columns=["from", "target", "fraction"])


def _converted(rows: pd.DataFrame, own: pd.Series, wanted: pd.Series) -> pd.DataFrame:
    scale = pd.Series(
        [factor(one, other) for one, other in zip(own, wanted, strict=True)], index=rows.index, dtype=float
    )
    return rows.assign(value=rows["value"] * scale, size=rows["size"] * scale)


def _units(dimension: Dimension) -> dict[str, str]:
    return {record.id: str(record.get("unit") or "") for record in dimension.records}


def _base(project: Project, stored: Stored, type_: str) -> Dimension:
    name = stored.submission.mappings[type_].base
    return next(base for base in project.base if base.name == name)


# Filters and refusals ------------------------------------------------------------------------------------------------


def _allowed(project: Project, condition: Filter) -> tuple[str, set[str]]:
    """Return the type that a filter is about, and the base ids that it keeps."""
    if condition.subset is not None:
        subset = next(one for one in project.subsets if one.name == condition.subset)
        chosen = [selector for selector in subset.selectors if selector.name in condition.selectors]
        return _type(project, subset.of), {id_ for selector in chosen for id_ in selector.ids}
    supplemental = _supplemental(project, condition.dimension or "")
    dimension = supplemental.dimension if supplemental else _named(project, condition.dimension or "")
    ids = set()
    for record in dimension.records:
        holds = record.get(condition.attribute) in condition.values
        if holds != condition.negate:
            ids.add(record.id)
    if supplemental is not None:
        ids = {one.from_id for one in supplemental.mapping.associations if one.to_id in ids}
    return dimension.type, ids


def _filtered(rows: pd.DataFrame, project: Project, query: Query) -> pd.DataFrame:
    for condition in query.filters:
        type_, ids = _allowed(project, condition)
        rows = rows[rows[type_].isin(ids)]
    return rows


def _reached(project: Project, stored: Stored, query: Query) -> dict[str, set[str]]:
    """Return by type the base records that the dataset's records can reach and the filters keep."""
    found = {}
    for type_ in TYPES:
        records = set(stored.dataset.dimensions[type_].records.ids)
        mapping = stored.submission.mappings[type_].mapping
        if mapping is not None:
            records = {one.to_id for one in mapping.associations if one.to_id is not None and one.from_id in records}
        for condition in query.filters:
            about, ids = _allowed(project, condition)
            if about == type_:
                records = records & ids
        found[type_] = records
    return found


def _refuse_unnamed(
    query: Query, project: Project, datasets: Sequence[Stored], reached: Sequence[dict[str, set[str]]]
) -> None:
    if not query.steps:
        return
    kept = {_type(project, name) for name in query.steps[-1].by}
    for type_ in ("scenario", "model_year", "weather_year"):
        count = len(set().union(*(one[type_] for one in reached)))
        names = {type_, *(_base(project, stored, type_).name for stored in datasets)}
        if type_ not in kept and count > 1 and not names & set(query.steps[-1].over):
            raise RefusedError(f"{type_} is summed without being named")


def _refuse_overlap(query: Query, parts: Sequence[pd.DataFrame]) -> None:
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        own = set(part[TYPES].itertuples(index=False, name=None))
        if seen & own and query.overlap == "error":
            raise RefusedError("the datasets overlap")
        seen |= own


def _refuse_mixed(
    query: Query,
    project: Project,
    datasets: Sequence[Stored],
    reached: Sequence[dict[str, set[str]]],
    columns: Sequence[str],
) -> None:
    """Refuse a metric key to which values in several units would add up."""
    found: dict[tuple[str, ...], set[str]] = {}
    for stored, one in zip(datasets, reached, strict=True):
        rows = pd.DataFrame({"@metric": sorted(one["metric"]), "value": 1.0, "size": 1.0})
        rows = rows.assign(unit=rows["@metric"].map(_units(_base(project, stored, "metric"))))
        metrics = [name for name in columns if _type(project, name) == "metric"]
        for name in metrics:
            rows = _with_column(rows, name, project)
        rows = _in_target_unit(rows, query, project, metrics)
        for row in rows.to_dict("records"):
            found.setdefault(tuple(row[name] for name in metrics), set()).add(row["unit"])
    if any(len(units) > 1 for units in found.values()):
        raise RefusedError("the sum mixes units")


# Columns and form ----------------------------------------------------------------------------------------------------


def _columns(query: Query, project: Project, datasets: Sequence[Stored]) -> list[str]:
    if query.steps:
        named = list(query.steps[-1].by)
    else:
        named = [*(_base(project, datasets[0], type_).name for type_ in TYPES), project.time.name]
    return time_columns(named, query, project, [stored.dataset.time for stored in datasets])


def _inner(name: str) -> str:
    """Return the name of a base column beside the result's own, which may be called anything."""
    return name if name in ("value", "size", "unit") else f"@{name}"


def _with_column(rows: pd.DataFrame, name: str, project: Project) -> pd.DataFrame:
    """Add a column of the result. Base ids stay in columns named by their type."""
    supplemental = _supplemental(project, name)
    if supplemental is None:
        return rows.assign(**{name: rows[_inner(_type(project, name))]})
    return _joined(rows, _inner(supplemental.dimension.type), supplemental.mapping, name)


def _in_target_unit(rows: pd.DataFrame, query: Query, project: Project, columns: Sequence[str]) -> pd.DataFrame:
    """Convert each row: to the query's unit, else to that of the first supplemental metric, else leave it."""
    wanted = rows["unit"]
    if query.output.unit:
        wanted = pd.Series(query.output.unit, index=rows.index, dtype=object)
    else:
        for name in columns:
            supplemental = _supplemental(project, name)
            if supplemental is not None and supplemental.dimension.type == "metric":
                wanted = rows[name].map(_units(supplemental.dimension))
                break
    return _converted(rows, rows["unit"], wanted).assign(unit=wanted)


def _presented(summed: pd.DataFrame, query: Query, project: Project, columns: Sequence[str]) -> Answer:
    """Put names in place of ids, and a pivoted type's records in columns."""
    pivot = query.output.pivot
    records = {name: _named(project, name) for name in columns if _type(project, name) in TYPES}
    if query.output.names:
        for name, dimension in records.items():
            shown = {record.id: record.name for record in dimension.records}
            if pivot is not None and len(set(shown.values())) < len(shown):
                raise RefusedError("pivoted names would mix records")
            summed = summed.assign(**{name: summed[name].map(shown)})
    if pivot is None:
        keys = [*columns, "unit"]
        return Answer(keys, ["value"], summed[[*keys, "value"]], summed[["size"]].set_axis(["value"], axis=1))
    spread = next(name for name in columns if _type(project, name) == pivot)
    keys = [name for name in columns if name != spread] + (["unit"] if pivot != "metric" else [])
    empty = {record.name if query.output.names else record.id for record in records[spread].records}
    if summed.empty:
        return Answer(keys, [], summed[keys], summed[[]], frozenset(empty))
    if not keys:
        # pandas cannot pivot onto no rows at all; the result is one row.
        summed, keys = summed.assign(everything=0), ["everything"]
    wide = summed.pivot(index=keys, columns=spread, values=["value", "size"])
    names = [str(name) for name in wide["value"].columns]
    values, sizes = wide["value"].reset_index(), wide["size"].reset_index(drop=True)
    if keys == ["everything"]:
        values, keys = values.drop(columns="everything"), []
    return Answer(keys, names, values, sizes, frozenset(empty.difference(names)))


def _supplemental(project: Project, name: str) -> Supplemental | None:
    return next((one for one in project.supplemental if one.dimension.name == name), None)


def _named(project: Project, name: str) -> Dimension:
    every = [*project.base, *(one.dimension for one in project.supplemental)]
    return next(one for one in every if one.name == name)


def _type(project: Project, name: str) -> str:
    return "time" if name in (*TIME_WORDS, "time_zone", "utc_offset", project.time.name) else _named(project, name).type
