"""What the result has to add up to, computed from the stored sums before any fact is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.matrix import Matrix
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.dimensions.units import affine
from dsgrid.errors import SpecError
from dsgrid.query.associations import COUNTING_LIMIT, Fan, fan
from dsgrid.query.factor import Factor, as_target
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.stages import Converted

ROUNDING = 1e-9
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


def expect_totals(plan: Plan) -> Plan:
    """Set the expected totals of every source, one per unit.

    ``total[u] = time * sum over associations a of sum[a] * product over types of rowsum[type, record of a]``, where the
    row sums of the metric are taken over the outputs with unit `u`, and `time` is what the weights of each slot sum to.
    Where that differs between slots it is 1, and the total is what rows have before time is mapped. With multipliers
    the sum is taken for each place of theirs, times its factor.

    Examples
    --------
    The stored sums of homes are 50 kWh, and north and south have all of the counties; so::

        [[step]]
        by = ["region"]

        [result]
        unit = "MWh"

    has to add up to::

        0.05 MWh
    """
    if not plan.foretold:
        return plan
    if any(_spread_rows(source) > COUNTING_LIMIT for source in plan.sources if source.multipliers):
        return replace(plan, foretold=False)
    return replace(plan, sources=tuple(replace(source, totals=_totals(plan, source)) for source in plan.sources))


def cover_growth(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where values that are asked for have no growth.

    Raises
    ------
    SpecError
        With the first base combination that the growth dataset says nothing about, or only a part of a mean.

    Examples
    --------
    Where growth is known of county a alone, the query::

        expression = "future"

        [source.future]
        kind = "annual_multiplier"
        initial = "homes"
        growth = "growth"

    is refused::

        source.future.growth: growth growth has no value for 3 of the combinations that homes has, such as
        county=b (and 1 more), building=house (and 1 more), year=2020
    """
    for source in plan.sources:
        if source.growth is None:
            continue
        assert source.member is not None
        assert source.member.growth_node is not None
        growth = source.multipliers[0]
        if _spread_rows(source) > COUNTING_LIMIT:
            _refuse_weights(source, growth, growth.places)
            continue
        places = _spread(source, np.ones(1), None).places[0]
        _refuse_weights(source, growth, places)
        missing = np.unique(places[~np.isin(places, growth.places)])
        if len(missing):
            raise SpecError(
                source.member.growth_node.problem(
                    f"growth {source.growth.dataset.id} has no value for {len(missing):,} of the combinations that "
                    f"{source.dataset.id} has, such as {growth.shown(int(missing[0]), source.bases)}"
                )
            )
    return plan


def _refuse_weights(source: Source, growth: Multiplier, places: Int64) -> None:
    """Raise where the fractions of a mean of growth rates do not sum to 1."""
    assert growth.weights is not None
    wrong = growth.places[np.abs(growth.weights - 1) > ROUNDING]
    asked = np.intersect1d(wrong, places)
    if not len(asked):
        return
    first = int(asked[0])
    weight = growth.weights[np.searchsorted(growth.places, first)]
    assert source.growth is not None
    assert source.member is not None
    assert source.member.growth_node is not None
    raise SpecError(
        source.member.growth_node.problem(
            f"the fractions with which {source.growth.dataset.id} is mapped sum to {weight:.6g} for "
            f"{growth.shown(first, source.bases)}; a growth rate is a mean, so they have to sum to 1"
        )
    )


def _totals(plan: Plan, source: Source) -> tuple[tuple[str, float, float], ...]:
    associations = source.associations
    assert associations is not None
    assert source.time is not None
    of_time = (1.0 if source.time.uniform is None else source.time.uniform) * source.scale
    axis = plan.axis("metric")
    late = next((stage.unit for stage in plan.stages if isinstance(stage, Converted)), None)
    totals = []
    for unit in dict.fromkeys(axis.units):
        keys = {key for key, of_key in zip(axis.keys, axis.units, strict=True) if of_key == unit}
        sums = [associations.sums * of_time, associations.absolute_sums * abs(of_time)]
        found = [
            _sum(_spread(source, values, keys, absolute=absolute).values)
            for values, absolute in zip(sums, (False, True), strict=True)
        ]
        scale = 1.0 if late is None else affine(unit, late)[0]
        totals.append((unit if late is None else late, found[0] * scale, found[1] * scale))
    return tuple(totals)


