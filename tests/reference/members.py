"""What a name in a query stands for: a dataset, or values that grow, at the project's base dimensions and slots."""

from __future__ import annotations

from collections.abc import Mapping as ById
from dataclasses import replace

import pandas as pd

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.query.model import Adjustment, Member, Query
from dsgrid.registry.model import Project
from dsgrid.time.dimension import NoTime
from reference.filtering import allowed, at_least_one, filtered, is_of_time, of_records
from reference.mapped_time import with_slots
from reference.moments import with_moments
from reference.refused import RefusedError
from reference.stored import TYPES, Stored, long_facts
from reference.table import SLOT, Column, Ids, Table, conversion, key, unit_of

GROWTH = "growth_rate"
ROUNDING = 1e-9


def member_table(member: Member, query: Query, project: Project, datasets: ById[str, Stored]) -> Table:
    """Return the rows of a member: adjusted, filtered, and with what the query's filters leave of its records."""
    stored = datasets[_id(member.dataset)]
    table = at_base(stored, project)
    if member.growth is not None:
        table = _projected(table, member, query, project, datasets[_id(member.growth)])
    table = _adjusted(table, member, query, project)
    table = filtered(with_moments(table, query, project), member.filters, query, project)
    seen = [one for one in query.filters if table.timeless is False and is_of_time(one, project)]
    return filtered(table, [*of_records(query.filters, project), *seen], query, project)


def _id(reference: str) -> str:
    return reference.partition("@")[0]


def at_base(stored: Stored, project: Project) -> Table:
    """Map every row to the base dimensions and the project's time, in the base metric's unit."""
    timeless = isinstance(stored.dataset.time, NoTime)
    rows = long_facts(stored)
    rows = rows.assign(size=rows["value"].abs(), unit=_own_units(rows, stored))
    rows = with_slots(rows, stored, project).assign(weight=1.0)
    return _table(_through_mappings(rows, stored), stored, project, timeless=timeless)


def _own_units(rows: pd.DataFrame, stored: Stored) -> pd.Series:
    dimension = stored.dataset.dimensions["metric"]
    return rows["metric"].map({id_: unit_of(dimension, id_) for id_ in dimension.records.ids})


def _through_mappings(rows: pd.DataFrame, stored: Stored) -> pd.DataFrame:
    for type_ in TYPES:
        mapping = stored.submission.mappings[type_].mapping
        if mapping is not None:
            rows = _joined(rows, type_, mapping)
        if f"@{type_}" in rows:
            # Time has been mapped for one of the targets.
            rows = rows[rows[type_] == rows[f"@{type_}"]].drop(columns=f"@{type_}")
    return rows


def _joined(rows: pd.DataFrame, type_: str, mapping: Mapping) -> pd.DataFrame:
    """Put the targets of a mapping in place of ids, and multiply with their fractions."""
    table = pd.DataFrame(
        [(one.from_id, one.to_id, one.fraction) for one in mapping.associations if one.to_id is not None],
        columns=["from", "target", "fraction"],
    ).astype({"from": object, "target": object, "fraction": float})
    rows = rows.merge(table, left_on=type_, right_on="from", how="inner")
    scaled = {name: rows[name] * rows["fraction"] for name in ("value", "weight")}
    rows = rows.assign(**scaled, size=rows["size"] * rows["fraction"].abs())
    return rows.assign(**{type_: rows["target"]}).drop(columns=["from", "target", "fraction"])


def _table(rows: pd.DataFrame, stored: Stored, project: Project, *, timeless: bool) -> Table:
    """Name the columns, convert units, and add up what has become one combination and slot."""
    bases = {type_: _base(project, stored, type_) for type_ in TYPES}
    columns = tuple(Column(bases[type_].name, type_, "base", bases[type_]) for type_ in TYPES)
    rate = stored.dataset.dimensions["metric"].record_class == GROWTH != bases["metric"].record_class
    reached: dict[str, set[Ids]] = {type_: {(id_,) for id_ in _reached(stored, type_)} for type_ in TYPES}
    units: dict[Ids, str] = {ids: "" if rate else unit_of(bases["metric"], *ids) for ids in reached["metric"]}
    scale = [
        1.0 if rate else conversion(one, units[(metric,)])
        for one, metric in zip(rows["unit"], rows["metric"], strict=True)
    ]
    wanted = [units[(metric,)] for metric in rows["metric"]]
    rows = rows.assign(
        value=rows["value"] * scale, size=rows["size"] * scale, unit=pd.Series(wanted, rows.index, dtype=object)
    )
    rows = rows.rename(columns={**{type_: key(bases[type_].name) for type_ in TYPES}, "slot": SLOT})
    if timeless:
        rows = rows.assign(**{SLOT: -1})
    names = [*(key(column.name) for column in columns), SLOT]
    rows = rows.groupby([*names, "unit"], as_index=False, sort=True)[["value", "size", "weight"]].sum()
    measured = not rate and any(record.get("unit") for record in bases["metric"].records)
    return Table(rows, columns, frozenset(), reached, units, timeless, rate, measured)


def _base(project: Project, stored: Stored, type_: str) -> Dimension:
    name = stored.submission.mappings[type_].base
    return next(base for base in project.base if base.name == name)


