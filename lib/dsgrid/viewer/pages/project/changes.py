"""What differs between two versions, part by part, as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty

Json = Mapping[str, Any]
_OPEN: Final = 12  # changes of a part that are shown at once
_LONG: Final = 300  # characters of a value
_MARKS: Final = {"added": ("+", "good"), "removed": ("−", "bad"), "changed": ("~", "warn")}
_WHOLE: Final = "The project itself"


def changes(found: Json) -> Any:
    """Return the changes from one version to another."""
    listed = found["changes"]
    if not any(found["counts"].values()):
        return empty(f"{found['old']} and {found['new']} hold the same.")
    counts = ", ".join(f"{count(number)} {action}" for action, number in found["counts"].items() if number)
    left = sum(found["counts"].values()) - len(listed)
    parts: dict[str, list[Json]] = {}
    for change in listed:
        parts.setdefault(part_of(change), []).append(change)
    return html.Div(
        [
            html.P(
                [
                    f"From {found['old']} to {found['new']}: {counts}. The greatest of these changes is ",
                    html.Strong(found["level"]),
                    ".",
                ]
            ),
            *[_part(name, rows) for name, rows in parts.items()],
            html.P(
                f"The first {plural(len(listed), 'change')} of {count(len(listed) + left)}; "
                f"`dsgrid registry diff {found['id']} {found['old']} {found['new']}` prints all.",
                className="hint",
            )
            if left > 0
            else None,
        ]
    )


def part_of(change: Json) -> str:
    """Return which part of a project a change is in, such as ``base.county``."""
    where = str(change["where"])
    return where or _WHOLE


def _part(name: str, rows: Sequence[Json]) -> Any:
    number = Counter(row["action"] for row in rows)
    said = ", ".join(f"{count(number[action])} {action}" for action in _MARKS if number[action])
    lines = html.Ul([html.Li(line(row)) for row in rows], className="changes")
    inside = lines if len(rows) <= _OPEN else html.Details([html.Summary(f"Show {plural(len(rows), 'change')}"), lines])
    return html.Div(
        [html.H3([html.Code(name) if name != _WHOLE else name, html.Span(said, className="hint")]), inside],
        className="change-part",
    )


def line(change: Json) -> list[Any]:
    """Return one change: what happened to what, and the values before and after."""
    mark, colour = _MARKS.get(change["action"], ("?", ""))
    old, new = change["old"], change["new"]
    shown: list[Any] = [
        html.Span(mark, className=f"change-mark {colour}", title=change["action"]),
        html.Span(f" {change['action']} ", className="unseen"),
        html.Span(f"{change['what']} " if change["what"] not in ("key", change["key"]) else ""),
        html.Strong(change["key"]),
    ]
    if change["action"] == "changed":
        return [*shown, ": ", html.Del(_shortened(old)), " → ", html.Ins(_shortened(new))]
    value = new if change["action"] == "added" else old
    return shown if value in (None, "", [], {}) else [*shown, f": {_shortened(value)}"]


def _shortened(value: Any) -> str:
    text = in_line(value) or "nothing"
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def in_line(value: Any) -> str:
    """Return a value of JSON in a line; what is empty inside of it is left out."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {in_line(each)}" for key, each in value.items() if each not in (None, "", [], {}))
    if isinstance(value, list | tuple):
        return ", ".join(f"({in_line(each)})" if isinstance(each, Mapping) else in_line(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)
