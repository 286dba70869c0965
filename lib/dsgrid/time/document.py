"""Write the closed table into the guide of time: ``python -m dsgrid.time.document``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from dsgrid.time.rules import RULES
from dsgrid.time.table import FORM_WORDS, FORMS, MEASUREMENT_WORDS, TABLE, Cell

BEGIN: Final = "<!-- The closed table: written by `python -m dsgrid.time.document` from lib/dsgrid/time/table.py. -->"
END: Final = "<!-- The end of the closed table. -->"


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the section, or with ``--check`` say if it is out of date."""
    parser = argparse.ArgumentParser(prog="python -m dsgrid.time.document", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=Path("docs/time.md"), help="default: docs/time.md")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")
    given = parser.parse_args(arguments)
    text = given.file.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n\n{section()}\n\n{END}{after}"
    if text == wanted:
        return 0
    if given.check:
        sys.stderr.write(f"{given.file}: not what lib/dsgrid/time/table.py says; run: make docs\n")
        return 1
    given.file.write_text(wanted, encoding="utf-8")
    sys.stdout.write(f"{given.file}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
