"""What is wrong with time arrays, in the words of their time dimension: ranges of labels instead of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.datasets.readings import is_second
from dsgrid.datasets.shifts import fault_of_all
from dsgrid.datasets.stretches import shown_labels
from dsgrid.errors import Problem
from dsgrid.time.dimension import DatetimeTime, TimeDimension
from dsgrid.time.grid import micros
from dsgrid.time.shown import shown_span
from dsgrid.time.stored import INSTANTS, NOTHING, has_fold, label_form
from dsgrid.time.zones import DAY, HOUR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.int64]

# Summer time lasts longer than this, and so does the rest of the year.
_SEASON = 90 * DAY


@dataclass(frozen=True)
class Array:
    """A time array as it is, and as it should be.

    Parameters
    ----------
    records
        What tells it from others, by column.
    labels, times
        The keys of its distinct labels, sorted, and how often each occurs.
    unlabelled
        The number of rows whose label is NULL.
    wanted
        The keys of the labels that it has to have.
    zone
        The zone whose clock shows its labels; empty where they depend on none.
    record
        The weather year or model year whose labels it has to have; empty where all have the same.
    """

    records: dict[str, Any]
    labels: Keys
    times: Keys
    unlabelled: int
    wanted: Keys
    zone: str = ""
    record: str = ""


def time_problem(
    time: TimeDimension,
    arrays: Sequence[Array],
    broken: int,
    of: int,
    where: str,
    *,
    naive: bool = False,
    hint: str = "",
) -> Problem:
    """Return the problem of time arrays that are not exactly the slots of the time dimension.

    Parameters
    ----------
    arrays
        The first of them.
    broken, of
        The number of broken arrays, and of all.
    naive
        The files write labels without an offset.
    hint
        What else there is to say.
    """
    faults = [_faults(time, one, naive) for one in arrays]
    name = ", ".join(f"id {value}" if key == "id" else str(value) for key, value in arrays[0].records.items())
    nothing = label_form(time) == NOTHING
    what = "combination" if nothing else "time array"
    slots = "one row" if nothing else f"the slots of {shown_span(time)}"
    message = (
        f"{broken:,} of {counted(of, what)} {'does' if broken == 1 else 'do'} not have exactly {slots}; "
        f"{name}{': ' if name else ''}{faults[0]}{hint}"
    )
    rows = [
        {**one.records, "rows": int(one.times.sum()) + one.unlabelled, "what": text}
        for one, text in zip(arrays[:LIMIT], faults, strict=False)
    ]
    return Problem(message, where, detail=show(rows, broken))


def _is_changed(time: TimeDimension, lacks: Keys, surplus: Keys, twice: Keys) -> bool:
    """Tell whether labels that are declared to be instants look like those of a clock with summer time."""
    if label_form(time) != INSTANTS or not isinstance(time, DatetimeTime) or len(surplus):
        return False
    hour = max(1, HOUR // micros(time.step))
    return len(lacks) == len(twice) == hour and abs(int(twice[0]) - int(lacks[0])) > _SEASON


def _faults(time: TimeDimension, array: Array, naive: bool) -> str:
    import numpy as np

    if label_form(time) == NOTHING:
        return counted(int(array.times.sum()) + array.unlabelled, "row")
    found = [text] if (text := fault_of_all(time, array, naive)) else []
    if not found:
        lacks, surplus = np.setdiff1d(array.wanted, array.labels), np.setdiff1d(array.labels, array.wanted)
        twice = array.labels[array.times > 1]
        found = [
            *([shown_labels(time, lacks, array.wanted, "missing", array.zone)] if len(lacks) else []),
            *([shown_labels(time, surplus, array.labels, "too many", array.zone)] if len(surplus) else []),
            *([shown_labels(time, twice, array.labels, "repeated", array.zone)] if len(twice) else []),
        ]
        if _is_changed(time, lacks, surplus, twice):
            found.append(
                'an hour less in one season and one twice in another, as on a clock that changes: zone = "geography", '
                'or the name of a zone, with labels = "wall_clock", says whose'
            )
        if "fold" not in dict(time.columns) and has_fold(time) and is_second(lacks).any():
            found.append('where clocks show an hour twice, a column says which is meant: columns = { fold = "..." }')
    if array.unlabelled:
        found.append(f"{counted(array.unlabelled, 'row')} without a label (NULL)")
    return "; ".join(found)
