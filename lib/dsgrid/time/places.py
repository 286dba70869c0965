"""Where the time of a dataset differs: zones of geographies, and years that belong to records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One of the situations that a dataset's slots are mapped in.

    Parameters
    ----------
    zone
        The zone of the geography whose clock the dataset's labels are of; empty when the dimension has its own.
    target_zone
        The same of the project's time.
    own
        The records (of the dataset's weather years, say) that are mapped here; their ranges alone count. Empty: all.
    record
        The base record (a weather year) whose range of the project's time is mapped to; empty: all of it.
    """

    zone: str = ""
    target_zone: str = ""
    own: frozenset[str] = frozenset()
    record: str = ""
