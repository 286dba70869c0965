"""All checks of a dataset's stored facts at once; where one fails, a second query shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import associations, checks
from dsgrid.datasets.arrays import Array, time_problem
from dsgrid.datasets.expected import own_zone, wanted_slots
from dsgrid.datasets.ledger import Ledger
from dsgrid.datasets.long_facts import Facts
from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.datasets.own_checks import ValueCheck
from dsgrid.datasets.value_checks import Values, broken_checks
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, Problem
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.stored import stored_columns

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
    absent
        The combinations whose values are NULL in the files.
    """

    columns: Columns
    dimensions: Mapping[str, Dimension]
    time: TimeDimension
    zones: Mapping[str, str]
    source: Source
    lookup: Lookup | None
    null_ids: frozenset[int] = frozenset()
    absent: tuple[checks.Declared, ...] = ()

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
    declared: Mapping[str, Sequence[checks.Declared]],
    own: Sequence[ValueCheck] = (),
    ledger: Ledger | None = None,
) -> pd.DataFrame:
    """Check the facts and return their associations.

    Parameters
    ----------
    facts
        The stored facts.
    arrays
        From `associations.arrays`.
    declared
        The tables that are ``expected`` and ``missing``.
    own
        The checks that the dataset declares.
    ledger
        Takes down what each check finds.

    Raises
    ------
    DataError
        With every problem.
    """
    see = (ledger or Ledger()).see
    keys, where = list(known.columns.keys), known.source.name
    problems = see("keys", checks.null_keys(arrays, keys, where, known.source.origin))
    arrays = arrays.dropna(subset=keys).reset_index(drop=True)
    lookup = known.lookup.table.to_pandas() if known.lookup is not None else None
    problems += see("time arrays", _time_problems(session, facts, arrays, slots, known, lookup))
    problems += see("nulls", _null_problems(arrays, known))
    if known.lookup is not None and lookup is not None:
        ids = {*arrays["id"].astype("int64"), *known.null_ids}
        problems += see("lookup", checks.ids_disagree(ids, set(lookup["id"]), where, known.lookup.name))
    table = associations.associations(
        arrays,
        known.values,
        pivot=known.columns.pivot,
        lookup=lookup,
        trivial=known.trivial,
    )
    tables = [(arrays[list(known.columns.fact_types)], where, known.source.origin)]
    if known.lookup is not None and lookup is not None:
        tables.append((lookup, known.lookup.name, known.lookup.origin))
    expected, missing = declared["expected"], declared["missing"]
    tables += [(one.table, one.name, one.origin) for one in (*expected, *missing)]
    unknown = see("ids", checks.unknown_records(tables, known.dimensions))
    problems += see("repeats", checks.repeated(table, where))
    # With misspelt ids every record they should have been would be reported as missing, too.
    problems += unknown or see("coverage", checks.coverage(table, known.dimensions, expected, missing, where))
    problems += see("bounds", checks.out_of_bounds(table, known.dimensions["metric"], where))
    if not problems:
        # Sums and shares of data that are not whole would only repeat what is said already.
        problems += see("values", broken_checks(own, _values(session, facts, table, known)))
    if problems:
        raise DataError(problems)
    return table


def _values(session: SparkSession, facts: DataFrame, table: pd.DataFrame, known: Known) -> Values:
    lookup = known.lookup.table if known.lookup is not None else None
    frame = Facts(
        session,
        facts,
        known.values,
        known.columns.pivot,
        lookup,
        known.trivial,
        tuple(stored_columns(known.time)),
        own_zone(known.time),
    )
    ids = {type_: dimension.records.ids for type_, dimension in known.dimensions.items()}
    return Values(table, [one.table for one in known.absent], frame, ids)


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
        problem = time_problem(
            known.time,
            found,
            len(broken),
            len(arrays),
            where,
            naive=_is_naive(known),
            hint=_hint(known, found[0], wanted.of(first.index[0])),
        )
        # All of them with their counts: what is wrong with each is told of the first only.
        table = arrays.loc[list(broken), [*keys, "rows", "labels"]].sort_values(list(keys)) if keys else None
        problems.append(replace(problem, table=table))
    return problems


def _null_problems(arrays: pd.DataFrame, known: Known) -> list[Problem]:
    gaps = associations.with_gaps(arrays, known.values)
    if not gaps:
        return []
    keys = list(known.columns.keys)
    table = arrays.loc[[at for at, _ in gaps], keys].assign(column=[name for _, name in gaps])
    counts = counted(len(gaps), "time array")
    lookup = known.lookup.table.to_pandas() if known.lookup is not None else None
    first = _named(table[keys].iloc[0].to_dict(), lookup)
    names = [f"id {value}" if key == "id" else str(value) for key, value in first.items()]
    name = ", ".join([*names, f'column "{table["column"].iloc[0]}"'])
    message = f"NULL among the values of {counts}; {name}: an array is whole, or NULL throughout"
    detail = show(table.head(LIMIT).to_dict("records"), len(table))
    return [Problem(message, known.source.name, detail=detail, table=table)]


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
