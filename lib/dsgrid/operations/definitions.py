"""Dimensions and mappings that a spec defines itself, checked; and the problems of several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.load import MAPPING_IDS, load_dimension, load_mapping
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.tables import read_table
from dsgrid.errors import DataError, DsgridError, Problem, RegistryError, SpecError
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.record_zones import check_record_zones

T = TypeVar("T")


def own_dimension(node: Node, name: str, type_: str) -> Dimension:
    """Return the dimension that a table with ``records`` defines; every zone in it has to be one."""
    dimension = load_dimension(node, name, type_)
    if type_ == "geography" and check_record_zones(dimension.records):
        table = read_table(node["records"])
        places = dict(zip(table.column("id"), table.places, strict=True))
        raise DataError(check_record_zones(dimension.records, table.where, places))
    return dimension


def own_mapping(node: Node, from_: Dimension, to: Dimension) -> Mapping:
    """Return the mapping that a table with ``kind`` and ``records`` defines, checked against both its ends."""
    mapping = load_mapping(node)
    records = node["records"]
    ends = (from_.records.by_id, to.records.by_id)
    if check_mapping(mapping, *ends):
        table = read_table(records, MAPPING_IDS)
        problems = check_mapping(
            mapping, *ends, table.where, lambda number: (table.places[number], records[number].key if table.key else "")
        )
        raise DataError([replace(each, key=each.key or table.key) for each in problems])
    return mapping


def metadata_of(node: Node) -> dict[str, Any]:
    """Return what the table of a project or a dataset says besides what it is called and how its data came about."""
    return {key: value for key, value in node.value.items() if key not in ("id", "name", "kind", "description")}


def taken_ids(owner: str, own: Iterable[tuple[Node, Dimension | TimeDimension]], registry: Registry) -> list[Problem]:
    """Return a problem for each dimension of an owner whose id the registry has for something else.

    What was registered for the owner before, by `register_dimensions`, is taken when it is the same. The registry would
    refuse the rest, but only at the end, when the data are stored.
    """
    versions = {(row["id"], row["version"]) for row in registry.dimensions(all_versions=True)}
    problems = []
    for node, dimension in own:
        if dimension.id:
            continue
        id_ = f"{owner}/{dimension.name}"
        version = registry.unused_version("dimension", id_)
        if (id_, version) not in versions:
            continue
        read = registry.dimension if isinstance(dimension, Dimension) else registry.time
        try:
            is_same = replace(read(id_, version), id="", version="") == dimension
        except RegistryError:  # one is a time, the other is not
            is_same = False
        if not is_same:
            problems.append(
                node.problem(
                    f"dimension {id_} {version} is registered already, with other contents; choose another name, or "
                    f'use = "{id_}@{version}"'
                )
            )
    return problems


class Gathered:
    """Runs the parts of a spec one by one and keeps the problems of all.

    Attributes
    ----------
    problems
        Those found so far; more may be added.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._error: type[DsgridError] = SpecError

    def take(self, make: Callable[[], T]) -> T | None:
        """Return what `make` returns, or None when it fails."""
        try:
            return make()
        except DsgridError as error:
            self.problems.extend(error.problems)
            self._error = type(error)
            return None

    def each(self, makes: Iterable[Callable[[], T]]) -> tuple[T, ...]:
        """Return what does not fail."""
        found = (self.take(make) for make in makes)
        return tuple(one for one in found if one is not None)

    def raise_any(self) -> None:
        """Raise all problems, as an error of the kind of the last."""
        if self.problems:
            raise self._error(self.problems)
