"""What something in a registry is made of, and what needs it: ``dsgrid registry graph``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.operations.registry_contents import aim
from dsgrid.registry import drawing
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.graph import Graph, Node
from dsgrid.registry.registry import Registry

WIDTH = 80


@dataclass(frozen=True, repr=False)
class DependencyGraph:
    """One node of a registry's graph with all that is reached from it.

    Parameters
    ----------
    root
        Where the walk starts.
    graph
        What was reached; walked down what `root` is made of, walked up what needs it.
    up, down
        Which ways were walked.
    depth
        Over how many links; None over all.
    others
        The other versions of what the root is a version of.
    """

    root: Node
    graph: Graph
    up: bool = True
    down: bool = True
    depth: int | None = None
    others: tuple[Node, ...] = ()

    def __repr__(self) -> str:
        return self.text()

    def text(self, width: int | None = WIDTH) -> str:
        """Return trees for people to read; a node that comes again is marked, not shown with all that is below it."""
        lines = [drawing.fitted("", self.root, width=width)]
        for walked, heading, neighbours in (
            (self.down, "made of", self.graph.children),
            (self.up, "needed by", self.graph.parents),
        ):
            if walked:
                below = list(drawing.tree(self.root, neighbours, self.depth, width))
                lines += ["", heading if below else f"{heading} nothing", *below]
        if self.others:
            lines += ["", f"other versions: {', '.join(node.version for node in self.others)}"]
        return "\n".join(lines)

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart."""
        return drawing.mermaid(self.graph)

    def dot(self) -> str:
        """Return the graph in the language of Graphviz."""
        return drawing.dot(self.graph)

    def document(self) -> dict[str, Any]:
        """Return the graph as a document for JSON: the root, the nodes, the links from parent to child, the others."""
        root, *others = (
            {"kind": node.kind, "id": node.id, "version": node.version} for node in (self.root, *self.others)
        )
        return {"root": root, **drawing.document(self.graph), "others": others}

    def __str__(self) -> str:
        return self.text()


def dependency_graph(
    folder: str | Path,
    reference: str,
    *,
    up: bool = True,
    down: bool = True,
    depth: int | None = None,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> DependencyGraph:
    """Return what something is made of and what needs it.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` (the newest version) or ``id@version`` of a project, dataset, dimension, mapping, submission
        (``project/dataset``) or query. Where things of several kinds have the id, the kind stands in front:
        ``dataset comstock``.
    up, down
        Walk to what needs it, to what it is made of.
    depth
        Follow at most so many links.
    at
        A version, or a date: the registry as it was then.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        If there is nothing of this id or version; the closest id is named.
    """
    reference, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        graph = registry.graph()
        reference = registry.own_reference(reference)
    fitting = graph.find(reference)
    root = fitting[-1]
    others = tuple(node for node in graph.nodes if (node.kind, node.id) == (root.kind, root.id) and node != root)
    return DependencyGraph(root, graph.around([root], up, down, depth), up, down, depth, others)
