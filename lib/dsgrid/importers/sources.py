"""What a query asks: its sources, and the formula that makes one table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.query.expression import (
    Expression,
    ExpressionError,
    Number,
    Operation,
    operands,
    parse_expression,
    union,
)

_KNOWN: Final = ("dataset_id", "source_datasets", "expression", "params")
_KNOWN_SOURCE: Final = (
    "dataset_type", "dataset_id", "initial_value_dataset_id", "growth_rate_dataset_id", "construction_method",
    "base_year",
)  # fmt: skip
_METHODS: Final = ("exponential_growth", "annual_multiplier")


@dataclass(frozen=True)
class Sources:
    """What is asked.

    Parameters
    ----------
    tables
        ``datasets`` or ``expression``, and ``source`` where a name is no plain dataset.
    single
        Whether there is only one of them.
    adds
        Whether the sources are only put together, added and subtracted, so that sums of the result are those of sums.
    """

    tables: dict[str, Any]
    adds: bool
    single: bool = False


def sources(section: Entry, remarks: Remarks) -> Sources:
    """Translate the section that names datasets, projections, and an expression over them."""
    remarks.unknown(section, _KNOWN)
    entries = {}
    for entry in section["source_datasets"]:
        name = entry["dataset_id"].text_value
        if name in entries:
            remarks.wrong(entry["dataset_id"], f'there are two sources "{name}"')
        entries[name] = entry
    if not entries:
        raise section["source_datasets"].error("the query names no source")
    text = section.get("expression")
    expression = union(list(entries)) if text is None else _expression(text, list(entries), remarks)
    named = list(dict.fromkeys(operands(expression)))
    described = {}
    for name, entry in entries.items():
        if name in named:
            described[name] = _source(entry, remarks.within("source", name))
        else:
            remarks.say("dropped", entry, f'the expression does not name "{name}"')
    return Sources(
        without_empty({**_asked(expression, text, list(described)), "source": without_empty(described)}),
        adds=_adds(expression),
        single=len(named) == 1 and not isinstance(expression, Operation),
    )


def _asked(expression: Expression, text: Entry | None, names: Sequence[str]) -> dict[str, Any]:
    """Return a list for the union of sources that occur once each, and a formula for anything else."""
    if text is None or (_operators(expression) <= {"|"} and sorted(operands(expression)) == sorted(names)):
        return {"datasets": list(names)}
    return {"expression": text.text_value}


def _expression(text: Entry, names: Sequence[str], remarks: Remarks) -> Expression:
    try:
        expression = parse_expression(text.text_value)
    except ExpressionError as error:
        remarks.unsupported(text, f'the expression "{text.value}": {error}')
        return union(names)
    unknown = [name for name in operands(expression) if name not in names]
    for name in dict.fromkeys(unknown):
        remarks.wrong(text, f'"{name}" is no source of the query{did_you_mean(name, names)}')
    return union(names) if unknown else expression


def _operators(expression: Expression) -> set[str]:
    if not isinstance(expression, Operation):
        return set()
    return {expression.operator} | _operators(expression.left) | _operators(expression.right)


def _adds(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        return expression.operator in ("|", "+", "-") and _adds(expression.left) and _adds(expression.right)
    return not isinstance(expression, Number)


def _source(entry: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return what has to be said of a source; nothing of a plain dataset."""
    remarks.unknown(entry, _KNOWN_SOURCE)
    kind = entry.text("dataset_type", default="standalone")
    if kind == "standalone":
        return {}
    if kind != "projection":
        remarks.unsupported(entry["dataset_type"], f'source datasets of the type "{kind}"')
        return {}
    method = entry.text("construction_method", default="exponential_growth")
    if method not in _METHODS:
        remarks.unsupported(entry["construction_method"], f'projections by "{method}"')
    growth = entry["growth_rate_dataset_id"]
    remarks.say(
        "decide",
        growth,
        "a combination without growth is an error here; dsgrid-toolkit leaves it out silently",
        "growth",
    )
    year = entry.scalar("base_year")
    return without_empty(
        {
            "kind": method,
            "initial": entry["initial_value_dataset_id"].text_value,
            "growth": growth.text_value,
            "base_year": None if year is None else str(year),
        }
    )
