"""Lay the pieces of one time dimension over those of another: which slot gives how much to which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsgrid.time.pieces import Float64, Int64, Pieces, joined

# Sums of parts such as 1/3 differ from 1 by rounding only.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Entries:
    """A sparse matrix of time: sorted by source and target, each pair once.

    Parameters
    ----------
    source, target
        Numbers of slots, int64, shape (n,).
    weight
        The coefficients, float64, shape (n,). A 0 is an entry: it says that there is a value.
    """

    source: Int64
    target: Int64
    weight: Float64

    def __len__(self) -> int:
        return len(self.source)

    def same_as(self, other: Entries) -> bool:
        """Tell whether two matrices are equal."""
        return (
            np.array_equal(self.source, other.source)
            and np.array_equal(self.target, other.target)
            and np.array_equal(self.weight, other.weight)
        )


def merged(source: Int64, target: Int64, weight: Float64) -> Entries:
    """Return entries in order; what meets in a pair is added up."""
    order = np.lexsort((target, source))
    source, target, weight = source[order], target[order], weight[order]
    new = np.ones(len(source), bool)
    new[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    first = np.flatnonzero(new)
    sums = np.add.reduceat(weight, first) if len(first) else weight
    return Entries(source[first], target[first], sums.astype(np.float64))


def snapped(entries: Entries) -> Entries:
    """Return a matrix whose weights are whole where only rounding keeps them from it: 8784 parts of a year are one."""
    whole = np.round(entries.weight)
    near = np.abs(entries.weight - whole) <= 1e-12 * np.maximum(np.abs(whole), 1)
    weight = np.where(near & (whole != 0), whole, entries.weight)
    return Entries(entries.source, entries.target, weight)


def compose(first: Entries, second: Entries) -> Entries:
    """Return the product: what the second matrix makes of the targets of the first."""
    low = np.searchsorted(second.source, first.target, side="left")
    high = np.searchsorted(second.source, first.target, side="right")
    owner, picked = _ranges(low, high)
    return merged(first.source[owner], second.target[picked], first.weight[owner] * second.weight[picked])


def _ranges(low: Int64, high: Int64) -> tuple[Int64, Int64]:
    """Return for each number of the ranges ``low[i]:high[i]`` the position `i`, and the number itself."""
    count = np.maximum(high - low, 0)
    owner = np.repeat(np.arange(len(low)), count)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + low[owner]


@dataclass(frozen=True)
class Meeting:
    """Pairs of pieces that lie over each other, and for how long (microseconds)."""

    source: Int64
    target: Int64
    overlap: Int64


def meet(source: Pieces, target: Pieces) -> Meeting:
    """Return the pairs of pieces (by position) that overlap; the target's pieces are disjoint and sorted."""
    low = np.searchsorted(target.end, source.begin, side="right")
    high = np.searchsorted(target.begin, source.end, side="left")
    one, other = _ranges(low, high)
    overlap = np.minimum(source.end[one], target.end[other]) - np.maximum(source.begin[one], target.begin[other])
    return Meeting(one, other, overlap)


def totals(source: Pieces, target: Pieces) -> Entries:
    """Return how totals are split and summed: each slot gives the part of its value that its overlap is of it."""
    met = meet(source, target)
    weight = source.share[met.source] * target.share[met.target] * met.overlap / source.length[met.source]
    return merged(source.slot[met.source], target.slot[met.target], weight)


def means(source: Pieces, target: Pieces) -> Entries:
    """Return how means are repeated and averaged: weights are the overlaps, and sum to 1 for each target."""
    met = meet(source, target)
    weight = source.share[met.source] * target.share[met.target] * met.overlap
    slots = target.slot[met.target]
    held = np.bincount(slots, weights=weight, minlength=int(slots.max(initial=-1)) + 1)
    return merged(source.slot[met.source], slots, weight / held[slots])


def members(source: Pieces, target: Pieces) -> Entries:
    """Return which slots an extreme is taken of: all that overlap, with the coefficient 1."""
    met = meet(source, target)
    found = merged(source.slot[met.source], target.slot[met.target], np.ones(len(met.source)))
    return Entries(found.source, found.target, np.ones(len(found)))


# Readings ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Instants:
    """The instants that have readings: sorted, each once, though a rule may give it several.

    Parameters
    ----------
    at
        UTC microseconds.
    readings
        How the slots' values make up that of each instant: from slots to positions in `at`.
    """

    at: Int64
    readings: Entries

    @classmethod
    def of(cls, source: Pieces) -> Instants:
        """Return the instants of pieces that have no length."""
        at, position = np.unique(source.begin, return_inverse=True)
        return cls(at, merged(source.slot, position.reshape(-1), source.share))


