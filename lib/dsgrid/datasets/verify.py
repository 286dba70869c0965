"""All checks of a dataset's stored facts at once; where one fails, a second query shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import associations, checks
from dsgrid.datasets.arrays import Array, time_problem
from dsgrid.datasets.expected import own_zone, wanted_slots
from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, Problem
from dsgrid.time.dimension import TimeDimension

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.expected import SlotSet
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup


@dataclass(frozen=True)
class Known:
    """What is known of a dataset besides its facts.

    Parameters
    ----------
    zones
        The zone of each geography, where labels depend on it.
    null_ids
        Ids that have rows of NULL values only; they are in the user's files, but not in the stored facts.
    """

    columns: Columns
    dimensions: Mapping[str, Dimension]
    time: TimeDimension
    zones: Mapping[str, str]
    source: Source
    lookup: Lookup | None
    null_ids: frozenset[int] = frozenset()

    @property
    def trivial(self) -> dict[str, str]:
        """The one id of each type without a column."""
        return {type_: self.dimensions[type_].records.ids[0] for type_ in self.columns.trivial}

    @property
    def others(self) -> dict[str, tuple[str, ...]]:
        """The ids of each type that is no column of facts or lookup."""
        pivot = (self.columns.pivot,) if self.columns.pivot is not None else ()
        return {type_: self.dimensions[type_].records.ids for type_ in (*self.columns.trivial, *pivot)}

    @property
    def values(self) -> tuple[str, ...]:
        """The stored value columns."""
        return tuple(self.columns.facts.values)


def verify(
    session: SparkSession,
    facts: DataFrame,
    arrays: pd.DataFrame,
    slots: associations.Slots,
    known: Known,
    expected: Sequence[checks.Declared],
    missing: Sequence[checks.Declared],
) -> pd.DataFrame:
    """Check the facts and return their associations.

    Parameters
    ----------
    facts
        The stored facts.
    arrays
        From `associations.arrays`.

    Raises
    ------
    DataError
        With every problem.
    """
    keys, where = list(known.columns.keys), known.source.name
    problems = checks.null_keys(arrays, keys, where)
    arrays = arrays.dropna(subset=keys)
    lookup = known.lookup.table.to_pandas() if known.lookup is not None else None
    problems += _time_problems(session, facts, arrays, slots, known, lookup)
    if known.lookup is not None and lookup is not None:
        ids = {*arrays["id"].astype("int64"), *known.null_ids}
        problems += checks.ids_disagree(ids, set(lookup["id"]), where, known.lookup.name)
    table = associations.associations(
        arrays,
        known.values,
        pivot=known.columns.pivot,
        lookup=lookup,
        trivial=known.trivial,
    )
    tables = [(arrays[list(known.columns.fact_types)], where)]
    if known.lookup is not None and lookup is not None:
        tables.append((lookup, known.lookup.name))
    tables += [(declared.table, declared.name) for declared in (*expected, *missing)]
    unknown = checks.unknown_records(tables, known.dimensions)
    problems += checks.repeated(table, where)
    # With misspelt ids every record they should have been would be reported as missing, too.
    problems += unknown or checks.coverage(table, known.dimensions, expected, missing, where)
    if problems:
        raise DataError(problems)
    return table


def _time_problems(
    session: SparkSession,
    facts: DataFrame,
    arrays: pd.DataFrame,
    slots: associations.Slots,
    known: Known,
    lookup: pd.DataFrame | None,
) -> list[Problem]:
    keys, where = known.columns.keys, known.source.name
    problems: list[Problem] = []
    arrays = arrays.reset_index(drop=True)
    wanted = wanted_slots(known.time, slots.keys, known.zones, arrays, lookup, known.others)
    broken = associations.broken(arrays, slots, wanted)
    if broken:
        # In order: an engine's groups come in any.
        first = arrays.loc[list(broken)].sort_values(list(keys)).head(LIMIT) if keys else arrays
        labels = associations.labels_of(session, facts, first, keys, known.time)
        found = []
        for at, key in zip(first.index, first[list(keys)].itertuples(index=False, name=None), strict=True):
            one = wanted.sets[broken[at]]
            records = _named(dict(zip(keys, key, strict=True)), lookup)
            zone = one.zone or own_zone(known.time)
            found.append(Array(records, *labels[key], slots.keys[one.mask], zone, one.record))
        problems.append(
            time_problem(
                known.time,
                found,
                len(broken),
                len(arrays),
                where,
                naive=_is_naive(known),
                hint=_hint(known, found[0], wanted.of(first.index[0])),
            )
        )
    gaps = associations.with_gaps(arrays, known.values)
    if gaps:
        rows = [{**arrays.iloc[at][list(keys)].to_dict(), "column": name} for at, name in gaps[:LIMIT]]
        counts = counted(len(gaps), "time array")
        message = f"NULL among the values of {counts}; an array is whole, or NULL throughout"
        problems.append(Problem(message, where, detail=show(rows, len(gaps))))
    return problems


def _is_naive(known: Known) -> bool:
    times = known.columns.facts.times
    return (known.source.naive or "label" not in times) and "offset" not in times


def _named(records: dict[str, Any], lookup: pd.DataFrame | None) -> dict[str, Any]:
    """Return an array's keys with the records that its id stands for, where that is one row of the lookup."""
    if lookup is None or "id" not in records:
        return records
    rows = lookup[lookup["id"] == records["id"]]
    if len(rows) != 1:
        return records
    telling = [name for name in RECORD_TYPES if name in lookup and lookup[name].nunique() > 1]
    return {"id": records["id"], **rows[telling].iloc[0].to_dict(), **records}


def _hint(known: Known, array: Array, sets: Sequence[SlotSet]) -> str:
    if len(sets) > 1:
        # One row for records whose labels differ.
        which = " and ".join(dict.fromkeys(one.record or one.zone for one in sets[:2]))
        return f" (its rows are those of records of {which}, which have other labels)"
    absent = len(array.labels) < len(array.wanted) and any(known.source.nulls.values())
    return " (a row whose value is NULL counts as absent)" if absent else ""
