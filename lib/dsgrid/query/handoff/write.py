"""Write an export of a result: survey what there is, fill file by file, check the sums, say what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dsgrid.errors import SpecError
from dsgrid.query.handoff import hdf5
from dsgrid.query.handoff.blocks import Block, RepeatedError, blocks
from dsgrid.query.handoff.exported import Exported
from dsgrid.query.handoff.files import write_tables
from dsgrid.query.handoff.labels import COLUMNS
from dsgrid.query.handoff.layout import Layout, at, lay_out
from dsgrid.query.handoff.model import DATE_AND_HOUR, HDF5, HOUR_ENDING, HOUR_OF_YEAR, TIMESTAMP, Export
from dsgrid.query.handoff.naming import NamingError, file_names
from dsgrid.query.handoff.readme import README, readme
from dsgrid.query.handoff.rows import ProfileError
from dsgrid.query.handoff.shaping import GapError, Shaper
from dsgrid.query.handoff.source import result_source
from dsgrid.query.handoff.survey import Survey, survey
from dsgrid.query.handoff.units import conversions
from dsgrid.query.time_columns import UTC_OFFSET
from dsgrid.registry import disk
from dsgrid.registry.publish import data_file, write_manifest
from dsgrid.storage.location import Location
from dsgrid.time.tzdata import tzdata_version
from dsgrid.time.zones import HOUR

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result


def write_export(result: Result, export: Export, folder: Location) -> Exported:
    """Write a result in another shape into a folder that exists and that nobody reads yet.

    Raises
    ------
    SpecError
        If the export asks for what the result has not, or leaves out a rule that it takes.
    ConservationError
        If the files do not add up to what the result does, less what a rule left out.
    """
    told = result.manifest
    layout = lay_out(export, result_source(told))
    if export.format == HDF5:
        hdf5.require()
    try:
        found = survey(result, layout.source, layout.zone, layout.by_zone, layout.files)
        if found is None:
            raise export.node.error("the result has no values, so there is nothing to write")
        shaper = Shaper(layout, found, conversions(layout, found))
        names = _file_names(layout, found, shaper)
        tables = [
            _write_file(shaper, block, folder / names[block.file], dict(told))
            for block in blocks(result, layout.source, layout.zone, found)
        ]
    except RepeatedError as error:
        raise at(export, "zone").error(f"{error}: {_repeated(layout)}") from None
    except ProfileError as error:
        raise at(export, "zone").error(str(error)) from None
    promised = {str(one["unit"]): float(one["found"]) for one in told["sums"] if one["found"] is not None}
    shaper.tally.check(export.name, export.decimals, promised)
    said = _manifest(shaper, result, tables)
    disk.write_file(folder / README, readme(said).encode())
    files = [data_file(folder, one["path"], "export", one["rows"]) for one in tables]
    readme_file = data_file(folder, README, "readme", 0)
    write_manifest(folder, [*files, readme_file], said)
    return Exported(folder, said | {"files": [asdict(one) for one in (*files, readme_file)]})


def _repeated(layout: Layout) -> str:
    """Return why rows that the result tells apart are the same in the export."""
    stamp = layout.source.stamp
    if stamp is not None and stamp.wall and layout.by_zone:
        return (
            "a clock that is put back shows an hour twice, and rows of several clocks have no offset that tells these "
            "apart; say one zone for all"
        )
    if stamp is not None and stamp.wall:
        return "on one clock, rows of several clocks are the same hour; keep the geography in the query's last `by`"
    return "several records have the same name; ask the query for their ids (names = false)"


def _file_names(layout: Layout, found: Survey, shaper: Shaper) -> list[str]:
    export = layout.export
    units = [""] * len(found.files)
    if "files" in export.unit_in:
        for file in range(len(found.files)):
            own = {shaper.units[series].unit for series in found.series_of(file).tolist()}
            if len(own) > 1:
                raise at(export, "unit_in").error(
                    f"a file has values in {' and '.join(sorted(own))}, so it is not named by one"
                )
            units[file] = own.pop()
    try:
        return file_names(found.files.tuples(layout.files), export.name, export.format, units)
    except NamingError as error:
        raise at(export, "files").error(str(error)) from None


def _write_file(shaper: Shaper, block: Block, path: Location, told: dict[str, Any]) -> dict[str, Any]:
    layout, export = shaper.layout, shaper.layout.export
    of = dict(zip(layout.files, shaper.found.files.tuples(layout.files)[block.file], strict=True))
    names = shaper.columns.names(block.file)
    own = shaper.columns.units_of(block.file)
    units = {} if own is None else dict(zip(names, own, strict=True))
    every = sorted({shaper.units[series].unit for series in block.series.tolist()})
    attributes = {
        "query": str(told["query"]),
        "project": str(told.get("project") or ""),
        **{key: str(value) for key, value in of.items()},
        "units": ", ".join(every),
        "time": " ".join(time_notes(layout, shaper.has_offsets)),
    }
    tables = _located(shaper.tables(block), export, path.name)
    if export.format == HDF5:
        axis = export.separator.join(layout.columns)
        rows, columns = hdf5.write_array(path, tables, names, axis, units, attributes)
    else:
        rows, columns = write_tables(path, tables, export.format, units, attributes)
    said = {"path": path.name, "rows": rows, "of": of, "units": every}
    return said | {"row_columns": [name for name in columns if name not in names], "units_of_columns": units}


def _located(tables: Iterator[pa.Table], export: Export, name: str) -> Iterator[pa.Table]:
    try:
        yield from tables
    except GapError as error:
        raise SpecError(at(export, "missing").problem(f"{name}: {error}")) from None


def time_notes(layout: Layout, offsets: bool) -> list[str]:
    """Return how rows are labelled, in sentences.

    Parameters
    ----------
    offsets
        Whether they say what the clock is ahead of UTC.
    """
    stamp, export = layout.source.stamp, layout.export
    if stamp is None:
        return []
    zone = "the clock of each geography" if layout.by_zone else layout.clock.shown
    notes = [f"Times are those of {zone}."]
    if stamp.interval == "instantaneous":
        notes.append("A time is that of a reading.")
    elif export.time == HOUR_OF_YEAR:
        notes.append("hour_of_year 1 is the first hour of a year on that clock, from 00:00.")
    elif export.time == DATE_AND_HOUR and export.label == HOUR_ENDING:
        notes.append("hour 1 is from 00:00 to 01:00 of that date, hour 24 is its last (hour ending).")
    elif export.time == DATE_AND_HOUR:
        notes.append("hour 0 is from 00:00 to 01:00 of that date, hour 23 is its last (hour beginning).")
    else:
        end = "end" if export.label == HOUR_ENDING else "beginning"
        what = "hour" if stamp.step == HOUR else "slot"
        notes.append(f"A time is the {end} of its {what} ({what} {'ending' if end == 'end' else 'beginning'}).")
    if export.time != HOUR_OF_YEAR and offsets:
        notes.append(f"{UTC_OFFSET} tells an hour that the clock shows twice apart.")
    if stamp.measurement:
        notes.append(f"A value is the {stamp.measurement} of its slot." if stamp.measurement != "measured" else "")
    return [note for note in notes if note]


def _manifest(shaper: Shaper, result: Result, tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    layout, export, told = shaper.layout, shaper.layout.export, result.manifest
    units = list(dict.fromkeys(one.unit for one in shaper.units))
    said: dict[str, Any] = {
        "name": export.name,
        "shape": export.shape,
        "file_format": export.format,
        "columns_of": list(layout.columns),
        "files_of": list(layout.files),
        "row_columns": tables[0]["row_columns"],
        "columns": shaper.columns.names(0),
        "units": units,
    }
    of_columns = tables[0]["units_of_columns"]
    if of_columns and all(one["units_of_columns"] == of_columns for one in tables):
        said["units_of_columns"] = of_columns
    if layout.source.stamp is not None:
        said["time"] = {
            "written_as": export.time or TIMESTAMP,
            "columns": list(COLUMNS[export.time or TIMESTAMP]),
            "zone": layout.zone,
            "label": export.label or "hour_beginning",
            "calendar": "8760" if export.whole_years else None,
            "leap_day": export.leap_day,
            "year": export.year,
            "done": list(shaper.notes),
            "notes": [*time_notes(layout, shaper.has_offsets), *shaper.notes],
        }
    if shaper.gaps:
        said["gaps"] = {"cells": shaper.gaps, "written_as": export.missing}
    if export.decimals is not None:
        said["decimals"] = export.decimals
    return said | {
        "adds_up": layout.source.adds_up,
        "sums": shaper.tally.document(),
        "tables": [{key: one[key] for key in ("path", "rows", "of", "units")} for one in tables],
        "query": told["query"],
        "project": told.get("project"),
        "datasets": [{"id": one["id"], "version": one["version"]} for one in told["datasets"]],
        "query_sha256": told.get("spec_sha256"),
        "result": result.folder.name,
        "tzdata": tzdata_version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
