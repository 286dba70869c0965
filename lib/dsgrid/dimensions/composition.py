"""Mappings that are made of others: one after the other, and the other way round."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Final

from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.fitting import strongest_kind
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.matrix import Matrix, Row, compose

# What composing in another order, or over other dimensions, may change in a fraction by rounding alone.
ROUNDING: Final = 1e-12
# How the descriptions of mappings begin that were made of others.
COMPOSED: Final = "composed of "
REVERSED: Final = "reverse of "


@paused_collector()
def compose_mappings(first: Mapping, second: Mapping) -> Mapping:
    """Return the mapping that does what `second` does after `first`.

    Fractions along a way are multiplied, and those of several ways between two ids are added. What one of the two drops
    on purpose is dropped on purpose: it stays a row without a target, with the fraction that goes there. An id of which
    `second` knows nothing is lost without a row, as it is when the two are applied one after the other.

    Returns
    -------
    Mapping
        Of the strongest kind that its associations satisfy, between those of explicit multipliers and `first`'s or
        `second`'s. Its tolerance is the larger of both where that is enough for the kind, else what two errors make
        together. It has no id and no description.
    """
    # What is dropped stays dropped, so that composing three mappings is the same in either order.
    dropped: dict[str | None, Row] = {None: ((None, 1.0),)}
    product = compose(Matrix(_rows(first)), Matrix({**_rows(second), **dropped}))  # type: ignore[dict-item]
    associations = tuple(Association(source, target, x) for source, target, x in product)  # type: ignore[arg-type]
    words = (second.kind, first.kind)
    close = max(first.tolerance, second.tolerance)
    wide = first.tolerance + second.tolerance + first.tolerance * second.tolerance
    kind = strongest_kind(associations, wide, words)
    tolerance = close if strongest_kind(associations, close, words) == kind else wide
    return Mapping(kind, associations, tolerance=tolerance)


def compose_all(mappings: Sequence[Mapping]) -> Mapping:
    """Return the mapping of one or several, applied in this order; a single one stays what it is."""
    return reduce(compose_mappings, mappings)


def same_associations(one: Mapping, other: Mapping) -> bool:
    """Tell whether two mappings do the same: the same pairs, in any order, with fractions equal but for rounding."""
    first, second = _by_pair(one), _by_pair(other)
    return first.keys() == second.keys() and all(
        math.isclose(fraction, second[pair], rel_tol=ROUNDING, abs_tol=0.0) for pair, fraction in first.items()
    )


def reverse_mapping(mapping: Mapping, sources: Collection[str]) -> Mapping:
    """Return the mapping from some targets of `mapping` back to its sources, each of which takes the whole value.

    It renames (``one_to_one``) where each target has one source, and copies (``duplication``) where some have several.

    Parameters
    ----------
    mapping
        Each of its sources that reaches one of `sources` has this one target only, with the fraction 1.
    sources
        The ids to begin with; those that `mapping` does not reach go nowhere.

    Raises
    ------
    ValueError
        If some of its sources go to `sources` in parts, or to several targets; the message names the first few.
    """
    kept = frozenset(sources)
    targets: dict[str, list[Association]] = {}
    for each in mapping.associations:
        if each.to_id is not None:
            targets.setdefault(each.from_id, []).append(each)
    reaching = [row for row in targets.values() if any(each.to_id in kept for each in row)]
    several = [row[0].from_id for row in reaching if len(row) > 1]
    if several:
        raise ValueError(f"{_shown(several)} in several records of it, which have different values")
    odd = [row[0].from_id for row in reaching if row[0].fraction != 1]
    if odd:
        raise ValueError(f"{_shown(odd)} in it with a fraction other than 1")
    back: dict[str, list[str]] = {}
    for row in reaching:
        back.setdefault(str(row[0].to_id), []).append(row[0].from_id)
    associations = tuple(Association(id_, target) for id_ in dict.fromkeys(sources) for target in back.get(id_, ()))
    kind = "one_to_one" if all(len(ids) == 1 for ids in back.values()) else "duplication"
    return Mapping(kind, associations)


def described(mapping: Mapping, how: str, of: str) -> Mapping:
    """Return a mapping without an id of its own whose description says how it was made, and of what."""
    return replace(mapping, id="", version="", description=f"{how}{of}")


def origin(mapping: Mapping) -> str:
    """Return what a mapping was made of, as its description says; nothing for one that was given."""
    return mapping.description if mapping.description.startswith((COMPOSED, REVERSED)) else ""


def _rows(mapping: Mapping) -> dict[str, Row]:
    """Return the rows of a mapping, in which what is dropped on purpose has the target None."""
    rows: dict[str, dict[str | None, float]] = {}
    for each in mapping.associations:
        rows.setdefault(each.from_id, {})[each.to_id] = each.fraction
    return {source: tuple(row.items()) for source, row in rows.items()}


def _by_pair(mapping: Mapping) -> dict[tuple[str, str | None], float]:
    return {(each.from_id, each.to_id): each.fraction for each in mapping.associations}


def _shown(ids: Iterable[str]) -> str:
    found = list(ids)
    names = ", ".join(f'"{id_}"' for id_ in found[:3])
    more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
    return f"{names}{more} {'is' if len(found) == 1 else 'are'}"
