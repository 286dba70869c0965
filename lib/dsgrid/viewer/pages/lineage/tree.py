"""A graph as nested lists of links: for the keyboard, for screen readers, and to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.pages.lineage.drawing import name_of
from dsgrid.viewer.pages.lineage.graph import Thing, Walk, by_kind, counted

Href = Callable[[Thing], str]
OPEN: Final = 12  # of a kind below one thing; more are behind a click
MOST: Final = 1_500  # lines of a list


def tree(walk: Walk, *, up: bool, href: Href) -> Any:
    """Return what the root is made of, or what needs it, as nested lists; None for nothing.

    What comes again is said to stand above, and has nothing below it there.

    Parameters
    ----------
    href
        The address that a thing leads to.
    """
    neighbours = walk.parents if up else walk.children
    if walk.root is None or not neighbours.get(walk.root):
        return None
    left = [MOST]
    shown = _list(walk.root, neighbours, href, {walk.root}, left)
    if left[0] > 0:
        return shown
    return html.Div(
        [shown, html.P(f"Only the first {MOST:,} lines; follow fewer links to see the rest.", className="hint")]
    )


def _list(
    thing: Thing, neighbours: Mapping[Thing, Sequence[Thing]], href: Href, seen: set[Thing], left: list[int]
) -> Any:
    groups: list[Any] = []
    # Below the root each kind has a heading, elsewhere only many do.
    is_root = len(seen) == 1
    for kind, things in by_kind(neighbours.get(thing, ())):
        is_folded = is_root or len(things) > OPEN
        lines = []
        for each in things:
            if left[0] <= 0:
                break
            left[0] -= 1
            is_above = each in seen
            seen.add(each)
            below = _list(each, neighbours, href, seen, left) if neighbours.get(each) and not is_above else None
            name = dcc.Link(name_of(each), href=href(each))
            word = None if is_folded else html.Span(f"{kind} ", className="hint")
            lines.append(html.Li([word, name, html.Span(" (above)", className="hint") if is_above else None, below]))
        if not is_folded or not lines:
            groups += lines
            continue
        title = html.Summary(counted(kind, len(things)))
        groups.append(html.Li(html.Details([title, html.Ul(lines)], open=len(things) <= OPEN)))
    return html.Ul(groups, className="lineage-tree") if groups else None
