"""TOML of what is registered: its texts mean themselves, also where a spec would have variables."""

from __future__ import annotations

from typing import Any

from dsgrid.spec.variables import escape
from dsgrid.toml_text import Noted


def escaped(value: Any) -> Any:
    """Return a document whose texts mean themselves in a spec, where ``${name}`` is a variable."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Noted):
        return Noted(escaped(value.value), value.note)
    if isinstance(value, dict):
        return type(value)({key: escaped(child) for key, child in value.items()})
    if isinstance(value, (list, tuple)):
        return [escaped(child) for child in value]
    return value
