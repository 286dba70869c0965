"""The host's own zone has no say in what becomes of time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dsgrid.time import mapping

# Prints the keys and weights of maps in which the zone of the host could be taken for another one.
PROGRAM = """
from datetime import datetime, timedelta
from dsgrid.time.dimension import DatetimeTime, RepresentativeTime, Span, AnnualTime
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

def grid(zone, start, end, clock="prevailing"):
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return DatetimeTime("t", (span,), timedelta(hours=1), zone, "period_beginning", "total", clock=clock)

utc = grid("UTC", "2018-03-11 05:00", "2018-03-12 03:00")
york = grid("America/New_York", "2018-03-11 00:00", "2018-03-11 23:00")
profile = grid("geography", "2018-03-11 00:00", "2018-03-11 23:00", "profile")
typical = RepresentativeTime("t", ("day_type", "hour"), timedelta(hours=1), "geography", "period_beginning", "total")
years = AnnualTime("t", (2018,), "total")
here = Place("America/New_York")
for own, target, rules in [
    (york, utc, TimeRules()),
    (profile, utc, TimeRules(spring_forward="drop")),
    (typical, utc, TimeRules()),
    (typical, years, TimeRules()),
    (years, york, TimeRules(spread="flat")),
    (grid("America/New_York", "2017-03-11 00:00", "2017-03-13 00:00"), york, TimeRules(align="same_date", trim=True)),
]:
    found = map_time(own, target, rules, [here])
    (one,) = found.classes
    print(found.keys.tolist(), one.source.tolist(), one.target.tolist(), one.weight.tolist())
"""


def printed(zone: str) -> str:
    lib = str(Path(mapping.__file__).parents[2])
    environment = {**os.environ, "TZ": zone, "PYTHONPATH": lib}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_weights_are_the_same_where_the_host_is_in_new_zealand():
    found = printed("Pacific/Auckland")
    assert len(found.splitlines()) == 6
    assert found == printed("UTC")