def _reached(stored: Stored, type_: str) -> set[str]:
    """Return the base records that a dataset's records can reach."""
    records = set(stored.dataset.dimensions[type_].records.ids)
    mapping = stored.submission.mappings[type_].mapping
    if mapping is None:
        return records
    return {one.to_id for one in mapping.associations if one.to_id is not None and one.from_id in records}


# Projections ---------------------------------------------------------------------------------------------------------


def _projected(initial: Table, member: Member, query: Query, project: Project, stored: Stored) -> Table:
    """Let the rows of the base year grow to each model year of the growth."""
    growth = _growth(stored, project)
    year = key(next(column.name for column in initial.columns if column.type == "model_year"))
    if [column.name for column in growth.columns] != [column.name for column in initial.columns]:
        raise RefusedError("growth of other base dimensions")
    first = _base_year(initial, member, year)
    # What the filters leave out needs no growth.
    kept = [*of_records(member.filters, project), *of_records(query.filters, project)]
    growth = filtered(growth, kept, query, project)
    of_years = of_records(kept, project, but="model_year")
    rows = initial.rows[initial.rows[year] == first].drop(columns=[year, "weight"])
    initial = filtered(replace(initial, rows=rows), of_years, query, project)
    grown = growth.rows.drop(columns=[SLOT, "unit"])
    names = [name for name in initial.key_names if name != year]
    years = pd.DataFrame({year: sorted(ids[0] for ids in growth.reached["model_year"])}, dtype=object)
    rows = initial.rows.merge(years, how="cross")
    rows = rows.merge(grown, on=[*names, year], how="left", suffixes=("", " of growth"), indicator=True)
    if (rows["_merge"] != "both").any():
        raise RefusedError("growth is missing")
    if (rows["weight"] - 1).abs().gt(ROUNDING).any():
        raise RefusedError("weights of growth do not sum to 1")
    rows = _grown(rows, year, first, member.kind)
    reached = {**initial.reached, "model_year": growth.reached["model_year"]}
    return replace(initial, rows=rows, reached=reached)


def _grown(rows: pd.DataFrame, year: str, first: str, kind: str) -> pd.DataFrame:
    rate, doubt = rows["value of growth"], rows["size of growth"]
    if kind == "exponential_growth":
        if not all(id_.isdigit() for id_ in (*rows[year].unique(), first)):
            raise RefusedError("years that are no numbers")
        span = rows[year].astype(int) - int(first)
        scale = (1 + rate) ** span
        doubt = scale.abs() * (1 + span.abs() * doubt / (1 + rate).abs())
    else:
        scale = rate
    rows = rows.assign(value=rows["value"] * scale, size=rows["size"] * doubt)
    return rows.drop(columns=["value of growth", "size of growth", "weight", "_merge"])


def _base_year(initial: Table, member: Member, year: str) -> str:
    known = sorted(initial.rows[year].unique())
    if member.base_year is not None:
        if member.base_year not in known:
            raise RefusedError("no such base year")
        return member.base_year
    if not known:
        raise RefusedError("nothing that could grow")
    if not all(id_.isdigit() for id_ in known):
        raise RefusedError("years that are no numbers")
    return min(known, key=int)


def _growth(stored: Stored, project: Project) -> Table:
    """Return the rates at base level: one per combination, whatever the time."""
    rows = long_facts(stored)
    if rows.duplicated(TYPES).any():
        raise RefusedError("growth with several values per combination")
    rows = rows.assign(size=rows["value"].abs(), weight=1.0, slot=0, unit=_own_units(rows, stored))
    table = _table(_through_mappings(rows.drop(columns="label"), stored), stored, project, timeless=True)
    if not table.rate and any(table.units.values()):
        raise RefusedError("growth with a unit")
    return table


# Adjustments ---------------------------------------------------------------------------------------------------------


def _adjusted(table: Table, member: Member, query: Query, project: Project) -> Table:
    """Multiply the values that are meant; a rate only if it is named."""
    rows = table.rows
    for one in query.adjustments:
        known = {each.name for each in query.members}
        if not set(one.members) <= known:
            raise RefusedError("an adjustment of what the query does not name")
        is_meant = member.name in one.members or not one.members
        meant = pd.Series(True, index=rows.index)
        for of, kept in _meant(one, project).items():
            if is_meant and table.base_column(of) is None:
                raise RefusedError(f"nothing maps to {of}")
            if is_meant:
                meant &= rows[key(of)].isin(kept)
        if member.name in one.members or not (one.members or table.rate):
            scale = meant.map({True: one.multiply, False: 1.0})
            rows = rows.assign(value=rows["value"] * scale, size=rows["size"] * scale.abs())
    return replace(table, rows=rows)


def _meant(one: Adjustment, project: Project) -> dict[str, set[str]]:
    """Return the records that an adjustment means, by base dimension; there has to be one of each."""
    found: dict[str, set[str]] = {}
    for name, ids in one.where:
        of, kept = allowed(project, at_least_one(name, ids, one.node))
        found[of] = found.get(of, kept) & kept
    if not all(found.values()):
        raise RefusedError("an adjustment of no record")
    return found