def readings(source: Pieces, target: Pieces, longest: int) -> Entries:
    """Return how readings at instants are taken over: at equal instants, or on the line between two neighbours.

    Several readings of the source at one instant (a rule's) are added up by their shares; so are several instants of
    one slot of the target.

    Parameters
    ----------
    longest
        How far apart two readings may be that have a line between them; 0 for no lines.
    """
    known = Instants.of(source)
    size = len(known.at)
    after = np.searchsorted(known.at, target.begin, side="left")
    exact = np.flatnonzero((after < size) & (known.at[np.minimum(after, size - 1)] == target.begin)) if size else after
    parts = [(after[exact], target.slot[exact], target.share[exact])]
    if longest:
        inside = (after > 0) & (after < size)
        inside[exact] = False
        one = np.flatnonzero(inside)
        high, low = after[one], after[one] - 1
        near = known.at[high] - known.at[low] <= longest
        one, high, low = one[near], high[near], low[near]
        along = (target.begin[one] - known.at[low]) / (known.at[high] - known.at[low])
        share, slot = target.share[one], target.slot[one]
        parts += [(low, slot, share * (1 - along)), (high, slot, share * along)]
    taken = merged(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    return compose(known.readings, taken)


def means_of_readings(source: Pieces, target: Pieces, longest: int) -> Entries:
    """Return the means of the lines between readings: of each stretch between two, its middle."""
    known = Instants.of(source)
    lines = between(source, longest)
    met = meet(lines, target)
    low = lines.slot[met.source]
    begin, length = lines.begin[met.source], (lines.end - lines.begin)[met.source]
    along = (np.maximum(begin, target.begin[met.target]) + met.overlap / 2 - begin) / length
    slots = target.slot[met.target]
    part = met.overlap * target.share[met.target]
    held = np.bincount(slots, weights=part, minlength=int(slots.max(initial=-1)) + 1)
    part = part / held[slots]
    taken = merged(
        np.concatenate([low, low + 1]),
        np.concatenate([slots, slots]),
        np.concatenate([part * (1 - along), part * along]),
    )
    return compose(known.readings, taken)


def between(source: Pieces, longest: int) -> Pieces:
    """Return the stretches between neighbouring readings; `slot` is the position of the first of both."""
    at = np.unique(source.begin)
    near = np.flatnonzero(np.diff(at) <= longest)
    return Pieces.of(at[near], at[near + 1], near)


# What is covered -----------------------------------------------------------------------------------------------------


def covered(source: Pieces, target: Pieces, longest: int = 0) -> Float64:
    """Return for each slot of the target (by number) how much of its pieces the source covers, from 0 to 1.

    Parameters
    ----------
    longest
        How far apart two readings may be for what lies between them to be covered.
    """
    size = int(target.slot.max(initial=-1)) + 1
    instants = source.at(source.begin == source.end)
    lines, stretches = union(between(instants, longest)), union(source.at(source.begin < source.end))
    if is_points(target):
        inside = np.isin(target.begin, instants.begin) | _in(target.begin, lines, 1) | _in(target.begin, stretches, 0)
        counts = np.bincount(target.slot, minlength=size)
        held = np.bincount(target.slot, weights=inside.astype(float), minlength=size)
        return np.divide(held, counts, out=np.zeros(size), where=counts > 0)
    blocks = union(joined([lines, stretches]))
    met = meet(blocks, target)
    held = np.bincount(target.slot[met.target], weights=met.overlap.astype(float), minlength=size)
    whole = np.bincount(target.slot, weights=(target.end - target.begin).astype(float), minlength=size)
    return np.divide(held, whole, out=np.zeros(size), where=whole > 0)


def _in(at: Int64, blocks: Pieces, more: int) -> npt.NDArray[np.bool_]:
    """Tell which instants lie in disjoint stretches, or not more than so many microseconds after one."""
    if not len(blocks):
        return np.zeros(len(at), bool)
    place = np.searchsorted(blocks.begin, at, side="right") - 1
    return (place >= 0) & (at < blocks.end[np.maximum(place, 0)] + more)


def is_points(pieces: Pieces) -> bool:
    """Tell whether pieces are instants."""
    return bool(len(pieces)) and bool((pieces.begin == pieces.end).all())


def outside(source: Pieces, target: Pieces) -> npt.NDArray[np.bool_]:
    """Return for each piece of the source whether some of it lies outside of the target."""
    blocks = union(target)
    if is_points(source):
        return ~_in(source.begin, blocks, 0)
    met = meet(source, blocks)
    inside = np.bincount(met.source, weights=met.overlap.astype(float), minlength=len(source))
    return inside < (source.end - source.begin)


def union(pieces: Pieces) -> Pieces:
    """Return the time that pieces cover, as disjoint stretches in order."""
    order = np.argsort(pieces.begin, kind="stable")
    begin, end = pieces.begin[order], np.maximum.accumulate(pieces.end[order]) if len(pieces) else pieces.end
    new = np.ones(len(begin), bool)
    new[1:] = begin[1:] > end[:-1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(begin)) - 1 if len(first) else first
    return Pieces.of(begin[first], end[last], np.arange(len(first)))
