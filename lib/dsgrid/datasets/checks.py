"""What must hold of a dataset's facts. Pure functions: small tables in, problems out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.dimensions.coverage import Combinations, Factor
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.gaps import ANY, missing
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem

if TYPE_CHECKING:
    import pandas as pd


_ADVICE = (
    "  combinations without data are declared in a table named in `missing`: a column for each of these types, a row "
    f"for each line, {ANY} for every id"
)


@dataclass(frozen=True)
class Declared:
    """A table that says which combinations are expected or missing.

    Parameters
    ----------
    table
        One column of ids for some of the dimension types.
    name
        The file, or what else says so.
    """

    table: pd.DataFrame
    name: str


def null_keys(found: pd.DataFrame, keys: Sequence[str], where: str) -> list[Problem]:
    """Refuse rows of the facts without an id."""
    counts = {key: int(found.loc[found[key].isna(), "rows"].sum()) for key in keys}
    return [Problem(f'"{key}" is NULL in {counted(rows, "row")}', where) for key, rows in counts.items() if rows]


def unknown_records(tables: Sequence[tuple[pd.DataFrame, str]], dimensions: Mapping[str, Dimension]) -> list[Problem]:
    """Refuse ids that are no records, in any table that has columns of dimension types."""
    problems = []
    for table, where in tables:
        for type_ in RECORD_TYPES:
            if type_ in table.columns:
                ids = table[type_].dropna().unique()
                message = unknown_ids(ids, dimensions[type_].records.by_id, f"record of {type_}")
                if message is not None:
                    problems.append(Problem(f'column "{type_}": {message}', where))
    return problems


def ids_disagree(facts: Set[int], lookup: Set[int], facts_name: str, lookup_name: str) -> list[Problem]:
    """Refuse ids that only one of the two tables has."""
    problems = []
    for ids, here, there in (
        (sorted(facts - lookup), facts_name, lookup_name),
        (sorted(lookup - facts), lookup_name, facts_name),
    ):
        if ids:
            first = ", ".join(str(id_) for id_ in ids[:LIMIT])
            more = f" and {len(ids) - LIMIT:,} more" if len(ids) > LIMIT else ""
            problems.append(Problem(f"{counted(len(ids), 'id')} that {there} lacks: {first}{more}", here))
    return problems


def repeated(associations: pd.DataFrame, where: str) -> list[Problem]:
    """Refuse combinations of records that several time arrays claim."""
    types = list(RECORD_TYPES)
    twice = associations[associations.duplicated(types, keep=False)]
    if twice.empty:
        return []
    sizes = twice.groupby(types, sort=True).size().rename("arrays").reset_index()
    rows = sizes[[*_telling(associations), "arrays"]].head(LIMIT).to_dict("records")
    message = f"several time arrays for {counted(len(sizes), 'combination')} of records"
    return [Problem(message, where, detail=show(rows, len(sizes)))]


def coverage(
    associations: pd.DataFrame,
    dimensions: Mapping[str, Dimension],
    expected: Sequence[Declared],
    absent: Sequence[Declared],
    where: str,
) -> list[Problem]:
    """Compare the combinations that have data with those that should.

    Expected are all combinations of the dataset's records that match a row of every table in `expected` and no row of
    any table in `absent`. Both directions are errors: a combination that should be there and is not, and one that
    is declared to be absent and is there.
    """
    problems = []
    for declared in expected:
        message = f"with data match no row of {declared.name}"
        problems += _contradictions(associations, declared.table, "left_only", message, where)
    for declared in absent:
        message = f"with data declared missing by {declared.name}"
        problems += _contradictions(associations, declared.table, "both", message, where)
    lacking = missing(_product(dimensions, expected), associations, [declared.table for declared in absent])
    if lacking:
        detail = "\n".join([lacking.page(), _ADVICE]) if lacking.patterns else ""
        problems.append(Problem(lacking.summary(limit=3), where, detail=detail))
    return problems


def _product(dimensions: Mapping[str, Dimension], expected: Sequence[Declared]) -> Combinations:
    """Return all combinations that match every table of `expected`: tables that share types are joined first."""
    tables: list[pd.DataFrame] = []
    for declared in expected:
        joined = declared.table
        for other in [table for table in tables if set(table.columns) & set(joined.columns)]:
            joined = joined.merge(other)
            tables = [table for table in tables if table is not other]
        tables.append(joined)
    named = {type_ for table in tables for type_ in table.columns}
    single = (type_ for type_ in RECORD_TYPES if type_ not in named)
    factors = [Factor((type_,), tuple((id_,) for id_ in dimensions[type_].records.ids)) for type_ in single]
    factors += [Factor(tuple(table.columns), tuple(table.itertuples(index=False, name=None))) for table in tables]
    return Combinations(tuple(factors))


def _contradictions(
    associations: pd.DataFrame, table: pd.DataFrame, side: str, message: str, where: str
) -> list[Problem]:
    matched = associations[list(RECORD_TYPES)].merge(table, how="left", indicator="_side")
    found = matched[matched["_side"] == side]
    if found.empty:
        return []
    rows = found[_telling(associations)].head(LIMIT).to_dict("records")
    return [Problem(f"{counted(len(found), 'combination')} {message}", where, detail=show(rows, len(found)))]


def _telling(table: pd.DataFrame) -> list[str]:
    """Return the types that tell combinations apart; the others only fill the screen."""
    return [type_ for type_ in RECORD_TYPES if table[type_].nunique() > 1] or list(RECORD_TYPES[:1])
