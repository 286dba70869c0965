"""Mixed radix numbers: what one step of a type's digit adds, where the first type is the fastest."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod


def stride_of(sizes: Mapping[str, int], type_: str) -> int:
    """Return what one step of a type's number adds to a place; 0 for a type that decides nothing.

    Examples
    --------
    >>> stride_of({"geography": 3, "model_year": 5}, "model_year")
    3
    """
    if type_ not in sizes:
        return 0
    before = list(sizes)[: list(sizes).index(type_)]
    return prod(sizes[one] for one in before)
