"""Specs as TOML text, in the taste of the specs that people write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH: Final = 120
# Lists that read better as one table per item; other lists of tables are records and stand in one array.
_ARRAYS_OF_TABLES: Final = ("where", "step", "together")


def dumps(spec: Mapping[str, Any], schema: str = "") -> str:
    """Return a spec as TOML 1.0 text.

    Parameters
    ----------
    schema
        The relative path of the schema for the comment that editors read.
    """
    lines = [f"#:schema {schema}"] if schema else []
    lines.extend(_table(spec, ()))
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a table: its own keys first, since after a sub-table they would belong to that."""
    inner: list[tuple[str, Any]] = []
    for key, value in table.items():
        if _stands_alone(key, value, path):
            inner.append((key, value))
        else:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in inner:
        place = (*path, key)
        name = ".".join(_key(part) for part in place)
        for item in value if isinstance(value, list) else [value]:
            header = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            own = list(_table(item, place))
            # A table that holds nothing but tables needs no header; their lines start with a blank one.
            if isinstance(value, list) or not own or own[0]:
                yield from ("", header)
            yield from own


def _stands_alone(key: str, value: Any, path: tuple[str, ...]) -> bool:
    if isinstance(value, list):
        return key in _ARRAYS_OF_TABLES and bool(value) and all(isinstance(item, Mapping) for item in value)
    if not isinstance(value, Mapping):
        return False
    return len(path) < 2 or len(f"{_key(key)} = {_value(value)}") > _WIDTH


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # JSON escapes what TOML wants escaped, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(child)}' for key, child in value.items())} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        items = [_value(item) for item in value]
        short = f"[{', '.join(items)}]"
        one_line = len(short) <= _WIDTH and not (len(items) > 1 and isinstance(value[0], Mapping))
        return short if one_line else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)
