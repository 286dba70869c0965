"""Small tables of offending rows, for the lines below an error's first line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

LIMIT = 20


def show(rows: Sequence[Mapping[str, Any]], total: int | None = None) -> str:
    """Lay out at most twenty rows as an aligned table and say how many more there are.

    Parameters
    ----------
    rows
        The rows, all with the keys of the first.
    total
        The number of rows there are, when `rows` holds only the first of them.
    """
    if not rows:
        return ""
    names = list(rows[0])
    cells = [names, *([_text(row[name]) for name in names] for row in rows[:LIMIT])]
    widths = [max(len(line[index]) for line in cells) for index in range(len(names))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
    lines = ["  " + "  ".join(line).rstrip() for line in padded]
    more = (len(rows) if total is None else total) - min(len(rows), LIMIT)
    if more > 0:
        lines.append(f"  ... and {more:,} more")
    return "\n".join(lines)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 row``, ``1,200 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S%z}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
