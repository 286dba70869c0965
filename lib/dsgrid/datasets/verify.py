"""All checks of a dataset's stored facts at once; where one fails, a second query shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets import associations, checks
from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup


@dataclass(frozen=True)
class Known:
    """What is known of a dataset besides its facts.

    Parameters
    ----------
    null_ids
        Ids that have rows of NULL values only; they are in the user's files, but not in the stored facts.
    """

    columns: Columns
    dimensions: Mapping[str, Dimension]
    source: Source
    lookup: Lookup | None
    null_ids: frozenset[int] = frozenset()

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
    problems += _time_problems(session, facts, arrays, slots, known)

    lookup = known.lookup.table.to_pandas() if known.lookup is not None else None
    if known.lookup is not None and lookup is not None:
        ids = {*arrays["id"].astype("int64"), *known.null_ids}
        problems += checks.ids_disagree(ids, set(lookup["id"]), where, known.lookup.name)
    table = associations.associations(
        arrays,
        known.values,
        pivot=known.columns.pivot,
        lookup=lookup,
        trivial={type_: known.dimensions[type_].records.ids[0] for type_ in known.columns.trivial},
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
    session: SparkSession, facts: DataFrame, arrays: pd.DataFrame, slots: associations.Slots, known: Known
) -> list[Problem]:
    keys, where = known.columns.keys, known.source.name
    problems: list[Problem] = []
    broken = associations.broken(arrays, slots)
    if len(broken):
        labels = associations.labels_of(session, facts, broken.head(LIMIT), keys)
        hint = " (a row whose value is NULL counts as absent)" if any(known.source.nulls.values()) else ""
        problems += checks.time_arrays(broken, labels, keys, slots.labels, len(arrays), where, hint)
    gaps = associations.with_gaps(arrays, known.values)
    if gaps:
        rows = [{**arrays.iloc[at][list(keys)].to_dict(), "column": name} for at, name in gaps[:LIMIT]]
        found = counted(len(gaps), "time array")
        message = f"NULL among the values of {found}; an array is whole, or NULL throughout"
        problems.append(Problem(message, where, detail=show(rows, len(gaps))))
    return problems
