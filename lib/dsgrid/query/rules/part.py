"""Leave of a contraction what belongs to one part of it: to some keys of one dimension type of its output."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.query.plan import Part, Plan
from dsgrid.query.rules.folding import only_keys
from dsgrid.query.source import Source


def take_part(plan: Plan) -> Plan:
    """Delete the associations that lead to other keys than those of the part.

    Codes stay what they are in the whole, so that the parts of a contraction are simply put together. Records that
    lead to no other keys are pruned from the scan, as those are that a filter leaves out.

    Examples
    --------
    Of the states in::

        [[step]]
        by = ["state"]

    the part of x is made of two counties::

        a -> x
        b -> x
    """
    if plan.part is None:
        return plan
    return replace(plan, sources=tuple(_of_part(source, plan.part) for source in plan.sources))


def _of_part(source: Source, part: Part) -> Source:
    factors = (
        replace(factor, to_output=only_keys(factor, part.keys)) if factor.type == part.type else factor
        for factor in source.factors
    )
    return replace(source, factors=tuple(factors))
