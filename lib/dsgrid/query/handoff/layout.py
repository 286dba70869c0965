"""An export that fits a result: every name that it says is there, and every option means something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from dsgrid.dimensions.units import UnitError, affine, kind
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.handoff.clock import Clock
from dsgrid.query.handoff.model import HDF5, LONG, TIMESTAMP, WIDE, Export
from dsgrid.query.handoff.source import Source
from dsgrid.spec.node import Node
from dsgrid.time.dimension import GEOGRAPHY
from dsgrid.time.written import shown_step
from dsgrid.time.zones import HOUR, TimeError
from dsgrid.time.zones import zone as known_zone

_OF_TIME = ("time", "label", "zone", "calendar", "leap_day", "year", "wrap")
_OF_WIDE = ("columns", "missing", "separator")


@dataclass(frozen=True)
class Layout:
    """An export of one result.

    Parameters
    ----------
    columns, files, others
        The keys whose records are columns, those that have files, and the rest, which stand in the rows.
    zone
        The zone of labels; ``geography`` for the clock of each row; empty where there are no timestamps.
    """

    export: Export
    source: Source
    columns: tuple[str, ...]
    files: tuple[str, ...]
    others: tuple[str, ...]
    zone: str

    @property
    def by_zone(self) -> bool:
        """Whether each row is labelled on its own clock."""
        return self.zone == GEOGRAPHY

    @property
    def clock(self) -> Clock:
        """The clock of labels, where it is one."""
        stamp = self.source.stamp
        own = stamp is not None and stamp.standard and self.export.zone is None
        return Clock(self.zone, own)


def lay_out(export: Export, source: Source, units: Mapping[str, set[str]] | None = None) -> Layout:
    """Return how an export is laid out.

    Parameters
    ----------
    units
        The units of each metric record, where they are known before the rows are.

    Raises
    ------
    SpecError
        With everything that does not fit the result.
    """
    problems = [*_shape_problems(export, source), *_time_problems(export, source)]
    if units is not None:
        problems += unit_problems(export, units)
    if problems:
        raise SpecError(problems)
    columns = () if export.shape == LONG else _columns(export, source)
    left = tuple(key for key in source.keys if key not in columns)
    if export.files is not None:
        files = export.files
    else:
        files = left if export.shape == WIDE else ()
    stamp = source.stamp
    zone = "" if stamp is None else export.zone or stamp.zone
    return Layout(export, source, columns, files, tuple(key for key in left if key not in files), zone)


def _columns(export: Export, source: Source) -> tuple[str, ...]:
    return export.columns or (() if source.pivoted is None else (source.pivoted,))


def at(export: Export, key: str) -> Node:
    """Return where an export says something, or the export itself."""
    return export.node.get(key) or export.node


def _shape_problems(export: Export, source: Source) -> Iterator[Problem]:
    if export.shape == LONG:
        for key in _OF_WIDE:
            if key in export.node:
                yield export.node[key].problem(
                    f'`{key}` belongs to shape = "wide"; a long table has one column of values'
                )
        if export.format == HDF5:
            yield at(export, "format").problem('HDF5 holds an array of time by columns, so it needs shape = "wide"')
    elif not _columns(export, source):
        yield export.node.problem(
            f"a wide table needs `columns`: the dimension whose records become columns{did_you_mean('', source.keys)}"
        )
    for key, names in (("columns", export.columns), ("files", export.files or ())):
        for name in names:
            if name not in source.keys:
                yield at(export, key).problem(_no_dimension(name, source))
    columns = _columns(export, source) if export.shape == WIDE else ()
    for name in export.files or ():
        if name in columns:
            yield at(export, "files").problem(f'"{name}" cannot have columns and files of its own; name it once')
    if export.format == HDF5 and export.files is not None and export.shape == WIDE:
        rest = [key for key in source.keys if key not in (*columns, *export.files)]
        if rest:
            yield at(export, "files").problem(
                f"an HDF5 file holds one array of time by columns; name {listing(rest)} in `files` or `columns`, too"
            )
    if export.format == HDF5 and source.stamp is None and not source.periods:
        yield at(export, "format").problem("HDF5 holds an array of time by columns, and the result has no time")
    if export.decimals is not None and export.format != "csv":
        yield at(export, "decimals").problem(f"`decimals` is for CSV; {export.format} holds values as they are")


def _no_dimension(name: str, source: Source) -> str:
    of_time = (source.stamp.name,) if source.stamp is not None else source.periods
    if name in (*of_time, *source.left):
        return f'"{name}" is time, which stands in the rows; expected a dimension of the result: {listing(source.keys)}'
    return f'the result has no dimension "{name}"{did_you_mean(name, source.keys)}'


def _time_problems(export: Export, source: Source) -> Iterator[Problem]:
    given = [key for key in _OF_TIME if key in export.node]
    stamp = source.stamp
    if stamp is None:
        if given:
            has = f"time as {listing(source.periods)}" if source.periods else "no time"
            yield export.node[given[0]].problem(
                f'`{given[0]}` is about hours, and the result has {has}; ask for "hourly", or for the slots of time'
            )
        return
    if export.zone is not None:
        if export.zone == GEOGRAPHY and not stamp.wall:
            yield at(export, "zone").problem(
                "the result has instants, and not the readings of geographies' clocks; these are asked for by "
                'zone = "geography" in [result]'
            )
        elif export.zone != GEOGRAPHY:
            try:
                known_zone(export.zone)
            except TimeError as error:
                yield at(export, "zone").problem(error.problems[0].message)
    hourly = [key for key in ("calendar", "year") if key in export.node]
    if export.time not in (None, TIMESTAMP):
        hourly.append("time")
    if hourly and stamp.step != HOUR:
        yield export.node[hourly[0]].problem(
            f'`{hourly[0]}` counts hours, and slots of "{stamp.name}" are {_shown(stamp.step)}; ask for "hourly"'
        )
    if stamp.interval == "instantaneous":
        for key in ("label", *hourly):
            if key in export.node:
                yield export.node[key].problem(
                    f"`{key}` is about hours with a beginning and an end, and the values are readings at instants"
                )
    if export.leap_day is not None and not export.whole_years and export.year is None:
        yield at(export, "leap_day").problem('`leap_day` goes with calendar = "8760" or with `year`')
    if export.wrap and not export.whole_years and export.year is None:
        yield at(export, "wrap").problem('`wrap` goes with calendar = "8760" or with `year`')
    yield from _year_problems(export, source)


def _year_problems(export: Export, source: Source) -> Iterator[Problem]:
    if export.year is None:
        return
    if export.year not in source.keys:
        yield at(export, "year").problem(_no_dimension(export.year, source))
    elif export.shape == WIDE and export.year in _columns(export, source):
        yield at(export, "year").problem(
            f'columns of one row would be of several years; name "{export.year}" in `files`, not in `columns`'
        )


def _shown(step: int) -> str:
    return shown_step(timedelta(microseconds=step))


def unit_problems(export: Export, units: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Yield what is wrong with the units that an export asks for.

    Parameters
    ----------
    units
        The units of each metric record of the result.
    """
    for record, unit in export.units:
        node = export.node["units"][record]
        if record not in units:
            yield node.problem(f'the result has no metric record "{record}"{did_you_mean(record, list(units))}')
        for own in sorted(units.get(record, ())):
            if said := refusal(own, unit):
                yield node.problem(f'"{record}": {said}')
    if export.unit is not None and not export.units:
        for own in sorted({own for every in units.values() for own in every}):
            if said := refusal(own, export.unit):
                yield at(export, "unit").problem(said)


def refusal(own: str, unit: str) -> str:
    """Return why values in one unit are not told in another; empty where they can be."""
    try:
        affine(own, unit)
    except UnitError as error:
        if {kind(own), kind(unit)} == {"energy", "power"}:
            return f"{error}; what an hour has in MWh is its mean power in MW, so leave the unit as it is"
        return str(error)
    return ""
