"""Refuse rates of growth as values: they say how something grows, and are nothing to add to it."""

from __future__ import annotations

from dsgrid.dimensions.additivity import grows
from dsgrid.errors import SpecError
from dsgrid.query.combination import Leaf
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source


def refuse_growth(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise for each dataset whose values are rates by which the project's metric grows.

    Such a dataset is submitted without a conversion of units, for there is none from a rate to MWh. So its numbers
    must not get into a column of them either; but values may be multiplied with them, or divided by them.

    Examples
    --------
    Where the values of growth are rates, the query::

        datasets = ["homes", "growth"]

    is refused::

        datasets[1]: dataset growth holds rates of growth ("end_use", class growth_rate), which are no values of
        "end_use" (energy_end_use); leave it out, or let a dataset grow by it: [source.NAME] with kind =
        "exponential_growth"
    """
    problems = []
    for source in plan.sources:
        if is_growth(source) and source.member is not None and not _is_operand(plan, source):
            own, base = source.dataset.dimensions["metric"], source.factor("metric").base
            problems.append(
                source.member.dataset_node.problem(
                    f'dataset {source.dataset.id} holds rates of growth ("{own.name}", class {own.record_class}), '
                    f'which are no values of "{base.name}" ({base.record_class}); leave it out, or let a dataset grow '
                    'by it: [source.NAME] with kind = "exponential_growth"'
                )
            )
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    return plan


def is_growth(source: Source) -> bool:
    """Tell whether a source's values are rates by which the project's metric grows."""
    return grows(source.dataset.dimensions["metric"].record_class, source.factor("metric").base.record_class)


def _is_operand(plan: Plan, source: Source) -> bool:
    """Tell whether a source is a factor or a divisor, together with nothing but its like."""
    alike = all(is_growth(other) for other in plan.sources if other.leaf == source.leaf)
    return alike and not isinstance(plan.combination, Leaf)
