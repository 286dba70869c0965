"""The expression and the steps of a plan as plain values: what the contraction takes over, and what follows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsgrid.query.combination import Combination, Leaf, Shifted
from dsgrid.query.expression import Expression, Operation, operands
from dsgrid.query.factor import Column
from dsgrid.query.model import Filter, Query, Step
from dsgrid.query.plan import Move, Plan, ToUnit
from dsgrid.query.rules.columns import moves_of
from dsgrid.query.rules.filters import in_words
from dsgrid.query.source import Source
from dsgrid.query.stages import Converted, Kept, KeptValues, Reduction, Stage
from dsgrid.query.stepping import LONGEST_LIST
from dsgrid.time.dimension import NoTime

BASE = "every base dimension and slot"


def described_expression(plan: Plan) -> dict[str, Any]:
    """Return how the sources become one table, and what of it the driver has checked."""
    expression = plan.query.expression
    return {
        "text": _text(expression),
        "combination": _combination(plan, plan.combination),
        "linear": isinstance(plan.combination, Leaf),
        "union": set(_operators(expression)) <= {"|"},
        "summed": plan.regroup,
        "summed_by": "the driver" if plan.gathers else "the engine",
        "checked": list(_checks(plan, expression)),
    }


def _operators(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Operation):
        if all(list(operands(side)) for side in (expression.left, expression.right)):
            yield expression.operator
        yield from _operators(expression.left)
        yield from _operators(expression.right)


def _text(expression: Expression) -> str:
    """Return an expression without parentheses round the whole of it."""
    text = str(expression)
    return text[1:-1] if isinstance(expression, Operation) else text


def _combination(plan: Plan, combination: Combination) -> dict[str, Any]:
    if isinstance(combination, Leaf):
        sources = [source for source in plan.sources if source.leaf == combination.number]
        return {"sum": [{"source": source.name, "scale": source.scale} for source in sources]}
    if isinstance(combination, Shifted):
        return {
            "of": _combination(plan, combination.of),
            "scale": combination.scale,
            "offset": combination.offset,
            "inverse": combination.inverse,
        }
    return {
        "operator": combination.operator,
        "left": _combination(plan, combination.left),
        "right": _combination(plan, combination.right),
        "fill": combination.fill,
    }


def _checks(plan: Plan, expression: Expression) -> Iterator[dict[str, str]]:
    if not isinstance(expression, Operation):
        return
    yield from _checks(plan, expression.left)
    yield from _checks(plan, expression.right)
    sides = [list(operands(side)) for side in (expression.left, expression.right)]
    if all(sides):
        timeless = {source.member.name for source in plan.sources if source.member and _lacks_time(source)}
        one_sided = all(name in timeless for name in sides[0]) != all(name in timeless for name in sides[1])
        yield {"of": _text(expression), "found": _found(plan.query, expression.operator, one_sided)}


def _lacks_time(source: Source) -> bool:
    return isinstance(source.dataset.time, NoTime)


def _found(query: Query, operator: str, one_sided: bool) -> str:
    """Return what the driver has proved of the keys of two operands, or what the query says of them instead.

    Parameters
    ----------
    one_sided
        Whether only one of them has time.
    """
    if operator == "|":
        if query.overlap == "error":
            return "no base combination is in both, which the driver has checked"
        return f'what is in both is summed (overlap = "{query.overlap}")'
    what = "base combinations" if one_sided else "base combinations and slots"
    every = "; what has no time counts for every slot" if one_sided else ""
    if query.fill:
        return f"what one side lacks counts as 0 (fill = 0){every}"
    return f"both have the same {what}, which the driver has checked{every}"


def described_steps(plan: Plan) -> list[dict[str, Any]]:
    """Return the query's filters and steps in their order: those that the contraction took over, and the stages."""
    moves = moves_of(plan.project, plan.query, converts=plan.converts_late)
    folded = moves[: len(moves) - len(plan.stages)]
    found = [_folded(plan, move) for move in folded]
    rows = plan.stage_rows
    for index, (move, stage) in enumerate(zip(moves[len(folded) :], plan.stages, strict=True)):
        before, after = rows[index], rows[index + 1]
        found.append(
            {"step": _number(plan, move), "folded": False}
            | ({"filter": in_words(plan.project, move)} if isinstance(move, Filter) else {})
            | ({"unit": move.unit} if isinstance(move, ToUnit) else {})
            | _staged(plan, stage, stages_before=index)
            | {"rows_before": before[0], "rows": after[0], "exact": after[1]}
            | {"persist": isinstance(stage, Reduction) and stage.step.persist and stage is not plan.stages[-1]}
        )
    return found


def _number(plan: Plan, move: Move) -> int | None:
    """Return which of the steps, from 1, a move is, or a filter of; None for a filter of the query or the result."""
    return next(
        (
            number
            for number, step in enumerate(plan.query.steps, start=1)
            if step is move or any(one is move for one in step.filters)
        ),
        None,
    )


def _folded(plan: Plan, move: Move) -> dict[str, Any]:
    found: dict[str, Any] = {"step": _number(plan, move), "folded": True}
    if isinstance(move, Step):
        is_first = move is plan.query.steps[0]
        why = "a sum is what the contraction does" if is_first else "a sum of sums is one sum"
        return found | {"function": move.function, "by": list(move.by), "why": why, "persist": _persists(plan, move)}
    assert isinstance(move, Filter)
    return found | {"filter": in_words(plan.project, move), "why": "what it leaves out is not read, or not summed"}


def _persists(plan: Plan, step: Step) -> bool:
    return step.persist and step is plan.step and bool(plan.stages)


def _staged(plan: Plan, stage: Stage, stages_before: int) -> dict[str, Any]:
    if isinstance(stage, Kept):
        axis = stage.before.axis(stage.type)
        joins = [] if len(stage.digits) <= LONGEST_LIST else [{"table": stage.type, "rows": len(stage.digits)}]
        return {
            "keeps": len(stage.digits),
            "of": 1 if axis is None else axis.radix,
            "type": stage.type,
            "joins": joins,
            "why": _why_late(plan, stages_before),
        }
    if isinstance(stage, KeptValues):
        return {"joins": [], "why": "values are known when all before is computed"}
    if isinstance(stage, Converted):
        return {"joins": [], "why": "what comes before is said in the units of the project"}
    return {
        "function": stage.function,
        "by": list(stage.step.by),
        "columns_before": _names(stage.before.columns),
        "columns": _names(stage.after.columns),
        "joins": [
            *({"table": f"weights of {type_}", "rows": len(digits)} for type_, digits in stage.weights),
            *(
                {"table": relation.type, "rows": len(relation.rows)}
                for relation in stage.relations
                if not relation.is_identity and not relation.is_dropped
            ),
        ],
        "why": _why_barrier(plan, stage, stages_before),
    }


def _why_barrier(plan: Plan, stage: Reduction, stages_before: int) -> str:
    function = stage.function.replace("_", " ")
    if stage.function == "sum":
        return f"a sum {_why_late(plan, stages_before)}"
    if stages_before or plan.step is not None:
        return f"a {function} is no sum, so the table of the step before is computed first"
    return f"a {function} is no sum, so the table with {BASE} is computed first"


def _why_late(plan: Plan, stages_before: int) -> str:
    """Return why something that is linear is no part of the contraction."""
    if stages_before:
        return "of what the stage before leaves"
    if not isinstance(plan.combination, Leaf):
        return "of what the expression leaves"
    if plan.step is not None and plan.step.persist:
        return "of the table that is persisted"
    if plan.query.steps and plan.step is None:
        return "of the table that all results share"
    return "of what the contraction leaves"


def _names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]
