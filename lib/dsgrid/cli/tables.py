"""Plain tables for terminals: readable at 80 columns, complete when piped.

No Rich here: a listing has to answer in the time that Rich takes to import, and plain text pastes well.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

GAP = "  "


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None, width: int | None = None) -> str:
    """Return rows as aligned text with a heading; numbers stand to the right.

    Parameters
    ----------
    rows
        Mappings with the same keys.
    columns
        The keys to show; by default all of the first row.
    width
        Where to cut lines, with ``…``; None leaves them whole.
    """
    names = list(columns or (rows[0] if rows else ()))
    cells = [[_text(row.get(name)) for name in names] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(names)]
    right = [bool(rows) and all(_is_number(row.get(name)) for row in rows) for name in names]
    heading = [name.replace("_", " ") for name in names]
    lines = [
        GAP.join(
            cell.rjust(size) if to_right else cell.ljust(size)
            for cell, size, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [heading, ["-" * size for size in widths], *cells]
    ]
    return "\n".join(cut(line, width) for line in lines)


def pairs(values: Mapping[str, Any], width: int | None = None) -> str:
    """Return one ``name  value`` line per value that is not empty."""
    shown = {name: _text(value) for name, value in values.items() if _text(value)}
    size = max((len(name) for name in shown), default=0)
    return "\n".join(cut(f"{name.ljust(size)}{GAP}{value}", width) for name, value in shown.items())


def document(values: Mapping[str, Any], width: int | None = None) -> str:
    """Return scalars as pairs, and below them each list of rows as a table under its name."""
    scalars = {name: value for name, value in values.items() if not isinstance(value, (list, dict))}
    parts = [pairs(scalars, width)]
    for name, value in values.items():
        if isinstance(value, dict) and value:
            parts.append(f"{name}\n{pairs(value, width)}")
        if isinstance(value, list) and value:
            parts.append(f"{name} ({len(value)})\n{table(value, width=width)}")
    return "\n\n".join(part for part in parts if part)


def cut(line: str, width: int | None) -> str:
    """Return the line, cut to `width` characters."""
    return line if width is None or len(line) <= width else line[: width - 1] + "…"


def terminal_width() -> int | None:
    """Return the width of the terminal, or None when the output goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    return " ".join(str(value).split())
