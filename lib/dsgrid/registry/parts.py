"""Dimensions and mappings that belong to no project and no dataset, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.errors import RegistryError
from dsgrid.registry.database import Database
from dsgrid.registry.dimensions import unique_names, write_dimension, write_time
from dsgrid.registry.mappings import write_mapping
from dsgrid.registry.resolve import find_version
from dsgrid.time.dimension import TimeDimension

Ends = tuple[tuple[str, str], tuple[str, str]]


def write_dimensions(
    database: Database,
    owner: str,
    dimensions: Iterable[Dimension],
    times: Iterable[TimeDimension],
    registration: int,
) -> tuple[tuple[Dimension, ...], tuple[TimeDimension, ...]]:
    """Register new dimensions and times of one owner; return them with their ids and versions."""
    dimensions, times = tuple(dimensions), tuple(times)
    names = [*(each.name for each in dimensions), *(each.name for each in times)]
    unique_names(owner, ((name, "") for name in names))
    for name in names:
        refuse_other_kind(database, "mapping", f"{owner}/{name}")
    return (
        tuple(write_dimension(database, each, owner, registration)[1] for each in dimensions),
        tuple(write_time(database, each, owner, registration)[1] for each in times),
    )


def write_owned_mapping(database: Database, mapping: Mapping, id_: str, ends: Ends, registration: int) -> Mapping:
    """Register a new mapping between two dimension versions, each given by id and version."""
    refuse_other_kind(database, "dimension", id_)
    keys = [find_version(database, "dimension", dimension, version) for dimension, version in ends]
    return write_mapping(database, mapping, id_, (keys[0], keys[1]), registration)[1]


def refuse_other_kind(database: Database, kind: str, id_: str) -> None:
    """Refuse an id that a thing of another kind has: ``show`` and the like are given nothing but the id."""
    if database.row(f"SELECT 1 FROM {kind}s WHERE id = ?", (id_,)) is not None:
        raise RegistryError(f"{id_} is the id of a {kind}; choose another name")
