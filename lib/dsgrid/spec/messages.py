"""Sentences about values that break a schema: what was found, and what is expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from dsgrid.errors import closest, listing
from dsgrid.spec.node import key_path
from dsgrid.spec.patterns import WORDS

Path = tuple[str | int, ...]
Table = Mapping[str, Any]

_MANY = 8  # alternatives, more than which nobody wants to read who has found some of them
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "a table",
}


def violation(rule: str, value: Any, found: Any) -> str:
    """Return the sentence for a value that breaks one keyword of JSON Schema."""
    if rule == "type":
        return f"found {shown_value(found)}, expected {type_words(value)}{writing_hint(found, value)}"
    if rule == "enum":
        return f"found {shown_value(found)}, {_word_expected(value, found)}"
    if rule == "pattern":
        return f"found {shown_value(found)}, expected {WORDS.get(value, f'a text that matches {value}')}"
    if rule == "minItems":
        return f"found {len(found) or 'no'} item{'' if len(found) == 1 else 's'}, expected at least {value}"
    if rule == "maxItems":
        return f"found {len(found)} items, expected at most {value}"
    if rule == "uniqueItems":
        twice = next(item for number, item in enumerate(found) if item in found[:number])
        return f"{shown_value(twice)} is there twice"
    if rule == "minProperties":
        return f"found {len(found) or 'no'} key{'' if len(found) == 1 else 's'}, expected at least {value}"
    if rule in ("minimum", "maximum"):
        return f"found {shown_value(found)}, expected at {'least' if rule == 'minimum' else 'most'} {value}"
    return f"found {shown_value(found)}, which breaks the rule {rule} = {json.dumps(value)}"  # pragma: no cover


def _word_expected(words: list[Any], found: Any) -> str:
    if len(words) == 1:
        return f"expected {shown_value(words[0])}"
    near = closest(found, words) if isinstance(found, str) else None
    if near is None:
        return f"expected one of {listing(words, limit=30)}"
    known = (
        f"expected one of {listing(words)}" if len(words) <= 8 else f"which is none of the {len(words)} words for this"
    )
    return f'{known}; did you mean "{near}"?'


def missing_key(path: Path, key: str, schema: Table) -> str:
    """Return the sentence for a required key or table that is absent."""
    table = key_path((*(part for part in path if isinstance(part, str)), key))
    if schema.get("type") == "object":
        return f"missing table [{table}]" if "properties" in schema else f"missing at least one table [{table}.<name>]"
    if schema.get("type") == "array" and "properties" in schema.get("items", {}):
        return f"missing [[{table}]]"
    examples = schema.get("examples") or schema.get("enum")
    example = f", such as {key} = {literal(examples[0])}" if examples else ""
    return f'missing key "{key}"{example}'


def one_needed(names: list[str], found: Table) -> str:
    """Return the sentence for keys of which exactly one has to be given.

    Where there are many, all of them are named only to those who gave none.
    """
    given = [name for name in names if name in found]
    if given and len(names) > _MANY:
        some = ", ".join(f"`{name}`" for name in names[:3])
        return f"exactly one of {some} and {len(names) - 3} others is needed; found {listed(given)}"
    return f"exactly one of {listed(names)} is needed; found {listed(given) if given else 'none'}"


def listed(names: Sequence[str]) -> str:
    """Return keys as code, joined."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def shown_value(found: Any) -> str:
    """Return a value as the user wrote it, with the word for its type where that helps."""
    if isinstance(found, str):
        return literal(found if len(found) <= 60 else f"{found[:57]}...")
    if isinstance(found, bool):
        return literal(found)
    if isinstance(found, (int, float)):
        return f"the {'integer' if isinstance(found, int) else 'number'} {found}"
    if isinstance(found, (date, time)):
        return f"the bare {'time' if isinstance(found, time) else 'date'} {found}"
    if isinstance(found, dict):
        return "a table" if found else "an empty table"
    if isinstance(found, list):
        return f"an array of {len(found)} item{'' if len(found) == 1 else 's'}" if found else "an empty array"
    return type(found).__name__


def literal(value: Any) -> str:
    """Return a value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def type_words(types: str | list[str]) -> str:
    """Return the words for types of JSON Schema."""
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))


def expected_words(schema: Table) -> str:
    """Return what one of several alternatives expects."""
    words = type_words(schema["type"])
    if schema["type"] != "array":
        return words
    # Items that are tables are definitions of their own.
    return f"{words} of {'strings' if schema['items'].get('type') == 'string' else 'tables'}"


def writing_hint(found: Any, expected: str | list[str]) -> str:
    """Return how to write a value that only lacks its quotes or brackets."""
    takes_text = "string" in ([expected] if isinstance(expected, str) else expected)
    if takes_text and isinstance(found, (int, float, date, time)) and not isinstance(found, bool):
        return f'; put it in quotes: "{found}"'
    if expected == "array" and isinstance(found, str):
        return f"; put it in brackets: [{literal(found)}]"
    if expected in ("number", "integer") and isinstance(found, str) and _NUMBER.fullmatch(found):
        return f"; leave out the quotes: {found}"
    return ""
