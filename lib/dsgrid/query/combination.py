"""How the tables of a query's operands become one: what of its expression is no plain sum.

Unions, sums, differences and scalars are linear: they are the scales of sources that are added up, a `Leaf`. Products,
quotients and numbers that are added stand between leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Leaf:
    """The sources with one number, added up."""

    number: int = 0


@dataclass(frozen=True)
class Combined:
    """Two tables, row by row: ``*``, ``/``, ``+``, ``-``, or all rows of both (``|``).

    Parameters
    ----------
    fill
        Whether a row that one side lacks counts as 0 there.
    """

    operator: str
    left: Combination
    right: Combination
    fill: bool = False


@dataclass(frozen=True)
class Shifted:
    """A table's values times `scale`, plus `offset`; with `inverse`, `scale` divided by them."""

    of: Combination
    scale: float = 1.0
    offset: float = 0.0
    inverse: bool = False


Combination = Leaf | Combined | Shifted


@dataclass(frozen=True)
class Agreement:
    """What two groups of sources have to be to each other: ``|`` no key of both, else all keys of both.

    Parameters
    ----------
    left, right
        The sources of each side, by their positions in the plan.
    """

    operator: str
    left: tuple[int, ...]
    right: tuple[int, ...]


def without_time(combination: Combination, timeless: frozenset[int]) -> bool:
    """Tell whether a table has no time, given the leaves that have none."""
    return all(leaf in timeless for leaf in leaves(combination))


def leaves(combination: Combination) -> Iterator[int]:
    """Return the numbers of the leaves, from left to right."""
    if isinstance(combination, Leaf):
        yield combination.number
    elif isinstance(combination, Shifted):
        yield from leaves(combination.of)
    else:
        yield from leaves(combination.left)
        yield from leaves(combination.right)
