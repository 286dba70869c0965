"""How a project adjusts the time of a dataset: leap days, and the hours that clocks leave out and repeat."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.errors import did_you_mean
from dsgrid.importers.document import Entry

_NONE = ("none", "")


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


def adjustments(listed: Entry) -> Adjustments:
    """Return the adjustments of a project's entry for a dataset."""
    entry = listed.get("time_based_data_adjustment")
    if entry is None:
        return Adjustments()
    saving = entry.get("daylight_saving_adjustment") or entry.with_value({})
    said = {
        "leap_day": entry.text("leap_day_adjustment"),
        "spring_forward": saving.text("spring_forward_hour"),
        "fall_back": saving.text("fall_back_hour"),
    }
    return Adjustments({name: value for name, value in said.items() if value not in _NONE}, entry)


def listed_dataset(project: Entry, dataset_id: str) -> Entry:
    """Return a project's entry for a dataset; a dataset that it does not list is an error."""
    listed = {entry["dataset_id"].text_value: entry for entry in project.entries("datasets")}
    if dataset_id not in listed:
        raise project["datasets"].error(
            f'the project lists no dataset "{dataset_id}"{did_you_mean(dataset_id, listed)}'
        )
    return listed[dataset_id]
