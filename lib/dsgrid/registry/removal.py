"""Removal: what would go, who would miss it, and the deletes.

The decision is a pure function of the dependency graph. What needs something that is asked for refuses, unless it is
to go as well (`cascade`). What belongs to something that goes (a project's submissions, its own dimensions and
mappings) goes along when nothing that stays needs it. Records, associations and data folders that nobody uses any more
go, too: the rows in the same transaction, the folders after it. The registrations stay, as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.errors import NotFoundError, Problem, RegistryError, listing
from dsgrid.registry.aliases import own_reference
from dsgrid.registry.database import Database
from dsgrid.registry.graph import Graph, Node, read_graph

_OWNERS: Final = ("project", "dataset", "submission")
_TABLES: Final = {"submission": "submissions", "query": "queries"}
_ENTITIES: Final = ("project", "dataset", "dimension", "mapping")
_NAMED: Final = 3


@dataclass(frozen=True)
class Removal:
    """What a removal takes away, each part in the order of the graph.

    Parameters
    ----------
    asked
        What the ids mean.
    users
        What needs that, and goes because the removal cascades.
    parts
        What belongs to all these, and nothing else needs.
    """

    asked: tuple[Node, ...]
    users: tuple[Node, ...] = ()
    parts: tuple[Node, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Everything that goes."""
        return self.asked + self.users + self.parts


def asked_nodes(graph: Graph, references: Iterable[str], removed: Iterable[str] = ()) -> tuple[Node, ...]:
    """Return what ids and ``id@version`` mean: all versions, or one.

    Parameters
    ----------
    removed
        Ids and ``id@version`` that were there once, for the message.

    Raises
    ------
    NotFoundError
        With all that are not there.
    RegistryError
        If the beginning of a version fits several.
    """
    found: dict[Node, None] = {}
    absent: list[Problem] = []
    gone = frozenset(removed)
    for reference in references:
        try:
            nodes = graph.find(reference)
        except NotFoundError as error:
            was = Problem(f"{reference} was removed from the registry already")
            absent += [was] if reference in gone else error.problems
            continue
        if "@" in reference and len(nodes) > 1:
            versions = listing([node.reference for node in nodes])
            raise RegistryError(f'"{reference}" fits several versions; write one in full: {versions}')
        found.update(dict.fromkeys(nodes))
    if absent:
        raise NotFoundError(absent)
    return tuple(found)


def decide(graph: Graph, asked: Sequence[Node], cascade: bool = False, former: Iterable[str] = ()) -> Removal:
    """Return what a removal takes away.

    Parameters
    ----------
    asked
        What is to be removed.
    cascade
        Whether what needs it goes, too.
    former
        Ids of projects and datasets that were removed before: what others went on using goes with the last of these.

    Raises
    ------
    RegistryError
        If something that stays needs what is asked for, and `cascade` is not set.
    """
    gone = frozenset(former)
    # A submission is nothing without its project, and not what a project is there for.
    going = set(asked) | _submissions(graph, asked)
    users: frozenset[Node] = frozenset()
    if cascade:
        users = graph.ancestors(asked) - going
        going |= users
        going |= _submissions(graph, users)
    going |= _left_alone(graph, going, gone)
    _refuse_needed(graph, asked, going)
    parts = going - users - set(asked)
    return Removal(*(tuple(node for node in graph.nodes if node in some) for some in (set(asked), users, parts)))


def _submissions(graph: Graph, nodes: Iterable[Node]) -> set[Node]:
    """Return the submissions to those of some nodes that are projects, and those that make composites of them."""
    whole = (node for node in nodes if node.kind == "project" or node.is_composite)
    return {parent for node in whole for parent in graph.parents(node) if parent.kind == "submission"}


def _refuse_needed(graph: Graph, asked: Sequence[Node], going: set[Node]) -> None:
    problems = []
    for node in asked:
        needed_by = [parent for parent in graph.parents(node) if parent not in going]
        if needed_by:
            names = [_as_user(graph, user) for user in needed_by]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            detail = "\n".join(f"  {name}" for name in names) if more else ""
            problems.append(
                Problem(
                    f"{node} is needed by {', '.join(names[:_NAMED])}{more}; nothing was removed "
                    "(--cascade, in a spec cascade = true, removes what needs it, too)",
                    detail=detail,
                )
            )
    if problems:
        raise RegistryError(problems)


