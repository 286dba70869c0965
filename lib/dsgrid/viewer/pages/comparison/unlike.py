"""What stands where two results do not compare as they are: why, and what would compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dash import dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.pages.comparison.pair import Pair
from dsgrid.viewer.visit import Visit

_WORDS: Final = (
    (
        "name the columns to compare by with --keys, and add up the others with --duplicates sum",
        "the others can be summed",
    ),
    ("name more columns in --keys, or say --duplicates sum, which adds up their values", "such rows can be summed"),
    ("say with --keys which", 'say under "Compared by" which'),
    ("--keys", '"Compared by"'),
)
_VALUES: Final = frozenset({"value", "unit", "measure"})


def unlike(error: DsgridError, visit: Visit, pair: Pair) -> Any:
    """Return why two results do not compare, in the words of the page, and a way on where sums would."""
    keys = [] if pair.adds else _common(visit, pair)
    way = None
    if keys:
        summed = replace(pair, keys=",".join(keys), adds=True)
        way = dcc.Link(
            f"Add up all but {' and '.join(keys)}", href=summed.href(visit, pair.second), className="button main"
        )
    return html.Div(
        [html.P(in_words(str(error), pair), className="problem"), html.P(way) if way else None],
        className="state failed",
        role="alert",
    )


def in_words(message: str, pair: Pair) -> str:
    """Return what the server says of two jobs as this page calls them, and what it shows."""
    for place, letter in ((pair.second, "B"), (pair.first, "A")):
        message = message.replace(place.reference, letter)
    for option, words in _WORDS:
        message = message.replace(option, words)
    return message


def _common(visit: Visit, pair: Pair) -> list[str]:
    """Return the columns by which both can be told apart; none where sums mean nothing."""
    first, second = (visit.ask.get(place.path) for place in (pair.first, pair.second))
    if not (first["adds_up"] and second["adds_up"]):
        return []
    others = {one["name"]: one["holds"] for one in second["columns"]}
    return [one["name"] for one in first["columns"] if _is_key(one) and others.get(one["name"]) == one["holds"]]


def _is_key(column: Mapping[str, Any]) -> bool:
    return column["type"] not in _VALUES
