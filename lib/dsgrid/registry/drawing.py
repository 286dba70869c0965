"""A dependency graph as a tree of text, and in the languages of Mermaid and Graphviz."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from dsgrid.registry.graph import Graph, Node

ABOVE: Final = "(above)"
ELLIPSIS: Final = "…"
_BRANCHES: Final = (("├─ ", "│  "), ("└─ ", "   "))
# How a kind looks in a picture: the brackets of Mermaid, the shapes of Graphviz.
_BRACKETS: Final = {
    "project": ("[[", "]]"),
    "dataset": ("[(", ")]"),
    "dimension": ("([", "])"),
    "mapping": ("{{", "}}"),
    "submission": ("[", "]"),
    "query": ("[/", "/]"),
}
_SHAPES: Final = {
    "project": "box3d",
    "dataset": "cylinder",
    "dimension": "ellipse",
    "mapping": "hexagon",
    "submission": "box",
    "query": "parallelogram",
}
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ()+,./:=@_-]")


def title(node: Node) -> str:
    """Return how a node is called; a derived dataset says so, and a composite."""
    made = " (composite)" if node.is_composite else " (derived)" if node.is_derived else ""
    return f"{node.kind} {node.reference}{made}"


def tree(
    root: Node,
    neighbours: Callable[[Node], Sequence[Node]],
    depth: int | None = None,
    width: int | None = None,
) -> Iterator[str]:
    """Yield the lines below a node: its neighbours, theirs, and so on.

    A node that more than one needs has its own neighbours only where it comes first; later it is marked as above.

    Parameters
    ----------
    neighbours
        `Graph.children` or `Graph.parents`.
    depth
        How many links to follow; None follows all.
    width
        Longer lines lose the middle of an id; None leaves them whole.
    """
    seen: set[Node] = set()
    waiting = _last_first(neighbours(root), "", 1)
    while waiting:
        node, indent, is_last, level = waiting.pop()
        branch, below = _BRANCHES[is_last]
        yield fitted(f"{indent}{branch}", node, f" {ABOVE}" if node in seen else "", width)
        if node not in seen and (depth is None or level < depth):
            waiting += _last_first(neighbours(node), indent + below, level + 1)
        seen.add(node)


def fitted(before: str, node: Node, after: str = "", width: int | None = None) -> str:
    """Return the title of a node between two texts; what is too much for the width is cut out of the id's middle."""
    line = f"{before}{title(node)}{after}"
    if width is None or len(line) <= width:
        return line
    kept = max(len(node.id) - (len(line) - width) - 1, 0)
    head, tail = kept // 2, kept - kept // 2
    short = f"{node.id[:head]}{ELLIPSIS}{node.id[len(node.id) - tail :]}"
    return f"{before}{title(replace(node, id=short))}{after}"


def mermaid(graph: Graph) -> str:
    """Return the graph as a Mermaid flowchart, which GitHub and many wikis draw."""
    names = _names(graph)
    lines = ["flowchart LR"]
    for node, name in names.items():
        opened, closed = _BRACKETS[node.kind]
        lines.append(f'    {name}{opened}"{_mermaid_text(title(node))}"{closed}')
    lines += [f"    {names[parent]} --> {names[child]}" for parent, child in graph.links]
    return "\n".join(lines)


def dot(graph: Graph) -> str:
    """Return the graph in the language of Graphviz."""
    names = _names(graph)
    lines = ["digraph dependencies {", "    rankdir=LR;"]
    for node, name in names.items():
        lines.append(f'    {name} [shape={_SHAPES[node.kind]}, label="{_dot_text(title(node))}"];')
    lines += [f"    {names[parent]} -> {names[child]};" for parent, child in graph.links]
    return "\n".join([*lines, "}"])


def document(graph: Graph) -> dict[str, Any]:
    """Return the graph as lists of nodes and links, for JSON."""

    def plain(node: Node) -> dict[str, str]:
        return {"kind": node.kind, "id": node.id, "version": node.version}

    return {
        "nodes": [{**plain(node), "derived": node.is_derived, "composite": node.is_composite} for node in graph.nodes],
        "links": [{"parent": plain(parent), "child": plain(child)} for parent, child in graph.links],
    }


def _last_first(nodes: Sequence[Node], indent: str, level: int) -> list[tuple[Node, str, bool, int]]:
    return [(node, indent, place == len(nodes), level) for place, node in enumerate(nodes, 1)][::-1]


def _names(graph: Graph) -> dict[Node, str]:
    # Ids may hold any character, and words of the language: they stand in labels only.
    return {node: f"n{number}" for number, node in enumerate(graph.nodes, 1)}


def _mermaid_text(text: str) -> str:
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)


def _dot_text(text: str) -> str:
    # NUL ends a file for Graphviz; the other control characters would only disturb.
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", text)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
