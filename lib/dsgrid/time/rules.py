"""What a submission says about its dataset's time: how it becomes the project's where that is not plain."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

ALIGN: Final = ("same_date", "same_weekday")
LEAP_DAY: Final = ("drop_feb29", "drop_dec31", "drop_jan1", "repeat", "interpolate")
# A profile becomes instants, or instants become a profile.
TO_INSTANTS: Final = {"spring_forward": ("drop", "shift"), "fall_back": ("duplicate", "interpolate", "split")}
TO_PROFILE: Final = {"spring_forward": ("interpolate", "repeat", "zero"), "fall_back": ("sum", "mean")}
SPREAD: Final = ("flat",)


@dataclass(frozen=True)
class TimeRules:
    """How a dataset's time becomes the project's where there is more than one way.

    Parameters
    ----------
    wrap
        Slots beyond one end of the project's time are moved to the other.
    align
        Data of another year are taken by date or by day of the week, see `ALIGN`.
    leap_day
        What becomes of 29 February where one side has none, see `LEAP_DAY`.
    spring_forward, fall_back
        What becomes of the hours that clocks leave out and repeat, see `TO_INSTANTS` and `TO_PROFILE`.
    resample
        Slots of another length, or between the project's, are split and joined.
    interpolate
        Readings become means, or means readings, along the lines between them.
    trim
        Slots outside of the project's time are left out.
    spread
        How annual values are spread over a year, see `SPREAD`.
    shape
        The dataset (id and version) whose course annual values follow.
    holidays
        The day type or day of the week whose values the project's holidays take.
    """

    wrap: bool = False
    align: str = ""
    leap_day: str = ""
    spring_forward: str = ""
    fall_back: str = ""
    resample: bool = False
    interpolate: bool = False
    trim: bool = False
    spread: str = ""
    shape: str = ""
    holidays: str = ""

    @property
    def given(self) -> dict[str, bool | str]:
        """The rules that are set, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


RULES: Final = tuple(one.name for one in fields(TimeRules))
