"""Mappings as rows.

A mapping's id is ``<project>/<from>:<to>`` inside a project (``conus_2022/county:state``) and
``<project>/<dataset>/<from>:<to>`` for a submission (``conus_2022/comstock/fips:county``), from and to being dimension
names. A colon, because a shell would take the ``>`` of an arrow for a redirection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import RegistryError
from dsgrid.registry import contents
from dsgrid.registry.database import Database
from dsgrid.registry.numbering import unused
from dsgrid.registry.versions import FIRST, bump, parts

# Read in C: a project may have millions.
_ROW = attrgetter("from_id", "to_id", "fraction")


def read_mapping(database: Database, key: int, *, whole: bool = True) -> Mapping:
    """Return the mapping of one version's key; unless `whole` without its associations."""
    row = database.row(
        "SELECT v.*, m.id FROM mapping_versions v JOIN mappings m ON m.key = v.mapping WHERE v.key = ?", (key,)
    )
    assert row is not None
    return Mapping(
        kind=row["kind"],
        associations=_read_associations(database, row["association_table"]) if whole else (),
        description=row["description"],
        tolerance=row["tolerance"],
        id=row["id"],
        version=row["version"],
    )


def read_ends(database: Database, key: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return id and version of the dimensions that one version of a mapping maps from and to."""
    row = database.row("SELECT from_id, from_version, to_id, to_version FROM all_mappings WHERE key = ?", (key,))
    assert row is not None
    return (row["from_id"], row["from_version"]), (row["to_id"], row["to_version"])


def write_mapping(
    database: Database, mapping: Mapping, id_: str, ends: tuple[int, int], registration: int
) -> tuple[int, Mapping]:
    """Register a mapping between two dimension versions, or find the one it names.

    Parameters
    ----------
    id_
        The id for a mapping that has none yet.
    ends
        The keys of the dimension versions that it maps from and to.

    Returns
    -------
    tuple
        The key of the mapping's version, and the mapping with its id.
    """
    table = _write_associations(database, mapping.associations)
    versions = database.rows(
        "SELECT v.* FROM mapping_versions v JOIN mappings m ON m.key = v.mapping WHERE m.id = ? "
        "AND (? = '' OR v.version = ?) ORDER BY v.major DESC, v.minor DESC, v.patch DESC",
        (mapping.id or id_, mapping.version, mapping.version),
    )
    wanted = (table, mapping.kind, mapping.tolerance, *ends)
    columns = ("association_table", "kind", "tolerance", "from_dimension", "to_dimension")
    same = [row for row in versions if tuple(row[column] for column in columns) == wanted]
    if mapping.id:
        if not same:
            raise RegistryError(
                f"mapping {mapping.id} {mapping.version} is not registered with these associations and dimensions"
            )
        return same[0]["key"], replace(mapping, description=same[0]["description"], version=same[0]["version"])
    for row in same:
        if row["description"] == mapping.description:
            return row["key"], replace(mapping, id=id_, version=row["version"])
    found = versions[0] if versions else None
    if found is None:
        owner = database.value("SELECT key FROM mappings WHERE id = ?", (id_,))
        entity = database.insert("mappings", id=id_) if owner is None else int(owner)
        version = unused(database, "mapping", id_, mapping.version or FIRST)
    else:
        # A dataset submitted again, to a newer project or as a newer dataset, maps with new associations or ends.
        if mapping.version:
            raise RegistryError(f"mapping {id_} {mapping.version} is registered already")
        entity, version = found["mapping"], unused(database, "mapping", id_, bump(found["version"], "major"))
    key = _insert_version(database, replace(mapping, version=version), entity, ends, table, registration)
    return key, replace(mapping, id=id_, version=version)


def add_mapping_version(database: Database, mapping: Mapping, ends: tuple[int, int], registration: int) -> None:
    """Write the version of a mapping that its id and version name, and that is new.

    Parameters
    ----------
    ends
        The keys of the dimension versions that it maps from and to.
    """
    owner = database.value("SELECT key FROM mappings WHERE id = ?", (mapping.id,))
    entity = database.insert("mappings", id=mapping.id) if owner is None else int(owner)
    table = _write_associations(database, mapping.associations)
    _insert_version(database, mapping, entity, ends, table, registration)


def _insert_version(
    database: Database, mapping: Mapping, entity: int, ends: tuple[int, int], table: int, registration: int
) -> int:
    major, minor, patch = parts(mapping.version)
    return database.insert(
        "mapping_versions",
        mapping=entity,
        major=major,
        minor=minor,
        patch=patch,
        kind=mapping.kind,
        description=mapping.description,
        tolerance=mapping.tolerance,
        from_dimension=ends[0],
        to_dimension=ends[1],
        association_table=table,
        registration=registration,
    )


def _read_associations(database: Database, table: int) -> tuple[Association, ...]:
    # The same few ids come a million times: one string each is enough.
    ids: dict[str | None, str | None] = {}
    return tuple(
        Association(ids.setdefault(from_id, from_id), ids.setdefault(to_id, to_id), fraction)  # type: ignore[arg-type]
        for from_id, to_id, fraction in database.stream(
            "SELECT from_id, to_id, fraction FROM associations WHERE association_table = ? ORDER BY position", (table,)
        )
    )


@paused_collector()
def associations_sha256(associations: Sequence[Association]) -> str:
    """Return the checksum of associations in their order: equal ones are kept once."""
    return contents.associations_sha256(map(_ROW, associations))


@paused_collector()
def _write_associations(database: Database, associations: Sequence[Association]) -> int:
    sha256 = associations_sha256(associations)
    known = database.value("SELECT key FROM association_tables WHERE sha256 = ?", (sha256,))
    if known is not None:
        return int(known)
    key = database.insert("association_tables", sha256=sha256, associations=len(associations))
    database.insert_many(
        "associations",
        ("association_table", "position", "from_id", "to_id", "fraction"),
        ((key, position, *row) for position, row in enumerate(map(_ROW, associations))),
    )
    return key
