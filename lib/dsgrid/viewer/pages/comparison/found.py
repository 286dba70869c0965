"""What a comparison of two results has found, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.blocks import facts, section, table
from dsgrid.viewer.parts.grid import short_grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.numbers import count, plural, value
from dsgrid.viewer.visit import Visit

_TAGS: Final = {"equal": "good", "equal within tolerance": "good", "different": "warn"}
_SHOWN: Final = 8  # values of a key that are named


def found_part(told: Mapping[str, Any], visit: Visit) -> Any:
    """Return all that the server says of two results."""
    return html.Div(
        [
            html.P(
                [html.Span(told["verdict"], className=f"tag {_TAGS.get(told['verdict'], '')}"), f" {sentence(told)}"]
            ),
            facts(_counts(told)),
            *_totals(told),
            *_notes(told),
            *_alone(told),
            *_by(told),
            *_largest(told, visit),
        ]
    )


def sentence(told: Mapping[str, Any]) -> str:
    """Return the answer in a sentence."""
    values, rows = told["values"], told["rows"]
    compared = values["same"] + values["within_tolerance"] + values["different"]
    parts = []
    if values["different"]:
        greatest = values["greatest_relative_difference"]
        by = f", by up to {percent(greatest)} of the greater one" if greatest is not None else ""
        parts.append(f"{count(values['different'])} of {count(compared)} values differ{by}")
    elif compared:
        parts.append(f"all {count(compared)} values that both have are the same within the tolerance")
    parts += [
        f"{plural(rows[key], 'row')} only {name} has" for key, name in (("only_a", "A"), ("only_b", "B")) if rows[key]
    ]
    if values["other_unit"]:
        parts.append(f"{plural(values['other_unit'], 'value')} with units that do not convert")
    return f"{'; '.join(parts)}." if parts else "Neither has rows."


def percent(part: float | None) -> str:
    """Return a part of one as percent."""
    return "–" if part is None else f"{value(100 * part, 4)} %"


def _counts(told: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rows, values = told["rows"], told["values"]
    return [
        ("Rows of both", count(rows["both"])),
        ("Rows only in A", count(rows["only_a"])),
        ("Rows only in B", count(rows["only_b"])),
        ("Same values", count(values["same"])),
        ("Within the tolerance", count(values["within_tolerance"])),
        ("Different values", count(values["different"])),
        ("Compared by", ", ".join(told["keys"]) or None),
    ]


def _totals(told: Mapping[str, Any]) -> Iterator[Any]:
    if not told["adds_up"]:
        yield section("In all", html.P("The values do not add up, so there are no totals.", className="hint"))
        return
    rows = [[one["unit"] or "no unit", *_numbers(one)] for one in told["totals"]]
    numeric = ["A", "B", "B − A", "change"]
    yield section("In all", table(["unit", *numeric], rows, caption="Totals, B in the unit of A", numeric=numeric))


def _numbers(one: Mapping[str, Any]) -> list[str]:
    return [value(one["a"]), value(one["b"]), value(one["difference"]), percent(one["relative"])]


def _notes(told: Mapping[str, Any]) -> Iterator[Any]:
    if told["columns"]:
        yield section("About the columns", html.Ul([html.Li(one["text"]) for one in told["columns"]]))


def _alone(told: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what only one of them has: what those rows have in common, and some of them."""
    for key, name in (("only_a", "A"), ("only_b", "B")):
        lone = told[key]
        if not lone["count"]:
            continue
        patterns = html.Ul([html.Li(in_common(one)) for one in lone["patterns"]])
        rows = [
            [*(_cell(each) for each in one["keys"].values()), value(one["a"] if name == "A" else one["b"])]
            for one in lone["examples"]
        ]
        names = [*(lone["examples"][0]["keys"] if lone["examples"] else ()), "value"]
        examples = table(names, rows, caption=f"Some of {count(lone['count'])} rows", numeric=["value"])
        yield section(f"Only in {name}: {plural(lone['count'], 'row')}", patterns, examples if rows else None)


def in_common(pattern: Mapping[str, Any]) -> str:
    """Return what the rows have in one column that only one table has."""
    values, number = pattern["values"], pattern["count"]
    named = ", ".join(str(_cell(one)) for one in values[:_SHOWN])
    more = f" and {count(len(values) - _SHOWN)} more" if len(values) > _SHOWN else ""
    what = f"{named}{more}" if values else f"{count(number)} of its {plural(pattern['of'], 'value')}"
    whole = pattern["whole"]
    all_rows = (
        "with all their rows" if whole == number else f"{count(whole)} of them with all their rows" if whole else ""
    )
    return f"{pattern['key']}: {what}{f', {all_rows}' if all_rows else ''}"


def _by(told: Mapping[str, Any]) -> Iterator[Any]:
    """Yield for each key the values in which the tables differ."""
    parts: list[Any] = []
    numeric = ["A", "B", "B − A", "change", "changed rows", "only in A", "only in B"]
    for key, by in told["by"].items():
        if not by["totals"]:
            continue
        rows = [
            [
                _cell(one["record"]),
                one["unit"] or "no unit",
                *_numbers(one),
                *(count(one[each]) for each in ("changed", "only_a", "only_b")),
            ]
            for one in by["totals"]
        ]
        shown = f", the {count(len(rows))} with the largest differences" if len(rows) < by["differing"] else ""
        caption = f"{count(by['differing'])} of {count(by['values'])} values of {key} differ{shown}"
        inner = table([key, "unit", *numeric], rows, caption=caption, numeric=numeric)
        parts.append(
            html.Details(
                [html.Summary(f"By {key}: {count(by['differing'])} of {count(by['values'])} differ"), inner],
                open=not parts,
                className="by",
            )
        )
    if parts:
        yield section("Where they differ", *parts)


def _largest(told: Mapping[str, Any], visit: Visit) -> Iterator[Any]:
    largest: Sequence[Mapping[str, Any]] = told["largest"]
    if not largest:
        return
    keys = list(largest[0]["keys"])
    columns = [
        *(Column(key, width=110, grows=2) for key in keys),
        Column("#unit", "unit", width=90),
        Column("#a", "A", kind="number"),
        Column("#b", "B", kind="number"),
        Column("#difference", "B − A", kind="number"),
        Column("#relative", "change (%)", kind="number"),
    ]
    rows = [
        {
            **{key: _cell(one["keys"][key]) for key in keys},
            "#unit": one["unit"] or "no unit",
            "#a": one["a"],
            "#b": one["b"],
            "#difference": one["difference"],
            "#relative": None if one["relative"] is None else 100 * one["relative"],
        }
        for one in largest
    ]
    grid = short_grid("compare-largest", columns, rows, visit, label="Rows with the largest differences")
    yield section(f"Largest differences: {plural(len(rows), 'row')}", grid)


def _cell(cell: Any) -> Any:
    return "(none)" if cell is None else cell
