"""Who needs whom: the versions of a registry and the links between them, as one frozen value.

A link goes from a parent to a child: the parent can't do without the child. Walked down the graph says what something
is made of, walked up who would miss it. It is read whole, from the view `dependencies`: a walk of its own for every
question would ask the database as often as there are nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from dsgrid.errors import NotFoundError, UsageError, did_you_mean, listing
from dsgrid.registry.database import Database

# Also the order in which neighbours are shown, and the precedence of kinds that share an id is up to the user.
KINDS: Final = ("project", "dataset", "dimension", "mapping", "submission", "query")
_ENTRIES: Final = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, v.key, e.id, v.version, v.registration "
    f"FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind}"
    for kind in ("project", "dataset", "dimension", "mapping")
) + (
    " UNION ALL SELECT 'submission', s.key, p.id || '/' || d.id, v.version || '+' || w.version, s.registration "
    "FROM submissions s JOIN project_versions v ON v.key = s.project_version JOIN projects p ON p.key = v.project "
    "JOIN dataset_versions w ON w.key = s.dataset_version JOIN datasets d ON d.key = w.dataset"
    " UNION ALL SELECT 'query', key, name, run, registration FROM queries"
)
_MADE: Final = (
    "SELECT 'derived', dataset_version FROM derived_datasets UNION ALL "
    "SELECT 'composite', dataset_version FROM composites"
)


@dataclass(frozen=True)
class Node:
    """One version of a project, dataset, dimension or mapping; or a submission, or a query that a dataset came from.

    Parameters
    ----------
    kind
        One of `KINDS`.
    id
        A submission's is ``<project>/<dataset>``, a query's its name.
    version
        A submission's is ``<project's>+<dataset's>``, a query's its run.
    is_derived
        Whether it is a dataset that a query of this registry made.
    is_composite
        Whether it is a composite of a project.
    key
        Its row's key.
    registration
        The number of the registration that it came with.
    """

    kind: str
    id: str
    version: str
    is_derived: bool = False
    key: int = field(default=0, repr=False)
    registration: int = field(default=0, repr=False)
    is_composite: bool = False

    @property
    def reference(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


@dataclass(frozen=True)
class Graph:
    """Nodes and the links between them.

    Parameters
    ----------
    nodes
        In the order of kind, id and version, oldest version first.
    links
        (parent, child) pairs; both are among the nodes.
    """

    nodes: tuple[Node, ...]
    links: tuple[tuple[Node, Node], ...]

    def children(self, node: Node) -> tuple[Node, ...]:
        """Return what a node needs."""
        return self._children.get(node, ())

    def parents(self, node: Node) -> tuple[Node, ...]:
        """Return what needs a node."""
        return self._parents.get(node, ())

    def ancestors(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return all that need some nodes, directly or not, without these nodes."""
        start = frozenset(nodes)
        return frozenset(_reach(self._parents, start)) - start

    def descendants(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return all that some nodes need, directly or not, without these nodes."""
        start = frozenset(nodes)
        return frozenset(_reach(self._children, start)) - start

    def around(self, roots: Sequence[Node], up: bool = True, down: bool = True, depth: int | None = None) -> Graph:
        """Return the part that is reached from some nodes, upwards or downwards, over at most `depth` links."""
        kept: dict[Node, None] = dict.fromkeys(roots)
        links: set[tuple[Node, Node]] = set()
        if down:
            reached = _reach(self._children, roots, depth)
            kept.update(dict.fromkeys(reached))
            links.update((node, child) for node in _within(reached, depth) for child in self.children(node))
        if up:
            reached = _reach(self._parents, roots, depth)
            kept.update(dict.fromkeys(reached))
            links.update((parent, node) for node in _within(reached, depth) for parent in self.parents(node))
        return Graph(
            tuple(node for node in self.nodes if node in kept), tuple(link for link in self.links if link in links)
        )

    def parents_first(self, nodes: Iterable[Node]) -> tuple[Node, ...]:
        """Return nodes in an order in which each stands before all that it needs."""
        wanted = frozenset(nodes)
        done: dict[Node, None] = {}
        for start in (node for node in self.nodes if node in wanted):
            waiting = [start]
            while waiting:
                node = waiting[-1]
                before = [parent for parent in self.parents(node) if parent in wanted and parent not in done]
                if before:
                    waiting += before
                else:
                    done[waiting.pop()] = None
        return tuple(done)

    def find(self, reference: str) -> tuple[Node, ...]:
        """Return the versions that a reference means, oldest first.

        Parameters
        ----------
        reference
            An id: all its versions. ``id@version``, where the version may be a beginning such as ``1.0``: those that
            fit. The kind may stand in front (``dataset comstock``), where several kinds share an id.

        Raises
        ------
        NotFoundError
            If there is no such id, or no such version of it.
        UsageError
            If things of several kinds have this id.
        """
        kind, id_, version = self._split(reference)
        named = [node for node in self.nodes if node.id == id_ and kind in (node.kind, "")]
        if not named:
            ids = dict.fromkeys(node.id for node in self.nodes if kind in (node.kind, ""))
            raise NotFoundError(f'nothing in the registry has the id "{id_}"{did_you_mean(id_, ids)}')
        # What a query made is often called like it, and meant.
        named = [node for node in named if node.kind != "query"] or named
        kinds = list(dict.fromkeys(node.kind for node in named))
        if len(kinds) > 1:
            choices = listing([f"{each} {reference}" for each in kinds])
            raise UsageError(f'"{id_}" is the id of things of several kinds; use one of: {choices}')
        fitting = tuple(node for node in named if version is None or _fits(node, version))
        if not fitting:
            versions = ", ".join(node.version for node in named)
            raise NotFoundError(f"{kinds[0]} {id_} has no version {version}; there are: {versions}")
        return fitting

    def _split(self, reference: str) -> tuple[str, str, str | None]:
        kind, blank, rest = reference.partition(" ")
        if not blank or kind not in KINDS:
            kind, rest = "", reference
        id_, at, version = rest.rpartition("@")
        return (kind, id_, version) if at and id_ else (kind, rest, None)

    @cached_property
    def _children(self) -> dict[Node, tuple[Node, ...]]:
        return _grouped(self.links)

    @cached_property
    def _parents(self) -> dict[Node, tuple[Node, ...]]:
        return _grouped((child, parent) for parent, child in self.links)


def read_graph(database: Database) -> Graph:
    """Return the whole graph of a registry."""
    with database.snapshot():
        made: dict[str, set[int]] = {"derived": set(), "composite": set()}
        for how, key in database.rows(_MADE):
            made[how].add(key)
        nodes = {
            (kind, key): Node(
                *(kind, id_, version, kind == "dataset" and key in made["derived"], key, registration),
                is_composite=kind == "dataset" and key in made["composite"],
            )
            for kind, key, id_, version, registration in database.rows(_ENTRIES)
        }
        links = [
            (nodes[parent_kind, parent_key], nodes[child_kind, child_key])
            for parent_kind, parent_key, child_kind, child_key in database.rows(
                "SELECT parent_kind, parent_key, child_kind, child_key FROM dependencies"
            )
        ]
    order = {node: number for number, node in enumerate(sorted(nodes.values(), key=place))}
    return Graph(tuple(order), tuple(sorted(links, key=lambda link: (order[link[0]], order[link[1]]))))


def place(node: Node) -> tuple[int, str, tuple[tuple[int, int, str], ...], int]:
    """Return where a node stands among others: by kind, id and version, whose parts are numbers."""
    numbers = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split("[.+]", node.version))
    return KINDS.index(node.kind), node.id, numbers, node.key


def _grouped(links: Iterable[tuple[Node, Node]]) -> dict[Node, tuple[Node, ...]]:
    found: dict[Node, list[Node]] = {}
    for one, other in links:
        found.setdefault(one, []).append(other)
    return {node: tuple(others) for node, others in found.items()}


def _reach(
    neighbours: Mapping[Node, Sequence[Node]], roots: Iterable[Node], depth: int | None = None
) -> dict[Node, int]:
    """Return the nodes that are reached from some, themselves included, with the number of links to each."""
    reached = dict.fromkeys(roots, 0)
    waiting = list(reached)
    for node in waiting:
        if depth is not None and reached[node] >= depth:
            continue
        for other in neighbours.get(node, ()):
            if other not in reached:
                reached[other] = reached[node] + 1
                waiting.append(other)
    return reached


def _within(reached: Mapping[Node, int], depth: int | None) -> list[Node]:
    return [node for node, links in reached.items() if depth is None or links < depth]


def _fits(node: Node, wanted: str) -> bool:
    # The version of a submission begins with that of its project.
    return node.version == wanted or re.split("[.+]", node.version)[: len(wanted.split("."))] == wanted.split(".")
