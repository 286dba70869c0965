"""What must hold of a dataset's facts. Pure functions: small tables in, problems out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.datasets.offending import NAME
from dsgrid.datasets.places import Origin
from dsgrid.dimensions.classes import RECORD_CLASSES
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


# How many of them stand in the first line.
_PHRASES = 3


@dataclass(frozen=True)
class Declared:
    """A table that says which combinations are expected or missing.

    Parameters
    ----------
    table
        One column of ids for some of the dimension types.
    name
        The file, or what else says so.
    origin
        The files that it was read from, to find its rows again.
    """

    table: pd.DataFrame
    name: str
    origin: Origin | None = field(default=None, compare=False, repr=False)


def null_keys(found: pd.DataFrame, keys: Sequence[str], where: str, origin: Origin | None = None) -> list[Problem]:
    """Refuse rows of the facts without an id."""
    problems = []
    for key in keys:
        rows = int(found.loc[found[key].isna(), "rows"].sum())
        if rows:
            column, place = (origin.column(key), origin.place(key, None)) if origin is not None else (key, where)
            problems.append(Problem(f'column "{column}": {counted(rows, "row")} without an id (NULL)', place))
    return problems


def unknown_records(
    tables: Sequence[tuple[pd.DataFrame, str, Origin | None]], dimensions: Mapping[str, Dimension]
) -> list[Problem]:
    """Refuse ids that are no records, in any table that has columns of dimension types."""
    problems = []
    for table, where, origin in tables:
        for type_ in RECORD_TYPES:
            if type_ in table.columns:
                ids = table[type_].dropna().unique()
                message = unknown_ids(ids, dimensions[type_].records.by_id, f"record of {type_}")
                if message is not None:
                    unknown = table.loc[~table[type_].isin(dimensions[type_].records.ids), [type_]]
                    rows = unknown.dropna().drop_duplicates().sort_values(type_, ignore_index=True)
                    column, place = type_, where
                    if origin is not None:
                        column, place = origin.column(type_), origin.place(type_, rows[type_].iloc[0])
                    problems.append(Problem(f'column "{column}": {message}', place, table=rows))
    return problems


def ids_disagree(facts: Set[int], lookup: Set[int], facts_name: str, lookup_name: str) -> list[Problem]:
    """Refuse ids that only one of the two tables has."""
    import pandas as pd

    problems = []
    for ids, here, there in (
        (sorted(facts - lookup), facts_name, lookup_name),
        (sorted(lookup - facts), lookup_name, facts_name),
    ):
        if ids:
            first = ", ".join(str(id_) for id_ in ids[:LIMIT])
            more = f" and {len(ids) - LIMIT:,} more" if len(ids) > LIMIT else ""
            message = f"{counted(len(ids), 'id')} that {there} lacks: {first}{more}"
            problems.append(Problem(message, here, table=pd.DataFrame({"id": ids})))
    return problems


def repeated(associations: pd.DataFrame, where: str) -> list[Problem]:
    """Refuse combinations of records that several time arrays claim."""
    types = list(RECORD_TYPES)
    twice = associations[associations.duplicated(types, keep=False)]
    if twice.empty:
        return []
    sizes = twice.groupby(types, sort=True).size().rename("arrays").reset_index()
    telling = _telling(associations)
    message = f"several time arrays for {counted(len(sizes), 'combination')} of records{_first(sizes, telling)}"
    return [_told(message, where, sizes[[*telling, "arrays"]])]


def out_of_bounds(associations: pd.DataFrame, metric: Dimension, where: str) -> list[Problem]:
    """Refuse values that the class of their metric excludes: negative populations, indices outside of their range."""
    kind = RECORD_CLASSES.get(metric.record_class)
    if kind is None or kind.lowest is None is kind.highest:
        return []
    low, high = (_bounds(associations, metric, bound) for bound in (kind.lowest, kind.highest))
    wrong = associations[(associations["min"] < low) | (associations["max"] > high)]
    if wrong.empty:
        return []
    telling = _telling(associations)
    first = wrong.iloc[0]
    below = bool(first["min"] < low[wrong.index[0]])
    bound = (low if below else high)[wrong.index[0]]
    message = (
        f"a {metric.record_class} of {first['metric']} is never {'below' if below else 'above'} {bound:g}, but "
        f"{', '.join(str(first[type_]) for type_ in telling)} has {first['min' if below else 'max']:g} "
        f"({counted(len(wrong), 'combination')} in all)"
    )
    return [_told(message, where, wrong[[*telling, "min", "max"]])]


def _bounds(associations: pd.DataFrame, metric: Dimension, bound: float | str | None) -> pd.Series[float]:
    """Return the bound of each row, NaN where there is none."""
    if isinstance(bound, str):
        said = {record.id: record.get(bound) for record in metric.records}
        return associations["metric"].map(said).astype("float64")
    return associations["metric"].map(lambda _: bound).astype("float64")


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
    is declared to be absent and is there. The table of what is missing can be given back as one that declares it.
    """
    import pandas as pd

    problems = []
    for declared in expected:
        message = f"with data match no row of {declared.name}"
        problems += _contradictions(associations, declared.table, "left_only", message, where)
    for declared in absent:
        message = f"with data declared missing by {declared.name}"
        problems += _contradictions(associations, declared.table, "both", message, where)
    lacking = missing(_product(dimensions, expected), associations, [declared.table for declared in absent])
    if lacking:
        # What the first line says whole needs no page.
        page = [lacking.page()] if len(lacking.phrases) > _PHRASES or not lacking.whole else []
        detail = "\n".join([*page, _ADVICE]) if lacking.patterns else ""
        types, rows = lacking.table()
        table = pd.DataFrame(rows, columns=types, dtype=object) if rows else None
        problems.append(Problem(lacking.summary(_PHRASES), where, detail=detail, table=table))
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
    telling = _telling(associations)
    text = f"{counted(len(found), 'combination')} {message}{_first(found, telling)}"
    rows = found[telling].copy()
    # Not to be taken for what is missing, which has the name of the check alone.
    rows.attrs[NAME] = "with data"
    return [_told(text, where, rows)]


def _first(table: pd.DataFrame, telling: Sequence[str]) -> str:
    named = ", ".join(str(table.iloc[0][type_]) for type_ in telling)
    return f": {named}" if len(table) == 1 else f", the first: {named}"


def _told(message: str, where: str, table: pd.DataFrame) -> Problem:
    """Return a problem with the rows that have it: the first of them in its text."""
    return Problem(message, where, detail=show(table.head(LIMIT).to_dict("records"), len(table)), table=table)


def _telling(table: pd.DataFrame) -> list[str]:
    """Return the types that tell combinations apart; the others only fill the screen."""
    return [type_ for type_ in RECORD_TYPES if table[type_].nunique() > 1] or list(RECORD_TYPES[:1])
