"""Which slots each time array has to have: those of its zone, where clocks differ, and those of its year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import DataError, Problem, listing
from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, TimeDimension, zone_of
from dsgrid.time.stored import INSTANTS, has_fold, label_form

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SlotSet:
    """Some of the slots: those of a zone's clock, or of a year.

    Parameters
    ----------
    mask
        Which they are, over all slots.
    zone
        The zone whose clock shows their labels; empty where labels do not depend on it.
    record
        The weather year or model year that they belong to; empty when they belong to all.
    """

    mask: Mask
    zone: str = ""
    record: str = ""


@dataclass(frozen=True)
class Wanted:
    """Sets of slots, and which of them each time array has to have.

    Parameters
    ----------
    sets
        The sets.
    row, set
        Pairs of a row of the arrays and the number of its set. A row has several where it stands for records in
        several zones or years, and none where its id stands for no record at all, which is told as such.
    """

    sets: tuple[SlotSet, ...]
    row: NDArray[np.int64]
    set: NDArray[np.int64]

    def of(self, row: int) -> tuple[SlotSet, ...]:
        """Return the sets that a row has to have."""
        return tuple(self.sets[number] for number in self.set[self.row == row])


def zones_of(time: TimeDimension, dimensions: Mapping[str, Dimension], where: str = "") -> dict[str, str]:
    """Return the zone of each geography, where the labels of a dataset depend on it; else nothing.

    Raises
    ------
    DataError
        If records have none, and the dataset's time is told in the zone of each.
    """
    if zone_of(time) != GEOGRAPHY:
        return {}
    geography = dimensions["geography"]
    found = {record.id: str(record.get("time_zone") or "") for record in geography.records}
    lacking = [id_ for id_, zone in found.items() if not zone]
    if lacking:
        message = (
            f'labels are in the zone of each "{geography.name}", but {len(lacking):,} of its {len(found):,} records '
            f"{'has' if len(lacking) == 1 else 'have'} no time_zone"
        )
        raise DataError(Problem(f"{message}: {listing(lacking)}", where))
    return found if has_fold(time) else {}


def wanted_slots(
    time: TimeDimension,
    keys: NDArray[np.int64],
    zones: Mapping[str, str],
    found: pd.DataFrame,
    lookup: pd.DataFrame | None,
    others: Mapping[str, tuple[str, ...]],
) -> Wanted:
    """Return which slots each row of the arrays has to have.

    Parameters
    ----------
    keys
        The keys of all slots.
    zones
        From `zones_of`.
    found
        The arrays, one row each, with the ids of their records or the id of the lookup.
    others
        The ids of each type that is no column of facts or lookup: the only one, or those of a pivoted type.
    """
    import numpy as np
    import pandas as pd

    types = [*(["geography"] if zones else []), *([time.year_of] if _tied(time) else [])]
    if not types:
        return Wanted((SlotSet(np.ones(len(keys), bool)),), np.arange(len(found)), np.zeros(len(found), np.int64))
    assert isinstance(time, DatetimeTime)
    known = found.reset_index(drop=True).assign(row=range(len(found)))
    table = known[["row", *(name for name in ("id", *types) if name in known)]]
    if lookup is not None and "id" in table:
        table = table.merge(lookup[["id", *(type_ for type_ in types if type_ in lookup)]], on="id", how="inner")
    for type_ in types:
        if type_ not in table:
            table = table.merge(pd.DataFrame({type_: list(others[type_])}), how="cross")
    # Records of one zone and year have the same slots.
    table = table.assign(
        zone=table["geography"].map(zones) if zones else "", record=table[time.year_of] if time.year_of else ""
    )
    records = {one.record for one in time.ranges}
    table = table[table["zone"].notna() & table["record"].isin(records)]
    names = ["zone", "record"]
    distinct = table[names].drop_duplicates(ignore_index=True)
    sets = tuple(_slot_set(time, keys, zone, record) for zone, record in distinct.itertuples(index=False, name=None))
    numbered = table.merge(distinct.assign(set=range(len(distinct))), on=names)[["row", "set"]]
    numbered = numbered.drop_duplicates().sort_values(["row", "set"])
    return Wanted(sets, numbered["row"].to_numpy(np.int64), numbered["set"].to_numpy(np.int64))


def _tied(time: TimeDimension) -> bool:
    return isinstance(time, DatetimeTime) and bool(time.year_of)


def _slot_set(time: DatetimeTime, keys: NDArray[np.int64], zone: str, record: str) -> SlotSet:
    import numpy as np

    return SlotSet(np.isin(keys, own_keys(time, zone, record)), zone, record)


def own_keys(time: DatetimeTime, zone: str, record: str) -> NDArray[np.int64]:
    """Return the keys of the slots that the records of a zone, and of a year, have.

    Parameters
    ----------
    zone
        Of the geography, where labels depend on it.
    record
        The weather year or model year, where ranges belong to them.
    """
    import numpy as np

    from dsgrid.time.grid import readings, slots_in
    from dsgrid.time.labels import keys_in

    if zone:
        slots, own = slots_in(time, zone), keys_in(time, zone)
    else:
        slots = slots_in(time, time.zone) if label_form(time) == INSTANTS else readings(time)
        own = slots.labels
    if not time.year_of:
        return own
    return own[np.isin(slots.range, [number for number, one in enumerate(time.ranges) if one.record == record])]


def own_zone(time: TimeDimension) -> str:
    """Return the zone whose clock shows all labels; empty where that of each geography does, or none."""
    return time.zone if isinstance(time, DatetimeTime) and label_form(time) == INSTANTS else ""
