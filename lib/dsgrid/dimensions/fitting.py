"""Which kinds associations satisfy that nobody has given a kind: those of mappings that are computed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from operator import attrgetter

from dsgrid.dimensions.kinds import KINDS, Kind
from dsgrid.dimensions.mapping import Association

_FROM, _TO, _FRACTION = attrgetter("from_id"), attrgetter("to_id"), attrgetter("fraction")


def fitting_kinds(associations: Sequence[Association], tolerance: float) -> tuple[str, ...]:
    """Return every kind whose promises hold: those that `dsgrid.dimensions.kinds.check_mapping` accepts.

    Parameters
    ----------
    associations
        Without pairs that occur twice.
    tolerance
        How far a sum of fractions may be from 1.
    """
    froms, tos = list(map(_FROM, associations)), list(map(_TO, associations))
    fractions = list(map(_FRACTION, associations))
    targets = [id_ for id_ in tos if id_ is not None]
    from_repeats, to_repeats = len(set(froms)) < len(froms), len(set(targets)) < len(targets)
    # Parts of a whole are not below 0; weights of an average may be.
    parts = min(fractions, default=0.0) >= -tolerance
    sums = {"from": parts and _sum_to_one(froms, fractions, tolerance), "to": _sum_to_one(tos, fractions, tolerance)}
    ones = all(fraction == 1 for fraction in fractions)
    return tuple(
        kind.name
        for kind in KINDS.values()
        if (kind.from_repeats or not from_repeats)
        and (kind.to_repeats or not to_repeats)
        and (ones or not kind.all_ones)
        and (kind.sums_to_one is None or sums[kind.sums_to_one])
    )


def strongest_kind(associations: Sequence[Association], tolerance: float, like: Sequence[str] = ()) -> str:
    """Return the kind that promises most of those that associations satisfy.

    A promise about fractions is worth more than those about ids that do not repeat. Of kinds that promise as much, the
    one is taken whose word for what it is for (aggregation, assignment, ...) comes first among those of `like`.
    """
    words = [_word(name) for name in like]

    def rank(kind: Kind) -> tuple[bool, int, int]:
        place = words.index(_word(kind.name)) if _word(kind.name) in words else len(words)
        promises = (not kind.from_repeats) + (not kind.to_repeats)
        return kind.sums_to_one is not None or kind.all_ones, promises, -place

    # Of equals the first: the order of the kinds is that of how often the field uses them.
    return max((KINDS[name] for name in fitting_kinds(associations, tolerance)), key=rank).name


def _word(kind: str) -> str:
    """Return what a kind is for: its name without the counts of both sides."""
    return kind.rsplit("_to_", 1)[-1].partition("_")[2] or kind


def _sum_to_one(ids: Sequence[Hashable], fractions: Sequence[float], tolerance: float) -> bool:
    by_id: defaultdict[Hashable, list[float]] = defaultdict(list)
    for id_, fraction in zip(ids, fractions, strict=True):
        if id_ is not None:
            by_id[id_].append(fraction)
    return all(abs(math.fsum(found) - 1) <= tolerance for found in by_id.values())
