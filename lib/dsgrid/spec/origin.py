"""What is known of where data come from, brought to the forms that specs ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dsgrid.spec.schemas.metadata import ORIGIN_KEYS

Values = Mapping[str, Any]


def fitted(origin: Values) -> dict[str, Any]:
    """Return the values of an `origin` so that a spec may hold them, nothing lost.

    What does not have the form of its key stands under a key of one's own, ``date_text`` for ``date``; a single name
    becomes an array of one. Registries and configurations of earlier days hold such values.

    Examples
    --------
    >>> fitted({"date": "last spring", "authors": "A. Author", "license": "MIT", "room": 7})
    {'date_text': 'last spring', 'authors': ['A. Author'], 'license': 'MIT', 'room': 7}
    """
    found: dict[str, Any] = {}
    for key, value in origin.items():
        if key not in ORIGIN_KEYS or fits(key, value):
            found[key] = value
        elif ORIGIN_KEYS[key]["type"] == "array" and isinstance(value, str) and value.strip():
            found[key] = [value]
        else:
            found[_free(f"{key}_text", {*origin, *found})] = value
    return found


def fits(key: str, value: Any) -> bool:
    """Return whether a value has the form of a known key of an `origin`."""
    schema = ORIGIN_KEYS[key]
    if schema["type"] == "array":
        names = isinstance(value, (list, tuple)) and all(isinstance(each, str) and each.strip() for each in value)
        return names and len(set(value)) == len(value)
    if not isinstance(value, str):
        return "number" in schema["type"] and isinstance(value, (int, float)) and not isinstance(value, bool)
    return "pattern" not in schema or re.search(schema["pattern"], value) is not None


def _free(key: str, taken: set[str]) -> str:
    return key if key not in taken else _free(f"{key}_text", taken)
