"""One step on a coded table: which columns it keeps, and what becomes of the digits of each axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, TIME
from dsgrid.dimensions.units import UnitError, factor
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.factor import PERCENTILE, Column, Key
from dsgrid.query.model import Step
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.attributes import MARK, shown_value
from dsgrid.query.rules.double_counting import counted_twice
from dsgrid.query.rules.outputs import supplemental_unit
from dsgrid.query.rules.reductions import additivity_of, are_assigned
from dsgrid.query.rules.time_keys import reduced_time
from dsgrid.query.rules.tracing import Way, resolve_names, way_to
from dsgrid.query.stages import Reduction, Relation, Table
from dsgrid.spec.node import Node

# How far the weights of a mean may be from 1.
WEIGHTS = 1e-6


def first_table(plan: Plan) -> Table:
    """Return the table that the contraction leaves."""
    visible = tuple(column for column in plan.columns if column.name not in plan.hidden)
    return Table(visible, plan.axes, plan.columns_of(TIME), plan.time_keys)


def reduced(plan: Plan, before: Table, step: Step) -> Reduction:
    """Return a step as a stage on a table.

    Raises
    ------
    SpecError
        With everything that is wrong with it: names that the table has not, types reduced without being named, units
        that are mixed, values that do not add up.
    """
    problems: list[Problem] = []
    columns = resolve_names(plan, before, step, problems)
    problems += _unnamed(before, columns, step)
    if problems:
        raise SpecError(problems)
    axes, relations = [], []
    for axis in before.axes:
        if axis.type == TIME:
            continue
        if axis.type == PERCENTILE and not any(column.type == PERCENTILE for column in columns):
            # The one that is left needs no digit any more.
            alive = before.digits(PERCENTILE)
            relations.append(Relation(PERCENTILE, tuple((digit, 0, 1.0) for digit in alive), len(alive)))
            if len(alive) > 1:
                problems.append(
                    step.node["by"].problem(
                        f'"{PERCENTILE}" has several values, which do not become one; keep it in `by`'
                    )
                )
            continue
        kept = tuple(column for column in columns if column.type == axis.type)
        made, relation = _related(plan, before, axis, kept, step, problems)
        axes.append(made)
        relations.append(relation)
    if step.function == "percentile":
        axes.append(_percentiles(step, columns, problems))
    time = reduced_time(plan, before, columns, step, problems)
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    if len(time.keys) > 1:
        asked = tuple(column for column in time.columns if column in columns)
        axes.append(Axis(TIME, asked, tuple((str(index),) for index in range(len(time.keys)))))
    relations.append(time.relation)
    added = tuple(column for axis in axes if axis.type == PERCENTILE for column in axis.columns)
    columns = (*columns, *(column for column in added if column not in columns))
    counts = before.counts or step.function == "count"
    after = Table(columns, with_strides(axes), time.columns, time.keys, counts=counts)
    return Reduction(step, before, after, tuple(relations), _weights(before, step))


def with_strides(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return axes of which each is a digit above those before it."""
    stride = 1
    found = []
    for axis in axes:
        found.append(replace(axis, stride=stride))
        stride *= axis.radix
    return tuple(found)


def _unnamed(before: Table, columns: Sequence[Column], step: Step) -> Iterator[Problem]:
    for type_ in NAMED_REDUCTION_TYPES:
        axis = before.axis(type_)
        kept = [column for column in columns if column.type == type_]
        if type_ in step.over:
            if kept:
                index = step.over.index(type_)
                yield step.node["over"][index].problem(f'"{type_}" is in `over`, but `by` keeps "{kept[0].name}"')
        elif axis is not None and not kept and len(before.digits(type_)) > 1:
            yield step.node.problem(
                f'"{axis.columns[0].name}" has {len(before.digits(type_))} records and is in neither `by` nor `over`; '
                f'reducing {type_}s needs over = ["{type_}"]'
            )


