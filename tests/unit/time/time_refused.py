"""The words with which one time is refused for another."""

from __future__ import annotations

import pytest
from tests.time_cells import NEW_YORK

from dsgrid.time.dimension import TimeDimension
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import TimeError

HERE = Place(NEW_YORK, NEW_YORK)


def refusal(own: TimeDimension, target: TimeDimension, place: Place = HERE, **rules: bool | str) -> TimeError:
    with pytest.raises(TimeError) as error:
        map_time(own, target, TimeRules(**rules), [place])  # type: ignore[arg-type]
    return error.value


def message(own: TimeDimension, target: TimeDimension, place: Place = HERE, **rules: bool | str) -> str:
    return str(refusal(own, target, place, **rules))
