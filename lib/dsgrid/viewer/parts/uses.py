"""What uses a dimension or a mapping, as what, in words and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

Use = Mapping[str, Any]
_PAGES: Final = {"project": "projects", "dataset": "datasets", "mapping": "mappings"}
_MOST: Final = 300


def uses(visit: Visit, found: Sequence[Use]) -> Any:
    """Return a table of what uses something, from ``.../uses``."""
    if not found:
        return empty("Nothing uses it.", "No project, dataset or mapping of this registry names this version.")
    rows = [[each["kind"], link(visit, each), *role(visit, each)] for each in found[:_MOST]]
    more = f"the first {count(_MOST)} of " if len(found) > _MOST else ""
    return drawn(table(["what", "id", "as", "of"], rows, caption=f"{more}{count(len(found))} that use it"))


def link(visit: Visit, use: Use) -> Any:
    """Return a link to what uses something."""
    reference = f"{use['id']}@{use['version']}"
    return dcc.Link(reference, href=visit.href(_PAGES[str(use["kind"])], reference))


def role(visit: Visit, use: Use) -> tuple[Any, Any]:
    """Return as what something is used, and beside what."""
    name, of, as_ = use.get("name") or "", use.get("of") or "", use["role"]
    if as_ in ("base", "supplemental"):
        return f"{as_} dimension {name}", f"base dimension {of}" if of else ""
    if as_ in ("from", "to"):
        there = dcc.Link(of, href=visit.href("dimensions", of))
        return (
            ("what it maps from", html.Span(["to ", there]))
            if as_ == "from"
            else (
                "what it maps to",
                html.Span(["from ", there]),
            )
        )
    if as_ == "submission":
        return f"submission, to base dimension {name}", dcc.Link(of, href=visit.href("projects", of))
    return ("time", "") if as_ == "time" else (f"dimension {name}", "")


def kinds(found: Iterable[Use]) -> str:
    """Return in a few words what something is by its uses, such as ``base, in 2 projects``.

    Examples
    --------
    >>> kinds([{"kind": "project", "role": "base"}, {"kind": "mapping", "role": "to"}])
    'base dimension of 1 project'
    """
    words = {
        ("project", "base"): "base dimension",
        ("project", "supplemental"): "supplemental dimension",
        ("project", "time"): "time",
        ("dataset", "dimension"): "dimension",
        ("dataset", "time"): "time",
    }
    numbers: dict[tuple[str, str], set[str]] = {}
    for each in found:
        key = (str(each["kind"]), str(each["role"]))
        if key in words:
            numbers.setdefault(key, set()).add(str(each.get("id", "")))
    parts = [f"{word} of {plural(len(numbers[key]), key[0])}" for key, word in words.items() if key in numbers]
    return ", ".join(parts) or "used by no project and no dataset"
