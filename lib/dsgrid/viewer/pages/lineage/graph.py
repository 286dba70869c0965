"""Who needs whom, as the API tells it; and what of it is drawn as one, where there is too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from dsgrid.viewer.parts.numbers import plural

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "project": ("project", "projects"),
    "submission": ("submission", "submissions"),
    "dataset": ("dataset", "datasets"),
    "mapping": ("mapping", "mappings"),
    "dimension": ("dimension", "dimensions"),
    "query": ("query", "queries"),
}
LARGE: Final = 80  # things that are drawn one by one, whatever they are
CROWD: Final = 15  # of a kind, where there are more in all


@dataclass(frozen=True, order=True)
class Thing:
    """One version of a project, dataset, dimension or mapping; a submission; or a query that made a dataset.

    Parameters
    ----------
    is_derived, is_composite
        Of a dataset: whether a query of the registry made it, whether it is a composite of a project.
    """

    kind: str
    id: str
    version: str
    is_derived: bool = field(default=False, compare=False)
    is_composite: bool = field(default=False, compare=False)

    @property
    def reference(self) -> str:
        """``kind id@version``, which means this alone."""
        return f"{self.kind} {self.id}@{self.version}"

    @property
    def made(self) -> str:
        """How a dataset came to be, where that is special."""
        return "composite" if self.is_composite else "derived" if self.is_derived else ""


@dataclass(frozen=True)
class Walk:
    """What is reached from a thing, and the links between.

    Parameters
    ----------
    root
        Where the walk began; None for an overview.
    links
        (parent, child): the parent is made of the child.
    others
        The other versions of the root.
    """

    root: Thing | None
    things: tuple[Thing, ...]
    links: tuple[tuple[Thing, Thing], ...]
    others: tuple[Thing, ...] = ()

    @cached_property
    def children(self) -> Mapping[Thing, tuple[Thing, ...]]:
        """What things are made of."""
        return _grouped(self.links)

    @cached_property
    def parents(self) -> Mapping[Thing, tuple[Thing, ...]]:
        """What needs things."""
        return _grouped((child, parent) for parent, child in self.links)

    def reached(self, *, up: bool) -> frozenset[Thing]:
        """Return what the root is made of, or what needs it, directly or not."""
        neighbours = self.parents if up else self.children
        found: dict[Thing, None] = {}
        waiting = list(neighbours.get(self.root, ())) if self.root is not None else []
        while waiting:
            thing = waiting.pop()
            if thing not in found:
                found[thing] = None
                waiting += neighbours.get(thing, ())
        return frozenset(found)


@dataclass(frozen=True)
class Box:
    """What is drawn as one: a thing, or several of a kind.

    Parameters
    ----------
    things
        One, or those that are drawn together.
    """

    key: str
    kind: str
    things: tuple[Thing, ...]
    is_root: bool = False

    @property
    def is_group(self) -> bool:
        """Whether several things are drawn as one."""
        return len(self.things) > 1


def walk_of(document: Mapping[str, Any]) -> Walk:
    """Return the answer of ``.../graph``."""
    things = {(one["kind"], one["id"], one["version"]): _thing(one) for one in document["nodes"]}

    def known(one: Mapping[str, Any]) -> Thing:
        return things.get((one["kind"], one["id"], one["version"])) or _thing(one)

    links = tuple((known(each["parent"]), known(each["child"])) for each in document.get("links") or ())
    others = tuple(_thing(each) for each in document.get("others") or ())
    return Walk(known(document["root"]), tuple(things.values()), links, others)


def overview_of(
    projects: Iterable[Mapping[str, Any]],
    datasets: Iterable[Mapping[str, Any]],
    submissions: Iterable[Mapping[str, Any]],
) -> Walk:
    """Return which datasets which projects have, from the lists of the API; versions as they were submitted."""
    things = {
        (kind, str(one["id"]), str(one["version"])): Thing(kind, str(one["id"]), str(one["version"]))
        for kind, rows in (("project", projects), ("dataset", datasets))
        for one in rows
    }
    links: dict[tuple[Thing, Thing], None] = {}
    for one in submissions:
        parent = things.get(("project", str(one["project_id"]), str(one["project_version"])))
        if parent is None:
            continue  # an older version of a project
        key = ("dataset", str(one["dataset_id"]), str(one["dataset_version"]))
        links[parent, things.setdefault(key, Thing(*key))] = None
    return Walk(None, tuple(things.values()), tuple(links))


def boxes_of(walk: Walk, opened: frozenset[str]) -> tuple[tuple[Box, ...], tuple[tuple[str, str], ...]]:
    """Return what is drawn: boxes, and links between their keys.

    Where there are many things, those of a kind that has many are one box for what needs the root, and one for what it
    is made of.

    Parameters
    ----------
    opened
        Kinds that are drawn one by one all the same.
    """
    crowded: frozenset[str] = frozenset()
    if len(walk.things) > LARGE:
        numbers = Counter(thing.kind for thing in walk.things)
        crowded = frozenset(kind for kind, number in numbers.items() if number > CROWD) - opened
    above = walk.reached(up=True) if crowded else frozenset()
    members: dict[tuple[str, ...], list[Thing]] = {}
    for thing in walk.things:
        is_alone = thing == walk.root or thing.kind not in crowded
        side = "above" if thing in above else "below"
        members.setdefault(("one", thing.reference) if is_alone else ("all", thing.kind, side), []).append(thing)
    boxes = tuple(
        Box(f"n{number}", things[0].kind, tuple(things), things[0] == walk.root)
        for number, things in enumerate(members.values())
    )
    keys = {thing: box.key for box in boxes for thing in box.things}
    links = dict.fromkeys((keys[parent], keys[child]) for parent, child in walk.links)
    return boxes, tuple(link for link in links if link[0] != link[1])


def crowds(walk: Walk) -> Mapping[str, int]:
    """Return the kinds of which there are so many that they may be drawn as one, with their numbers."""
    if len(walk.things) <= LARGE:
        return {}
    numbers = Counter(thing.kind for thing in walk.things)
    return {kind: numbers[kind] for kind in KINDS if numbers[kind] > CROWD}


def counted(kind: str, number: int) -> str:
    """Return ``1 mapping`` or ``43 mappings``."""
    return plural(number, *KINDS.get(kind, (kind, "")))


def _thing(one: Mapping[str, Any]) -> Thing:
    return Thing(
        str(one["kind"]), str(one["id"]), str(one["version"]), bool(one.get("derived")), bool(one.get("composite"))
    )


def _grouped(links: Iterable[tuple[Thing, Thing]]) -> dict[Thing, tuple[Thing, ...]]:
    found: dict[Thing, list[Thing]] = {}
    for one, other in links:
        found.setdefault(one, []).append(other)
    return {thing: tuple(others) for thing, others in found.items()}


def by_kind(things: Sequence[Thing]) -> list[tuple[str, list[Thing]]]:
    """Return things under their kinds, both in order."""
    found: dict[str, list[Thing]] = {}
    for thing in sorted(things):
        found.setdefault(thing.kind, []).append(thing)
    order = list(KINDS)
    return sorted(found.items(), key=lambda each: order.index(each[0]) if each[0] in order else len(order))
