"""Aligning a dataset's slots with the project's: a bijection, or a clear refusal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsgrid.errors import Problem
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import beginnings, shown_span, shown_step, slots
from dsgrid.time.zones import Instants, TimeError


@dataclass(frozen=True)
class TimeMap:
    """Which slot of the project each slot of a dataset is.

    Parameters
    ----------
    labels
        The dataset's labels (UTC microseconds), as they stand in its files.
    slots
        For each of them the index of the project's slot. Every slot of the project occurs once.
    wrapped
        How many slots lie outside of the project's span and were wrapped into it.
    """

    labels: Instants
    slots: npt.NDArray[np.int64]
    wrapped: int = 0

    @property
    def is_identity(self) -> bool:
        """Whether the slots are in the project's order, without any wrapping."""
        return self.wrapped == 0


def align(dataset: DatetimeTime, project: DatetimeTime, wrap: bool = False) -> TimeMap:
    """Return the bijection of a dataset's slots onto a project's.

    Slots are the same when they begin at the same instant; labels and zones may differ. With `wrap`, a dataset of as
    many slots that is shifted by whole steps is wrapped into the project's span: slot ``i`` of the dataset is slot
    ``(i + shift) mod n`` of the project.

    Raises
    ------
    TimeError
        If measurement, step or count differ, if only one side is instantaneous, if the spans differ and `wrap` is not
        asked for, or if they are not shifted by a whole number of steps or do not overlap.
    """
    _check_comparable(dataset, project)
    own, target = beginnings(dataset), beginnings(project)
    if len(own) != len(target):
        raise TimeError(
            Problem(f"the dataset has {len(own):,} time slots, the project {len(target):,}; {_both(dataset, project)}")
        )
    length = len(own)
    order = np.arange(length, dtype=np.int64)
    if np.array_equal(own, target):
        return TimeMap(slots(dataset), order)
    shift = _shift(own, target)
    if shift is None:
        if own[-1] < target[0] or own[0] > target[-1]:
            raise TimeError(
                Problem(
                    f"the dataset's time does not overlap the project's: {_both(dataset, project)}; data of other "
                    "years need a calendar alignment, which is not available yet"
                )
            )
        raise TimeError(
            Problem(
                "the dataset's slots lie between the project's, not a whole number of steps apart: "
                f"{_both(dataset, project)}"
            )
        )
    # Steps of a day are not of equal length in prevailing zones, so the overlap has to agree slot by slot.
    inside = own[max(-shift, 0) : length - max(shift, 0)]
    same = target[max(shift, 0) : length - max(-shift, 0)]
    if not np.array_equal(inside, same):
        raise TimeError(Problem(f"the dataset's slots drift against the project's: {_both(dataset, project)}"))
    if not wrap:
        direction = "later" if shift > 0 else "earlier"
        steps = f"{abs(shift):,} step{'s' if abs(shift) != 1 else ''} of {shown_step(project.step)}"
        raise TimeError(
            Problem(
                f"the dataset begins {steps} {direction} than the project: {_both(dataset, project)}; "
                f"wrap_time = true would move {abs(shift):,} of its {length:,} slots to the other end"
            )
        )
    return TimeMap(slots(dataset), (order + shift) % length, abs(shift))


def _check_comparable(dataset: DatetimeTime, project: DatetimeTime) -> None:
    problems = []
    if dataset.measurement != project.measurement:
        problems.append(
            f'the dataset\'s measurement is "{dataset.measurement}", the project\'s "{project.measurement}"'
        )
    if (dataset.interval == "instantaneous") != (project.interval == "instantaneous"):
        problems.append(
            f'the dataset\'s interval is "{dataset.interval}", the project\'s "{project.interval}": instantaneous '
            "values have no period, so they cannot be moved to one, nor periods to instants"
        )
    if dataset.step != project.step:
        problems.append(
            f"the dataset's step is {shown_step(dataset.step)}, the project's {shown_step(project.step)}; "
            "time is not resampled"
        )
    if problems:
        raise TimeError([Problem(message) for message in problems])


def _shift(own: Instants, target: Instants) -> int | None:
    """Return by how many slots the dataset begins after the project; None when the axes do not meet."""
    if own[0] >= target[0]:
        index = int(np.searchsorted(target, own[0]))
        return index if index < len(target) and target[index] == own[0] else None
    index = int(np.searchsorted(own, target[0]))
    return -index if index < len(own) and own[index] == target[0] else None


def _both(dataset: DatetimeTime, project: DatetimeTime) -> str:
    return f"dataset {shown_span(dataset)}, project {shown_span(project)}"
