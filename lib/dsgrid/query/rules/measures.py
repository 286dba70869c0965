"""Units of products and quotients: at most one side has one, or both cancel out."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.errors import SpecError
from dsgrid.query.combination import Combination, Combined, Leaf, Shifted
from dsgrid.query.plan import Plan
from dsgrid.query.rules.growth import is_growth

UNITLESS = ""


def combine_units(plan: Plan) -> Plan:
    """Set the units of the expression's table.

    Raises
    ------
    SpecError
        For a product of two operands that both have units, a quotient by another unit, and sums with what has none.

    Examples
    --------
    Where both have values in kWh, the query::

        expression = "homes * shops"

    is refused::

        expression: both sides of a product have units; one of them has to be a plain factor, such as a rate
    """
    if isinstance(plan.combination, Leaf):
        return plan
    measured = _is_measured(plan, plan.combination)
    if measured:
        return plan
    if plan.query.output.unit:
        node = plan.query.output.node or plan.query.node
        raise SpecError(node.problem(f'the expression has no unit, so it cannot be told in "{plan.query.output.unit}"'))
    axes = tuple(
        replace(axis, units=(UNITLESS,) * len(axis.keys)) if axis.type == "metric" else axis for axis in plan.axes
    )
    return replace(plan, axes=axes, unitless=True)


def _is_measured(plan: Plan, combination: Combination) -> bool:
    """Tell whether a table's values have the units of the project's metric."""
    if isinstance(combination, Leaf):
        sources = [source for source in plan.sources if source.leaf == combination.number]
        units = {unit for source in sources for unit in plan.axis("metric").units}
        return not all(is_growth(source) for source in sources) and any(units)
    if isinstance(combination, Shifted):
        measured = _is_measured(plan, combination.of)
        if combination.inverse and measured:
            raise SpecError(
                plan.query.members_node.problem("a number divided by values that have a unit has none here")
            )
        return measured
    left, right = _is_measured(plan, combination.left), _is_measured(plan, combination.right)
    return _together(plan, combination, left, right)


def _together(plan: Plan, combined: Combined, left: bool, right: bool) -> bool:
    operator = combined.operator
    problem = ""
    if operator == "*" and left and right:
        problem = "both sides of a product have units; one of them has to be a plain factor, such as a rate"
    elif operator == "/" and right and not left:
        problem = "values without a unit are divided by values that have one"
    elif operator in "+-|" and left != right:
        problem = f'values with units and values without are combined by "{operator}"'
    if problem:
        raise SpecError(plan.query.members_node.problem(problem))
    if operator == "*":
        return left or right
    return left and not right if operator == "/" else left
