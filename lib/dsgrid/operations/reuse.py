"""Dimensions and mappings that a spec takes from the registry instead of defining them."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.types import TIME
from dsgrid.errors import DsgridError, NotFoundError, SpecError
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, TimeDimension, zone_of
from dsgrid.time.load import load_time


def registered_dimension(use: Node, type_: str, registry: Registry | None) -> Dimension:
    """Return the dimension that ``use = "..."`` means.

    Parameters
    ----------
    use
        An id, or a name that only one registered dimension has, with or without ``@version``.
    type_
        The type that is needed; empty when any will do.
    registry
        Where to look; None when a spec is checked without a registry.

    Raises
    ------
    NotFoundError
        If there is no such dimension.
    SpecError
        If it is of another type.
    """
    try:
        found = needed_registry(use, registry).dimension(use.value)
    except DsgridError as error:
        raise _placed(error, use) from None
    if type_ and found.type != type_:
        raise use.error(f'dimension "{found.id}" is of type {found.type}, not {type_}')
    return found


def time_of(node: Node, registry: Registry | None, *, of_dataset: bool = True) -> TimeDimension:
    """Return the time dimension that a ``[time]`` table defines, or means with ``use = "..."``."""
    if "use" not in node:
        return load_time(node, node.string("name") or TIME, of_dataset=of_dataset)
    use = node["use"]
    try:
        found = needed_registry(use, registry).time(use.value)
    except DsgridError as error:
        raise _placed(error, use) from None
    if not of_dataset and zone_of(found) == PROJECT_GEOGRAPHY:
        raise use.error(
            f"time {found.id} goes by the zones of a project's geography, as only a dataset's can; those of a project "
            f'are its own: zone = "{GEOGRAPHY}"'
        )
    return found


def registered_ends(use: Node, registry: Registry | None) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the id and the version of the two dimensions of the mapping that ``use = "..."`` means."""
    try:
        return needed_registry(use, registry).ends(use.value)
    except DsgridError as error:
        raise _placed(error, use) from None


def registered_mapping(
    use: Node, registry: Registry | None, from_: Dimension | None, to: Dimension | None, what: tuple[str, str]
) -> Mapping:
    """Return the mapping that ``use = "..."`` means, which has to map exactly these two dimensions.

    Parameters
    ----------
    use
        The id of a registered mapping, with or without ``@version``.
    from_, to
        The dimensions, in the versions that are mapped here; None takes any on that side.
    what
        How messages call the two.

    Raises
    ------
    NotFoundError
        If there is no such mapping.
    SpecError
        If it maps other dimensions, or other versions of them: both are named.
    """
    ends = registered_ends(use, registry)
    mapping = needed_registry(use, registry).mapping(use.value)
    problems = []
    for side, end, dimension, name in zip(("from", "to"), ends, (from_, to), what, strict=True):
        if dimension is None or end == (dimension.id, dimension.version):
            continue
        here = f"is {dimension.id}@{dimension.version}" if dimension.id else "is defined in this spec"
        hint = "" if dimension.id == end[0] else f'; use = "{end[0]}@{end[1]}" there makes it that one'
        problems.append(
            use.problem(
                f"mapping {mapping.id}@{mapping.version} maps {side} {end[0]}@{end[1]}, but {name} {here}{hint}"
            )
        )
    if problems:
        raise SpecError(problems)
    return mapping


def needed_registry(use: Node, registry: Registry | None) -> Registry:
    """Return the registry that a key of a spec needs."""
    if registry is None:
        raise NotFoundError(use.problem("this names what is registered, but there is no registry to look in"))
    return registry


def _placed(error: DsgridError, use: Node) -> DsgridError:
    return type(error)([replace(one, where=use.where, key=use.key) for one in error.problems])
