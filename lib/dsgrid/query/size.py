"""How large a query is before it runs: what is read, how many rows come out, and about how many bytes they take.

The bytes of files are calibrated by results that were measured (some seventy, of 300 to 1.7 million rows, from both
engines). A value that occurs once takes about 7.4 bytes in Parquet with zstd. The first 2^17 values of a column in a
row group are kept in a dictionary as well, so that each takes its number's bits besides: with 26,280 rows it is 9.3
bytes in all. A column of ids in order takes a thousandth of a byte per row, one of instants about 7 bytes for each
instant that differs and half a byte per row. Values that repeat take less: annual values spread over hours took 2 to 3
bytes, which a plan does not know. So an estimate is seldom off by more than a third where values differ, and up to five
times too large where they do not. Arrow files took 1.6 bytes per row for each column besides values; CSV is a matter of
counting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from dsgrid.dimensions.types import TIME
from dsgrid.query.form import pivot_names, value_columns
from dsgrid.query.output import through_arrow
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.scan import kept_records, pruned_factors, scan_bytes
from dsgrid.query.source import Source
from dsgrid.query.time_columns import kind_of
from dsgrid.query.time_meaning import told_zone

_ROW_GROUP: Final = 1 << 20
_DICTIONARY: Final = 1 << 17  # values of eight bytes that a dictionary of 1 MiB holds
_VALUE: Final = 7.4
_INSTANT: Final = 7.0
_INSTANT_PER_ROW: Final = 0.5
_FOOTER: Final = 1_200
_FOOTER_PER_COLUMN: Final = 400
_IN_CSV: Final = 18.0  # digits of a value, and its comma
_STAMP_IN_CSV: Final = {"timestamp": 21.0, "wall": 20.0}
_IN_ZONE: Final = 7.0  # an offset such as -07:00 instead of Z, and quotes
_QUOTES: Final = 2.0  # which the driver sets around texts, and engines only where they must
_ARROW_PER_ROW: Final = 1.6


@dataclass(frozen=True)
class Work:
    """What a query reads and makes, as far as that is known before.

    Parameters
    ----------
    rows_read, values_read, bytes_read
        Of the facts, about: records that are not wanted are left out.
    rows_summed
        What the contractions leave.
    rows
        Of all results, as they are written: pivoted, where that is asked for.
    exact
        Whether no more and no fewer rows come out, before pivoting; else at most so many.
    bytes
        Of all tables on disk, about.
    reports
        How many reports are made besides; they are small.
    """

    rows_read: int
    values_read: int
    bytes_read: int
    rows_summed: int
    rows: int
    exact: bool
    bytes: int
    reports: int = 0


def work(plans: Plans) -> Work:
    """Return what a query reads and makes, all of its results together."""
    contracted = [plans.shared] if plans.shared is not None else [one for one in plans.every if _is_computed(one)]
    contracted += [plan.benchmark for plan in plans.every if plan.benchmark is not None]
    written = [plan for plan in plans.every if plan.query.output.table and plan.query.report is None]
    sources = [source for plan in contracted for source in plan.sources if source.bounds and source.bounds.stage2]
    read = [_rows_read(source) for source in sources]
    return Work(
        rows_read=sum(read),
        values_read=sum(rows * source.value_columns for rows, source in zip(read, sources, strict=True)),
        bytes_read=sum(scan_bytes(source) for source in sources),
        rows_summed=sum(source.bounds.stage1 for source in sources if source.bounds),
        rows=sum(rows_written(plan) for plan in written),
        exact=all(plan.exact for plan in written),
        bytes=sum(result_bytes(plan) for plan in written),
        reports=sum(plan.query.report is not None for plan in plans.every),
    )


def _is_computed(plan: Plan) -> bool:
    return plan.query.output.table or plan.query.report is not None


def _rows_read(source: Source) -> int:
    share = 1.0
    for factor in pruned_factors(source):
        share *= len(kept_records(factor)) / len(factor.records)
    return round((source.bounds.facts if source.bounds else 0) * share)


def rows_written(plan: Plan) -> int:
    """Return how many rows the result has as it is written: where it is pivoted, as if no cell were empty."""
    shown = plan.shown
    pivot = shown.query.output.pivot
    if pivot is None:
        return plan.rows
    return math.ceil(plan.rows / max(1, len(pivot_names(shown, shown.axis(pivot)))))


def result_bytes(plan: Plan) -> int:
    """Return about how many bytes the files of a result take."""
    shown = plan.shown
    rows, values = rows_written(plan), len(value_columns(shown))
    format_ = shown.query.output.format
    if format_ == "csv":
        return round(rows * (values * _IN_CSV + sum(_texts(shown))))
    columns = len(_texts(shown)) + values
    footer = _FOOTER + _FOOTER_PER_COLUMN * columns
    instants = _instants(shown)
    if format_ == "arrow":
        return round(footer + rows * (values * _VALUE + _ARROW_PER_ROW * (columns - values)))
    of_time = sum(count * _INSTANT + rows * _INSTANT_PER_ROW for count in instants)
    return round(footer + values * _of_values(rows) + of_time)


def _of_values(rows: int) -> float:
    """Return the bytes of a column of values that differ, in Parquet."""
    whole, rest = divmod(rows, _ROW_GROUP)
    numbered = whole * _numbered(_ROW_GROUP) + _numbered(rest)
    return rows * _VALUE + numbered


def _numbered(rows: int) -> float:
    """Return the bytes of the numbers of those values of a row group that are in its dictionary."""
    first = min(rows, _DICTIONARY)
    return first * math.ceil(math.log2(first)) / 8 if first > 1 else 0.0


def _instants(plan: Plan) -> list[int]:
    """Return how many instants each column of timestamps tells apart, at most."""
    count = len(plan.time_keys) if plan.slots is None else len(plan.slots)
    return [count for column in plan.columns_of(TIME) if kind_of(plan, column) in _STAMP_IN_CSV]


def _texts(plan: Plan) -> list[float]:
    """Return the mean length of what each column that has no values holds in CSV, with its comma."""
    found: list[float] = []
    apart = 1 + (_QUOTES if through_arrow(plan) else 0)
    for axis in plan.axes:
        if axis.type not in (TIME, plan.query.output.pivot):
            for index, column in enumerate(axis.columns):
                ids = [str(key[index]) for key in axis.keys]
                if plan.query.output.names and column.dimension is not None:
                    records = column.dimension.records.by_id
                    ids = [records[id_].name if id_ in records else id_ for id_ in ids]
                found.append(sum(map(len, ids)) / max(1, len(ids)) + apart)
    for column in plan.columns_of(TIME):
        kind = kind_of(plan, column)
        in_zone = _IN_ZONE if kind == "timestamp" and told_zone(plan) is not None else 0.0
        found.append(_STAMP_IN_CSV.get(kind, 4.0) + in_zone)
    if plan.query.output.pivot != "metric":
        units = plan.axis("metric").units
        found.append(sum(map(len, units)) / max(1, len(units)) + apart)
    return found
