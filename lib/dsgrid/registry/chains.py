"""Chains of registered mappings: from one dimension to another over those between them.

Only what somebody registered to be used by others counts: mappings of their own, and those of the project from its base
dimensions to its supplementals. What another project or another submission made for itself is nobody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from dsgrid.registry.database import Database
from dsgrid.registry.model import Project
from dsgrid.registry.versions import parse_reference, parts

Reference = tuple[str, str]

# More hops than regions have levels, and more chains than anybody compares.
LONGEST: Final = 8
MOST: Final = 50


@dataclass(frozen=True)
class Hop:
    """One version of a registered mapping, between two versions of dimensions.

    Parameters
    ----------
    from_, to
        Id and version of the dimensions.
    from_name, to_name
        Their names.
    key
        Of the mapping's version; 0 where there is none, because both dimensions have the same ids.
    """

    id: str
    version: str
    from_: Reference
    to: Reference
    from_name: str
    to_name: str
    key: int = field(default=0, repr=False)

    @property
    def reference(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def is_same(self) -> bool:
        """Whether it changes no id."""
        return not self.key


@dataclass(frozen=True)
class Chain:
    """Hops of which each begins where the one before ends."""

    hops: tuple[Hop, ...]

    @property
    def end(self) -> Reference:
        """The dimension that it leads to."""
        return self.hops[-1].to

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its mappings: what tells it from all other chains."""
        return tuple(hop.id for hop in self.hops)

    @property
    def references(self) -> str:
        """Its mappings with their versions, as a sentence names them."""
        return " and then ".join(hop.reference for hop in self.hops)

    def __str__(self) -> str:
        names = [self.hops[0].from_name, *(hop.to_name for hop in self.hops)]
        return f"{' -> '.join(names)} by {self.references}"


def read_hops(database: Database, type_: str, project: Project) -> tuple[Hop, ...]:
    """Return the mappings of a type that chains are made of, in all versions, ordered by id and version."""
    own = {(each.mapping.id, each.mapping.version) for each in project.supplemental}
    return tuple(hop for hop in all_hops(database, type_) if is_shared(hop) or (hop.id, hop.version) in own)


def is_shared(hop: Hop) -> bool:
    """Tell whether a mapping was registered to be used by others."""
    # A colon is in the ids that projects and submissions give to mappings of their own.
    return ":" not in hop.id


def all_hops(database: Database, type_: str) -> tuple[Hop, ...]:
    """Return all mappings of a type in all versions, whoever made them for what, ordered by id and version."""
    rows = database.rows(
        "SELECT m.id, m.version, m.from_id, m.from_version, m.to_id, m.to_version, f.name AS from_name, "
        "t.name AS to_name, m.key FROM all_mappings m JOIN all_dimensions f ON (f.id, f.version) = (m.from_id, "
        "m.from_version) JOIN all_dimensions t ON (t.id, t.version) = (m.to_id, m.to_version) WHERE m.type = ? "
        "ORDER BY m.id, m.major, m.minor, m.patch",
        (type_,),
    )
    return tuple(
        Hop(
            row["id"],
            row["version"],
            (row["from_id"], row["from_version"]),
            (row["to_id"], row["to_version"]),
            row["from_name"],
            row["to_name"],
            row["key"],
        )
        for row in rows
    )


def find_chains(
    hops: Iterable[Hop], start: Reference, ends: Collection[Reference], through: Sequence[str] = ()
) -> tuple[Chain, ...]:
    """Return the chains from one dimension to any of some others, the shortest first; no dimension occurs twice in one.

    A chain ends at the first of `ends` that it reaches. Of several versions of a mapping between the same dimensions
    only the newest counts, unless `through` names another.

    Parameters
    ----------
    through
        What a chain has to pass, in this order: dimensions (name, id or ``id@version``) or mappings (id or
        ``id@version``).
    """
    leaving: dict[Reference, list[Hop]] = {}
    for hop in _current(hops, through):
        leaving.setdefault(hop.from_, []).append(hop)
    leading = _leading(leaving, frozenset(ends))
    found = (chain for chain in _walk(leaving, leading, start, frozenset(ends)) if passes(chain, through))
    # Sorted by length after the walk, which goes deep first.
    return tuple(sorted(islice(found, MOST), key=lambda chain: (len(chain.hops), chain.ids)))


def passes(chain: Chain, through: Sequence[str]) -> bool:
    """Say whether a chain passes dimensions and mappings in an order."""
    stops = iter([stop for hop in chain.hops for stop in (_mapping_names(hop), _dimension_names(hop))])
    return all(any(_is(wanted, names) for names in stops) for wanted in through)


def names_of(hops: Iterable[Hop]) -> tuple[str, ...]:
    """Return what `through` may name: names of dimensions, and ids of dimensions and mappings."""
    found: dict[str, None] = {}
    for hop in hops:
        found.update(dict.fromkeys((hop.to_name, hop.to[0], hop.id)))
    return tuple(found)


def _current(hops: Iterable[Hop], through: Sequence[str]) -> tuple[Hop, ...]:
    """Return one version of each mapping between the same dimensions: the newest, or the newest that is asked for."""
    asked = [each for each in through if "@" in each]
    groups: dict[tuple[str, Reference, Reference], list[Hop]] = {}
    for hop in hops:
        groups.setdefault((hop.id, hop.from_, hop.to), []).append(hop)
    found = []
    for versions in groups.values():
        fitting = [hop for hop in versions if any(_is(wanted, _mapping_names(hop)) for wanted in asked)]
        found.append(max(fitting or versions, key=lambda hop: parts(hop.version)))
    return tuple(found)


def _leading(leaving: Mapping[Reference, Sequence[Hop]], ends: frozenset[Reference]) -> frozenset[Reference]:
    """Return the dimensions from which one of the ends can be reached: others are not worth a walk."""
    before: dict[Reference, set[Reference]] = {}
    for hops in leaving.values():
        for hop in hops:
            before.setdefault(hop.to, set()).add(hop.from_)
    reached, waiting = set(ends), list(ends)
    while waiting:
        for other in before.get(waiting.pop(), set()) - reached:
            reached.add(other)
            waiting.append(other)
    return frozenset(reached)


def _walk(
    leaving: Mapping[Reference, Sequence[Hop]],
    leading: Collection[Reference],
    start: Reference,
    ends: Collection[Reference],
    before: tuple[Hop, ...] = (),
) -> Iterator[Chain]:
    here = before[-1].to if before else start
    seen = {start, *(hop.to for hop in before)}
    for hop in leaving.get(here, ()):
        if hop.to in seen or hop.to not in leading:
            continue
        if hop.to in ends:
            yield Chain((*before, hop))
        elif len(before) + 1 < LONGEST:
            yield from _walk(leaving, leading, start, ends, (*before, hop))


def _mapping_names(hop: Hop) -> tuple[tuple[str, str], ...]:
    return ((hop.id, hop.version),)


def _dimension_names(hop: Hop) -> tuple[tuple[str, str], ...]:
    return (hop.to, (hop.to_name, hop.to[1]))


def _is(wanted: str, names: Iterable[tuple[str, str]]) -> bool:
    id_, version = parse_reference(wanted)
    return any(id_ == name and (version is None or f"{found}.".startswith(f"{version}.")) for name, found in names)
