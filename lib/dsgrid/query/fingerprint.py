"""Digests of values: equal values have equal digests, and whatever differs in a value makes another digest.

A value is hashed with the types and the lengths of its parts, so that no two different ones can be written alike.
Fields of dataclasses that do not take part in comparisons (places in a spec, say) are left out. What is no value is
refused instead of being left out.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

Write = Callable[[bytes], None]
_FIELDS: dict[type, tuple[str, ...]] = {}


def fingerprint(*values: Any) -> str:
    """Return the sha256 of values.

    Raises
    ------
    TypeError
        For a part that is no value: nothing may be left out of a key by mistake.
    """
    digest = hashlib.sha256()
    _value(digest.update, values)
    return digest.hexdigest()


def _value(write: Write, value: Any) -> None:
    kind = type(value)
    if value is None:
        write(b"n")
    elif kind is str:
        _text(write, b"s", value)
    elif kind is bool:
        write(b"1" if value else b"0")
    elif kind is int:
        _text(write, b"i", str(value))
    elif kind is float:
        write(b"f" + struct.pack(">d", value))
    elif kind is tuple or kind is list:
        _many(write, b"l", value)
    elif isinstance(value, Mapping):
        # In their order: that of records decides the order of rows.
        _many(write, b"d", [part for item in value.items() for part in item])
    elif is_dataclass(value) and not isinstance(value, type):
        _text(write, b"c", kind.__qualname__)
        _many(write, b"a", [getattr(value, name) for name in _compared(kind)])
    else:
        _rarer(write, value)


def _rarer(write: Write, value: Any) -> None:
    if isinstance(value, (set, frozenset)):
        _many(write, b"u", sorted(fingerprint(part) for part in value))
    elif isinstance(value, bytes):
        write(b"b" + len(value).to_bytes(8, "big") + value)
    elif isinstance(value, (datetime, date, time)):
        _text(write, b"t", f"{type(value).__name__} {value.isoformat()}")
    elif isinstance(value, timedelta):
        _text(write, b"p", f"{value.days} {value.seconds} {value.microseconds}")
    elif isinstance(value, Enum):
        _text(write, b"e", f"{type(value).__qualname__}.{value.name}")
    elif isinstance(value, PurePath):
        _text(write, b"w", str(value))
    elif isinstance(value, (str, int, float, tuple, list)):
        # A subclass of a plain type is what it is made of.
        plain: Any = next(one for one in (str, int, float, tuple, list) if isinstance(value, one))
        _value(write, plain(value))
    else:
        raise TypeError(f"a {type(value).__module__}.{type(value).__qualname__} has no fingerprint")


def _many(write: Write, mark: bytes, parts: Any) -> None:
    write(mark + len(parts).to_bytes(8, "big"))
    for part in parts:
        _value(write, part)


def _text(write: Write, mark: bytes, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    write(mark + len(data).to_bytes(8, "big") + data)


def _compared(kind: Any) -> tuple[str, ...]:
    """Return the fields of a dataclass that say what it is."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(field.name for field in fields(kind) if field.compare)
    return _FIELDS[kind]
