"""What a mapping takes away from a total, and what it counts more than once."""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass

from dsgrid.dimensions.mapping import Mapping


@dataclass(frozen=True)
class Losses:
    """The records of a dimension whose values do not arrive exactly once, by what becomes of them.

    Parameters
    ----------
    records
        How many records the dimension has.
    unnamed
        Those that the mapping does not name: they are gone without a word.
    dropped
        What is gone of those that are dropped on purpose, in whole (1) or in part.
    less, more
        The sum of fractions of those that arrive with less than their value without a row that says so, or with more.
    """

    records: int
    unnamed: tuple[str, ...] = ()
    dropped: MappingType[str, float] | None = None
    less: MappingType[str, float] | None = None
    more: MappingType[str, float] | None = None

    def __bool__(self) -> bool:
        return bool(self.unnamed or self.dropped or self.less or self.more)


def losses(mapping: Mapping, ids: Sequence[str]) -> Losses:
    """Return what becomes of the records of a dimension in a mapping from it.

    Parameters
    ----------
    ids
        All record ids of the dimension.
    """
    fractions: dict[str, list[float]] = {}
    on_purpose: set[str] = set()
    for each in mapping.associations:
        arriving = fractions.setdefault(each.from_id, [])
        if each.to_id is None:
            on_purpose.add(each.from_id)
        else:
            arriving.append(each.fraction)
    sums = {id_: math.fsum(fractions[id_]) for id_ in ids if id_ in fractions}
    short = {id_: total for id_, total in sums.items() if total < 1 - mapping.tolerance}
    return Losses(
        records=len(ids),
        unnamed=tuple(id_ for id_ in ids if id_ not in fractions),
        dropped={id_: 1 - total for id_, total in short.items() if id_ in on_purpose},
        less={id_: total for id_, total in short.items() if id_ not in on_purpose},
        more={id_: total for id_, total in sums.items() if total > 1 + mapping.tolerance},
    )


def share(parts: MappingType[str, float], weights: MappingType[str, float]) -> float | None:
    """Return which share of a total some parts of records are; None for a total of 0.

    Parameters
    ----------
    parts
        For each record which part of its value is meant.
    weights
        For each record its share of the total, on any scale; records without one have no values.
    """
    total = math.fsum(weights.values())
    return math.fsum(part * weights.get(id_, 0.0) for id_, part in parts.items()) / total if total else None
