"""Annual values that follow a shape: a small plan of the shape's own facts, and which series each row follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dsgrid.dimensions.matrix import Matrix
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.query.factor import Factor
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.bounds import count_rows
from dsgrid.query.rules.contractions import choose_contractions
from dsgrid.query.rules.time_modes import choose_time_modes
from dsgrid.query.source import Source
from dsgrid.query.time_factor import Coupling, Shape, TimeFactor
from dsgrid.registry.model import Dataset
from dsgrid.time.dimension import AnnualTime
from dsgrid.time.pieces import Int64
from dsgrid.time.shaping import shape_time


def with_shape(plan: Plan, source: Source, codes: Sequence[Int64]) -> Source:
    """Return an annual source that follows its shape, from one that is spread flat over the same slots.

    Parameters
    ----------
    codes
        For each place of the source the code of each of the project's slots; -1 where the place has none.
    """
    time, shape = source.time, source.shape
    assert time is not None
    assert shape is not None
    own = source.dataset.time
    assert isinstance(own, AnnualTime)
    types = shape_types(shape.dataset)
    shaping = shape_time(shape.dataset.time, plan.time, source.submission.time)
    coupling, series, of_place = _followed(source, shape, types)
    course = TimeFactor(shaping.course.keys, shaping.course.classes, shaping.course.targets)
    years = np.zeros(len(shaping.years), np.int64) if own.year_of else shaping.years
    found = Shape(
        plan=_course(plan, shape, types, course),
        series=series,
        of_place=of_place,
        years=shaping.years,
        labels=years,
        projects=shaping.projects,
        codes=tuple(codes),
    )
    # Part of a year is another part of each series' sum.
    uniform = 1.0 if time.uniform == 1.0 else None
    entries = tuple(time.entries[place] for place in of_place)
    return replace(source, time=replace(time, shape=found, coupling=coupling, entries=entries, uniform=uniform))


def shape_types(shape: Dataset) -> tuple[str, ...]:
    """Return the dimension types of which a shape has several records: its series."""
    return tuple(type_ for type_ in RECORD_TYPES if len(shape.dimensions[type_].records) > 1)


def _followed(source: Source, shape: Source, types: Sequence[str]) -> tuple[Coupling, Int64, Int64]:
    """Return the coupling by series and zones together, and for each of its places the series and the zones' place."""
    assert source.time is not None
    before = source.time.coupling
    numbers: dict[str, Mapping[tuple[str, str], int]] = {}
    sizes: dict[str, int] = {}
    for type_ in dict.fromkeys([*before.sizes, *types]):
        pairs = [(record, str(base)) for record, base, _ in source.factor(type_).to_base]
        ids = shape.dataset.dimensions[type_].records.ids if type_ in types else ()
        position = {id_: index for index, id_ in enumerate(ids)}
        size = before.size(type_)
        numbers[type_] = {
            (record, base): position.get(record, 0) * size + before.number(type_, record, base)
            for record, base in pairs
        }
        sizes[type_] = max(1, len(ids)) * size
    coupling = replace(before, numbers=numbers, sizes=sizes)
    place = np.arange(coupling.places)
    series, of_place = np.zeros(len(place), np.int64), np.zeros(len(place), np.int64)
    stride = 1
    for type_, size in sizes.items():
        number = place // coupling.stride(type_) % size
        of_place += number % before.size(type_) * before.stride(type_)
    for type_ in types:
        number = place // coupling.stride(type_) % sizes[type_]
        series += number // before.size(type_) * stride
        stride *= len(shape.dataset.dimensions[type_].records)
    return coupling, series, of_place


def _course(plan: Plan, shape: Source, types: Sequence[str], time: TimeFactor) -> Plan:
    """Return the plan of the shape's facts: what each series has in each slot of whole years."""
    factors = []
    axes = []
    for type_ in RECORD_TYPES:
        dimension = shape.dataset.dimensions[type_]
        keys = {id_: ((id_,) if type_ in types else (), 0) for id_ in dimension.records.ids}
        matrix = Matrix({id_: ((key, 1.0),) for id_, key in keys.items()})
        factors.append(Factor(type_, dimension.records.ids, dimension, matrix, (dimension.name,), matrix))
        axes.append(Axis(type_, (), tuple(dict.fromkeys(key for key, _ in keys.values())), ("",)))
    slots = tuple((str(index),) for index in range(time.codes))
    inner = replace(
        plan,
        columns=(),
        sources=(replace(shape, factors=tuple(factors), time=time),),
        axes=(*axes, Axis(TIME, (), slots)),
        time_keys=slots,
        slots=None,
    )
    return count_rows(choose_contractions(choose_time_modes(inner)))
