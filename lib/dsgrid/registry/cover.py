"""How many of the required combinations of records a dataset has, by the records of one type.

Types that no declared gap and no requirement ties together are counted on their own, and their numbers multiplied: what
a dataset has is a product of records but for its gaps. Only tied types are laid out combination by combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsgrid.registry.cover_parts import Indices, Mask, Part, Tied
from dsgrid.registry.model import Requirement


@dataclass(frozen=True)
class Axis:
    """The records of one type, of a project's base dimension and of a dataset.

    Parameters
    ----------
    base, own
        Ids of the records of the base dimension, and of the dataset's.
    reaches
        Of each way from a record of the dataset to one of the base dimension, the two places.
    """

    base: Sequence[str]
    own: Sequence[str]
    reaches: tuple[Indices, Indices]


@dataclass(frozen=True)
class Cover:
    """What there is of one type, for each record of the base dimension.

    Parameters
    ----------
    required
        How many combinations with the record the project requires; None where they are too many to be counted.
    present
        How many of those the dataset has.
    reached
        Whether the dataset has data of the record, required or not.
    """

    required: list[int] | None
    present: list[int] | None
    reached: list[bool]


def axis(base: Sequence[str], own: Sequence[str], pairs: Iterable[tuple[str, str]] | None) -> Axis:
    """Return an axis from the associations of a mapping; None where the dataset's ids are base ids."""
    places, targets = ({id_: place for place, id_ in enumerate(ids)} for ids in (own, base))
    ways = ((id_, id_) for id_ in own) if pairs is None else pairs
    known = [(places[one], targets[other]) for one, other in ways if one in places and other in targets]
    found = np.array(known, dtype=np.intp).reshape(-1, 2)
    return Axis(base, own, (found[:, 0], found[:, 1]))


def cover(
    axes: Mapping[str, Axis],
    requirement: Requirement | None,
    missing: Iterable[Sequence[str | None]],
    type_: str,
    check: Callable[[], None] = lambda: None,
) -> Cover:
    """Return what a dataset has of what is required of it, for each base record of a type.

    Parameters
    ----------
    axes
        By type. A dataset that is not there has no records of its own.
    requirement
        None: nothing is required.
    missing
        The dataset's declared gaps: an id of each type, in the order of `axes`; None for all of them.
    check
        Called now and then; ends the work by raising.
    """
    gaps = _gaps(axes, missing)
    wanted = {name: _wanted(one, requirement, name) for name, one in axes.items()}
    ways = {name: _ways(one, gaps.alive[name], wanted[name]) for name, one in axes.items()}
    sizes = {name: len(one.own) for name, one in axes.items()}
    together = () if requirement is None else requirement.together
    ties = [frozenset(entry.ids) for entry in together] + [frozenset(types) for types, _ in gaps.tied]
    required, present = _Product(), _Product()
    for tied in _components(axes, ties):
        order = sorted(tied, key=lambda name: (name != type_, -len(axes[name].own)))
        part = Part(order, sizes, ways, _entries(axes, wanted, together, order), gaps.among(order))
        for counts, product in zip(part.counts(check), (required, present), strict=True):
            product.times(counts, order[0] == type_)
    size, place = len(axes[type_].base), np.flatnonzero(wanted[type_])
    return Cover(required.over(size, place), present.over(size, place), _reached(axes[type_], gaps.alive[type_]))


class _Product:
    """Counts of the records of one type, times those of all other types."""

    def __init__(self) -> None:
        self._factor: int | None = 1
        self._counts: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def times(self, counts: NDArray[np.int64] | None, is_of_type: bool) -> None:
        if counts is None or self._factor is None:
            self._factor = None
        elif is_of_type:
            self._counts = counts
        else:
            self._factor *= int(counts.sum())

    def over(self, size: int, place: Indices) -> list[int] | None:
        if self._factor is None:
            return None
        found = [0] * size
        for where, count in zip(place.tolist(), self._counts.tolist(), strict=True):
            found[where] = count * self._factor
        return found


