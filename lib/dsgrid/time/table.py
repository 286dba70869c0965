"""The closed table: what becomes of every form of time when it meets every other.

A cell is a formula with the rules that it takes, or a refusal with its reason. `dsgrid.time.mapping` looks here
before it computes anything, and the guide's table is written from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsgrid.time.dimension import DatetimeTime, IndexTime, TimeDimension, is_local

INSTANTS, LOCAL, PROFILE, ANNUAL, REPRESENTATIVE, INDEX, NONE = FORMS = (
    "instants",
    "local",
    "profile",
    "annual",
    "representative",
    "index",
    "none",
)

FORM_WORDS: Final = {
    INSTANTS: "a datetime in one zone: each slot is known as an instant",
    LOCAL: "a datetime in the zone of each geography, on its prevailing or standard clock",
    PROFILE: 'a datetime on a clock that never changes (`clock = "profile"`), in one zone or each geography\'s: '
    "8760 hours in every year of 365 days",
    ANNUAL: "a value per year",
    REPRESENTATIVE: "values of typical periods: hours of a week in each month, say",
    INDEX: "a datetime whose labels are numbers; its slots are those of the form that its zone and clock say",
    NONE: "no time at all",
}


@dataclass(frozen=True)
class Cell:
    """What becomes of one form of time when it meets another.

    Parameters
    ----------
    formula
        What is done; empty when it is refused.
    rules
        The rules (`dsgrid.time.rules.TimeRules`) that may be given.
    refusal
        Why it is not done.
    """

    formula: str = ""
    rules: frozenset[str] = frozenset()
    refusal: str = ""


_GRID = frozenset({"wrap", "align", "leap_day", "resample", "interpolate", "trim"})
_CLOCK = frozenset({"spring_forward", "fall_back"})

_SAME_INSTANTS = Cell(
    "The same instants. Zones and interval conventions are relabelled; other steps and offsets are resampled by "
    "measurement; other years are aligned day by day on the clock that the data's zone has in January.",
    _GRID,
)
_TO_INSTANTS = Cell(
    "Each reading lies where the clock of the zone shows it: the hour that clocks leave out goes by `spring_forward`, "
    "the one that they repeat by `fall_back`; then as for instants.",
    _GRID | _CLOCK,
)
_TO_PROFILE = Cell(
    "The inverse: each reading takes what lies where its clock shows it; an hour that is shown twice goes by "
    "`fall_back`, one that is never shown by `spring_forward`.",
    _GRID | _CLOCK,
)
_READINGS = Cell("The same readings, whatever the zone; clocks do not come into it.", _GRID)
_REPRESENTATIVE = Cell(
    "Each period of the calendar and clock of the zone takes the value of its month, day and hour: the hour that "
    "clocks leave out is not used that day, the one that they repeat is used twice.",
    frozenset({"resample", "holidays"}),
)
_PERIODS_OF_READINGS = Cell(
    "Each reading takes the value of its month, day and hour, whatever the zone; clocks do not come into it.",
    frozenset({"resample", "holidays"}),
)
_SPREAD = Cell(
    "A total is spread over the year: `flat` gives each slot its part of the year's time, `shape` that of another "
    "dataset (the rules of instants then say how the shape's time becomes the project's); a project of part of a year "
    "takes its part. A mean, minimum or maximum is repeated.",
    frozenset({"spread", "shape", "trim"}),
)
_BY_YEAR = Cell(
    "The slots of each year of the data's own clock: totals are summed, means averaged by time, extremes taken.",
    frozenset({"wrap", "align", "leap_day", "trim"}),
)
_TYPICAL = Cell(
    "The mean over all periods of one kind, on the calendar and clock of the project's zone; of readings, those at "
    "which periods begin.",
    frozenset({"resample", "trim"}),
)
_TIMELESS = Cell("The values hold at any time: a query may use them, but not ask for their time.")
_NO_TIME = Cell(refusal="a project without time takes only datasets without time; give it an annual time")


def _cells() -> dict[tuple[str, str], Cell]:
    table: dict[tuple[str, str], Cell] = {}
    for target in (INSTANTS, LOCAL, INDEX):
        table |= {(source, target): _SAME_INSTANTS for source in (INSTANTS, LOCAL, INDEX)}
        table[PROFILE, target] = _TO_INSTANTS
        table[REPRESENTATIVE, target] = _REPRESENTATIVE
        table[ANNUAL, target] = _SPREAD
    for source in (INSTANTS, LOCAL, INDEX):
        table[source, PROFILE] = _TO_PROFILE
    table[PROFILE, PROFILE] = _READINGS
    table[REPRESENTATIVE, PROFILE] = _PERIODS_OF_READINGS
    table[ANNUAL, PROFILE] = _SPREAD
    for source in (INSTANTS, LOCAL, PROFILE, INDEX):
        table[source, ANNUAL] = _BY_YEAR
        table[source, REPRESENTATIVE] = _TYPICAL
    table[ANNUAL, ANNUAL] = Cell("The same years.", frozenset({"trim"}))
    table[REPRESENTATIVE, ANNUAL] = Cell(
        "The sum over the periods of each year's calendar (of a mean: their mean): each value counts as often as its "
        "month, day and hour occur in that year.",
    )
    table[REPRESENTATIVE, REPRESENTATIVE] = Cell("The same periods.")
    table[ANNUAL, REPRESENTATIVE] = Cell(
        refusal="how much of a year a typical period is depends on a calendar, and neither side has one"
    )
    for other in FORMS:
        table[NONE, other] = _TIMELESS
        table[other, NONE] = _NO_TIME
    table[NONE, NONE] = Cell("Nothing is mapped.")
    return table


TABLE: Final = _cells()


def form_of(time: TimeDimension) -> str:
    """Return the form of a time dimension: its row and its column in the table."""
    if isinstance(time, DatetimeTime):
        if time.clock == "profile":
            return PROFILE
        return LOCAL if is_local(time) else INSTANTS
    return time.kind


def grid_form_of(time: TimeDimension) -> str:
    """Return the form of the slots: that of an index is the one of its zone and clock."""
    if isinstance(time, IndexTime):
        if time.clock == "profile":
            return PROFILE
        return LOCAL if is_local(time) else INSTANTS
    return form_of(time)


def cell(own: TimeDimension, target: TimeDimension) -> Cell:
    """Return what becomes of a dataset's time in a project.

    An index takes the rules of its slots' form besides.
    """
    found = TABLE[form_of(own), form_of(target)]
    if found.refusal or INDEX not in (form_of(own), form_of(target)):
        return found
    same = TABLE[grid_form_of(own), grid_form_of(target)]
    return Cell(found.formula, same.rules, same.refusal)


# What becomes of measurements: the same on both sides, but for these, which a rule has to ask for.
INTERPOLATED: Final = frozenset({("measured", "mean"), ("mean", "measured")})

MEASUREMENT_WORDS: Final = {
    "total": "split and summed by overlap: totals are conserved",
    "mean": "repeated and averaged with the overlaps as weights: means are preserved",
    "min": "repeated; the least of several",
    "max": "repeated; the greatest of several",
    "measured": "taken at the same instants, or on the line between two readings",
}
