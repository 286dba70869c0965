"""Refuse rates of growth as values: they say how something grows, and are nothing to add to it."""

from __future__ import annotations

from dsgrid.dimensions.additivity import grows
from dsgrid.errors import SpecError
from dsgrid.query.plan import Plan


def refuse_growth(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise for each dataset whose values are rates by which the project's metric grows.

    Such a dataset is submitted without a conversion of units, for there is none from a rate to MWh. So its numbers
    must not get into a column of them either.
    """
    problems = []
    for source in plan.sources:
        own, base = source.dataset.dimensions["metric"], source.factor("metric").base
        if grows(own.record_class, base.record_class):
            names = plan.query.datasets
            index = next(i for i, name in enumerate(names) if name.partition("@")[0] == source.dataset.id)
            problems.append(
                plan.query.node["datasets"][index].problem(
                    f'dataset {source.dataset.id} holds rates of growth ("{own.name}", class {own.record_class}), '
                    f'which are no values of "{base.name}" ({base.record_class}); leave it out'
                )
            )
    if problems:
        raise SpecError(problems)
    return plan
