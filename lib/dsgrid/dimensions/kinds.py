"""Kinds of mappings: what is checked about their fractions. The arithmetic is the same for all of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
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
    mapping: Mapping,
    from_ids: Collection[str],
    to_ids: Collection[str],
    where: str = "",
    place: Callable[[int], tuple[str, str]] | None = None,
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
    place
        Returns where an association stands, and its key; problems are then reported for the first that has them.
    """
    kind = KINDS[mapping.kind]
    rows = mapping.associations
    froms, tos = list(map(_FROM, rows)), list(map(_TO, rows))
    targets = [id_ for id_ in tos if id_ is not None]
    messages: list[tuple[str, int | None]] = []  # and the first association that it is about
    if not rows:
        messages.append(("the mapping has no records", None))

    sides = (("from", froms, from_ids), ("to", targets, to_ids))
    exchanged = _are_exchanged(froms, targets, from_ids, to_ids)
    if exchanged:
        message = f'`from` has the ids of `to` ("{froms[0]}"), and `to` those of `from` ("{targets[0]}"): exchange them'
        messages.append((message, 0))
    for side, ids, valid in () if exchanged else sides:
        unknown = unknown_ids(ids, valid)
        if unknown is not None:
            all_ids = froms if side == "from" else tos
            first = min(id_ for id_ in set(ids) if id_ not in valid)
            messages.append((f"`{side}`: {unknown}", all_ids.index(first)))

    pairs = _repeated(list(zip(froms, tos, strict=True)))
    if pairs:
        named = listing([f"{from_id} -> {to_id or '(nothing)'}" for from_id, to_id in pairs])
        messages.append(
            (
                f"a pair may occur once, but these are repeated: {named}",
                _second(list(zip(froms, tos, strict=True)), pairs[0]),
            )
        )
    elif not kind.from_repeats and (repeated := _repeated(froms)):
        message = f"{kind.name} maps an id once, but `from` repeats {listing(repeated)}{_other(kind, from_=True)}"
        messages.append((message, _second(froms, repeated[0])))
    if not pairs and not kind.to_repeats and (twice := _repeated(targets)):
        message = f"{kind.name} reaches an id once, but `to` repeats {listing(twice)}{_other(kind, to=True)}"
        messages.append((message, _second(tos, twice[0])))
    # What is there twice counts twice: its sum would only say so again.
    is_once = not pairs and (kind.from_repeats or not _repeated(froms))

    odd = []
    if not all(map(math.isfinite, map(_FRACTION, rows))):
        odd = [f"{row.from_id} -> {row.to_id} ({row.fraction})" for row in rows if not math.isfinite(row.fraction)]
    if odd:
        messages.append((f"a fraction is a finite number, unlike {listing(odd)}", None))
    elif kind.all_ones and (other := [row for row in rows if row.fraction != 1]):
        one = other[0]
        message = (
            f"{kind.name} copies values, so every fraction is 1, but {one.from_id} -> {one.to_id} has "
            f"{one.fraction:.12g} ({len(other)} of {len(rows)} differ from 1)"
        )
        messages.append((message, rows.index(one)))
    elif kind.sums_to_one is not None:
        messages.extend(_negative_parts(mapping, kind))
        messages.extend(_wrong_sums(mapping, kind) if is_once else ())
    return tuple(
        Problem(message, where) if place is None or index is None else Problem(message, *place(index))
        for message, index in messages
    )


def _repeated(values: Sequence[T]) -> list[T]:
    if len(set(values)) == len(values):  # as nearly always
        return []
    return [value for value, count in Counter(values).items() if count > 1]


def _are_exchanged(
    froms: Sequence[str], targets: Sequence[str], from_ids: Collection[str], to_ids: Collection[str]
) -> bool:
    """Say whether every id is one of the other side, and the first of its own side is not."""
    if not froms or not targets or froms[0] in from_ids or targets[0] in to_ids:
        return False
    return all(id_ in to_ids for id_ in froms) and all(id_ in from_ids for id_ in targets)


def _second(values: Sequence[object], value: object) -> int:
    """Return where a value stands for the second time."""
    return values.index(value, values.index(value) + 1)


def _other(kind: Kind, from_: bool = False, to: bool = False) -> str:
    """Return a hint at the kinds that differ from `kind` only in what may repeat."""
    last = kind.name.rsplit("_to_", 1)[-1].partition("_")[2]
    names = [
        other.name
        for other in KINDS.values()
        if other.name.endswith(last)
        and other.from_repeats >= (kind.from_repeats or from_)
        and other.to_repeats >= (kind.to_repeats or to)
        and other.sums_to_one == kind.sums_to_one
    ]
    return f"; {names[0]} allows it" if names else ""


def _negative_parts(mapping: Mapping, kind: Kind) -> list[tuple[str, int]]:
    """Say which parts of a whole are less than nothing; weights of an average may be, as beyond the ends of a line."""
    if kind.sums_to_one != "from" or min(map(_FRACTION, mapping.associations), default=0.0) >= -mapping.tolerance:
        return []
    below = [number for number, row in enumerate(mapping.associations) if row.fraction < 0]
    rows = map(mapping.associations.__getitem__, below)
    odd = [f"{row.from_id} -> {row.to_id} ({row.fraction:.12g})" for row in rows]
    return [(f"{kind.name} divides a whole into parts, so no fraction is below 0, unlike {listing(odd)}", below[0])]


def _wrong_sums(mapping: Mapping, kind: Kind) -> list[tuple[str, int]]:
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
    percent = any(abs(total - 100) <= 100 * mapping.tolerance for total in wrong.values())
    hint = "; percentages are written as fractions, 25 % as 0.25" if percent else ""
    message = (
        f"{kind.name} needs fractions that sum to 1 for each `{kind.sums_to_one}` id (within {mapping.tolerance:g}), "
        f"but {len(wrong)} of {len(sums)} do not: {shown}{more}{hint}"
    )
    return [(message, list(map(side, mapping.associations)).index(next(iter(wrong))))]
