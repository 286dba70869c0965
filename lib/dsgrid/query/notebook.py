"""How registries and results look in a notebook: small tables without a style sheet of their own."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

_CELL = "padding:2px 14px 2px 0;border-bottom:1px solid rgba(128,128,128,.25);vertical-align:top;"
_MUTED = "opacity:.65;margin:0 0 .4em 0;"


def heading(title: str, below: str = "") -> str:
    """Return a title with a muted line below it."""
    line = f'<div style="{_MUTED}">{html.escape(below)}</div>' if below else ""
    return f'<div style="font-weight:600;margin:.6em 0 .1em 0">{html.escape(title)}</div>{line}'


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as a table: text to the left, numbers to the right with thousands marked."""
    if not rows:
        return f'<div style="{_MUTED}">none</div>'
    numeric = {name for name in columns if all(isinstance(row[name], (int, float)) for row in rows)}
    head = "".join(_cell("th", name, name in numeric) for name in columns)
    body = "".join(
        f"<tr>{''.join(_cell('td', shown(row[name]), name in numeric) for name in columns)}</tr>" for row in rows
    )
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def shown(value: Any) -> str:
    """Return a cell's text: six digits of a float, thousands of a whole number, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 10**6 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(tag: str, text: str, right: bool) -> str:
    side = "right" if right else "left"
    return f'<{tag} style="{_CELL}text-align:{side}">{html.escape(text)}</{tag}>'
