"""Where the boxes of a graph stand: in columns, from what needs to what is needed, with few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Link = tuple[str, str]
TALLEST: Final = 24  # boxes under each other; more stand in two columns, or three
STEP: Final = 40.0
GAP: Final = 90.0
NARROW_GAP: Final = 26.0  # between columns of the same layer
_SWEEPS: Final = 6


@dataclass(frozen=True)
class Layout:
    """Where boxes stand.

    Parameters
    ----------
    places
        The middle of each.
    widths
        Of the boxes: those of a column are as wide as its widest.
    links
        Those that are drawn.
    wrapped
        The boxes of layers that stand in several columns.
    """

    places: Mapping[str, tuple[float, float]]
    widths: Mapping[str, float]
    links: tuple[Link, ...]
    width: float
    height: float
    wrapped: frozenset[str] = frozenset()


def laid_out(keys: Sequence[str], links: Sequence[Link], widths: Mapping[str, float]) -> Layout:
    """Return where boxes stand.

    Parameters
    ----------
    keys
        The boxes.
    links
        (from, to); what they form should have no circles, and one that has is laid out all the same.
    widths
        Of the boxes.
    """
    drawn = without_detours(keys, links)
    layers = _ordered(_layers(keys, drawn), drawn)
    places: dict[str, tuple[float, float]] = {}
    wide: dict[str, float] = {}
    x = 0.0
    heights = [0.0]
    for layer in layers:
        number = -(-len(layer) // TALLEST)
        length = -(-len(layer) // number)
        for begin in range(0, len(layer), length):
            column = layer[begin : begin + length]
            width = max(widths[key] for key in column)
            for row, key in enumerate(column):
                places[key] = (x + width / 2, (row - (len(column) - 1) / 2) * STEP)
                wide[key] = width
            x += width + NARROW_GAP
            heights.append(len(column) * STEP)
        x += GAP - NARROW_GAP
    wrapped = frozenset(key for layer in layers if len(layer) > TALLEST for key in layer)
    return Layout(places, wide, drawn, max(0.0, x - GAP), max(heights), wrapped)


def without_detours(keys: Sequence[str], links: Sequence[Link]) -> tuple[Link, ...]:
    """Return the links without those that follow from others: from a to c, where a leads to b and b to c."""
    children: dict[str, set[str]] = {key: set() for key in keys}
    for one, other in links:
        children[one].add(other)
    below: dict[str, frozenset[str]] = {}
    for key in reversed(_in_order(keys, links)):
        below[key] = frozenset(children[key]).union(*(below.get(child, frozenset()) for child in children[key]))
    return tuple(
        (one, other)
        for one, other in links
        if not any(other in below.get(child, ()) for child in children[one] if child not in (other, one))
    )


def _in_order(keys: Sequence[str], links: Sequence[Link]) -> list[str]:
    """Return boxes so that each stands behind all that lead to it; what is in a circle comes last."""
    before = dict.fromkeys(keys, 0)
    children: dict[str, list[str]] = {key: [] for key in keys}
    for one, other in links:
        before[other] += 1
        children[one].append(other)
    found = [key for key in keys if not before[key]]
    for key in found:
        for child in children[key]:
            before[child] -= 1
            if not before[child]:
                found.append(child)
    return found + [key for key in keys if before[key] > 0]


def _layers(keys: Sequence[str], links: Sequence[Link]) -> list[list[str]]:
    """Return the boxes in layers: each right of all that lead to it, and as near as can be to what it leads to."""
    order = _in_order(keys, links)
    rank = {key: place for place, key in enumerate(order)}
    forward = [(one, other) for one, other in links if rank[one] < rank[other]]
    parents, children = _neighbours(keys, forward)
    level = dict.fromkeys(keys, 0)
    for key in order:
        level[key] = max((level[parent] + 1 for parent in parents[key]), default=0)
    # What nothing leads to would else stand at the left edge, far from what it needs.
    for key in reversed(order):
        if children[key] and not parents[key]:
            level[key] = min(level[child] for child in children[key]) - 1
    used = sorted(set(level.values()))
    found: list[list[str]] = [[] for _ in used]
    for key in keys:
        found[used.index(level[key])].append(key)
    return found


def _ordered(layers: list[list[str]], links: Sequence[Link]) -> list[list[str]]:
    """Return layers in orders in which few links cross: each box near the middle of those that it is linked to."""
    keys = [key for layer in layers for key in layer]
    parents, children = _neighbours(keys, links)
    height = _heights(layers)
    for sweep in range(_SWEEPS):
        neighbours = children if sweep % 2 else parents
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = {
                key: sum(height[other] for other in neighbours[key]) / len(neighbours[key])
                if neighbours[key]
                else height[key]
                for key in layer
            }
            layer.sort(key=wanted.__getitem__)
            height |= _heights([layer])
    return layers


def _heights(layers: Sequence[Sequence[str]]) -> dict[str, float]:
    return {key: place - (len(layer) - 1) / 2 for layer in layers for place, key in enumerate(layer)}


def _neighbours(keys: Sequence[str], links: Sequence[Link]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    parents: dict[str, list[str]] = {key: [] for key in keys}
    children: dict[str, list[str]] = {key: [] for key in keys}
    for one, other in links:
        parents[other].append(one)
        children[one].append(other)
    return parents, children
