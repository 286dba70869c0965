"""The stages of a plan with their rows, as plain values: for the manifest of a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsgrid.query.combination import Leaf
from dsgrid.query.explained_source import shuffle_bytes
from dsgrid.query.joins import mode
from dsgrid.query.plan import Plan
from dsgrid.query.scan import scan_bytes
from dsgrid.query.source import Source
from dsgrid.query.stages import Converted, Reduction


def stage_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return each stage: what it is of, what it does, how many rows it leaves, and whether that is exact; bytes are
    about those that are read and sent.

    Sources are scanned, contracted, expanded and multiplied; then come the expression, where it is no sum, and the
    steps and filters that are no part of the contraction.
    """
    return [*(stage for source in plan.sources for stage in _of_source(source)), *_of_result(plan)]


def _of_source(source: Source) -> Iterator[dict[str, Any]]:
    bounds, time = source.bounds, source.time
    if bounds is None or time is None:
        return
    yield {"of": source.name, "stage": "scan", "rows": bounds.facts, "bytes": scan_bytes(source), "exact": True}
    if source.group_first:
        bytes_ = shuffle_bytes(source)
        yield {"of": source.name, "stage": "contract", "rows": bounds.stage1, "bytes": bytes_, "exact": bounds.exact}
    if time.mode == "expand" or any(mode(factor) == "expand" for factor in source.factors):
        yield {"of": source.name, "stage": "expand", "rows": bounds.stage2, "exact": bounds.exact}
    if source.multipliers:
        yield {"of": source.name, "stage": "multiply", "rows": bounds.stage2, "exact": bounds.exact}


def _of_result(plan: Plan) -> Iterator[dict[str, Any]]:
    name = plan.query.name
    if not isinstance(plan.combination, Leaf):
        rows, exact = plan.stage_rows[0] if plan.stage_rows else (plan.rows, plan.exact)
        yield {"of": name, "stage": "combine", "rows": rows, "exact": exact}
    for stage, (rows, exact) in zip(plan.stages, plan.stage_rows[1:], strict=True):
        what = (
            stage.function if isinstance(stage, Reduction) else "convert" if isinstance(stage, Converted) else "filter"
        )
        yield {"of": name, "stage": what, "rows": rows, "exact": exact}