def _related(
    plan: Plan, before: Table, axis: Axis, kept: tuple[Column, ...], step: Step, problems: list[Problem]
) -> tuple[Axis, Relation]:
    """Return the axis of a type after the step, and what becomes of its digits."""
    ways = [way_to(before, column) for column in kept]
    problems += _valueless(before, axis, kept, ways, step)
    entries: list[tuple[int, Key, float]] = []
    shares: list[tuple[object, object, float]] = []
    units: dict[Key, dict[str, None]] = {}
    alive = before.digits(axis.type)
    for digit in alive:
        key = axis.keys[digit]
        for choice in product(*(way.of(key) for way in ways)):
            target = tuple(id_ for id_, _ in choice)
            scale = prod(share for _, share in choice)
            shares.append((digit, target, scale))
            if axis.type == "metric":
                own = axis.units[digit]
                unit = "" if step.function == "count" else _target_unit(plan, before, kept, own, target)
                units.setdefault(target, {})[unit] = None
                scale *= _converted(own, unit, step, problems)
            entries.append((digit, target, scale))
    problems += _mixed(axis, units, step)
    made = _axis(axis.type, kept, ways, {target for _, target, _ in entries}, units)
    relation = Relation(
        axis.type, tuple((digit, made.numbers[key], scale) for digit, key, scale in entries), len(alive)
    )
    if not before.counts:
        problems += _not_additive(plan, axis, kept, relation, step)
    may_be_added = step.function == "sum" and axis.type not in NAMED_REDUCTION_TYPES
    twice = [", ".join(axis.keys[digit]) for digit in counted_twice(shares)] if may_be_added else []  # type: ignore[call-overload]
    if twice and not plan.query.allow_double_counting:
        names = listing([column.name for column in kept])
        problems.append(
            step.node["by"].problem(
                f"{names} counts {listing(twice[:3])} more than once: several of its records hold it in full; set "
                "allow_double_counting = true if that is what is meant"
            )
        )
    return made, relation


def _valueless(before: Table, axis: Axis, kept: Sequence[Column], ways: Sequence[Way], step: Step) -> Iterator[Problem]:
    """Return attributes that records of the table have no value of: what they hold would be gone without a word."""
    for column, way in zip(kept, ways, strict=True):
        if MARK not in column.name or way.shares is None:
            continue
        without = [axis.keys[digit][way.position] for digit in before.digits(axis.type) if not way.of(axis.keys[digit])]
        if without:
            of, _, attribute = column.name.partition(MARK)
            yield step.node["by"].problem(
                f'{len(without):,} of the records of "{of}" that are there have no "{attribute}": '
                f"{listing(list(dict.fromkeys(without)))}; leave them out with a filter, or give them one"
            )


def _axis(
    type_: str, columns: tuple[Column, ...], ways: Sequence[Way], keys: set[Key], units: dict[Key, dict[str, None]]
) -> Axis:
    positions = [{id_: index for index, id_ in enumerate(way.ids)} for way in ways]
    ordered = sorted(keys, key=lambda key: tuple(where[id_] for where, id_ in zip(positions, key, strict=True)))
    of_keys = tuple(next(iter(units[key])) for key in ordered) if type_ == "metric" else ()
    return Axis(type_, columns, tuple(ordered), of_keys)


def _target_unit(plan: Plan, before: Table, kept: Sequence[Column], own: str, target: Key) -> str:
    """Return the unit of a metric key: the query's own wins, then that of a supplemental record that is added here."""
    if plan.query.output.unit or not own:
        return own
    known = {column.name for column in before.columns}
    added = [(column, id_) for column, id_ in zip(kept, target, strict=True) if column.name not in known]
    unit = supplemental_unit([column for column, _ in added], tuple(id_ for _, id_ in added))
    return own if unit is None else unit


def _converted(own: str, unit: str, step: Step, problems: list[Problem]) -> float:
    if own == unit or step.function == "count":
        return 1.0
    try:
        return factor(own, unit)
    except UnitError as error:
        problems.append(step.node.problem(str(error)))
        return 1.0


def _mixed(axis: Axis, units: dict[Key, dict[str, None]], step: Step) -> Iterator[Problem]:
    for found in units.values():
        if len(found) > 1:
            names = listing([column.name for column in axis.columns])
            mixed = " and ".join(found)
            yield step.node.problem(
                f"the {step.function} over {names} mixes {mixed}; keep {names}, or set one unit in [result]"
            )
            return


