"""Dimensions and mappings without some records.

What is left means what it meant before: fractions stay as they are. Where the fractions of a source promise to add up
to 1, the part that went to targets that are gone goes to no target, so that the promise is kept and nothing else gets
it. A weighted mean that lost some of its sources keeps their weights: it stays as incomplete as it is when a filter
takes the same sources away.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Records


def cut_dimension(dimension: Dimension, kept: Collection[str]) -> Dimension:
    """Return the dimension with only these records; the same one when that are all."""
    records = tuple(record for record in dimension.records if record.id in kept)
    return dimension if len(records) == len(dimension.records) else replace(dimension, records=Records(records))


def sources_of(mapping: Mapping, targets: Collection[str]) -> frozenset[str]:
    """Return the ids that reach some of the targets, whatever the fraction."""
    return frozenset(each.from_id for each in mapping.associations if each.to_id in targets)


def cut_sources(mapping: Mapping, kept: Collection[str]) -> Mapping:
    """Return the mapping of only these sources."""
    return _with(mapping, tuple(each for each in mapping.associations if each.from_id in kept))


def cut_targets(mapping: Mapping, kept: Collection[str]) -> Mapping:
    """Return the mapping onto only these targets, of the sources that reach any of them."""
    if all(each.to_id is None or each.to_id in kept for each in mapping.associations):
        reaching = sources_of(mapping, kept)
        return _with(mapping, tuple(each for each in mapping.associations if each.from_id in reaching))
    return _with(mapping, tuple(_left(mapping, kept)))


def _left(mapping: Mapping, kept: Collection[str]) -> Iterator[Association]:
    by_source: dict[str, list[Association]] = {}
    for each in mapping.associations:
        by_source.setdefault(each.from_id, []).append(each)
    for from_id, row in by_source.items():
        left = [each for each in row if each.to_id in kept]
        if not left:
            continue
        yield from left
        others = [each.fraction for each in row if each.to_id not in kept]
        if others and KINDS[mapping.kind].sums_to_one == "from":
            yield Association(from_id, None, math.fsum(others))


def _with(mapping: Mapping, associations: tuple[Association, ...]) -> Mapping:
    return mapping if associations == mapping.associations else replace(mapping, associations=associations)


def cut_supplemental(supplemental: Supplemental, kept: Collection[str]) -> Supplemental | None:
    """Return a supplemental dimension of fewer base records; None when no record of it is reached any more."""
    mapping = cut_sources(supplemental.mapping, kept)
    reached = {each.to_id for each in mapping.associations if each.to_id is not None}
    if not reached:
        return None
    return replace(supplemental, dimension=cut_dimension(supplemental.dimension, reached), mapping=mapping)


def cut_subset(subset: Subset, kept: Collection[str]) -> Subset | None:
    """Return a subset of fewer base records, without the selectors that are empty now; None without any selector."""
    selectors: list[Selector] = []
    for selector in subset.selectors:
        ids = tuple(id_ for id_ in selector.ids if id_ in kept)
        if ids:
            selectors.append(replace(selector, ids=ids))
    return replace(subset, selectors=tuple(selectors)) if selectors else None