# What is required ----------------------------------------------------------------------------------------------------


def _wanted(one: Axis, requirement: Requirement | None, type_: str) -> Mask:
    """Return which base records are required, alone or in some combination."""
    if requirement is None:
        return np.zeros(len(one.base), dtype=bool)
    together = [entry.ids[type_] for entry in requirement.together if type_ in entry.ids]
    ids = {id_ for entry in together for id_ in entry} if together else requirement.single.ids.get(type_)
    if ids is None:
        return np.ones(len(one.base), dtype=bool)
    names = set(ids)
    return np.fromiter((id_ in names for id_ in one.base), dtype=bool, count=len(one.base))


def _entries(
    axes: Mapping[str, Axis], wanted: Mapping[str, Mask], together: Sequence[Any], order: Sequence[str]
) -> list[list[dict[str, Indices]]]:
    """Return the combined requirements of some types: of each set of types the entries, any of which is enough."""
    by_types: dict[frozenset[str], list[dict[str, Indices]]] = {}
    for entry in together:
        if set(entry.ids) <= set(order):
            chosen = {}
            for type_, ids in entry.ids.items():
                kept = np.flatnonzero(wanted[type_]).tolist()
                names = set(ids)
                chosen[type_] = np.array(
                    [place for place, index in enumerate(kept) if axes[type_].base[index] in names], dtype=np.intp
                )
            by_types.setdefault(frozenset(entry.ids), []).append(chosen)
    return list(by_types.values())


# What is there -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Gaps:
    """Declared gaps: records that are missing wholly, and combinations as places, by the types that they name."""

    alive: dict[str, Mask]
    tied: list[Tied] = field(default_factory=list)

    def among(self, order: Sequence[str]) -> list[Tied]:
        return [each for each in self.tied if set(each[0]) <= set(order)]


def _gaps(axes: Mapping[str, Axis], missing: Iterable[Sequence[str | None]]) -> _Gaps:
    places = {name: {id_: place for place, id_ in enumerate(one.own)} for name, one in axes.items()}
    types = tuple(axes)
    rows: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
    for row in missing:
        named = [(type_, id_) for type_, id_ in zip(types, row, strict=True) if id_ is not None]
        if all(id_ in places[type_] for type_, id_ in named):
            found = tuple(places[type_][id_] for type_, id_ in named)
            rows.setdefault(tuple(type_ for type_, _ in named), []).append(found)
    gaps = _Gaps({name: np.ones(len(one.own), dtype=bool) for name, one in axes.items()})
    for named_types, found_rows in rows.items():
        if len(named_types) > 1:
            gaps.tied.append((named_types, np.array(found_rows, dtype=np.intp)))
        elif named_types:
            gaps.alive[named_types[0]][[place for (place,) in found_rows]] = False
        else:
            for alive in gaps.alive.values():
                alive[:] = False
    return gaps


def _ways(one: Axis, alive: Mask, wanted: Mask) -> list[Indices]:
    """Return the dataset's records that lead to each of the required base records."""
    own, base = one.reaches
    kept = alive[own] & wanted[base] if len(own) else np.zeros(0, dtype=bool)
    own, base = own[kept], base[kept]
    order = np.argsort(base, kind="stable")
    own, base = own[order], base[order]
    places = np.flatnonzero(wanted)
    begins, ends = np.searchsorted(base, places, "left"), np.searchsorted(base, places, "right")
    return [own[begin:end] for begin, end in zip(begins, ends, strict=True)]


def _reached(one: Axis, alive: Mask) -> list[bool]:
    own, base = one.reaches
    found = np.zeros(len(one.base), dtype=bool)
    found[base[alive[own]]] = True
    return [bool(each) for each in found]


def _components(axes: Mapping[str, Axis], ties: Iterable[frozenset[str]]) -> list[set[str]]:
    """Return the types in sets, of which no tie connects two."""
    sets = [{name} for name in axes]
    for tie in ties:
        joined = [each for each in sets if each & tie]
        sets = [each for each in sets if not each & tie] + [set().union(*joined)]
    return sets