def _sum(values: Float64) -> float:
    """Return the exact sum; infinity where it is none any more, which `compare` refuses."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


@dataclass(frozen=True)
class _Spread:
    """What associations become, and in which place of each multiplier."""

    values: Float64
    places: tuple[Int64, ...]


def _spread_rows(source: Source) -> int:
    """Return about how many rows `_spread` has."""
    shapes = [_shape(source, source.factor(type_), None, absolute=False) for type_ in _coupled(source)]
    return len(_distinct(source, shapes)[0]) * prod(shape.most for shape in shapes)


@dataclass(frozen=True)
class _Shape:
    """A type that multipliers look at: records that reach the same classes have one pattern, up to a scalar.

    Parameters
    ----------
    pattern, coefficient
        Of each record its pattern, and what its values are multiplied with on their way into it.
    fan
        Where each pattern goes: classes in all multipliers, and coefficients.
    most
        The classes of the pattern that has the most.
    """

    type: str
    pattern: Int64
    coefficient: Float64
    fan: Fan
    most: int


def _shape(source: Source, factor: Factor, keys: set[tuple[str, ...]] | None, absolute: bool) -> _Shape:
    rows: dict[str, list[tuple[int, float]]] = {record: [] for record in factor.records}
    for record, number, coefficient in _class_rows(source, factor, keys, absolute):
        rows[record].append((number, coefficient))
    patterns: dict[tuple[tuple[int, float], ...], int] = {}
    pattern, scale = np.zeros(len(rows), np.int64), np.ones(len(rows))
    for index, reached in enumerate(rows.values()):
        if len(reached) == 1:
            # The coefficient of a single class is the record's own: counties with own weights have one pattern.
            scale[index], reached = reached[0][1], [(reached[0][0], 1.0)]
        pattern[index] = patterns.setdefault(tuple(reached), len(patterns))
    table = [(number, code, one) for reached, number in patterns.items() for code, one in reached]
    goes = fan(range(len(patterns)), table)
    return _Shape(factor.type, pattern, scale, goes, max((len(one) for one in patterns), default=1))


def _distinct(source: Source, shapes: Sequence[_Shape]) -> tuple[Int64, Int64]:
    """Return the first association of each combination of patterns, and which combination each association has."""
    associations = source.associations
    assert associations is not None
    codes = np.zeros(len(associations), np.int64)
    for shape in shapes:
        codes = codes * (int(shape.pattern.max(initial=0)) + 1) + shape.pattern[associations.codes[shape.type]]
    _, first, groups = np.unique(codes, return_index=True, return_inverse=True)
    return first.astype(np.int64), groups.reshape(-1).astype(np.int64)


def _coupled(source: Source) -> list[str]:
    return [type_ for type_ in RECORD_TYPES if any(type_ in one.sizes for one in source.multipliers)]


def _spread(source: Source, values: Float64, keys: set[tuple[str, ...]] | None, *, absolute: bool = False) -> _Spread:
    """Multiply the values of associations with all factors.

    Types that no multiplier looks at give each association the sum of its row; the others one row for each class.
    """
    associations = source.associations
    assert associations is not None
    assert source.time is not None
    values = np.broadcast_to(values, (len(associations),)).copy()
    coupled = _coupled(source)
    for factor in source.factors:
        if factor.type not in coupled:
            of_metric = keys if factor.type == "metric" else None
            values *= _row_sums(factor, of_metric, absolute)[associations.codes[factor.type]]
    if not coupled:
        return _Spread(values, ())
    shapes = [_shape(source, source.factor(type_), keys if type_ == "metric" else None, absolute) for type_ in coupled]
    for shape in shapes:
        values = values * shape.coefficient[associations.codes[shape.type]]
    first, groups = _distinct(source, shapes)
    values = np.bincount(groups, weights=values, minlength=len(first)).astype(np.float64)
    places = [np.zeros(len(first), np.int64) for _ in source.multipliers]
    kept = first
    for shape in shapes:
        repeated, picked = shape.fan.spread(shape.pattern[associations.codes[shape.type]][kept])
        kept, values = kept[repeated], values[repeated] * shape.fan.coefficients[picked]
        rest = shape.fan.codes[picked]
        for index, multiplier in enumerate(source.multipliers):
            places[index] = places[index][repeated] + rest % multiplier.size(shape.type) * multiplier.stride(shape.type)
            rest = rest // multiplier.size(shape.type)
    for multiplier, place in zip(source.multipliers, places, strict=True):
        factors = factors_at(multiplier, place)
        values = values * (np.abs(factors) if absolute else factors)
    return _Spread(values, tuple(places))


def factors_at(multiplier: Multiplier, places: Int64) -> Float64:
    """Return the factor of each place; 0 where there is none."""
    if not len(multiplier.places):
        return np.zeros(len(places))
    position = np.minimum(np.searchsorted(multiplier.places, places), len(multiplier.places) - 1)
    return np.where(multiplier.places[position] == places, multiplier.factors[position], 0.0)


def _class_rows(
    source: Source, factor: Factor, keys: set[tuple[str, ...]] | None, absolute: bool
) -> list[tuple[str, int, float]]:
    """Return rows (record, number of its classes in all multipliers, sum of its coefficients there)."""
    assert source.time is not None
    size = source.time.coupling.size(factor.type)
    sums: dict[tuple[str, int], float] = {}
    for record, target, coefficient in factor.to_output or Matrix({}):
        key, couple = as_target(target)
        if keys is None or key in keys:
            place = (record, couple // size)
            sums[place] = sums.get(place, 0.0) + (abs(coefficient) if absolute else coefficient)
    return [(record, number, total) for (record, number), total in sums.items()]


def _row_sums(factor: Factor, keys: set[tuple[str, ...]] | None, absolute: bool = False) -> Float64:
    matrix = factor.to_output or Matrix({})
    sums = np.zeros(len(factor.records))
    for index, record in enumerate(factor.records):
        sums[index] = math.fsum(
            abs(coefficient) if absolute else coefficient
            for target, coefficient in matrix.entries.get(record, ())
            if keys is None or as_target(target)[0] in keys
        )
    return sums
