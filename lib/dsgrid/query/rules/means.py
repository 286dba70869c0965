"""Refuse means that lack a part: values that do not add up may only be weighted, by weights that sum to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.additivity import additivity
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import SpecError
from dsgrid.query.associations import fan
from dsgrid.query.expression import Expression, Operand, Operation
from dsgrid.query.factor import Column, Factor
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.outputs import base_to_keys
from dsgrid.query.source import Source

Sums = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
ROUNDING = 1e-9


def check_means(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where the weights of a value that does not add up don't sum to 1.

    A temperature of a state is a mean of its counties. With one of them filtered out or missing, the other weights
    sum to less than 1, and the mean would be too low without a word; an aggregation, or a union of datasets that
    overlap, would add temperatures up. All of these show in the weights alone.

    Examples
    --------
    Where b has three quarters of what a temperature of the station is a mean of, the query::

        [[where]]
        dimension = "county"
        equals = "b"

        [[step]]
        by = ["station", "hours"]

    is refused::

        step[0]: values of "weather_kind" (weather_variable) do not add up, so the weights of what becomes one value
        have to sum to 1, but for station=s they sum to 0.75: parts of the mean are missing or filtered out (1 of 1
        combinations)
    """
    checked = [one for one in plan.sources if not additivity(one.factor("metric").base.record_class).over_categories]
    if checked and not _is_union(plan.query.expression):
        # What is subtracted, or divided by, is a mean of its own.
        for source in checked:
            _refuse_parts(plan, [source])
    elif checked:
        _refuse_parts(plan, checked)
    return plan


def _is_union(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        return expression.operator == "|" and _is_union(expression.left) and _is_union(expression.right)
    return isinstance(expression, Operand)


def _refuse_parts(plan: Plan, checked: Sequence[Source]) -> None:
    """Raise where the weights of values that the sources give together do not sum to 1."""
    parts = [_weights(plan, source) for source in checked]
    codes, inverse = np.unique(np.concatenate([codes for codes, _ in parts]), return_inverse=True)
    sums = np.bincount(inverse, weights=np.concatenate([weights for _, weights in parts]), minlength=len(codes))
    tolerance = ROUNDING + sum(one.tolerance for source in checked for one in _mappings(plan, source))
    wrong = np.flatnonzero(np.abs(sums - 1) > tolerance)
    if len(wrong):
        first = int(wrong[0])
        node = plan.step.node if plan.step is not None else plan.query.members_node
        what = checked[0].factor("metric").base
        cause = "parts of the mean are missing or filtered out" if sums[first] < 1 else "values would be added up"
        raise SpecError(
            node.problem(
                f'values of "{what.name}" ({what.record_class}) do not add up, so the weights of what becomes one '
                f"value have to sum to 1, but for {_shown(plan, int(codes[first]))} they sum to {sums[first]:.6g}: "
                f"{cause} ({len(wrong):,} of {len(codes):,} combinations)"
            )
        )


def _weights(plan: Plan, source: Source) -> Sums:
    """Return the output combinations that a source reaches, once per association, with the weight of each."""
    assert source.associations is not None
    kept = np.arange(len(source.associations))
    codes = np.zeros(len(kept), dtype=np.int64)
    weights = np.ones(len(kept))
    stride = 1
    for type_ in RECORD_TYPES:
        factor, axis = source.factor(type_), plan.axis(type_)
        one = fan(factor.records, _rows(plan, source, factor, axis))
        repeated, picked = one.spread(source.associations.codes[type_][kept])
        codes = codes[repeated] + one.codes[picked] * stride
        weights = weights[repeated] * one.coefficients[picked]
        kept = kept[repeated]
        stride *= max(1, len(axis.keys))
    return codes, weights


def _rows(plan: Plan, source: Source, factor: Factor, axis: Axis) -> list[tuple[str, int, float]]:
    """Return the factor with the weights of means only: no units, and no multipliers of single records."""
    mapping = source.submission.mappings[factor.type].mapping
    keys = base_to_keys(factor.base, [_weighing(column) for column in plan.columns_of(factor.type)])
    return [
        (record, axis.numbers[key], (1.0 if mapping is None or _scales(mapping) else fraction) * share)
        for record, base_id, fraction in factor.to_base
        for key, share in keys[str(base_id)]
    ]


def _weighing(column: Column) -> Column:
    if column.mapping is None or not _scales(column.mapping):
        return column
    ones = tuple(replace(one, fraction=1.0) for one in column.mapping.associations)
    return replace(column, mapping=replace(column.mapping, associations=ones))


def _scales(mapping: Mapping) -> bool:
    """Tell whether fractions scale single records, and so may be anything; others are weights."""
    targets = [one.to_id for one in mapping.associations if one.to_id is not None]
    return mapping.kind.endswith("_explicit_multipliers") and len(set(targets)) == len(targets)


def _mappings(plan: Plan, source: Source) -> list[Mapping]:
    found = [one.mapping for one in source.submission.mappings.values()] + [one.mapping for one in plan.columns]
    return [one for one in found if one is not None]


def _shown(plan: Plan, code: int) -> str:
    parts = []
    for type_ in RECORD_TYPES:
        axis = plan.axis(type_)
        code, position = divmod(code, max(1, len(axis.keys)))
        parts += [f"{column.name}={id_}" for column, id_ in zip(axis.columns, axis.keys[position], strict=True)]
    return ", ".join(parts) or "the total"
