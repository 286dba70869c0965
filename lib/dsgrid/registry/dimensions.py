"""Dimensions as rows: record tables with typed attributes, and times.

A dimension's id is ``<owner>/<name>``, such as ``conus_2022/county`` or ``comstock/fips``: the project or dataset that
registered it, and its name there. A dimension that comes with an id is used, not copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Attribute, Record, Records
from dsgrid.dimensions.types import TIME
from dsgrid.errors import RegistryError
from dsgrid.registry import contents
from dsgrid.registry.database import Database, Row
from dsgrid.registry.numbering import unused
from dsgrid.registry.times import has_times, read_times, write_times
from dsgrid.registry.values import decode, encode
from dsgrid.registry.versions import FIRST, parts
from dsgrid.time.dimension import TimeDimension


def read_dimension(database: Database, key: int, name: str | None = None) -> Dimension:
    """Return the dimension of one version's key, under the name that its user gives it."""
    row = _version_row(database, key)
    if row["type"] == TIME:
        raise RegistryError(f"{row['id']} is a time dimension and has no records")
    return Dimension(
        name=name or row["name"],
        type=row["type"],
        record_class=row["record_class"],
        records=_read_records(database, row["record_table"]),
        description=row["description"],
        id=row["id"],
        version=row["version"],
    )


def read_time(database: Database, key: int) -> TimeDimension:
    """Return the time dimension of one version's key."""
    row = _version_row(database, key)
    time = read_times(database, key, {name: row[name] for name in ("name", "description", "id", "version")})
    if time is None:
        raise RegistryError(f"{row['id']} is no time dimension")
    return time


def write_dimension(database: Database, dimension: Dimension, owner: str, registration: int) -> tuple[int, Dimension]:
    """Register a dimension of `owner`, or find the one it names; return its version's key and it with its id."""
    table = _write_records(database, dimension.records)
    columns = {"name": dimension.name, "record_class": dimension.record_class, "record_table": table}
    if dimension.id:
        key, row = _used(database, dimension.id, dimension.version, dimension.type)
        if (row["record_table"], row["record_class"]) != (table, dimension.record_class):
            raise RegistryError(f"dimension {dimension.id} {row['version']} is registered with other records or class")
        return key, replace(dimension, description=row["description"], version=row["version"])
    id_ = f"{owner}/{dimension.name}"
    columns["description"] = dimension.description
    version = unused(database, "dimension", id_, dimension.version or FIRST)
    key, version = _write_version(database, id_, dimension.type, version, columns, registration)
    return key, replace(dimension, id=id_, version=version)


def write_time(database: Database, time: TimeDimension, owner: str, registration: int) -> tuple[int, TimeDimension]:
    """Register the time dimension of `owner`, or find the one it names; return its version's key and it with its id."""
    if time.id:
        key, row = _used(database, time.id, time.version, TIME)
        if replace(read_time(database, key), description=time.description) != replace(time, version=row["version"]):
            raise RegistryError(f"time dimension {time.id} {row['version']} is registered with other values")
        return key, replace(time, description=row["description"], version=row["version"])
    id_ = f"{owner}/{time.name or TIME}"
    columns = {"name": time.name, "record_class": "", "description": time.description, "record_table": None}
    version = unused(database, "dimension", id_, time.version or FIRST)
    key, version = _write_version(database, id_, TIME, version, columns, registration)
    registered = replace(time, id=id_, version=version)
    if not has_times(database, key):
        write_times(database, time, key)
    elif read_time(database, key) != registered:
        raise RegistryError(f"time dimension {id_} {version} is registered already, with other values")
    return key, registered


def add_dimension_version(database: Database, dimension: Dimension | TimeDimension, registration: int) -> None:
    """Write the version of a dimension that its id and version name, and that is new."""
    if isinstance(dimension, Dimension):
        table = _write_records(database, dimension.records)
        type_, record_class = dimension.type, dimension.record_class
    else:
        table, type_, record_class = None, TIME, ""
    columns = {
        "name": dimension.name,
        "record_class": record_class,
        "record_table": table,
        "description": dimension.description,
    }
    key, _ = _write_version(database, dimension.id, type_, dimension.version, columns, registration)
    if not isinstance(dimension, Dimension):
        write_times(database, dimension, key)


