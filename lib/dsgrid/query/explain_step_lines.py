"""The steps of a result in the document of `explain` as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Said = Mapping[str, Any]


def step_lines(result: Said) -> Iterator[str]:
    """Return what the contraction took over of a query's steps, and the stages that follow it."""
    steps = result["steps"]
    if all(step["folded"] for step in steps) and len(steps) <= 1:
        return  # a single sum is what every contraction does
    for step in steps:
        if step["folded"]:
            yield f"{_label(step):<12}{_what(step)}: part of the contraction, as {step['why']}"
    if all(step["folded"] for step in steps):
        return
    table = result["table"]
    hidden = f" ({', '.join(table['hidden'])} besides, for later)" if table["hidden"] else ""
    yield f"{'table':<12}{_rows(table)} rows of {', '.join(table['columns'])}{hidden}"
    if any(step["folded"] and step.get("persist") for step in steps):
        yield f"{'':<12}persisted: written, and read again"
    for step in steps:
        if not step["folded"]:
            yield from _stage(step)


def _stage(step: Said) -> Iterator[str]:
    text = f"{step['rows_before']:,} -> {_rows(step)} rows"
    if "keeps" in step:
        text += f"; {step['keeps']:,} of {step['of']:,} of {step['type']} stay"
    yield f"{_label(step):<12}{_what(step)}: {text}"
    joins = ", ".join(f"{one['table']} ({one['rows']:,} rows)" for one in step["joins"])
    if joins:
        yield f"  {'joins':<10}{joins}"
    yield f"  {'why':<10}{step['why']}"
    if step["persist"]:
        yield f"  {'persist':<10}the table is written, and read again"


def _label(step: Said) -> str:
    if "filter" in step:
        return "filter"
    if "unit" in step:
        return "unit"
    return f"step {step['step']}"


def _what(step: Said) -> str:
    if "filter" in step:
        return str(step["filter"])
    if "unit" in step:
        return f"values in {step['unit']}"
    by = f" by {', '.join(step['by'])}" if step["by"] else " of all"
    return f"{step['function'].replace('_', ' ')}{by}"


def _rows(said: Said) -> str:
    return f"{'' if said['exact'] else 'at most '}{said['rows']:,}"
