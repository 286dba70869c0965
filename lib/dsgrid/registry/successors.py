"""Which version the parts of an edited spec get: one that is registered already, or the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.changes import Change, highest
from dsgrid.dimensions.comparison import compare_dimensions, compare_mappings
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.types import TIME
from dsgrid.errors import RegistryError
from dsgrid.registry.database import Database, Row
from dsgrid.registry.dimensions import read_dimension, read_time, records_sha256
from dsgrid.registry.mappings import associations_sha256, read_ends, read_mapping
from dsgrid.registry.numbering import unused
from dsgrid.registry.proposal import MappingVersion, Part
from dsgrid.registry.resolve import find_version
from dsgrid.registry.versions import bump, parts
from dsgrid.time.comparison import compare_times
from dsgrid.time.dimension import TimeDimension

Reference = tuple[str, str]


class Successors:
    """Gives versions to dimensions and mappings, and keeps a part for each version that is to be written.

    Parameters
    ----------
    database
        What is registered.
    known
        Id and version of what is used so far: of several versions with the same contents these come first.

    Attributes
    ----------
    parts
        The versions to write, in order.
    """

    def __init__(self, database: Database, known: Iterable[Reference] = ()) -> None:
        self._database = database
        self._known = set(known)
        self._checksums: dict[int, tuple[tuple[Association, ...], str]] = {}
        self.parts: list[Part] = []

    def prefer(self, known: Iterable[Reference]) -> None:
        """Put ids and versions that are used so far before others with the same contents."""
        self._known.update(known)

    def checksum(self, associations: tuple[Association, ...]) -> str:
        """Return the checksum of associations; of millions it takes seconds, so it is computed once."""
        if id(associations) not in self._checksums:
            self._checksums[id(associations)] = associations, associations_sha256(associations)
        return self._checksums[id(associations)][1]

    def dimension(self, dimension: Dimension, id_: str, *, subject: bool = False) -> Dimension:
        """Return a dimension with the id and version that it has or is to get.

        Parameters
        ----------
        id_
            The id for one that has none yet; one that has is used as it is.
        subject
            The spec is about this dimension: only its newest version counts as registered already.
        """
        if dimension.id:
            return dimension
        versions = self._dimension_versions(id_, dimension.type)
        digest = records_sha256(dimension.records)
        wanted = (digest, dimension.record_class, dimension.description)
        for row in versions[:1] if subject else versions:
            if (row["sha256"], row["record_class"], row["description"]) == wanted:
                return replace(dimension, id=id_, version=row["version"])
        newest = _newest(versions)
        changes: tuple[Change, ...] = ()
        if newest is not None:
            changes = compare_dimensions(read_dimension(self._database, newest["key"]), dimension)
            if not changes:  # the same but for what makes no difference, such as the order of the columns
                return replace(dimension, id=id_, version=newest["version"])
        found = replace(dimension, id=id_, version=self._after("dimension", id_, newest, changes))
        self._add("dimension", found, newest, changes, subject)
        return found

    def time(self, time: TimeDimension, id_: str, *, subject: bool = False) -> TimeDimension:
        """Return a time dimension with the id and version that it has or is to get; see `dimension`."""
        if time.id:
            return time
        versions = self._dimension_versions(id_, TIME)
        newest = _newest(versions)
        for row in versions[:1] if subject else versions:
            if not compare_times(read_time(self._database, row["key"]), time):
                return replace(time, id=id_, version=row["version"])
        changes = () if newest is None else compare_times(read_time(self._database, newest["key"]), time)
        found = replace(time, id=id_, version=self._after("dimension", id_, newest, changes))
        self._add("dimension", found, newest, changes, subject)
        return found

    def mapping(
        self, mapping: Mapping, id_: str, ends: tuple[Reference, Reference], *, subject: bool = False
    ) -> Mapping:
        """Return a mapping between two dimension versions with the id and version that it has or is to get.

        Parameters
        ----------
        id_
            The id for one that has none yet, or that is registered between other versions.
        ends
            Id and version of the dimensions that it maps from and to.
        """
        if mapping.id:
            key = find_version(self._database, "mapping", mapping.id, mapping.version)
            if read_ends(self._database, key) == ends:
                return mapping
            mapping = replace(mapping, id="", version="")
        for part in self.parts:
            if part.kind == "mapping" and part.id == id_ and _same(part.value, mapping, ends):
                return replace(mapping, id=id_, version=part.new)
        versions = self._mapping_versions(id_)
        wanted = (self.checksum(mapping.associations), mapping.kind, mapping.tolerance, mapping.description)
        for row in versions[:1] if subject else versions:
            if _ends(row) == ends and wanted == tuple(
                row[name] for name in ("sha256", "kind", "tolerance", "description")
            ):
                return replace(mapping, id=id_, version=row["version"])
        newest = _newest(versions)
        changes: tuple[Change, ...] = ()
        if newest is not None:
            changes = (
                *compare_mappings(read_mapping(self._database, newest["key"]), mapping),
                *compare_ends(_ends(newest), ends),
            )
            if not changes:
                return replace(mapping, id=id_, version=newest["version"])
        version = self._after("mapping", id_, newest, changes)
        pending = [part.new for part in self.parts if part.kind == "mapping" and part.id == id_]
        if pending:  # the same mapping for another version of a dataset
            version = unused(self._database, "mapping", id_, bump(max((version, *pending), key=parts), "major"))
        found = replace(mapping, id=id_, version=version)
        self._add("mapping", MappingVersion(found, *ends), newest, changes, subject)
        return found

    def _after(self, kind: str, id_: str, newest: Row | None, changes: tuple[Change, ...]) -> str:
        if newest is None:
            return unused(self._database, kind, id_)
        level = highest(changes) or "patch"
        return unused(self._database, kind, id_, bump(newest["version"], level), level)

    def _add(self, kind: str, value: Any, newest: Row | None, changes: tuple[Change, ...], subject: bool) -> None:
        named = value.mapping if isinstance(value, MappingVersion) else value
        old = "" if newest is None else newest["version"]
        self.parts.append(Part(kind, named.id, old, named.version, changes, value, subject))

    def _dimension_versions(self, id_: str, type_: str) -> list[Row]:
        rows = self._database.rows(
            "SELECT v.key, v.version, v.record_class, v.description, v.major, v.minor, v.patch, d.type, t.sha256 "
            "FROM dimension_versions v JOIN dimensions d ON d.key = v.dimension "
            "LEFT JOIN record_tables t ON t.key = v.record_table WHERE d.id = ?",
            (id_,),
        )
        if rows and rows[0]["type"] != type_:
            raise RegistryError(
                f"dimension {id_} is registered with the type {rows[0]['type']}, not {type_}; give it another name"
            )
        return self._ordered(id_, rows)

    def _mapping_versions(self, id_: str) -> list[Row]:
        rows = self._database.rows(
            "SELECT v.key, v.version, v.kind, v.description, v.tolerance, v.major, v.minor, v.patch, a.sha256, "
            "e.from_id, e.from_version, e.to_id, e.to_version FROM mapping_versions v "
            "JOIN mappings m ON m.key = v.mapping JOIN association_tables a ON a.key = v.association_table "
            "JOIN all_mappings e ON e.key = v.key WHERE m.id = ?",
            (id_,),
        )
        return self._ordered(id_, rows)

    def _ordered(self, id_: str, rows: list[Row]) -> list[Row]:
        """Return the version in use first, then the newest to the oldest."""
        newest_first = sorted(rows, key=_number, reverse=True)
        return sorted(newest_first, key=lambda row: (id_, row["version"]) not in self._known)


def _number(row: Row) -> tuple[int, int, int]:
    return row["major"], row["minor"], row["patch"]


def _newest(versions: list[Row]) -> Row | None:
    return max(versions, key=_number, default=None)


def _ends(row: Row) -> tuple[Reference, Reference]:
    return (row["from_id"], row["from_version"]), (row["to_id"], row["to_version"])


def _same(part: MappingVersion, mapping: Mapping, ends: tuple[Reference, Reference]) -> bool:
    return (part.from_, part.to) == ends and replace(part.mapping, id="", version="") == replace(mapping, version="")


def compare_ends(old: tuple[Reference, Reference], new: tuple[Reference, Reference]) -> tuple[Change, ...]:
    """Return what became of the dimensions at the two ends; theirs is the level."""
    return tuple(
        Change("changed", "dimension", "", side, reference_level(before, after), "@".join(before), "@".join(after))
        for side, before, after in zip(("from", "to"), old, new, strict=True)
        if before != after
    )


def reference_level(old: Reference, new: Reference) -> str:
    """Return the level of going from one version to another; another id is major."""
    if old[0] != new[0]:
        return "major"
    pairs = zip(("major", "minor", "patch"), parts(old[1]), parts(new[1]), strict=True)
    return next((level for level, before, after in pairs if before != after), "patch")
