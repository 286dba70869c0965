"""Which small tables the rows of a source are joined with, and how many rows these have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.query.factor import Factor
from dsgrid.query.joins import LONGEST_CASE, joined_factors, mode
from dsgrid.query.literals import LARGEST_BROADCAST
from dsgrid.query.scan import lookup_rows
from dsgrid.query.source import Source
from dsgrid.query.time_factor import TimeFactor
from dsgrid.query.time_tables import is_wide

SCAN, EXPAND, MULTIPLY = "scan", "expand", "multiply"


@dataclass(frozen=True)
class Joined:
    """A small table.

    Parameters
    ----------
    stage
        ``scan``, ``expand`` or ``multiply``.
    table
        What it says something about.
    by
        The column of the rows that it is joined by.
    kind
        ``broadcast``; ``case`` for one so small that it is written out as an expression; ``shuffled`` for one so large
        that no executor should hold it whole.
    """

    stage: str
    table: str
    by: str
    rows: int
    kind: str = "broadcast"


def joined(source: Source) -> tuple[Joined, ...]:
    """Return the tables that a source is joined with, in their order."""
    return (*map(_judged, _at_the_scan(source)), *_to_expand(source), *_to_multiply(source))


def _judged(table: Joined) -> Joined:
    return replace(table, kind="shuffled") if table.rows > LARGEST_BROADCAST else table


def _at_the_scan(source: Source) -> Iterator[Joined]:
    time = source.time
    assert time is not None
    factors = joined_factors(source)
    pivot = source.dataset.layout.pivot
    if pivot is not None and pivot != source.summed_wide and mode(source.factor(pivot)) != "idle":
        factors.append(source.factor(pivot))  # extremes are taken of rows
    for factor in factors:
        yield Joined(SCAN, factor.type, factor.type, _table_rows(factor), "case" if _is_case(factor) else "broadcast")
    if source.dataset.layout.two_tables:
        yield Joined(SCAN, "lookup", "id", lookup_rows(source))
    if time.mode == "expand" and time.classes is not None:
        used = time.slots if time.balances else int((time.classes.number >= 0).sum())
        yield Joined(SCAN, TIME, "label", used)
    elif time.mode == "direct":
        wide = is_wide(source)
        by = "label" if wide or not time.joins_places else "label and place"
        yield Joined(SCAN, TIME, by, time.slots if wide else _code_rows(time))


def _to_expand(source: Source) -> Iterator[Joined]:
    time = source.time
    assert time is not None
    for factor in source.factors:
        if mode(factor) == "expand" and factor.contraction is not None:
            # One record without a column has nothing to join on: its targets are written out.
            kind = "case" if factor.type in source.dataset.layout.trivial else "broadcast"
            yield Joined(EXPAND, factor.type, "class", len(factor.contraction.expansion), kind)
    if time.mode == "expand":
        by = "label" if time.classes is None else "class"
        rows = sum(map(len, time.shape.codes)) if time.shape is not None else _code_rows(time)
        yield Joined(EXPAND, TIME, f"{by} and place" if time.joins_places or time.shape is not None else by, rows)


def _to_multiply(source: Source) -> Iterator[Joined]:
    for multiplier in source.multipliers:
        rows = len(multiplier.places)
        kind = "case" if multiplier.count <= LONGEST_CASE and rows == multiplier.count else "broadcast"
        yield Joined(MULTIPLY, multiplier.what, "place", rows, kind)


def _table_rows(factor: Factor) -> int:
    return len(factor.contraction.table) if factor.contraction is not None else 0


def _is_case(factor: Factor) -> bool:
    assert factor.contraction is not None
    records = [record for record, _, _ in factor.contraction.table]
    return len(records) <= LONGEST_CASE and len(set(records)) == len(records)


def _code_rows(time: TimeFactor) -> int:
    """Return how many rows `dsgrid.query.time_tables.code_table` has."""
    classes = time.classes if time.mode == "expand" else None
    tables, count = (time.entries, time.slots) if classes is None else (classes.expansion, classes.count)
    rows = sum(len(one) for one in tables)
    # What reaches nothing has a row, too, where it is still to be accounted for.
    return rows + sum(count - len(np.unique(one.source)) for one in tables) if time.balances else rows
