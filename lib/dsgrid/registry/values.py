"""Values as rows: typed scalars, and nested tables flattened to one row per leaf."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

SMALLEST, LARGEST = -(2**63), 2**63 - 1
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(r'\[(\d+)\]|\.?(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_-]+))', re.DOTALL)


def encode(value: object) -> tuple[str, object]:
    """Return the type and the SQLite value of a scalar; `decode` gives back exactly the same."""
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "boolean", int(value)
    if isinstance(value, int):
        # SQLite's integers have 64 bits; longer ones travel as text.
        return "integer", value if SMALLEST <= value <= LARGEST else str(value)
    if isinstance(value, float):
        return "real", None if math.isnan(value) else value
    if isinstance(value, str):
        return "text", value
    raise TypeError(f"a registry holds text, numbers and booleans, not {type(value).__name__}: {value!r}")


def decode(type_: str, value: Any) -> Any:
    """Return the scalar that `encode` was given."""
    if type_ == "boolean":
        return bool(value)
    if type_ == "integer":
        return int(value)
    if type_ == "real":
        return math.nan if value is None else float(value)
    return value


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str, object]]:
    """Yield (path, type, value) for every leaf of nested dicts and lists, such as ``origin.authors[0]``."""
    if isinstance(value, dict):
        if not value and path:
            yield path, "table", None
        for key, child in value.items():
            yield from flatten(child, _join(path, str(key)))
    elif isinstance(value, (list, tuple)):
        if not value:
            yield path, "array", None
        for index, child in enumerate(value):
            yield from flatten(child, f"{path}[{index}]")
    else:
        yield (path, *encode(value))


def unflatten(rows: Iterable[tuple[str, str, Any]]) -> dict[str, Any]:
    """Rebuild the dict that was flattened; lists come back as lists."""
    root: dict[str, Any] = {}
    for path, type_, value in rows:
        leaf = {} if type_ == "table" else [] if type_ == "array" else decode(type_, value)
        _put(root, list(_steps(path)), leaf)
    return root


def _join(path: str, key: str) -> str:
    if not _BARE.fullmatch(key):
        key = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{path}.{key}" if path else key


def _steps(path: str) -> Iterator[str | int]:
    for index, quoted, bare in _STEP.findall(path):
        if index:
            yield int(index)
        else:
            yield bare or re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _put(parent: Any, steps: list[str | int], leaf: Any) -> None:
    for step, following in pairwise(steps):
        fresh: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if step == len(parent):
                parent.append(fresh)
            parent = parent[step]
        else:
            parent = parent.setdefault(step, fresh)
    if isinstance(steps[-1], int):
        parent.append(leaf)
    else:
        parent[steps[-1]] = leaf
