"""The steps of the form: what each keeps, and how values become one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dash import html

from dsgrid.viewer.pages.builder.catalog import TYPES, Catalog, Name
from dsgrid.viewer.pages.builder.controls import Option, act, chips, flag, help_of, moves, note, select, text
from dsgrid.viewer.pages.builder.filters import filters
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.records import Found
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.specs.draft import Draft, Step


def seen(draft: Draft, catalog: Catalog) -> Iterator[Catalog]:
    """Yield the names that each step sees, and then those that the result has."""
    left = catalog
    for step in draft.step:
        yield left
        if step.by:
            left = left.left_by(step.by)
    yield left


def steps(draft: Draft, catalog: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    """Return the part of the form about steps."""
    rows = [
        _step(index, len(draft.step), step, sees, hints, found)
        for index, (step, sees) in enumerate(zip(draft.step, seen(draft, catalog), strict=False))
    ]
    none = html.P("Without a step the result has every base dimension and every slot of time.", className="hint")
    words = hints.help("allow_double_counting")
    counting = flag("allow_double_counting", "Allow double counting", draft.allow_double_counting, help=words)
    below = [act("add", "step", "+ Step", css="button add"), counting if draft.step else None]
    return html.Div([*(rows or [none]), html.Div(below, className="line")])


def _step(index: int, of: int, step: Step, sees: Catalog, hints: Hints, found: Mapping[str, Found]) -> Any:
    at = f"step[{index}]"
    functions = [
        Option(one.value, f"{one.label}: {one.title.partition(' (')[0]}" if one.title else one.label)
        for one in hints.options("step.function")
    ]
    head = [
        select(f"{at}.function", f"Step {index + 1}", functions, step.function, help=hints.help("step.function")),
    ]
    if step.function == "percentile":
        shown = ", ".join(map(str, step.percentiles))
        head.append(text(f"{at}.percentiles", "Percentiles", shown, help=hints.help("step.percentiles")))
    weights = None
    if step.function == "weighted_mean":
        options = [Option(name) for one in sees.names for name in _weights(one)]
        weights = chips(f"{at}.weights", "Weights", options, step.weights, help=hints.help("step.weights"))
    return html.Div(
        [
            html.Div([*head, moves("step", index, of, f"step {index + 1}")], className="line"),
            weights,
            kept(f"{at}.by", "Keeps", step.by, sees, hints.help("step.by")),
            over(f"{at}.over", step.over, step.by, sees, hints.help("step.over")),
            filters(f"{at}.where", step.where, sees, hints, found, what="before this step"),
            html.Div(
                flag(f"{at}.persist", "Write its table", step.persist, help=hints.help("step.persist")),
                className="line",
            )
            if of > 1 or step.persist
            else None,
            note(at),
        ],
        className="item",
        role="group",
        **{"aria-label": f"Step {index + 1}"},
    )


def _weights(one: Name) -> list[str]:
    return [f"{one.name}.{attribute}" for attribute, is_number in one.attributes if is_number]


def kept(at: str, label: str, by: Sequence[str], sees: Catalog, help: str, *, with_time: bool = True) -> Any:
    """Return the choice of columns: a line for each type of dimension, and one for time."""
    lines = []
    known: set[str] = set()
    for type_, name in TYPES.items():
        options = [option for one in sees.names if one.type == type_ for option in _columns(one)]
        if options:
            lines.append((name, options))
    if with_time and (time := [Option(each) for each in (*sees.words, sees.time) if each]):
        lines.append(("Time", time))
    known = {str(option.value) for _, options in lines for option in options}
    if others := [Option(each, title="The step does not see this name") for each in by if each not in known]:
        lines.append(("Unknown here", others))
    return html.Div(
        [
            html.Div([html.Span(label, className="label"), help_of(help, label)], className="kept-head"),
            *(
                html.Div(
                    [
                        html.Span(name, className="type"),
                        chips(
                            at,
                            name,
                            options,
                            [one for one in by if one in {each.value for each in options}],
                            is_labelled=False,
                            notes="",
                        ),
                    ],
                    className="kept-line",
                )
                for name, options in lines
            ),
            note(at),
        ],
        className="kept-by",
        role="group",
        **{"aria-label": label},
    )


def _columns(one: Name) -> list[Option]:
    words = [one.description, f"supplemental, of {one.of}" if one.of else "base"]
    return [
        Option(one.name, note=count(one.records), title=" · ".join(filter(None, words))),
        *(Option(f"{one.name}.{attribute}", title=f"an attribute of {one.name}") for attribute, _ in one.attributes),
    ]


def over(at: str, chosen: Sequence[str], by: Sequence[str], sees: Catalog, help: str) -> Any:
    """Return the choice of types that are summed on purpose; only where one of them is left out."""
    types = ("scenario", "model_year", "weather_year")
    named = {one.type for one in sees.names for each in by if each.partition(".")[0] == one.name}
    several = [one.type for one in sees.names if not one.of and one.type in types and one.records > 1]
    options = [
        Option(each, each.replace("_", " "))
        for each in types
        if each in chosen or (each in several and each not in named)
    ]
    if not options:
        return None
    return chips(at, "Summed on purpose", options, chosen, help=help)
