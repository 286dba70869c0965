"""What must hold of a dataset's facts. Pure functions: small tables in, problems out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets.coverage import Grid, Pattern
from dsgrid.datasets.offenders import LIMIT, label, show
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


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
    return [Problem(f'"{key}" is NULL in {rows:,} rows', where) for key, rows in counts.items() if rows]


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


def ids_disagree(
    facts: NDArray[np.int64], lookup: NDArray[np.int64], facts_name: str, lookup_name: str
) -> list[Problem]:
    """Refuse ids that only one of the two tables has."""
    import numpy as np

    problems = []
    for ids, here, there in (
        (np.setdiff1d(facts, lookup), facts_name, lookup_name),
        (np.setdiff1d(lookup, facts), lookup_name, facts_name),
    ):
        if len(ids):
            first = ", ".join(str(id_) for id_ in ids[:LIMIT])
            more = f" and {len(ids) - LIMIT:,} more" if len(ids) > LIMIT else ""
            problems.append(Problem(f"{len(ids):,} ids that {there} lacks: {first}{more}", here))
    return problems


def repeated(associations: pd.DataFrame, where: str) -> list[Problem]:
    """Refuse combinations of records that several time arrays claim."""
    types = list(RECORD_TYPES)
    twice = associations[associations.duplicated(types, keep=False)]
    if twice.empty:
        return []
    sizes = twice.groupby(types, sort=True).size().rename("arrays").reset_index()
    rows = sizes[[*_telling(associations), "arrays"]].head(LIMIT).to_dict("records")
    message = f"{len(sizes):,} combinations of records have several time arrays"
    return [Problem(message, where, detail=show(rows, len(sizes)))]


def coverage(
    associations: pd.DataFrame,
    dimensions: Mapping[str, Dimension],
    expected: Sequence[Declared],
    missing: Sequence[Declared],
    where: str,
) -> list[Problem]:
    """Compare the combinations that have data with those that should.

    Expected are all combinations of the dataset's records that match a row of every table in `expected` and no row of
    any table in `missing`. Both directions are errors: a combination that should be there and is not, and one that
    is declared to be absent and is there.
    """
    grid = Grid(dimensions)
    wanted = grid.full()
    present = grid.mask(associations[list(RECORD_TYPES)])
    problems = []
    for declared in expected:
        mask = grid.mask(declared.table)
        message = f"have data but match no row of {declared.name}"
        problems += _contradictions(grid, present & ~mask, present, message, where)
        wanted &= mask
    for declared in missing:
        mask = grid.mask(declared.table)
        message = f"have data but are declared missing by {declared.name}"
        problems += _contradictions(grid, present & mask, present, message, where)
        wanted &= ~mask
    lacking = wanted & ~present
    count = int(lacking.sum())
    if count:
        patterns = grid.patterns(lacking, within=wanted)
        first = f"; the first pattern: {patterns[0]}"
        message = f"{count:,} of {int(wanted.sum()):,} expected combinations have no data{first}"
        problems.append(Problem(message, where, detail=_pattern_table(patterns) + _advice(patterns)))
    return problems


def _contradictions(
    grid: Grid, cells: NDArray[np.bool_], present: NDArray[np.bool_], text: str, where: str
) -> list[Problem]:
    count = int(cells.sum())
    if not count:
        return []
    patterns = grid.patterns(cells, within=present)
    return [Problem(f"{count:,} combinations {text}", where, detail=_pattern_table(patterns))]


def _pattern_table(patterns: Sequence[Pattern]) -> str:
    shown = patterns[:LIMIT]
    types = [type_ for type_ in RECORD_TYPES if any(type_ in pattern.ids for pattern in shown)]
    rows = [
        {**{type_: pattern.ids.get(type_, "*") for type_ in types}, "combinations": pattern.count} for pattern in shown
    ]
    return show(rows, len(patterns))


def _advice(patterns: Sequence[Pattern]) -> str:
    types = patterns[0].ids if patterns else {}
    if not types:
        return ""
    return (
        f"\n  combinations without data are declared in a table with the columns {', '.join(types)}, named in `missing`"
    )


def time_arrays(
    broken: pd.DataFrame,
    labels: Mapping[tuple[object, ...], tuple[NDArray[np.int64], NDArray[np.int64], int]],
    keys: Sequence[str],
    slots: NDArray[np.int64],
    of: int,
    where: str,
    hint: str = "",
) -> list[Problem]:
    """Report time arrays that are not exactly the slots of the time dimension.

    Parameters
    ----------
    broken
        The keys and row counts of the broken arrays.
    labels
        For the first of them, by key: the distinct labels, how often each occurs, and the number of rows without one.
    of
        The number of all arrays.
    """
    import numpy as np

    if broken.empty:
        return []
    rows = []
    for key, (instants, counts, unlabelled) in labels.items():
        lacks = np.setdiff1d(slots, instants)
        surplus = np.setdiff1d(instants, slots)
        twice = instants[counts > 1]
        faults = [
            *_fault("lacks", lacks),
            *_fault("has a surplus", surplus),
            *_fault("repeats", twice),
            *([f"{unlabelled:,} rows have no label of the time dimension"] if unlabelled else []),
        ]
        total = int(counts.sum()) + unlabelled
        rows.append({**dict(zip(keys, key, strict=True)), "rows": total, "what": "; ".join(faults)})
    what = f" the first {rows[0]['what']}" if rows else ""
    span = f"{len(slots):,} labels from {label(int(slots[0]))} to {label(int(slots[-1]))}"
    message = f"{len(broken):,} of {of:,} time arrays do not have exactly the {span};{what}{hint}"
    return [Problem(message, where, detail=show(rows, len(broken)))]


def _fault(verb: str, instants: NDArray[np.int64]) -> list[str]:
    if not len(instants):
        return []
    shown = ", ".join(label(int(instant)) for instant in instants[:3])
    more = f" and {len(instants) - 3:,} more" if len(instants) > 3 else ""
    return [f"{verb} {shown}{more}"]


def _telling(table: pd.DataFrame) -> list[str]:
    """Return the types that tell combinations apart; the others only fill the screen."""
    return [type_ for type_ in RECORD_TYPES if table[type_].nunique() > 1] or list(RECORD_TYPES[:1])
