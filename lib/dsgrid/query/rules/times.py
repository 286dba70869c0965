"""Bring a dataset's labels to the project's slots, and gather the slots as `by` asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import TIME
from dsgrid.errors import SpecError
from dsgrid.query.plan import Axis, Plan, TimeFactor
from dsgrid.time.align import align
from dsgrid.time.calendar import calendar
from dsgrid.time.grid import slots as slot_labels

Int64 = npt.NDArray[np.int64]


def map_time(plan: Plan) -> Plan:
    """Set the time factor of every source, and the result's time keys where slots are gathered."""
    _refuse_partial_hours(plan)
    slots = slot_labels(plan.time)
    classes, keys = _gather(plan, slots)
    sources = []
    for source in plan.sources:
        aligned = align(source.dataset.time, plan.time, source.submission.wrap_time)
        factor = _factor(plan, aligned.labels, slots[aligned.slots], aligned.slots, classes, len(keys))
        sources.append(replace(source, time=factor))
    axes = plan.axes
    if keys and len(keys) > 1:
        axes = (*axes, Axis(TIME, plan.columns_of(TIME), tuple((str(index),) for index in range(len(keys)))))
    return replace(plan, sources=tuple(sources), time_keys=keys, axes=axes)


def _refuse_partial_hours(plan: Plan) -> None:
    step = plan.time.step
    for column in plan.columns_of(TIME):
        if column.word == "hourly" and step > timedelta(hours=1):
            node = plan.query.steps[-1].node["by"]
            raise SpecError(
                node.problem(f'"hourly" needs steps of an hour or less; those of {plan.project.id} are {step}')
            )


def _slots_stay_apart(plan: Plan) -> bool:
    words = {column.word for column in plan.columns_of(TIME)}
    return "slot" in words or ("hourly" in words and plan.time.step == timedelta(hours=1))


def _gather(plan: Plan, slots: Int64) -> tuple[Int64 | None, tuple[tuple[object, ...], ...]]:
    """Return the class of each slot and the value of each time column for each class."""
    columns = plan.columns_of(TIME)
    if not columns or _slots_stay_apart(plan):
        return None, ()
    values = calendar(plan.time)
    coded = np.zeros(len(slots), dtype=np.int64)
    for column in columns:
        _, codes = np.unique(np.asarray(values[column.word]), return_inverse=True)
        coded = coded * (int(codes.max()) + 1) + codes
    _, first, classes = np.unique(coded, return_index=True, return_inverse=True)
    keys = tuple(tuple(_plain(values[column.word][index]) for column in columns) for index in first)
    return classes.astype(np.int64), keys


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _factor(
    plan: Plan, labels: Int64, instants: Int64, slots: Int64, classes: Int64 | None, class_count: int
) -> TimeFactor:
    count = len(labels)
    if not plan.columns_of(TIME):
        return TimeFactor("drop", slots=count)
    if _slots_stay_apart(plan):
        offsets = instants - labels
        same = bool((offsets == offsets[0]).all())
        return TimeFactor("slots", int(offsets[0]) if same else None, labels, instants, slots=count, classes=count)
    assert classes is not None
    if class_count == 1:
        return TimeFactor("constant", slots=count)
    return TimeFactor("classes", None, labels, class_of=classes[slots], slots=count, classes=class_count)
