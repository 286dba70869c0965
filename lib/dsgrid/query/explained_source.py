"""One source of a plan as plain values: what is read, joined, summed and expanded, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.factor import Factor
from dsgrid.query.joined import joined
from dsgrid.query.joins import mode
from dsgrid.query.plan import Plan
from dsgrid.query.rules.filters import in_words
from dsgrid.query.scan import kept_records, predicates, scan_bytes, scan_columns, stored_fact_columns
from dsgrid.query.source import Source
from dsgrid.query.time_lines import time_lines

_BYTES_PER_KEY = 8


def described_source(plan: Plan, source: Source) -> dict[str, Any]:
    """Return everything that `explain` says of a source."""
    dataset, member, time, bounds = source.dataset, source.member, source.time, source.bounds
    assert time is not None
    assert bounds is not None
    return {
        "name": source.name,
        "dataset": f"{dataset.id}@{dataset.version}",
        "kind": "dataset" if member is None else member.kind,
        "tables": 2 if dataset.layout.two_tables else 1,
        "pivot": dataset.layout.pivot,
        "read": bounds.stage2 > 0,
        "scale": source.scale,
        "filters": [in_words(plan.project, one) for one in (member.filters if member is not None else ())],
        "scan": {
            "rows": bounds.facts,
            "files": len(source.fact_files),
            "bytes": sum(file.bytes for file in source.fact_files),
            "combinations": bounds.combinations,
            "columns": scan_columns(source),
            "columns_stored": len(stored_fact_columns(source)),
            "bytes_read_about": scan_bytes(source),
            "predicates": predicates(source),
        },
        "conversions": [{"record": one.record, "unit": one.unit} for one in source.conversions],
        "factors": [_factor(plan, source, factor) for factor in source.factors],
        "time": {
            "mode": time.mode,
            "slots": time.slots,
            "codes": time.codes,
            "places": time.coupling.places,
            "said": list(time_lines(plan, source)),
        },
        "joins": [asdict(one) for one in joined(source)],
        "contract": _contract(source),
        "expand": _expand(plan, source),
        "multiply": list(_multiply(source)),
        "left_out": [
            {"type": factor.type, "record": record, "reason": reason}
            for factor in source.factors
            for record, reason in factor.left_out
        ],
    }


def _factor(plan: Plan, source: Source, factor: Factor) -> dict[str, Any]:
    contraction = factor.contraction
    assert contraction is not None
    table = contraction.table
    records = len(kept_records(factor))
    idle = contraction.mode == "idle"
    pruned = 0 if idle else len(factor.records) - records
    return {
        "type": factor.type,
        "chain": list(dict.fromkeys(factor.chain)),
        "columns": [column.name for column in plan.columns_of(factor.type)],
        "mode": contraction.mode,
        "records": records,
        "classes": contraction.codes if contraction.mode == "expand" else None,
        "keys": len(plan.axis(factor.type).keys)
        if contraction.mode == "expand"
        else len({code for _, code, _ in table}),
        "fan_out": len(table) / max(1, records),
        "weighted": contraction.weighted or any(one != 1.0 for *_, one in contraction.expansion),
        "pruned": pruned,
        "pruned_by": _pruned_by(plan, source, factor) if pruned else "",
        "adjusted": len(factor.adjusted),
    }


def _pruned_by(plan: Plan, source: Source, factor: Factor) -> str:
    """Return what leaves records out: a filter, or mappings that they have no target in."""
    missing = {record for record, _ in factor.left_out}
    if all(record in missing for record in set(factor.records) - set(kept_records(factor))):
        return "mapping"
    query = plan.query
    filters = [*plan.filters, *query.output.filters, *(one for step in query.steps for one in step.filters)]
    return "filter" if filters or (source.member is not None and source.member.filters) else "query"


def _contract(source: Source) -> dict[str, Any]:
    bounds = source.bounds
    assert bounds is not None
    values = source.value_columns
    rows = bounds.stage1 // max(1, values) if source.summed_wide else bounds.stage1
    found = {
        "needed": source.group_first,
        "rows": rows,
        "value_columns": values if source.summed_wide else 1,
        "values": bounds.stage1,
        "exact": bounds.exact,
    }
    if not source.group_first:
        return found | {"shuffle_bytes": 0, "why": f"no two of the {bounds.stage1:,} values share a key"}
    if rows < bounds.facts:
        why = f"{bounds.facts:,} rows are summed to {_most(bounds.exact)}{rows:,} before anything makes rows of them"
    else:
        why = "rows of the facts may share a key of the result, and are summed where they are met"
    return found | {"shuffle_bytes": shuffle_bytes(source), "why": why}


def shuffle_bytes(source: Source) -> int:
    """Return about how many bytes the contraction sends from task to task, if each key is in the facts of one task."""
    bounds, time = source.bounds, source.time
    assert bounds is not None
    assert time is not None
    values = source.value_columns
    rows = bounds.stage1 // max(1, values) if source.summed_wide else bounds.stage1
    keys = 1 + sum(1 for one in source.factors if mode(one) == "expand") + (time.mode in ("offset", "expand"))
    return rows * _BYTES_PER_KEY * (keys + values)


def _expand(plan: Plan, source: Source) -> dict[str, Any] | None:
    bounds, time = source.bounds, source.time
    assert bounds is not None
    assert time is not None
    factors = [factor for factor in source.factors if mode(factor) == "expand"]
    types = [factor.type for factor in factors] + ([TIME] if time.mode == "expand" else [])
    if not types:
        return None
    why = [_why_expanded(plan, source, factor) for factor in factors]
    if time.mode == "expand":
        slots = f"{time.slots:,} slots" if time.classes is None else f"{time.classes.count:,} classes of slots"
        why.append(f"{TIME}: {slots} become {time.codes:,} codes when rows are few")
    return {
        "types": types,
        "rows_before": bounds.stage1,
        "rows": bounds.stage2,
        "exact": bounds.exact,
        "why": why,
    }


def _why_expanded(plan: Plan, source: Source, factor: Factor) -> str:
    contraction = factor.contraction
    assert contraction is not None
    keys = len(plan.axis(factor.type).keys)
    if factor.type in source.dataset.layout.trivial:
        return f"{factor.type}: all facts are of one record, which becomes {keys:,} when rows are few"
    records = len(kept_records(factor))
    classed = (
        f"{records:,} records with rows that are equal up to a scalar are {_classes(contraction.codes)}"
        if contraction.codes < records
        else f"{records:,} records go to several of {keys:,} keys each"
    )
    return f"{factor.type}: {classed}, expanded when rows are few"


def _classes(count: int) -> str:
    return f"{count:,} classes" if count != 1 else "1 class"


def _multiply(source: Source) -> Iterator[dict[str, Any]]:
    for index, multiplier in enumerate(source.multipliers):
        why = ["the contraction keeps apart only what factors and result can tell apart; then rows are multiplied"]
        if source.growth is not None and index == 0:
            growth = source.growth.dataset
            why.append(f"rates are the stored sums of {growth.id}@{growth.version}: none of its facts is read")
        sizes = {type_: size for type_, size in multiplier.sizes.items() if size > 1}
        yield {
            "by": multiplier.what,
            "places": multiplier.count,
            "places_with_a_factor": len(multiplier.places),
            "classes": sizes,
            "why": why,
        }


def _most(exact: bool) -> str:
    return "" if exact else "at most "
