"""The clock that labels are read from, and the years that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dsgrid.time.pieces import Int64
from dsgrid.time.zones import is_fixed, offsets, standard_offsets, to_instants

# In front of the zone of readings of which it is not known when they are.
PROFILE: Final = "profile of "


@dataclass(frozen=True)
class Clock:
    """A clock.

    Parameters
    ----------
    zone
        The name of its zone; empty for readings of which it is not known when they are.
    standard
        Whether it is never put forward.
    """

    zone: str
    standard: bool = False

    @classmethod
    def of(cls, name: str, standard: bool) -> Clock:
        """Return the clock of a zone, or that of a profile of its readings."""
        return cls("" if name.startswith(PROFILE) else name, standard)

    @property
    def is_steady(self) -> bool:
        """Whether it shows no reading twice, and leaves out none."""
        return not self.zone or self.standard or is_fixed(self.zone)

    def ahead(self, instants: Int64) -> Int64:
        """Return what the clock is ahead of UTC at each instant, in microseconds."""
        if not self.zone:
            return np.zeros(len(instants), np.int64)
        return standard_offsets(self.zone, instants) if self.standard else offsets(self.zone, instants)

    def readings(self, instants: Int64) -> Int64:
        """Return what the clock shows at each instant, as microseconds since 1970 of that clock."""
        return instants + self.ahead(instants)

    def begins(self, years: Int64) -> Int64:
        """Return the instants at which years begin on this clock."""
        midnights = (years - 1970).astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64)
        if not self.zone:
            return midnights
        if self.standard:
            return midnights - standard_offsets(self.zone, midnights)
        return to_instants(self.zone, midnights)

    @property
    def shown(self) -> str:
        """Return the clock in words."""
        if not self.zone:
            return "the clock of the profile"
        return f"{self.zone}, standard time all year" if self.standard and not is_fixed(self.zone) else self.zone


def years_of(readings: Int64) -> Int64:
    """Return the year of each reading."""
    return readings.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970


def is_leap(year: int) -> bool:
    """Tell whether a year has a 29 February.

    Examples
    --------
    >>> is_leap(2012), is_leap(2100)
    (True, False)
    """
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
