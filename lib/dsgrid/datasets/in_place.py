"""Facts of another registry that are taken over as they are: linked or copied instead of written anew.

What is taken over has the form that queries read: the stored names and types, no NULLs, instants in UTC. Only the order
of the rows may be another one, which costs time in queries of few records, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from dsgrid.datasets.offenders import counted
from dsgrid.registry import disk
from dsgrid.storage.location import Location
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup

How = Literal["link", "copy"]
# What the engines read as the stored type. They do not read shorter integers as longer ones.
_AS_STORED: Final = {"double": ("double", "float")}


def other_form(source: Source, columns: Columns, lookup: Lookup | None, time: TimeDimension) -> str:
    """Say why facts cannot be taken over as they are; nothing when they can.

    Parameters
    ----------
    time
        The time as the files write it.
    """
    table = columns.facts
    if source.origin is None or source.files != source.origin.files.paths:
        return "their types are not those that both engines read alike"
    nulls = sum(source.nulls.values())
    if nulls:
        return f"{counted(nulls, 'value')} of them are NULL"
    if lookup is not None and lookup.codes is not None:
        return "their ids are text"
    wanted = {"id": "bigint"} if table.id is not None else {}
    wanted |= dict.fromkeys(table.dimensions, "string")
    named = {"id": table.id or "", **table.dimensions}
    times = stored_columns(time)
    if times:
        kept = dict(zip(times, _time_columns(table.times, times), strict=True))
        named |= kept
        wanted |= times
    wanted |= dict.fromkeys(table.values, "double")
    named |= table.values
    for stored, type_ in wanted.items():
        column = named.get(stored, "")
        if column != stored:
            return (
                f'the column "{stored}" is called "{column}" in them' if column else f'they have no column "{stored}"'
            )
        if source.types[column] not in _AS_STORED.get(type_, (type_,)):
            return f'their column "{column}" holds {source.types[column]}, and not {type_}'
    # A dump of the registry names these files as those of a new dataset, where each column has to mean something.
    others = [column for column in source.types if column not in wanted]
    return f'their column "{others[0]}" is not stored here' if others else ""


def _time_columns(times: dict[str, str], stored: dict[str, str]) -> list[str]:
    """Return the column of the files for each stored column of time; empty where a label has to be computed."""
    if set(stored) == {"timestamp"}:
        return [times["label"] if set(times) == {"label"} else ""]
    if set(stored) in ({"time_index"}, {"year"}):
        return [next(iter(times.values()), "")]
    return [times.get(part, "") for part in stored]


@dataclass
class TakenOver:
    """Takes facts over where that can be, and remembers how it went.

    Parameters
    ----------
    how
        ``link`` gives the files a second name: a hard link, or a symbolic one where there can be no other.

    Attributes
    ----------
    outcome
        What became of the files: ``hard links``, ``symbolic links``, ``copies``, or ``written anew``.
    reason
        Why they were written anew, or why links are symbolic.
    """

    how: How
    outcome: str = "written anew"
    reason: str = field(default="")

    def __call__(
        self, source: Source, columns: Columns, lookup: Lookup | None, time: TimeDimension, folder: Location
    ) -> tuple[Location, ...] | None:
        """Put the facts into a folder; None when they have to be written anew."""
        self.reason = other_form(source, columns, lookup, time)
        if self.reason:
            return None
        if not isinstance(folder, Path):
            self.how = "copy"
        disk.make_folder(folder)
        placed = []
        put = self._link if self.how == "link" else self._copy
        for number, file in enumerate(source.files):
            target = folder / f"part-{number:05d}.parquet"
            put(file, target)
            placed.append(target)
        return tuple(placed)

    def _copy(self, file: Location, target: Location) -> None:
        self.outcome = "copies"
        disk.copy_file(file, target)

    def _link(self, file: Location, target: Location) -> None:
        assert isinstance(file, Path)
        assert isinstance(target, Path)
        try:
            disk.link_file(file, target)
            self.outcome = self.outcome if self.outcome == "symbolic links" else "hard links"
        except OSError as error:  # another filesystem, or no right to
            self.outcome, self.reason = "symbolic links", f"there can be no hard links: {error.strerror}"
            disk.symlink_file(file, target)
