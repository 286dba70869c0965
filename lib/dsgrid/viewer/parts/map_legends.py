"""What stands around a map: its colours, its numbers for who cannot see it, and what it cannot show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.figures import REST
from dsgrid.viewer.parts.map_colours import Cell, is_numeric, number_of, word_of
from dsgrid.viewer.parts.numbers import count, plural, value
from dsgrid.viewer.parts.shapes import Shapes, title_of

_LEGEND: Final = 12  # categories that a legend names
_LISTED: Final = 12
_UNSEEN: Final = 40  # records without a shape that are named


def legend(title: str, colours: Mapping[str, str]) -> Any:
    """Return the colours of categories, or how to read so many."""
    if len(colours) > _LEGEND:
        return html.P(
            f"{plural(len(colours), 'value')} of {title}: point at a shape to read its own.", className="hint"
        )
    items = [
        html.Li([html.I(style={"background": colour}), word or "(empty)"], className="colour")
        for word, colour in colours.items()
    ]
    return html.Ul(items, className="map-legend", **{"aria-label": f"Colours: {title}"})


def valueless(shapes: Shapes, values: Mapping[str, Cell]) -> Any:
    """Return what grey means, where something is grey: no value is not zero."""
    number = sum(values.get(record) is None for record in shapes.places)
    if not number:
        return None
    said = f"no value ({count(number)} of {count(len(shapes.places))})"
    return html.Ul(html.Li([html.I(style={"background": REST}), said], className="colour"), className="map-legend")


def numbers_of(
    shapes: Shapes, values: Mapping[str, Cell], *, title: str, unit: str, names: Mapping[str, str]
) -> list[Any]:
    """Return what the map shows for who cannot see it: the largest and smallest, or how many of each category."""
    shown = {record: cell for record in shapes.places if (cell := values.get(record)) is not None}
    if not shown:
        return [html.P(f"No record has a value of {title}.", className="hint")]
    if not is_numeric(shown.values()):
        found = Counter(word_of(cell) for cell in shown.values())
        rows = [[word or "(empty)", count(number)] for word, number in found.most_common()]
        shown_table = drawn(table([title, "records"], rows, caption=f"{shapes.level} by {title}", numeric=("records",)))
        return [
            html.Details([html.Summary("The numbers"), shown_table], open=len(rows) <= _LEGEND, className="numbers")
        ]
    head = f"{title}{f' ({unit})' if unit else ''}"
    order = sorted(shown, key=lambda record: -number_of(shown[record]))
    if len(order) > 2 * _LISTED:
        order = [*order[:_LISTED], *order[-_LISTED:]]
        caption = f"The {_LISTED} largest and the {_LISTED} smallest of {count(len(shown))}"
    else:
        caption = f"All {count(len(shown))}"
    rows = [
        [names.get(each) or title_of(shapes.level, shapes.places[each]), each, value(number_of(shown[each]))]
        for each in order
    ]
    numbers = sorted(number_of(cell) for cell in shown.values())
    middle = numbers[len(numbers) // 2] if len(numbers) % 2 else sum(numbers[len(numbers) // 2 - 1 :][:2]) / 2
    summary = f"{title}: {value(numbers[0])} to {value(numbers[-1])}, median {value(middle)} {unit}".strip()
    return [
        html.P(summary, className="hint"),
        html.Details(
            [html.Summary("The numbers"), drawn(table(["name", "id", head], rows, caption=caption, numeric=(head,)))],
            className="numbers",
        ),
    ]


def unseen(shapes: Shapes, names: Mapping[str, str]) -> Any:
    """Return which records have no shape; nothing if all have one."""
    if not shapes.without:
        return None
    number = len(shapes.without)
    listed = [f"{each} ({names[each]})" if names.get(each, each) != each else each for each in shapes.without[:_UNSEEN]]
    more = f" and {count(number - _UNSEEN)} more" if number > _UNSEEN else ""
    return html.Details(
        [
            html.Summary(f"{count(number)} of {count(number + len(shapes.places))} records have no shape"),
            html.P(", ".join(listed) + more),
            html.P(
                "The map knows the 50 states, the District of Columbia and their counties of 2016; Connecticut's "
                "planning regions and territories are not among them.",
                className="hint",
            ),
        ],
        className="map-unseen",
    )
