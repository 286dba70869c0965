"""Dimensions that a spec takes from the registry instead of defining them."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import NotFoundError
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node


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
    if registry is None:
        raise NotFoundError(use.problem("this names a registered dimension, but there is no registry to look in"))
    try:
        found = registry.dimension(use.value)
    except NotFoundError as error:
        raise NotFoundError([replace(one, where=use.where, key=use.key) for one in error.problems]) from None
    if type_ and found.type != type_:
        raise use.error(f'dimension "{found.id}" is of type {found.type}, not {type_}')
    return found
