"""The plan as text: what is read, what is summed where, how many rows each stage has, and why."""

from __future__ import annotations

from collections.abc import Iterator

from dsgrid.dimensions.types import TIME
from dsgrid.query.decoding import digits
from dsgrid.query.plan import Factor, Plan, Plans, Source
from dsgrid.query.quantity import quantity
from dsgrid.query.stages import Reduction
from dsgrid.query.time_lines import time_lines, zone_line

_BYTES_PER_KEY = 8


def explain(plan: Plan) -> str:
    """Return the plan for people. Needs no engine: the counts come from the stored association tables."""
    return "\n".join(_lines(plan))


def engine_jobs(plans: Plans) -> int:
    """Return how many jobs the engine is asked to run.

    One pass for each result, one for a contraction that they share, and more that check results too large for Arrow.
    """
    return (plans.shared is not None) + sum(_jobs(plan) for plan in plans.every)


def _jobs(plan: Plan) -> int:
    from dsgrid.query.output import LARGEST_ARROW_RESULT

    persisted = sum(isinstance(move, Reduction) and move.step.persist for move in plan.stages[:-1])
    persisted += plan.step is not None and plan.step.persist and bool(plan.stages)
    if plan.rows <= LARGEST_ARROW_RESULT:
        return 1 + persisted
    # What is converted after the engine has written it is counted on the way.
    read_again = plan.query.output.format != "arrow" and not plan.query.output.partition
    return 1 + persisted + read_again + plan.balances


def _lines(plan: Plan) -> Iterator[str]:
    at = f", as of {plan.query.at.text}" if plan.query.at is not None else ""
    yield f"query {plan.query.name} on {plan.project.id}@{plan.project.version}{at}"
    for base, ids, text in plan.allowed:
        yield f"  where {text}: keeps {len(ids)} of {_size(plan, base)} records of {base}"
    for source in plan.sources:
        yield from _source(plan, source)
    if len(plan.sources) > 1:
        yield f"union of {len(plan.sources)} datasets" + (
            ", then sum rows with equal keys" if plan.regroup else "; no two share a row, so nothing is summed"
        )
    elif plan.regroup:
        yield "sum rows that several classes reach"
    yield from _result(plan)


def _size(plan: Plan, base: str) -> int:
    return next(len(dimension.records) for dimension in plan.project.base if dimension.name == base)


def _source(plan: Plan, source: Source) -> Iterator[str]:
    dataset, bounds, time = source.dataset, source.bounds, source.time
    assert bounds is not None
    assert time is not None
    shape = f"{'two tables' if dataset.layout.two_tables else 'one table'}, " + (
        f"pivoted by {dataset.layout.pivot}" if dataset.layout.pivot else "stacked"
    )
    yield f"source {dataset.id}@{dataset.version} ({shape})"
    size = sum(file.bytes for file in source.fact_files)
    files = len(source.fact_files)
    held = f"{bounds.facts:,} rows, {files} files, {size / 1e6:,.1f} MB"
    yield f"  scan      {held}; {bounds.combinations:,} combinations"
    if source.conversions:
        names = ", ".join(one.record for one in source.conversions[:5])
        more = f" and {len(source.conversions) - 5} more" if len(source.conversions) > 5 else ""
        yield f"  convert   each value of {names}{more} to {source.conversions[0].unit}"
    for factor in source.factors:
        yield f"    {factor.type:<13}{_factor(plan, factor)}"
    for index, line in enumerate(time_lines(plan, source)):
        yield f"    {TIME if not index else '':<13}{line}"
    exact = "" if bounds.exact else "at most "
    values = source.value_columns
    stage1 = bounds.stage1 // max(1, values) if source.summed_wide else bounds.stage1
    if source.group_first:
        keys = 1 + sum(1 for one in source.factors if one.contraction and one.contraction.mode == "expand")
        keys += time.mode in ("offset", "expand")
        shuffled = stage1 * _BYTES_PER_KEY * (keys + values)
        wide = f" x {values} value columns" if values > 1 else ""
        yield f"  contract  to {exact}{stage1:,} rows{wide} (one shuffle, about {shuffled / 1e6:,.1f} MB)"
    else:
        yield f"  contract  left out: no two of the {exact}{bounds.stage1:,} values share a key"
    expanding = [one.type for one in source.factors if one.contraction and one.contraction.mode == "expand"]
    if time.mode == "expand":
        expanding.append(TIME)
    if expanding:
        yield f"  expand    {', '.join(expanding)}: {exact}{bounds.stage1:,} -> {bounds.stage2:,} rows"
    for factor in source.factors:
        if factor.left_out:
            names = ", ".join(f"{record} ({reason})" for record, reason in factor.left_out[:5])
            more = f" and {len(factor.left_out) - 5} more" if len(factor.left_out) > 5 else ""
            yield f"  left out  {factor.type}: {names}{more}"


def _factor(plan: Plan, factor: Factor) -> str:
    contraction = factor.contraction
    assert contraction is not None
    columns = plan.columns_of(factor.type)
    target = ", ".join(column.name for column in columns) or "summed out"
    chain = " -> ".join(dict.fromkeys(factor.chain))
    text = f"{chain} => {target}: "
    records = len({record for record, _, _ in contraction.table})
    pruned = len(factor.records) - records
    if contraction.mode == "idle":
        text += "no join, all records do the same"
    elif contraction.mode == "expand":
        text += (
            f"{records} records in {contraction.codes} classes, expanded to {len(plan.axis(factor.type).keys)} later"
        )
    else:
        fan_out = len(contraction.table) / max(1, records)
        text += f"{records} records -> {len({code for _, code, _ in contraction.table})} keys"
        text += f", fanned out x{fan_out:.1f}" if fan_out > 1 else ""
    weighted = ", weighted" if contraction.weighted or any(one != 1.0 for *_, one in contraction.expansion) else ""
    is_pruned = pruned > 0 and contraction.mode != "idle"
    return text + weighted + (f"; {pruned} pruned before the scan" if is_pruned else "")


def _result(plan: Plan) -> Iterator[str]:
    exact = "" if all(source.bounds is None or source.bounds.exact for source in plan.sources) else "at most "
    output = plan.query.output
    form = f"pivoted by {output.pivot}" if output.pivot else "stacked"
    yield f"result      {exact}{plan.rows:,} rows before pivoting, {form}, {output.format}"
    yield f"  columns   {', '.join(column.name for column in plan.columns)}"
    told = zone_line(plan)
    if told:
        yield f"  time      {told}"
    yield f"  decode    {len(digits(plan))} joins of codes with names"
    for source in plan.sources:
        for unit, total, _ in source.totals:
            before = ", before time is mapped" if source.time is not None and source.time.balances else ""
            yield f"  expects   {quantity(total, unit)} from {source.dataset.id}{before}"
    yield f"  engine    {_jobs(plan)} job{'s' if _jobs(plan) > 1 else ''}"
