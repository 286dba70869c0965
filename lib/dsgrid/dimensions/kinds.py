"""Kinds of mappings: what is checked about their fractions. The arithmetic is the same for all of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, TypeVar

from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.mapping import Mapping
from dsgrid.errors import Problem, listing

T = TypeVar("T", bound=Hashable)
# Read in C: a project may have millions of associations.
_FROM, _TO, _FRACTION = attrgetter("from_id"), attrgetter("to_id"), attrgetter("fraction")


@dataclass(frozen=True)
class Kind:
    """What a mapping of one kind promises.

    Parameters
    ----------
    from_repeats, to_repeats
        Whether an id may stand in several associations on that side.
    sums_to_one
        Over which side's ids the fractions sum to 1; None: nothing is promised.
    all_ones
        Every fraction is exactly 1.
    use
        What it is for, in a few words.
    """

    name: str
    from_repeats: bool
    to_repeats: bool
    sums_to_one: Literal["from", "to"] | None
    use: str
    all_ones: bool = False


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("one_to_one", False, False, "from", "rename, or keep some"),
        Kind("many_to_one_aggregation", False, True, "from", "roll up"),
        Kind("many_to_one_reassignment", False, True, "from", "relabel into fewer"),
        Kind("duplication", True, False, None, "copy a value to several ids", all_ones=True),
        Kind("one_to_many_disaggregation", True, False, "from", "split by shares"),
        Kind("many_to_many_aggregation", True, True, "from", "roll up with splits"),
        Kind("many_to_many_disaggregation", True, True, "from", "split with overlaps"),
        Kind("one_to_many_assignment", True, False, "to", "averages onto finer ids"),
        Kind("many_to_one_assignment", False, True, "to", "weighted average"),
        Kind("many_to_many_assignment", True, True, "to", "weighted average, interpolation"),
        Kind("one_to_one_explicit_multipliers", False, False, None, "any factors"),
        Kind("one_to_many_explicit_multipliers", True, False, None, "any factors"),
        Kind("many_to_one_explicit_multipliers", False, True, None, "any factors"),
        Kind("many_to_many_explicit_multipliers", True, True, None, "any factors: interpolation, filling with 0"),
    )
}


@paused_collector()
def check_mapping(
    mapping: Mapping, from_ids: Collection[str], to_ids: Collection[str], where: str = ""
) -> tuple[Problem, ...]:
    """Return everything that is wrong with a mapping between two dimensions.

    Checked are ids that name no record on either side, pairs that occur twice (their values would count twice), ids
    that repeat where the kind forbids it, fractions that are no finite numbers, sums of fractions that are not 1 within
    the mapping's tolerance, above and below, and parts of a whole that are less than nothing. An association without a
    target counts in the sum of its source.

    Parameters
    ----------
    from_ids, to_ids
        The record ids of the two dimensions.
    where
        The file (or the place in the spec) that the problems are reported for.
    """
    kind = KINDS[mapping.kind]
    rows = mapping.associations
    froms, tos = list(map(_FROM, rows)), list(map(_TO, rows))
    targets = [id_ for id_ in tos if id_ is not None]
    messages = []
    if not rows:
        messages.append("the mapping has no records")

    for side, ids, valid in (("from", froms, from_ids), ("to", targets, to_ids)):
        unknown = unknown_ids(ids, valid)
        if unknown is not None:
            messages.append(f"`{side}`: {unknown}")

    pairs = _repeated(list(zip(froms, tos, strict=True)))
    if pairs:
        named = listing([f"{from_id} -> {to_id or '(nothing)'}" for from_id, to_id in pairs])
        messages.append(f"a pair may occur once, but these are repeated: {named}")
    elif not kind.from_repeats and (repeated := _repeated(froms)):
        messages.append(
            f"{kind.name} maps an id once, but `from` repeats {listing(repeated)}{_other(kind, from_=True)}"
        )
    if not pairs and not kind.to_repeats and (repeated := _repeated(targets)):
        messages.append(f"{kind.name} reaches an id once, but `to` repeats {listing(repeated)}{_other(kind, to=True)}")

    odd = []
    if not all(map(math.isfinite, map(_FRACTION, rows))):
        odd = [f"{row.from_id} -> {row.to_id} ({row.fraction})" for row in rows if not math.isfinite(row.fraction)]
    if odd:
        messages.append(f"a fraction is a finite number, unlike {listing(odd)}")
    elif kind.all_ones and (other := [row for row in rows if row.fraction != 1]):
        first = other[0]
        messages.append(
            f"{kind.name} copies values, so every fraction is 1, but {first.from_id} -> {first.to_id} has "
            f"{first.fraction:.12g} ({len(other)} of {len(rows)} differ from 1)"
        )
    elif kind.sums_to_one is not None:
        messages.extend(_negative_parts(mapping, kind))
        messages.extend(_wrong_sums(mapping, kind))
    return tuple(Problem(message, where) for message in messages)


def _repeated(values: Sequence[T]) -> list[T]:
    if len(set(values)) == len(values):  # as nearly always
        return []
    return [value for value, count in Counter(values).items() if count > 1]


def _other(kind: Kind, from_: bool = False, to: bool = False) -> str:
    """Return a hint at the kinds that differ from `kind` only in what may repeat."""
    last = kind.name.rsplit("_to_", 1)[-1].partition("_")[2]
    names = [
        other.name
        for other in KINDS.values()
        if other.name.endswith(last)
        and last
        and other.from_repeats >= (kind.from_repeats or from_)
        and other.to_repeats >= (kind.to_repeats or to)
        and other.sums_to_one == kind.sums_to_one
    ]
    return f"; {names[0]} allows it" if names else ""


def _negative_parts(mapping: Mapping, kind: Kind) -> list[str]:
    """Say which parts of a whole are less than nothing; weights of an average may be, as beyond the ends of a line."""
    if kind.sums_to_one != "from" or min(map(_FRACTION, mapping.associations), default=0.0) >= -mapping.tolerance:
        return []
    odd = [f"{row.from_id} -> {row.to_id} ({row.fraction:.12g})" for row in mapping.associations if row.fraction < 0]
    return [f"{kind.name} divides a whole into parts, so no fraction is below 0, unlike {listing(odd)}"]


def _wrong_sums(mapping: Mapping, kind: Kind) -> list[str]:
    by_id: defaultdict[str | None, list[float]] = defaultdict(list)
    side = _FROM if kind.sums_to_one == "from" else _TO
    for id_, fraction in zip(map(side, mapping.associations), map(_FRACTION, mapping.associations), strict=True):
        by_id[id_].append(fraction)
    by_id.pop(None, None)
    sums = {id_: math.fsum(fractions) for id_, fractions in by_id.items()}
    wrong = {id_: total for id_, total in sums.items() if not abs(total - 1) <= mapping.tolerance}
    if not wrong:
        return []
    shown = ", ".join(f'"{id_}" {total:.12g}' for id_, total in list(wrong.items())[:5])
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    return [
        f"{kind.name} needs fractions that sum to 1 for each `{kind.sums_to_one}` id (within {mapping.tolerance:g}), "
        f"but {len(wrong)} of {len(sums)} do not: {shown}{more}"
    ]
