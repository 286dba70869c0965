"""Compose each factor down to the output's keys, unit factors included."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.matrix import Matrix, Row
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.dimensions.units import UnitError, factor, is_temperature
from dsgrid.errors import Problem, SpecError
from dsgrid.query.factor import Column, Factor, Key, as_target
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.growth import is_growth
from dsgrid.query.source import Source

Outputs = dict[str, tuple[tuple[Key, float], ...]]


def reach_outputs(plan: Plan) -> Plan:
    """Set `to_output` of every factor, and the axes of the result.

    ``to_output[r, key] = sum over b of fraction[r, b] * product over columns of fraction[b, id] * units[r, key]``,
    where the sum is taken for each number of a place by itself: time is still to be mapped, and zones differ.

    Examples
    --------
    Where b lies half in north and half in south, the query::

        [[step]]
        by = ["region", "end_use"]

        [result]
        unit = "MWh"

    brings the records of homes to::

        a -> north * 1
        b -> north * 0.5, south * 0.5
        c -> south * 1
        cool -> cool * 0.001
    """
    problems: list[Problem] = []
    sources = []
    for source in plan.sources:
        factors = []
        for one in source.factors:
            columns = plan.columns_of(one.type)
            keys = base_to_keys(one.base, columns)
            factors.append(_compose(plan, source, one, columns, keys, problems))
        sources.append(replace(source, factors=tuple(factors)))
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    axes = tuple(_axis(plan, type_, sources) for type_ in RECORD_TYPES)
    if len(plan.time_keys) > 1:
        axes = (*axes, Axis(TIME, plan.columns_of(TIME), tuple((str(index),) for index in range(len(plan.time_keys)))))
    return replace(plan, sources=tuple(sources), axes=axes)


def base_to_keys(base: Dimension, columns: Sequence[Column]) -> Outputs:
    """Return, for each base record, the output keys it contributes to and its share of each.

    With no column of this type every record goes to the empty key; with several, to the product of their ids.
    """
    keys: Outputs = {}
    for id_ in base.records.ids:
        shares = (((id_, 1.0),) if column.shares is None else column.shares.get(id_, ()) for column in columns)
        keys[id_] = tuple(
            (tuple(key for key, _ in choice), prod((share for _, share in choice), start=1.0))
            for choice in product(*shares)
        )
    return keys


def target_unit(plan: Plan, columns: Sequence[Column], base_unit: str, key: Key) -> str:
    """Return the unit that values of a metric key have in the result.

    The query's own unit wins; then that of a supplemental metric record; else the base record keeps its unit.
    """
    if plan.query.output.unit and not plan.converts_late:
        return plan.query.output.unit
    unit = supplemental_unit(columns, key)
    return base_unit if unit is None else unit


def supplemental_unit(columns: Sequence[Column], key: Key) -> str | None:
    """Return the unit that a supplemental record of a metric key has; None where none has one."""
    for column, id_ in zip(columns, key, strict=True):
        if column.level == "supplemental" and column.dimension is not None:
            unit = column.dimension.records.by_id[id_].get("unit")
            if isinstance(unit, str):
                return unit
    return None


def unit_of(dimension: Dimension, id_: str) -> str:
    """Return the unit of a metric record; empty when its class has none."""
    unit = dimension.records.by_id[id_].get("unit")
    return unit if isinstance(unit, str) else ""


def _compose(
    plan: Plan, source: Source, one: Factor, columns: Sequence[Column], keys: Outputs, problems: list[Problem]
) -> Factor:
    dimension = source.dataset.dimensions[one.type]
    entries: dict[str, Row] = {}
    lost: dict[str, None] = {}
    for record in one.records:
        targets = one.to_base.entries.get(record, ())
        shares: dict[Hashable, float] = {}
        for base_id, fraction in targets:
            couple = source.couple(one.type, record, str(base_id))
            fraction *= one.adjusted.get(str(base_id), 1.0)
            if not keys[str(base_id)]:
                lost[str(base_id)] = None
            for key, share in keys[str(base_id)]:
                scale = 1.0
                if one.type == "metric":
                    scale = _unit_factor(
                        plan, source, dimension, one.base, columns, (record, str(base_id), key), problems
                    )
                target = (key, couple)
                shares[target] = shares.get(target, 0.0) + fraction * share * scale
        if shares:
            entries[record] = tuple(shares.items())
    chain = (*one.chain, *(column.name for column in columns if column.level == "supplemental"))
    names = " and ".join(f'"{column.name}"' for column in columns)
    left_out = tuple((base_id, f"in no record of {names}") for base_id in lost)
    return replace(one, to_output=Matrix(entries), left_out=(*one.left_out, *left_out), chain=chain)


def _unit_factor(
    plan: Plan,
    source: Source,
    dimension: Dimension,
    base: Dimension,
    columns: Sequence[Column],
    association: tuple[str, str, Key],
    problems: list[Problem],
) -> float:
    record, base_id, key = association
    if is_temperature(unit_of(dimension, record)) or is_growth(source):
        return 1.0  # `convert_temperatures` has seen to it; and a rate has no unit
    base_unit = unit_of(base, base_id)
    unit = target_unit(plan, columns, base_unit, key)
    try:
        factor(unit_of(dimension, record), base_unit)
        return factor(unit_of(dimension, record), unit)
    except UnitError as error:
        node = plan.query.output.node if plan.query.output.unit else None
        problems.append((node["unit"] if node else plan.query.node).problem(f'{source.dataset.id} "{record}": {error}'))
        return 1.0


def _axis(plan: Plan, type_: str, sources: Sequence[Source]) -> Axis:
    columns = plan.columns_of(type_)
    reached = {
        as_target(target)[0]
        for source in sources
        for entries in (source.factor(type_).to_output or Matrix({})).entries.values()
        for target, _ in entries
    }
    positions = [
        {id_: index for index, id_ in enumerate(column.dimension.records.ids)} if column.dimension else {}
        for column in columns
    ]

    def place(key: Key) -> tuple[int, ...]:
        return tuple(where[id_] for where, id_ in zip(positions, key, strict=True))

    keys = tuple(sorted(reached, key=place))
    units = tuple(_key_unit(plan, sources, columns, key) for key in keys) if type_ == "metric" else ()
    return Axis(type_, columns, keys, units)


def _key_unit(plan: Plan, sources: Sequence[Source], columns: Sequence[Column], key: Key) -> str:
    """Return the one unit of a metric key; `check_reductions` has refused keys with several."""
    for source in sources:
        metric = source.factor("metric")
        outputs = base_to_keys(metric.base, columns)
        # Only of records that the source reaches: others of the base dimension may have other units.
        for base_id in dict.fromkeys(str(id_) for _, id_, _ in metric.to_base):
            if any(reached == key for reached, _ in outputs[base_id]):
                return target_unit(plan, columns, unit_of(metric.base, base_id), key)
    return ""
