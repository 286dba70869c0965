"""A value with one small change somewhere in it, wherever that may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Return a value that differs from `value` in one of its parts, at any depth."""
    kind = type(value)
    if is_dataclass(value):
        compared = [field for field in fields(value) if field.compare and field.init]
        assume(compared)
        field = draw(st.sampled_from(compared))
        try:
            return replace(value, **{field.name: draw(changed(getattr(value, field.name)))})
        except (ValueError, TypeError, AssertionError):
            assume(False)
    if isinstance(value, Mapping):
        return draw(_changed_mapping(dict(value)))
    if isinstance(value, (tuple, list)):
        return kind(draw(_changed_parts(list(value))))
    if isinstance(value, frozenset):
        return value - {draw(st.sampled_from(sorted(value)))} if value and draw(st.booleans()) else value | {"changed"}
    return _other(value)


@st.composite
def _changed_mapping(draw: st.DrawFn, value: dict[Any, Any]) -> dict[Any, Any]:
    if not value:
        return {"changed": 1}
    key = draw(st.sampled_from(list(value)))
    how = draw(st.sampled_from(["value", "gone", "more", "order"]))
    if how == "gone":
        return {name: one for name, one in value.items() if name != key}
    if how == "more":
        return {**value, "changed": 1}
    if how == "order" and len(value) > 1:
        return dict(reversed(value.items()))
    return {name: draw(changed(one)) if name == key else one for name, one in value.items()}


@st.composite
def _changed_parts(draw: st.DrawFn, parts: list[Any]) -> list[Any]:
    if not parts:
        return ["changed"]
    index = draw(st.integers(0, len(parts) - 1))
    how = draw(st.sampled_from(["part", "part", "part", "gone", "twice"]))
    if how == "gone":
        return parts[:index] + parts[index + 1 :]
    if how == "twice":
        return [*parts[: index + 1], *parts[index:]]
    return [*parts[:index], draw(changed(parts[index])), *parts[index + 1 :]]


def _other(value: Any) -> Any:
    """Return another plain value, as near as can be."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + " "
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.0 if not math.isfinite(value) else math.nextafter(value, math.inf)
    if isinstance(value, (date, datetime)):
        return value + timedelta(days=1)
    if isinstance(value, timedelta):
        return value + timedelta(microseconds=1)
    raise TypeError(f"no change is known for a {type(value).__name__}")
