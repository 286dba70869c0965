"""Write the tables of units and of metric classes into the guide of units: ``python -m dsgrid.dimensions.document``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dsgrid.dimensions.additivity import additivity
from dsgrid.dimensions.classes import RECORD_CLASSES, RecordClass
from dsgrid.dimensions.units import UNITS
from dsgrid.spec.guides import Part


def section() -> str:
    """Return the tables as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "| kind | units: each with how many of the first it is |"
    yield "|---|---|"
    for kind in dict.fromkeys(unit.kind for unit in UNITS):
        found = [unit for unit in UNITS if unit.kind == kind]
        if kind == "temperature":
            yield f"| {kind} | {', '.join(_code(unit.name) for unit in found)}: with an offset, each value by itself |"
            continue
        sizes = ", ".join(f"{_code(unit.name)} {unit.size:.12g}" for unit in found[1:])
        yield f"| {kind} | {_code(found[0].name)}{f'; {sizes}' if sizes else ''} |"
    yield ""
    yield "| class of metrics | columns | values | sum over records | sum over time |"
    yield "|---|---|---|---|---|"
    for name, one in RECORD_CLASSES.items():
        if one.type == "metric":
            found_additivity = additivity(name)
            sums = ("yes" if may else "no" for may in (found_additivity.over_categories, found_additivity.over_time))
            yield f"| `{name}` | {_columns(one)} | {_bounds(one)} | {' | '.join(sums)} |"


def _columns(one: RecordClass) -> str:
    needed = [_code(name) for name in one.required]
    return ", ".join([*needed, *(f"{_code(name)} (optional)" for name in one.optional)])


def _bounds(one: RecordClass) -> str:
    parts = [
        f"{words} {_code(bound) if isinstance(bound, str) else f'{bound:g}'}"
        for words, bound in (("at least", one.lowest), ("at most", one.highest))
        if bound is not None
    ]
    return ", ".join(parts) or "any"


def _code(text: str) -> str:
    return f"`{text}`" if text else "no unit"


def part() -> Part:
    """Return the tables as a part of the guide."""
    return Part(
        "dsgrid.dimensions.document",
        "lib/dsgrid/dimensions/{units,classes,additivity}.py",
        "tables of units",
        section(),
    )


if __name__ == "__main__":
    sys.exit(part().write(Path("docs/units.md")))
