"""The time of a dataset that is made of a result: which kind it is of, its slots, and the columns that say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.additivity import Additivity
from dsgrid.errors import listing
from dsgrid.operations.derived_contents import Contents, refuse_gaps
from dsgrid.operations.derived_form import Form
from dsgrid.operations.derived_slots import DAYS, HOURS, YEARS, Int64, numbers, readings_of, refuse_parts, spans_of
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.calendar import WORD_OF_PART
from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    Gridded,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)
from dsgrid.time.grid import count, micros, slots_in
from dsgrid.time.written import shown_moment, shown_step
from dsgrid.time.zones import DAY, is_fixed, to_wall

if TYPE_CHECKING:
    from dsgrid.registry.model import Project

Document = dict[str, Any]

# What steps make of the values of a slot, where they make one value of several slots.
_MADE: Final = {"mean": "mean", "weighted_mean": "mean", "min": "min", "max": "max"}
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class DerivedTime:
    """The time of a dataset.

    Parameters
    ----------
    table
        The ``[time]`` table of its spec.
    ignored
        Columns of time that say nothing more.
    said
        What it is, for people.
    """

    table: Document
    ignored: tuple[str, ...]
    said: str


def derived_time(form: Form, contents: Contents, project: Project, additive: Additivity, id_: str) -> DerivedTime:
    """Return the time of a dataset that is made of a result, after the check that no combination lacks slots.

    Parameters
    ----------
    project
        The project that the query asked, in the version that it asked.
    additive
        Over what the values add up.
    id_
        The dataset's id, of which the name of its own time is made.

    Raises
    ------
    DataError
        If what the columns say is no series of time that a dataset can have.
    """
    return _Times(form, contents, project.time, additive, f"{id_}_time").derived()


class _Times:
    def __init__(self, form: Form, contents: Contents, time: TimeDimension, additive: Additivity, name: str) -> None:
        self.form, self.contents, self.time, self.additive, self.name = form, contents, time, additive, name
        names = list(form.times)
        self.beside = [each for each in names if each in (TIME_ZONE, UTC_OFFSET)]
        self.words = [each for each in names if each in TIME_WORDS]
        self.slot = next((each for each in names if each not in (*self.beside, *self.words)), "")

    def derived(self) -> DerivedTime:
        """Return the time by the finest column that there is."""
        if not self.form.times:
            return self._none()
        if isinstance(self.time, RepresentativeTime):
            return self._representative()
        if isinstance(self.time, AnnualTime):
            return self._years(self.slot or "annual")
        if self.slot:
            return self._index() if isinstance(self.time, IndexTime) else self._instants(self.slot)
        for word, made in (("hourly", self._instants), ("daily", self._days), ("annual", self._annual)):
            if word in self.words:
                return made(word)
        odd = listing(self.words)
        raise self.form.error(
            f"{odd} {'is' if len(self.words) == 1 else 'are'} no series of time that a dataset can have: months differ "
            "in length, and what comes again stands for many hours at once; ask by hourly, daily or annual"
        )

    # Without columns --------------------------------------------------------------------------------------------------

    def _none(self) -> DerivedTime:
        if not isinstance(self.time, NoTime) and self.additive.over_time:
            raise self.form.error(
                "the result has no time, so its values are totals of nobody knows what time; ask by annual, daily or "
                "hourly"
            )
        refuse_gaps(self.form, self.contents, 1)
        return DerivedTime({"kind": "none"}, (), "none")

    # Slots of the project ---------------------------------------------------------------------------------------------

    def _used(self, columns: Document, slots: int, labels: str = "") -> DerivedTime:
        """Use the project's time, all slots of which are there."""
        refuse_gaps(self.form, self.contents, slots)
        said = {"columns": columns} if len(columns) > 1 else {"column": next(iter(columns.values()))}
        table = {"use": f"{self.time.id}@{self.time.version}", **said, **({"labels": labels} if labels else {})}
        return DerivedTime(table, self._others(*columns.values()), f"that of the project, {counted(slots, 'slot')}")

    def _others(self, *used: str) -> tuple[str, ...]:
        return tuple(name for name in self.form.times if name not in used)

    def _representative(self) -> DerivedTime:
        assert isinstance(self.time, RepresentativeTime)
        wanted = {part: WORD_OF_PART[part] for part in self.time.by}
        lacking = [word for word in wanted.values() if word not in self.words and not self.slot]
        if lacking:
            raise self.form.error(
                f"the project has typical periods, and the result does not tell apart {listing(lacking)}; ask by all "
                f"of {listing(list(wanted.values()))}"
            )
        slots = self.contents.times.select(list(wanted.values())).group_by(list(wanted.values())).aggregate([])
        self._refuse_undetermined(slots.num_rows, listing(list(wanted.values())))
        return self._used(wanted, slots.num_rows)

    def _index(self) -> DerivedTime:
        assert isinstance(self.time, IndexTime)
        found = np.sort(self._distinct(self.slot))
        if len(found) == self.time.last - self.time.first + 1:
            return self._used({"index": self.slot}, len(found))
        if len(found) != found[-1] - found[0] + 1:
            raise self.form.error(
                f"the numbers in {self.slot} have gaps, as a filter on time leaves them; ask for one stretch of time"
            )
        refuse_gaps(self.form, self.contents, len(found))
        first, last = int(found[0]), int(found[-1])
        start = self.time.start + (first - self.time.first) * self.time.step
        table = {
            "kind": "index",
            "name": self.name,
            "start": shown_moment(start),
            "first": first,
            "last": last,
            **self._period(self.time, self.time.step),
            "column": self.slot,
        }
        return DerivedTime(table, self._others(self.slot), f"{counted(len(found), 'slot')}, {first:,} to {last:,}")

    def _instants(self, column: str) -> DerivedTime:
        """Timestamps: of the project's slots, or of hours."""
        time, own = self._gridded, self.form.times[column]
        is_slot = column == self.slot
        kept = is_slot or (time.step == _HOUR and time.interval == "period_beginning")
        if own["holds"] == "wall":
            return self._wall(column, kept)
        found = np.sort(self._distinct(column))
        self._refuse_undetermined(len(found), column)
        if not is_slot and time.step <= _HOUR:
            zone = str(own.get("calendar_zone") or time.zone)
            refuse_parts(self.form, time, readings_of(time, found, zone), zone, HOURS)
        measurement = time.measurement if is_slot or time.step >= _HOUR else self._measurement()
        whole = kept and measurement == time.measurement and isinstance(time, DatetimeTime)
        if whole and np.array_equal(found, np.sort(slots_in(time, time.zone).labels)):
            return self._used({"label": column}, len(found), "instants")
        if time.clock != "prevailing" and not is_fixed(time.zone):
            raise self.form.error(
                f"the project's time is {time.clock} time of {time.zone}, and the result has a part of its slots; ask "
                "for all of them"
            )
        refuse_gaps(self.form, self.contents, len(found))
        step = time.step if is_slot else max(time.step, _HOUR)
        table = {
            "kind": "datetime",
            "name": self.name,
            **self._spans(found, micros(step), time.zone),
            **self._period(time, step, time.interval if is_slot else "period_beginning", measurement),
            "column": column,
            "labels": "instants",
        }
        return DerivedTime(table, self._others(column), self._said(table, len(found)))

    def _wall(self, column: str, kept: bool) -> DerivedTime:
        """Readings of the clock of each geography; the column beside them says the offset."""
        assert isinstance(self.time, (DatetimeTime, IndexTime))
        slots = count(self.time)
        if not kept or isinstance(self.time, IndexTime):
            raise self.form.error(
                f"{column} is what the clocks of each geography show, and not the labels of the project's time; leave "
                'out zone = "geography"'
            )
        columns = {"label": column}
        offsets = self.contents.times.column(UTC_OFFSET).unique().to_pylist() if UTC_OFFSET in self.beside else []
        if any(offsets):
            columns["offset"] = UTC_OFFSET
        return self._used(columns, slots, "wall_clock")

    # Longer slots -----------------------------------------------------------------------------------------------------

    def _days(self, column: str) -> DerivedTime:
        own = self.form.times[column]
        zone = str(own.get("calendar_zone", ""))
        if zone == "that of each geography":
            raise self.form.error(
                "days begin on the clock of each geography; ask by hourly, or name a zone in [result]"
            )
        clock = str(self.form.time.get("clock", "prevailing"))
        found = np.sort(self._distinct(column)) * DAY
        self._refuse_undetermined(len(found), column)
        refuse_parts(self.form, self._gridded, found, zone, DAYS)
        refuse_gaps(self.form, self.contents, len(found))
        table = {
            "kind": "datetime",
            "name": self.name,
            **spans_of(self.form, found, DAY),
            "step": "1d",
            "zone": zone,
            # Days of the project's own clock, or of the zone that the query names, which is a prevailing one.
            **({"clock": clock} if clock != "prevailing" else {}),
            "interval": "period_beginning",
            "measurement": self._measurement(),
            "column": column,
            "labels": "wall_clock",
        }
        return DerivedTime(table, self._others(column), self._said(table, len(found)))

    def _annual(self, column: str) -> DerivedTime:
        zone = str(self.form.times[column].get("calendar_zone", ""))
        refuse_parts(self.form, self._gridded, self._distinct(column), zone, YEARS)
        return self._years(column)

    def _years(self, column: str) -> DerivedTime:
        found = sorted(int(year) for year in self._distinct(column))
        self._refuse_undetermined(len(found), column)
        time = self.time
        year_of = time.year_of if isinstance(time, AnnualTime) else ""
        refuse_gaps(self.form, self.contents, 1 if year_of else len(found))
        if isinstance(time, AnnualTime) and list(time.years) == found:
            return self._used({"year": column}, 1 if year_of else len(found))
        consecutive = found == list(range(found[0], found[-1] + 1))
        years: Document = {"start": str(found[0]), "end": str(found[-1])}
        table = {
            "kind": "annual",
            "name": self.name,
            **(years if consecutive else {"years": [str(year) for year in found]}),
            "measurement": time.measurement if isinstance(time, AnnualTime) else self._measurement(),
            **({"year_of": year_of} if year_of else {}),
            "column": column,
        }
        return DerivedTime(table, self._others(column), f"{counted(len(found), 'year')}, annual {table['measurement']}")

    # Parts ------------------------------------------------------------------------------------------------------------

    def _measurement(self) -> str:
        """Return what a value says about a slot that several of the project's have become."""
        made: dict[str, None] = {}
        before = "hourly" if self.time.kind != "none" and getattr(self.time, "step", None) == _HOUR else ""
        for function, by in self.form.steps:
            times = [word for word in by if word in TIME_WORDS]
            after = next((word for word in ("hourly", "daily", "monthly") if word in times), ", ".join(times))
            if after != before and self.time.name not in by:
                if function in _MADE:
                    made[_MADE[function]] = None
                before = after
        if len(made) > 1:
            raise self.form.error(
                f"the query's steps make a {' and then a '.join(made)} of values, and no measurement of a dataset says "
                "both; leave out one of the steps"
            )
        return next(iter(made), self.time.measurement or "total")

    def _period(self, time: Gridded, step: timedelta, interval: str = "", measurement: str = "") -> Document:
        return {
            "step": shown_step(step),
            "zone": time.zone,
            **({"clock": time.clock} if time.clock != "prevailing" or is_local(time) else {}),
            "interval": interval or time.interval,
            "measurement": measurement or time.measurement,
        }

    def _spans(self, found: Int64, step: int, zone: str) -> Document:
        """Return the runs of slots as labels on the clock of a zone."""
        return spans_of(self.form, found, step, lambda labels: to_wall(zone, labels))

    @property
    def _gridded(self) -> Gridded:
        assert isinstance(self.time, (DatetimeTime, IndexTime))
        return self.time

    def _distinct(self, column: str) -> Int64:
        return numbers(self.contents.times.column(column))

    def _refuse_undetermined(self, found: int, column: str) -> None:
        if found != self.contents.slots:
            others = [name for name in self._others(column) if name not in self.beside]
            raise self.form.error(
                f"the result tells times apart by {listing(others)} besides {column}; ask by hourly, daily or "
                "annual alone"
            )

    def _said(self, table: Document, slots: int) -> str:
        first = table.get("start") or table["ranges"][0]["start"]
        last = table.get("end") or table["ranges"][-1]["end"]
        return f"{counted(slots, 'slot')} of {table['step']}, {first} to {last} {table['zone']}"
