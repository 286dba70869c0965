"""Where slots of time are missing: lines and areas stop before such a gap, and go on behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np

from dsgrid.query.plots.clock import Int64
from dsgrid.query.plots.columns import Column
from dsgrid.query.plots.series import Sheet
from dsgrid.time.written import parse_step
from dsgrid.time.zones import DAY, HOUR

_WORDS: Final = {"hourly": HOUR, "daily": DAY, "monthly": 31 * DAY}


def step_of(column: Column, instants: Int64) -> int:
    """Return how far two slots are apart at most where none is missing between them, in microseconds.

    Where most slots are further apart than the column says, as those of one hour of each day, that is how it is meant.
    """
    if len(instants) < 2:
        return 0
    return max(_told(column), int(np.median(np.diff(instants))))


def _told(column: Column) -> int:
    try:
        return _WORDS.get(column.name) or parse_step(column.step) // timedelta(microseconds=1)
    except ValueError:
        return 0


def with_gaps(sheet: Sheet, step: int) -> Sheet:
    """Return a sheet with places without values in each gap: one behind its last slot, and one before the next.

    Stacked areas fall to zero there at once, and do not slope down to the other side.
    """
    if sheet.instants is None or len(sheet.instants) < 2 or not step:
        return sheet
    behind = np.flatnonzero(np.diff(sheet.instants) > step)
    if not len(behind):
        return sheet
    first, last = sheet.instants[behind] + step, sheet.instants[behind + 1] - step
    wide = last > first
    added = np.concatenate([first, last[wide]])
    at = np.concatenate([behind, behind[wide]]) + 1
    order = np.argsort(added, kind="stable")
    added, at = added[order], at[order]
    panels = tuple(
        replace(
            panel,
            series=tuple(replace(one, values=np.insert(one.values, at, np.nan)) for one in panel.series),
        )
        for panel in sheet.panels
    )
    return replace(sheet, panels=panels, instants=np.insert(sheet.instants, at, added))
