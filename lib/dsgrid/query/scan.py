"""What of a source's facts is read: the columns, about how many bytes, and which rows the scan leaves out itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dsgrid.datasets.offenders import counted
from dsgrid.query.cells import value_columns
from dsgrid.query.factor import Factor
from dsgrid.query.joins import LONGEST_PREDICATE, joined_factors
from dsgrid.query.source import Source
from dsgrid.query.terms import VALUE
from dsgrid.query.timing import scan_labels
from dsgrid.time.stored import INSTANTS, TIMESTAMP, label_form, stored_columns

_SHOWN = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def scan_columns(source: Source) -> list[str]:
    """Return the columns of the facts that are read."""
    layout, time = source.dataset.layout, source.time
    assert time is not None
    factors = joined_factors(source)
    types = list(layout.fact_types) if time.function != "sum" else [factor.type for factor in factors]
    if source.conversions and "metric" in layout.fact_types and "metric" not in types:
        types.append("metric")  # says which values are converted
    labels = [] if time.mode == "drop" else list(stored_columns(source.dataset.time))
    return [*(["id"] if layout.two_tables else []), *types, *labels, *value_columns(source)]


def stored_fact_columns(source: Source) -> list[str]:
    """Return all columns that the facts have."""
    layout = source.dataset.layout
    values = [VALUE] if layout.pivot is None else list(source.factor(layout.pivot).records)
    return [
        *(["id"] if layout.two_tables else []),
        *layout.fact_types,
        *stored_columns(source.dataset.time),
        *values,
    ]


def scan_bytes(source: Source) -> int:
    """Return about how many bytes of the files are read: those of the columns and of the records that are wanted.

    Facts are sorted by their records, so that columns of ids take hardly any room, and row groups hold few records:
    labels and values count, and of these the part that is left when records are pruned.
    """
    layout = source.dataset.layout
    free = {"id", *layout.fact_types}
    stored = [name for name in stored_fact_columns(source) if name not in free]
    read = [name for name in scan_columns(source) if name not in free]
    share = len(read) / max(1, len(stored))
    for factor in pruned_factors(source):
        share *= len(kept_records(factor)) / len(factor.records)
    return round(sum(file.bytes for file in source.fact_files) * share)


def predicates(source: Source) -> list[str]:
    """Return the conditions that the scan is given, so that row groups without such rows are not read."""
    return [*_of_records(source), *_of_lookup(source), *_of_labels(source)]


def kept_records(factor: Factor) -> list[str]:
    """Return the records of a factor that are read."""
    contraction = factor.contraction
    return [] if contraction is None else list(dict.fromkeys(record for record, _, _ in contraction.table))


def pruned_factors(source: Source) -> list[Factor]:
    """Return the factors that are columns of the facts, and of which the scan reads only some records."""
    return [factor for factor in joined_factors(source) if len(kept_records(factor)) < len(factor.records)]


def _of_records(source: Source) -> Iterator[str]:
    for factor in pruned_factors(source):
        ids = kept_records(factor)
        count = f"{len(ids):,} of {len(factor.records):,} ids"
        if len(ids) > LONGEST_PREDICATE:
            yield f"{factor.type} between {min(ids)} and {max(ids)}, the ends of {count}"
        else:
            yield f"{factor.type} in ({', '.join(ids) if len(ids) <= _SHOWN else count})"


def _of_lookup(source: Source) -> Iterator[str]:
    if source.dataset.layout.two_tables and lookup_is_pruned(source):
        rows = lookup_rows(source)
        ends = f", or between their ends if these are more than {LONGEST_PREDICATE}" if rows > LONGEST_PREDICATE else ""
        yield f"id in (what the filters leave of the lookup's {counted(rows, 'row')}){ends}"


def _of_labels(source: Source) -> Iterator[str]:
    span = scan_labels(source)
    if span is not None:
        first, last = (_EPOCH + timedelta(microseconds=limit) for limit in span)
        utc = " UTC" if label_form(source.dataset.time) == INSTANTS else ""
        yield f"{TIMESTAMP} between {first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M}{utc}"


def lookup_rows(source: Source) -> int:
    """Return how many rows the stored lookup has."""
    return sum(file.rows for file in source.dataset.files if file.role == "lookup")


def lookup_is_pruned(source: Source) -> bool:
    """Tell whether records of the lookup are pruned, and ids of the facts with them."""
    factors = [source.factor(type_) for type_ in source.dataset.layout.lookup_types]
    return any(
        len(kept_records(factor)) < len(factor.records)
        for factor in factors
        if factor.contraction is not None and factor.contraction.mode != "idle"
    )
