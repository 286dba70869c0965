"""Keys of a step that only some functions have."""

from __future__ import annotations

from collections.abc import Iterator

from dsgrid.errors import Problem
from dsgrid.query.model import Step


def own_keys(step: Step) -> Iterator[Problem]:
    """Return what is wrong with the keys that only some functions have."""
    for key, function, given in (
        ("weights", "weighted_mean", step.weights),
        ("percentiles", "percentile", step.percentiles),
    ):
        if step.function == function and not given:
            yield step.node.problem(f'the function "{function}" needs `{key}`')
        if step.function != function and given:
            yield step.node[key].problem(f'`{key}` goes with the function "{function}", not with "{step.function}"')
