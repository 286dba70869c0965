"""Comments in a spec that is written: what somebody has to decide, at the key that it is about."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dsgrid.importers.translation import Remark, Target
from dsgrid.toml_text import Inline, Noted

_WIDTH: Final = 108


def decisions(remarks: Iterable[Remark]) -> dict[Target, str]:
    """Return the comments of what has to be decided, by the key that each is about."""
    notes: dict[Target, list[str]] = {}
    for remark in remarks:
        if remark.kind == "decide":
            plain = "".join(char if char.isprintable() else "?" for char in remark.message)
            said = textwrap.wrap(f"decide: {plain}", _WIDTH, break_long_words=False, break_on_hyphens=False)
            lines = notes.setdefault(remark.target, [])
            lines.extend(line for line in said if line not in lines)
    return {target: "\n".join(lines) for target, lines in notes.items()}


def noted(document: Mapping[str, Any], target: Target, note: str) -> tuple[dict[str, Any], str]:
    """Return a document with a comment at a key, or at the nearest one around it.

    Returns
    -------
    tuple
        The document; and the comment as lines for the top of the file, when no key is about it.
    """
    changed = _noted(document, target, note)
    above = "".join(f"# {line}\n" for line in note.splitlines()) if changed is document else ""
    return dict(changed), above


def _noted(table: Mapping[str, Any], target: Target, note: str) -> Mapping[str, Any]:
    if not target or target[0] not in table:
        return table
    key, below = str(target[0]), target[1:]
    value = table[key]
    inner = value.value if isinstance(value, Noted) else value
    changed: Any = inner
    if isinstance(inner, Mapping) and not isinstance(inner, Inline):
        changed = _noted(inner, below, note)
    elif _is_array_of_tables(inner):
        # A comment stands above the first key of an item.
        number = below[0] if below and isinstance(below[0], int) and below[0] < len(inner) else 0
        item = inner[number]
        within = _noted(item, below[1:], note)
        changed = list(inner)
        changed[number] = within if within is not item else _noted(item, tuple(item)[:1], note)
    if changed is not inner:
        return {**table, key: Noted(changed, value.note) if isinstance(value, Noted) else changed}
    before = f"{value.note}\n" if isinstance(value, Noted) else ""
    return {**table, key: Noted(inner, before + note)}


def _is_array_of_tables(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and not isinstance(item, Inline) for item in value)
    )
