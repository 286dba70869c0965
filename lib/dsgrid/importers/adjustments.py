"""How a project adjusts the time of a dataset: leap days, and the hours that clocks leave out and repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

_NONE: Final = ("none", "")
LEAP_DAYS: Final = ("drop_dec31", "drop_feb29", "drop_jan1")
_VALUES: Final = {
    "leap_day": LEAP_DAYS,
    "spring_forward": ("drop",),
    "fall_back": ("duplicate", "interpolate"),
}


@dataclass(frozen=True)
class Adjustments:
    """What a project's entry for a dataset says about its time.

    Parameters
    ----------
    rules
        Our rules by name: `leap_day`, `spring_forward`, `fall_back`, as far as they are given.
    entry
        Where they stand.
    """

    rules: dict[str, str] = field(default_factory=dict)
    entry: Entry | None = None

    @property
    def of_clocks(self) -> bool:
        """Whether the hours around changes of the clock are adjusted, so that labels are readings of a clock."""
        return "spring_forward" in self.rules or "fall_back" in self.rules


def adjustments(listed: Entry, remarks: Remarks | None = None) -> Adjustments:
    """Return the adjustments of a project's entry for a dataset.

    Raises
    ------
    SpecError
        If a value is none of those that there are.
    """
    entry = listed.get_object("time_based_data_adjustment")
    if entry is None:
        return Adjustments()
    saving = entry.get_object("daylight_saving_adjustment") or entry.with_value({})
    if remarks is not None:
        remarks.unknown(entry, ("leap_day_adjustment", "daylight_saving_adjustment"))
        remarks.unknown(saving, ("spring_forward_hour", "fall_back_hour"))
    said = {
        "leap_day": entry.get("leap_day_adjustment"),
        "spring_forward": saving.get("spring_forward_hour"),
        "fall_back": saving.get("fall_back_hour"),
    }
    rules = {
        name: value.text_value for name, value in said.items() if value is not None and value.text_value not in _NONE
    }
    for name, rule in rules.items():
        if rule not in _VALUES[name]:
            place = said[name] or entry
            raise place.error(f'there is no adjustment "{rule}"; there are: {listing(["none", *_VALUES[name]])}')
    return Adjustments(rules, entry)


def listed_dataset(project: Entry, dataset_id: str) -> Entry:
    """Return a project's entry for a dataset; a dataset that it does not list is an error."""
    listed = {entry["dataset_id"].text_value: entry for entry in project.entries("datasets")}
    if dataset_id not in listed:
        place = project.get("datasets") or project
        raise place.error(f'the project lists no dataset "{dataset_id}"{did_you_mean(dataset_id, listed)}')
    return listed[dataset_id]
