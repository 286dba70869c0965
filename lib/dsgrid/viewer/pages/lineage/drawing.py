"""A graph as Cytoscape draws it: its elements, and its look in the colours of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from dsgrid.viewer.pages.lineage.graph import KINDS, Box, Thing, Walk, boxes_of, counted
from dsgrid.viewer.pages.lineage.layers import GAP, NARROW_GAP, STEP, Layout, laid_out

LONGEST: Final = 34  # characters of a label
HEIGHT: Final = 28.0
_LETTER: Final = 7.0
_TELLING: Final = 8  # letters behind what several ids have in common
_SHAPES: Final[Mapping[str, str]] = {
    "project": "rectangle",
    "submission": "rectangle",
    "dataset": "barrel",
    "mapping": "cut-rectangle",
    "dimension": "round-rectangle",
    "query": "rhomboid",
}
# The sizes alone: what is drawn before the browser knows the colours is fitted by them.
SIZES: Final[list[dict[str, Any]]] = [{"selector": "node", "style": {"width": "data(width)", "height": HEIGHT}}]
# Words in the colours of the page; `lineage.js` puts in what the variables of `lineage.css` are there.
LOOK: Final[list[dict[str, Any]]] = [
    {
        "selector": "node",
        "style": {
            "label": "data(label)",
            "width": "data(width)",
            "height": HEIGHT,
            "text-valign": "center",
            "text-halign": "center",
            "font-size": 12,
            "font-family": "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif",
            "color": "var(--text)",
            "border-width": 1.5,
            "shape": "round-rectangle",
            "background-color": "var(--raised)",
            "border-color": "var(--soft)",
        },
    },
    *(
        {
            "selector": f'node[kind = "{kind}"]',
            "style": {
                "shape": shape,
                "background-color": f"var(--lineage-{kind}-back)",
                "border-color": f"var(--lineage-{kind})",
            },
        }
        for kind, shape in _SHAPES.items()
    ),
    {"selector": 'node[kind = "submission"]', "style": {"border-style": "dashed"}},
    {"selector": "node[?group]", "style": {"border-style": "double", "border-width": 4, "font-weight": "bold"}},
    {"selector": "node[?root]", "style": {"border-width": 3, "font-weight": "bold"}},
    {"selector": "node:selected", "style": {"border-width": 4, "border-color": "var(--accent)"}},
    {
        "selector": "edge",
        "style": {
            "width": 1.3,
            "line-color": "var(--lineage-line)",
            "target-arrow-color": "var(--lineage-line)",
            "target-arrow-shape": "triangle",
            "arrow-scale": 0.8,
            "curve-style": "unbundled-bezier",
            "edge-distances": "endpoints",
            "source-endpoint": "50% 0%",
            "target-endpoint": "-50% 0%",
            "control-point-weights": "data(weights)",
            "control-point-distances": "data(distances)",
        },
    },
    {
        "selector": "edge[?near]",
        "style": {"width": 2.5, "line-color": "var(--accent)", "target-arrow-color": "var(--accent)"},
    },
]


def drawn(walk: Walk, opened: frozenset[str]) -> tuple[list[dict[str, Any]], Layout]:
    """Return the elements of a graph, and where they stand.

    Parameters
    ----------
    opened
        Kinds of which each is drawn, however many there are.
    """
    boxes, links = boxes_of(walk, opened)
    repeated = {name for name, number in Counter((one.kind, one.id) for one in walk.things).items() if number > 1}
    home = f"{walk.root.id}/" if walk.root is not None else ""
    labels = _labels(boxes, home, repeated)
    widths = {key: max(64.0, len(text) * _LETTER + 26) for key, text in labels.items()}
    layout = laid_out([box.key for box in boxes], links, widths)
    elements: list[dict[str, Any]] = []
    for box in boxes:
        x, y = layout.places[box.key]
        data = {
            "id": box.key,
            "label": labels[box.key],
            "kind": box.kind,
            "width": layout.widths[box.key],
            "group": box.is_group,
            "root": box.is_root,
            "references": [thing.reference for thing in box.things[:1]],
            "number": len(box.things),
        }
        elements.append({"data": data, "position": {"x": x, "y": y}})
    for one, other in layout.links:
        bend = _bend(layout, one, other)
        elements.append({"data": {"id": f"{one}-{other}", "source": one, "target": other, **bend}})
    return elements, layout


def _bend(layout: Layout, one: str, other: str) -> dict[str, list[float]]:
    """Return the points that make a link leave and arrive level, as Cytoscape has them: along it, and beside it.

    It bends in the middle. To or from a far column of a layer it runs between the rows of the columns before: through
    their boxes it would look as if it came from them.
    """
    x1, y1 = layout.places[one][0] + layout.widths[one] / 2, layout.places[one][1]
    x2, y2 = layout.places[other][0] - layout.widths[other] / 2, layout.places[other][1]
    dx, dy = x2 - x1, y2 - y1
    square = dx * dx + dy * dy
    if dx <= 0 or not square:
        return {"weights": [0.5, 0.5], "distances": [0.0, 0.0]}
    points = [(x1 + dx / 2, y1), (x1 + dx / 2, y2)]
    if dx > GAP * 1.2 and other in layout.wrapped:
        row = y2 + STEP / 2
        points = [(x1 + GAP / 2, y1), (x1 + GAP / 2, row), (x1 + GAP, row), *_hook(x2 - NARROW_GAP, row, y2)]
    elif dx > GAP * 1.2 and one in layout.wrapped:
        row = y1 + STEP / 2
        points = [*_hook(x1, y1, row), (x2 - GAP, row), (x2 - GAP / 2, row), (x2 - GAP / 2, y2)]
    return {
        "weights": [((x - x1) * dx + (y - y1) * dy) / square for x, y in points],
        "distances": [((y - y1) * dx - (x - x1) * dy) / square**0.5 for x, y in points],
    }


def _hook(x: float, y: float, other: float) -> list[tuple[float, float]]:
    """Return the points between two heights in the gap between two columns that begins at x."""
    middle = x + NARROW_GAP / 2
    return [(middle, y), (middle, other)]


def _labels(boxes: Sequence[Box], home: str, repeated: set[tuple[str, str]]) -> dict[str, str]:
    """Return what stands in boxes; ids that are alike but for their middles are told apart by more letters."""
    labels = {box.key: _label(box, home, repeated, LONGEST) for box in boxes}
    alike: dict[tuple[str, str], list[Box]] = {}
    for box in boxes:
        alike.setdefault((box.kind, labels[box.key]), []).append(box)
    for some in alike.values():
        if len(some) > 1:
            letters = zip(*(box.things[0].id.removeprefix(home) for box in some), strict=False)
            same = sum(1 for _ in takewhile(lambda each: len(set(each)) == 1, letters))
            most = min(2 * (same + _TELLING), 3 * LONGEST)
            labels |= {box.key: _label(box, home, repeated, most) for box in some}
    return labels


def _label(box: Box, home: str, repeated: set[tuple[str, str]], most: int) -> str:
    if box.is_group:
        return counted(box.kind, len(box.things))
    thing = box.things[0]
    version = f"@{thing.version}" if box.is_root or (thing.kind, thing.id) in repeated else ""
    made = f" ({thing.made})" if thing.made else ""
    return shortened(thing.id.removeprefix(home), most - len(version) - len(made)) + version + made


def shortened(text: str, most: int) -> str:
    """Return a text without its middle, where it is longer than so many characters."""
    if len(text) <= most:
        return text
    head = max(1, (most - 1) // 2)
    return f"{text[:head]}…{text[len(text) - (max(2, most) - 1 - head) :]}"


def kinds_of(walk: Walk) -> list[tuple[str, int]]:
    """Return the kinds of things in a graph, with how many there are."""
    numbers = Counter(thing.kind for thing in walk.things)
    return [(kind, numbers[kind]) for kind in KINDS if numbers[kind]]


def name_of(thing: Thing) -> str:
    """Return how a thing is called in lists: its id and version, and how it came to be where that is special."""
    return f"{thing.id}@{thing.version}{f' ({thing.made})' if thing.made else ''}"