def _not_additive(plan: Plan, axis: Axis, kept: Sequence[Column], relation: Relation, step: Step) -> Iterator[Problem]:
    if step.function != "sum":
        return
    additive = additivity_of(plan)
    if not additive.over_categories and kept:
        yield from _part_of_a_mean(axis, kept, relation, step)
    what = "quotients" if plan.unitless else "values of this metric"
    if additive.over_categories or are_assigned(kept):
        return
    reached: dict[int, int] = {}
    for old, new, _ in relation.rows:
        if new in reached:
            first, second = (listing(list(axis.keys[digit])) for digit in (reached[new], old))
            yield step.node.problem(
                f"{what} do not add up over {listing([column.name for column in axis.columns])} "
                f"({first} and {second}); {additive.alternatives}"
            )
            return
        reached[new] = old


def _part_of_a_mean(axis: Axis, kept: Sequence[Column], relation: Relation, step: Step) -> Iterator[Problem]:
    """Return the first mean whose weights do not sum to 1, as parts of it are missing or filtered out."""
    added = [column for column in kept if column not in axis.columns]
    if axis.type == "metric" or not are_assigned(added):
        return  # what merges records is refused already
    sums: dict[int, float] = {}
    for _, new, weight in relation.rows:
        sums[new] = sums.get(new, 0.0) + weight
    for weight in sums.values():
        if abs(weight - 1) > WEIGHTS:
            yield step.node.problem(
                "values of this metric do not add up, so the weights of what becomes one value have to sum to 1, but "
                f"for {listing([column.name for column in kept])} they sum to {weight:.6g}: parts of a mean are "
                "missing or filtered out, or values would be added up"
            )
            return


def _percentiles(step: Step, columns: Sequence[Column], problems: list[Problem]) -> Axis:
    taken = next((column for column in columns if column.name == PERCENTILE), None)
    if taken is not None:
        problems.append(step.node["by"].problem(f'"{PERCENTILE}" is the name of the column that the step adds'))
    ids = [f"{one:g}" if float(f"{one:g}") == one else repr(one) for one in step.percentiles]
    dimension = Dimension(PERCENTILE, PERCENTILE, PERCENTILE, Records(tuple(Record(id_, id_) for id_ in ids)))
    column = Column(PERCENTILE, PERCENTILE, "statistic", dimension, of=PERCENTILE)
    return Axis(PERCENTILE, (column,), tuple((id_,) for id_ in ids))


def _weights(before: Table, step: Step) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return a weight for each digit of the types that the step's weights are attributes of."""
    found: dict[str, list[float]] = {}
    for index, name in enumerate(step.weights):
        node = step.node["weights"][index]
        of, _, attribute = name.partition(MARK)
        column = next((one for one in before.columns if one.name == of and one.dimension is not None), None)
        if column is None or not attribute:
            names = [one.name for one in before.columns if one.dimension is not None]
            if of in names:
                raise node.error(f'"{of}" is a column; a weight is an attribute of one, such as "{of}.population"')
            raise node.error(f'"{name}" is no attribute of a column that this step sees; it sees {listing(names)}')
        axis = before.axis(column.type)
        assert axis is not None
        assert column.dimension is not None
        if attribute not in column.dimension.records.columns:
            hint = did_you_mean(attribute, column.dimension.records.columns)
            raise node.error(f'no attribute "{attribute}" in dimension "{of}"{hint}')
        position = before.columns_of(column.type).index(column)
        own = [_weight(column, key[position], attribute, node) for key in axis.keys]
        known = found.get(column.type, [1.0] * len(own))
        found[column.type] = [one * other for one, other in zip(known, own, strict=True)]
    return tuple((type_, tuple(weights)) for type_, weights in found.items())


def _weight(column: Column, id_: str, attribute: str, node: Node) -> float:
    assert column.dimension is not None
    cell = column.dimension.records.by_id[id_].get(attribute)
    try:
        weight = float(shown_value(cell))
    except ValueError:
        raise node.error(
            f'{column.name} "{id_}" has no number as "{attribute}", but {cell!r}; it cannot weigh anything'
        ) from None
    if weight < 0:
        raise node.error(f'{column.name} "{id_}" has the negative "{attribute}" {weight:g}; weights are not negative')
    return weight
