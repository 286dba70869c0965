"""Write the closed table into the guide of time: ``python -m dsgrid.time.document``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dsgrid.spec.guides import Part
from dsgrid.time.rules import RULES
from dsgrid.time.table import FORM_WORDS, FORMS, MEASUREMENT_WORDS, TABLE, Cell


def section() -> str:
    """Return the closed table as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "| form | what it is |"
    yield "|---|---|"
    for form in FORMS:
        yield f"| {form} | {FORM_WORDS[form]} |"
    numbers = _numbers()
    yield ""
    yield "From the dataset's form (rows) to the project's (columns); each number is a formula below, **-** a refusal:"
    yield ""
    yield f"| from \\ to | {' | '.join(FORMS)} |"
    yield f"|---|{'---|' * len(FORMS)}"
    for own in FORMS:
        yield f"| **{own}** | {' | '.join(_mark(TABLE[own, target], numbers) for target in FORMS)} |"
    yield ""
    yield "| | formula | rules that it takes |"
    yield "|---|---|---|"
    for cell, number in numbers.items():
        rules = ", ".join(f"`{_key(rule)}`" for rule in RULES if rule in cell.rules) or "none"
        yield f"| {number} | {cell.formula} | {rules} |"
    for text, pairs in _refusals().items():
        yield f"| **-** | {'; '.join(pairs)} | refused: {text} |"
    yield ""
    yield "| measurement | what happens to values |"
    yield "|---|---|"
    for measurement, words in MEASUREMENT_WORDS.items():
        yield f"| `{measurement}` | {words} |"


def _numbers() -> dict[Cell, int]:
    """Number the different formulas, in the order in which the table reaches them."""
    cells = (TABLE[own, target] for own in FORMS for target in FORMS)
    return {cell: number for number, cell in enumerate(dict.fromkeys(cell for cell in cells if cell.formula), start=1)}


def _mark(cell: Cell, numbers: dict[Cell, int]) -> str:
    return "**-**" if cell.refusal else str(numbers[cell])


def _refusals() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for (own, target), cell in TABLE.items():
        if cell.refusal:
            found.setdefault(cell.refusal, []).append(f"{own} to {target}")
    return found


def _key(rule: str) -> str:
    return "wrap_time" if rule == "wrap" else rule


def part() -> Part:
    """Return the closed table as a part of the guide."""
    return Part("dsgrid.time.document", "lib/dsgrid/time/table.py", "closed table", section())


if __name__ == "__main__":
    sys.exit(part().write(Path("docs/time.md")))
