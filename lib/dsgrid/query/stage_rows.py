"""The stages of a plan with their rows, as plain values: for the manifest and for ``explain --json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsgrid.query.plan import Plan


def stage_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return each stage: what it is of, what it does, how many rows it reads and leaves, and whether that is exact."""
    return list(_stages(plan))


def _stages(plan: Plan) -> Iterator[dict[str, Any]]:
    for source in plan.sources:
        bounds = source.bounds
        if bounds is None:
            continue
        bytes_ = sum(file.bytes for file in source.fact_files)
        yield {"of": source.name, "stage": "scan", "rows": bounds.facts, "bytes": bytes_, "exact": True}
        yield {"of": source.name, "stage": "contract", "rows": bounds.stage1, "exact": bounds.exact}
        yield {"of": source.name, "stage": "expand", "rows": bounds.stage2, "exact": bounds.exact}
