"""Refuse sums that mean nothing: mixed units, non-additive metrics, scenarios summed by accident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dsgrid.dimensions.additivity import INTENSIVE, Additivity, additivity
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.dimensions.units import same_kind
from dsgrid.errors import Problem, SpecError
from dsgrid.query.factor import Column, Factor
from dsgrid.query.model import Step
from dsgrid.query.plan import Plan
from dsgrid.query.rules.outputs import base_to_keys, target_unit, unit_of
from dsgrid.query.stages import Reduction
from dsgrid.query.time_columns import one_row_per_slot
from dsgrid.time.dimension import NoTime
from dsgrid.time.targets import target_slots


def check_reductions(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise every reason why its sums are refused (design, section 7b).

    Examples
    --------
    Where homes are cooled and heated, the query::

        [[step]]
        by = ["county"]

    is refused::

        step[0]: summing over "end_use" mixes kWh and MWh; keep "end_use" or set unit = "kWh"
    """
    problems: list[Problem] = []
    problems.extend(problem for step in plan.query.steps for problem in _own_keys(step))
    problems.extend(_unnamed(plan))
    problems.extend(_misnamed(plan))
    problems.extend(_mixed_units(plan))
    problems.extend(_not_additive(plan))
    if problems:
        raise SpecError(problems)
    return plan


def adds_up(plan: Plan) -> bool:
    """Tell whether the values of a result may be added up, over all its rows: energy may, power and maxima may not."""
    if any(isinstance(stage, Reduction) and stage.function != "sum" for stage in plan.stages):
        return False
    additive = additivity_of(plan)
    return plan.time.measurement in ("total", "") and additive.over_categories and additive.over_time


def _own_keys(step: Step) -> Iterator[Problem]:
    """Return what is wrong with the keys that only some functions have."""
    for key, function, given in (
        ("weights", "weighted_mean", step.weights),
        ("percentiles", "percentile", step.percentiles),
    ):
        if step.function == function and not given:
            yield step.node.problem(f'the function "{function}" needs `{key}`')
        if step.function != function and given:
            yield step.node[key].problem(f'`{key}` goes with the function "{function}", not with "{step.function}"')


def _reached(plan: Plan, type_: str) -> dict[str, Dimension]:
    """Return the base records of a type that the sources reach, with their dimension."""
    return {
        base_id: factor.base
        for source in plan.sources
        if (factor := source.factor(type_))
        for base_id in factor.base_ids
    }


def _unnamed(plan: Plan) -> Iterator[Problem]:
    step = plan.step
    if step is None:
        return
    for type_ in NAMED_REDUCTION_TYPES:
        count = len(_reached(plan, type_))
        if plan.columns_of(type_) or type_ in step.over or count < 2:
            continue
        name = plan.sources[0].factor(type_).base.name
        yield step.node.problem(
            f'"{name}" has {count} records and is in neither `by` nor `over`; summing {type_}s needs over = ["{type_}"]'
        )


def _misnamed(plan: Plan) -> Iterator[Problem]:
    step = plan.step
    if step is None:
        return
    for index, type_ in enumerate(step.over):
        kept = plan.columns_of(type_)
        if kept:
            yield step.node["over"][index].problem(f'"{type_}" is in `over`, but `by` keeps "{kept[0].name}"')


def _mixed_units(plan: Plan) -> Iterator[Problem]:
    columns = plan.columns_of("metric")
    units: dict[object, dict[str, str]] = {}
    base_name = ""
    for source in plan.sources:
        factor = source.factor("metric")
        base_name = factor.base.name
        keys = base_to_keys(factor.base, columns)
        for base_id in factor.base_ids:
            base_unit = unit_of(factor.base, base_id)
            for key, _ in keys[base_id]:
                units.setdefault(key, {}).setdefault(target_unit(plan, columns, base_unit, key), base_id)
    for found in units.values():
        if len(found) > 1:
            node = plan.node
            cures = [f'keep "{base_name}"', *_unifying(plan, base_name), *_convertible(found)]
            yield node.problem(
                f'summing over "{base_name}" mixes {_series(list(found), "and")}; {_series(cures, "or")}'
            )
            return


def _series(parts: list[str], last: str) -> str:
    """Return ``a``, ``a or b``, or ``a, b, or c``."""
    if len(parts) < 3:
        return f" {last} ".join(parts)
    return f"{', '.join(parts[:-1])}, {last} {parts[-1]}"


def _unifying(plan: Plan, base: str) -> list[str]:
    """Return the supplementals whose records have units, as cures."""
    cures = []
    for one in plan.project.supplemental:
        if one.of == base:
            units = dict.fromkeys(unit_of(one.dimension, id_) for id_ in one.dimension.records.ids)
            if all(units):
                cures.append(f'use "{one.dimension.name}" ({", ".join(units)})')
    return cures


def _convertible(units: dict[str, str]) -> list[str]:
    first, *others = units
    return [f'set unit = "{first}"'] if all(same_kind(first, other) for other in others) else []


def _not_additive(plan: Plan) -> Iterator[Problem]:
    node = plan.node
    for source in plan.sources:
        metric = source.factor("metric")
        additive = weakest(metric)
        what = f'"{metric.base.name}" ({metric.base.record_class})'
        if not additive.over_categories:
            for factor in source.factors:
                merged = _merged(plan, factor)
                if merged:
                    yield node.problem(
                        f'values of {what} do not add up over "{factor.base.name}" ({merged}); {additive.alternatives}'
                    )
        timeless = isinstance(source.dataset.time, NoTime)
        told = plan.time.measurement not in ("total", "")  # by what refuses sums of means
        if not additive.over_time and not timeless and not told and _time_is_reduced(plan):
            yield node.problem(f"values of {what} do not add up over time; keep the slots of time in `by`")


def weakest(metric: Factor) -> Additivity:
    """Return over what all values that a metric's factor reaches may be summed."""
    units = {unit_of(metric.base, base_id) for base_id in metric.base_ids} or {""}
    return _least(additivity(metric.base.record_class, unit) for unit in units)


def additivity_of(plan: Plan) -> Additivity:
    """Return over what values of the sources may be summed: the least that any of them allows."""
    return INTENSIVE if plan.unitless else _least(weakest(source.factor("metric")) for source in plan.sources)


def _least(found: Iterable[Additivity]) -> Additivity:
    return min(found, key=lambda one: (one.over_categories, one.over_time))


def are_assigned(columns: Sequence[Column]) -> bool:
    """Tell whether what columns merge becomes a mean, by the weights of assignments, and no sum."""
    return bool(columns) and all(column.is_assigned for column in columns)


def _merged(plan: Plan, factor: Factor) -> str:
    """Return which base records a sum would merge, unless an assignment's weights make it a mean."""
    columns = plan.columns_of(factor.type)
    if are_assigned(columns):
        return ""
    by_key: dict[object, list[str]] = {}
    reached = set(factor.base_ids)
    for base_id, keys in base_to_keys(factor.base, columns).items():
        if base_id in reached:
            for key, _ in keys:
                by_key.setdefault(key, []).append(base_id)
    for ids in by_key.values():
        if len(ids) > 1:
            return f"{ids[0]} and {ids[1]}"
    return ""


def _time_is_reduced(plan: Plan) -> bool:
    return plan.step is not None and not one_row_per_slot(plan) and target_slots(plan.time) > 1