def _as_user(graph: Graph, node: Node) -> str:
    """Return how a user of something is named; a query by the dataset that keeps it."""
    made = [str(parent) for parent in graph.parents(node)] if node.kind == "query" else []
    return f"{node} (which made {', '.join(made)})" if made else str(node)


def _left_alone(graph: Graph, going: set[Node], former: frozenset[str]) -> set[Node]:
    """Return what belongs to nodes that go, and is needed by nothing that stays."""
    owners = {node.id for node in going if node.kind in _OWNERS}
    ended = owners - {node.id for node in graph.nodes if node not in going}
    below = graph.descendants(going)
    candidates = {node for node in below if node.kind == "query" or _belongs(node, owners | former)}
    # What an owner had besides, such as a version of a dimension that it never came to use, ends with it.
    candidates |= {node for node in graph.nodes if node not in going and _belongs(node, ended)}
    alone: set[Node] = set()
    # Parents first: a mapping that goes sets its dimensions free.
    for node in graph.parents_first(candidates):
        if all(parent in going or parent in alone for parent in graph.parents(node)):
            alone.add(node)
    return alone


def _belongs(node: Node, owners: Iterable[str]) -> bool:
    """Tell whether a dimension or mapping has its id from one of some projects, datasets and submissions."""
    parts = node.id.split("/")
    names = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return node.kind in ("dimension", "mapping") and any(name in owners for name in names)


# In the database -----------------------------------------------------------------------------------------------------


def plan_removal(database: Database, references: Sequence[str], cascade: bool = False) -> tuple[Graph, Removal]:
    """Return the graph of a registry and what the removal of some ids would take away from it.

    Raises
    ------
    NotFoundError
        If an id is not there.
    RegistryError
        If something that stays needs them.
    """
    with database.snapshot():
        graph = read_graph(database)
        references = [own_reference(database, each) for each in references]
        rows = database.rows("SELECT kind, id, version FROM removals")
    removed = {name for row in rows for name in (row["id"], f"{row['id']}@{row['version']}")}
    former = {row["id"] for row in rows if row["kind"] in ("project", "dataset")}
    former -= {node.id for node in graph.nodes}
    return graph, decide(graph, asked_nodes(graph, references, removed), cascade, former)


def delete(database: Database, graph: Graph, removal: Removal, registration: int) -> tuple[str, ...]:
    """Delete the rows of a removal, inside a registration's transaction, and note what went.

    Returns
    -------
    tuple
        The data folders that no version refers to any more; their removal waits for the commit.
    """
    nodes = graph.parents_first(removal.nodes)
    folders = {
        row["folder"]
        for node in nodes
        if node.kind == "dataset"
        for row in database.select("dataset_versions", "folder", order="key", key=node.key)
    }
    for node in nodes:
        database.execute(f"DELETE FROM {_TABLES.get(node.kind, f'{node.kind}_versions')} WHERE key = ?", (node.key,))
    for kind in _ENTITIES:
        database.execute(
            f"DELETE FROM {kind}s WHERE NOT EXISTS (SELECT 1 FROM {kind}_versions v WHERE v.{kind} = {kind}s.key)"
        )
    for table, users, column in (
        ("record_tables", "dimension_versions", "record_table"),
        ("association_tables", "mapping_versions", "association_table"),
    ):
        database.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {users} v WHERE v.{column} = {table}.key)"
        )
    database.insert_many(
        "removals",
        ("registration", "position", "kind", "id", "version", "registered"),
        [
            (registration, position, node.kind, node.id, node.version, node.registration)
            for position, node in enumerate(removal.nodes)
        ],
    )
    used = {row["folder"] for row in database.rows("SELECT folder FROM dataset_versions")}
    return tuple(sorted(folders - used - {""}))


def read_removals(database: Database) -> list[dict[str, Any]]:
    """Return a row for everything that was ever removed: what, when and by whom, and when it had been registered."""
    columns = "kind, id, version, registered_at, registered_by, removed_at, removed_by, log_message"
    return [dict(row) for row in database.select("all_removals", columns, order="registration, position")]
