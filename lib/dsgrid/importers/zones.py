"""Names of time zones that are written differently elsewhere."""

from __future__ import annotations

import re
from typing import Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks
from dsgrid.spec.patterns import ZONE
from dsgrid.time.zones import LEGACY, TimeError, is_fixed
from dsgrid.time.zones import zone as zone_of

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


def unknown(name: str) -> str:
    """Return what is wrong with a name of a zone, and what it might be; nothing where it is one."""
    try:
        zone_of(zone(name))
    except TimeError as error:
        return error.problems[0].message
    return ""


def meant(entry: Entry, remarks: Remarks, *target: str) -> str:
    """Return the zone that a value names, with a remark where its name is another here.

    A name that nobody knows stays as it is, to be decided: no zone is guessed.
    """
    named = entry.text_value
    wrong = unknown(named)
    if wrong and re.fullmatch(ZONE.pattern, named):
        remarks.say("decide", entry, f"{wrong}; which is meant?", *target)
    elif wrong:
        remarks.wrong(entry, wrong)
    result = zone(named)
    if result != named:
        all_year = " all the year, without summer time" if is_fixed(result) and result != "UTC" else ""
        remarks.say("renamed", entry, f'the zone "{named}" is "{result}" here{all_year}', *target)
    return result
