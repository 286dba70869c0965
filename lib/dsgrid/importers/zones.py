"""Names of time zones that are written differently elsewhere."""

from __future__ import annotations

import re
from typing import Final

from dsgrid.time.zones import LEGACY

# Names that mean the same, under the one that the IANA prefers.
_OLD_NAMES: Final = {
    "US/Alaska": "America/Anchorage",
    "US/Arizona": "America/Phoenix",
    "US/Central": "America/Chicago",
    "US/Eastern": "America/New_York",
    "US/Hawaii": "Pacific/Honolulu",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "USArizona": "America/Phoenix",
    "GMT": "UTC",
    "Etc/UTC": "UTC",
    "Etc/GMT": "UTC",
}


def zone(name: str) -> str:
    """Return a fixed offset or an IANA name for any name of a zone; one that is not known is returned as it is.

    ``Etc/GMT+5`` counts hours *west* of Greenwich, which reads like its opposite; it becomes ``-05:00``.
    """
    match = re.fullmatch(r"Etc/GMT([+-])(\d{1,2})", name)
    if match:
        sign = "-" if match[1] == "+" else "+"
        return "UTC" if int(match[2]) == 0 else f"{sign}{int(match[2]):02d}:00"
    return LEGACY.get(name) or _OLD_NAMES.get(name, name)
