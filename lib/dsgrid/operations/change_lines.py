"""Changes for people to read: a line for each part with counts, below it a line for each change, marked + - or ~."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dsgrid.dimensions.changes import Change, highest

MARKS: Final = {"added": "+", "removed": "-", "changed": "~"}
_SHOWN: Final = 5  # elements of a list; JSON has all
_NAMED_BY_KEY: Final = frozenset({"key", "description", "record", "association"})
_UNCOUNTED: Final = frozenset({"metadata", "required combinations"})


def change_lines(changes: Iterable[Change], whole: str = "itself", *, summary: bool = False) -> Iterator[str]:
    """Yield the lines for some changes, part by part.

    Parameters
    ----------
    whole
        What stands for the whole thing where a change is in no part of it: ``project``.
    summary
        Only the line of each part, without those of its changes.
    """
    parts: dict[str, list[Change]] = {}
    for change in changes:
        parts.setdefault(change.where, []).append(change)
    for where, group in parts.items():
        yield f"{where or whole} ({highest(group)}): {counted(group)}"
        if not summary:
            yield from (f"  {change_line(change)}" for change in group)


def change_line(change: Change) -> str:
    """Return one change as a line: ``~ 08001  name: Adams -> Adams County``."""
    key = shown(change.key)
    named = {"order": f"order of {key}", **dict.fromkeys(_NAMED_BY_KEY, key)}
    name = named.get(change.what, f"{change.what} {key}")
    said = _said(change)
    return f"{MARKS[change.action]} {name}" + (f"  {said}" if said else "")


def counted(changes: Iterable[Change]) -> str:
    """Return how many of what was added, removed and changed: ``2 records added, 1 key changed``."""
    counts = Counter((change.what, change.action) for change in changes)
    return ", ".join(f"{_number(count, what)} {action}" for (what, action), count in counts.items())


def totals(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes there are of each action."""
    counts = Counter(change.action for change in changes)
    return {action: counts[action] for action in MARKS}


def _number(count: int, what: str) -> str:
    plural = "" if count == 1 or what in _UNCOUNTED else "s"
    return f"{count:,} {what}{plural}"


def _said(change: Change) -> str:
    if change.what == "column":
        return f"({_number(len(change.new or change.old), 'value')})"
    if change.what == "record" and change.action == "changed":
        columns = dict.fromkeys((*change.old, *change.new))
        return ", ".join(f"{each}: {_value(change.old, each)} -> {_value(change.new, each)}" for each in columns)
    if change.action == "changed":
        return f"{shown(change.old)} -> {shown(change.new)}"
    value = change.new if change.action == "added" else change.old
    return "" if value is None and change.what != "metadata" else shown(value)


def _value(cells: Mapping[str, Any], column: str) -> str:
    return shown(cells[column]) if column in cells else "(none)"


def shown(value: Any) -> str:
    """Return a value on one line; long lists are cut."""
    if value is None:
        return "(nothing)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) or "{}"
    if isinstance(value, (list, tuple)):
        more = f", and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else ""
        return ", ".join(shown(each) for each in value[:_SHOWN]) + more if value else "[]"
    return " ".join(str(value).split()) or '""'
