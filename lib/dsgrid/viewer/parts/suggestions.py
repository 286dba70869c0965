"""What forms suggest where the registry does not say what there is."""

from __future__ import annotations

from typing import Final

UNITS: Final = ("kWh", "MWh", "GWh", "TWh", "MMBtu", "therm")  # of energy
# Of the United States; any other of the zones' database can be typed where one may type.
ZONES: Final = (
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