def unique_names(owner: str, named: Iterable[tuple[str, str]]) -> None:
    """Refuse an owner that gives one name twice; `named` holds (name, id if it is used and not its own)."""
    seen: set[str] = set()
    for name, used_id in named:
        id_ = used_id or f"{owner}/{name}"
        if id_ in seen:
            raise RegistryError(f'{owner} has two dimensions "{name}"; names are unique inside a project or dataset')
        seen.add(id_)


def _version_row(database: Database, key: int) -> Row:
    row = database.row(
        "SELECT v.*, d.id, d.type FROM dimension_versions v JOIN dimensions d ON d.key = v.dimension WHERE v.key = ?",
        (key,),
    )
    assert row is not None
    return row


def _used(database: Database, id_: str, version: str, type_: str) -> tuple[int, Row]:
    row = database.row(
        "SELECT v.*, d.type FROM dimension_versions v JOIN dimensions d ON d.key = v.dimension "
        "WHERE d.id = ? AND v.version = ?",
        (id_, version or FIRST),
    )
    if row is None:
        raise RegistryError(f"dimension {id_} {version} is not registered; leave its id empty to register it")
    if row["type"] != type_:
        raise RegistryError(f"dimension {id_} is registered with the type {row['type']}, not {type_}")
    return row["key"], row


def _write_version(
    database: Database, id_: str, type_: str, version: str, columns: dict[str, Any], registration: int
) -> tuple[int, str]:
    found = database.row("SELECT key, type FROM dimensions WHERE id = ?", (id_,))
    if found is None:
        dimension = database.insert("dimensions", id=id_, type=type_)
    elif found["type"] != type_:
        raise RegistryError(f"dimension {id_} is registered with the type {found['type']}, not {type_}")
    else:
        dimension = found["key"]
    major, minor, patch = parts(version)
    taken = database.row(
        "SELECT * FROM dimension_versions WHERE dimension = ? AND major = ? AND minor = ? AND patch = ?",
        (dimension, major, minor, patch),
    )
    if taken is not None:
        # Left by an owner that was removed while something else went on using its dimension.
        if any(taken[column] != value for column, value in columns.items()):
            raise RegistryError(f"dimension {id_} {version} is registered already, with other contents")
        return taken["key"], version
    key = database.insert(
        "dimension_versions",
        dimension=dimension,
        major=major,
        minor=minor,
        patch=patch,
        registration=registration,
        **columns,
    )
    return key, version


# Records -------------------------------------------------------------------------------------------------------------


def _read_records(database: Database, table: int) -> Records:
    columns = [row["name"] for row in database.select("record_columns", "name", record_table=table)]
    attributes: dict[int, dict[str, Attribute]] = {}
    for record, column, type_, value in database.select(
        "record_attributes", "record, column, type, value", order="record, column", record_table=table
    ):
        attributes.setdefault(record, {})[columns[column]] = decode(type_, value)
    return Records(
        tuple(
            Record(id_, name, attributes.get(position, {}))
            for position, id_, name in database.select("records", "position, id, name", record_table=table)
        )
    )


def records_sha256(records: Records) -> str:
    """Return the checksum of a record table: equal ones are kept once."""
    return contents.records_sha256(*_cells(records))


def _write_records(database: Database, records: Records) -> int:
    columns, plain, attributes = _cells(records)
    sha256 = contents.records_sha256(columns, plain, attributes)
    known = database.value("SELECT key FROM record_tables WHERE sha256 = ?", (sha256,))
    if known is not None:
        return int(known)
    key = database.insert("record_tables", sha256=sha256, records=len(plain))
    database.insert_many("records", ("record_table", "position", "id", "name"), ((key, *row) for row in plain))
    database.insert_many(
        "record_columns", ("record_table", "position", "name"), ((key, *column) for column in enumerate(columns))
    )
    database.insert_many(
        "record_attributes",
        ("record_table", "record", "column", "type", "value"),
        ((key, *cell) for cell in attributes),
    )
    return key


def _cells(records: Records) -> tuple[tuple[str, ...], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the names of the columns, the rows (position, id, name), and the cells (row, column, type, value)."""
    columns = records.columns[2:]
    index = {name: position for position, name in enumerate(columns)}
    attributes = [
        (record, index[name], *encode(value))
        for record, row in enumerate(records)
        for name, value in row.attributes.items()
    ]
    return columns, [(position, row.id, row.name) for position, row in enumerate(records)], attributes
