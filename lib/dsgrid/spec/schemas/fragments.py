"""Small functions that write JSON Schema, so that the schemas read like the manual they are.

They keep to the subset that draft-04 and draft-07 read alike: editors implement different drafts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dsgrid.spec.patterns import Form

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"


def text(title: str, description: str, form: Form | None = None, **more: Any) -> Schema:
    """Return a string, of a form or free; `default` and `examples` go in `more`."""
    schema: Schema = {"title": title, "description": description, "type": "string"}
    if form is not None:
        schema["pattern"] = form.pattern
    return {**schema, **more}


def choice(title: str, description: str, names: Iterable[str], **more: Any) -> Schema:
    """Return one of a closed list of names; a mapping name -> meaning adds a list of meanings to the description."""
    if isinstance(names, Mapping):
        meanings = "\n".join(f"- `{name}`: {meaning}" for name, meaning in names.items())
        description = f"{description}\n\n{meanings}"
    return {"title": title, "description": description, "type": "string", "enum": list(names), **more}


def flag(title: str, description: str, default: bool) -> Schema:
    """Return true or false."""
    return {
        "title": title,
        "description": description,
        "type": "boolean",
        "default": default,
        "examples": [not default],
    }


def array(title: str, description: str, items: Schema, **more: Any) -> Schema:
    """Return an array of different items; it may be empty where that is the default."""
    schema: Schema = {"title": title, "description": description, "type": "array", "items": items, "uniqueItems": True}
    if more.get("default") != []:
        schema["minItems"] = 1
    return {**schema, **more}


def table(
    title: str, description: str, properties: dict[str, Schema], required: tuple[str, ...] = (), **more: Any
) -> Schema:
    """Return a table with a closed set of keys."""
    schema: Schema = {"title": title, "description": description, "type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return {**schema, "additionalProperties": False, **more}


def tables_by_name(title: str, description: str, form: Form, value: Schema, **more: Any) -> Schema:
    """Return a table whose keys are names that the user gives."""
    return {
        "title": title,
        "description": description,
        "type": "object",
        "patternProperties": {form.pattern: value},
        "additionalProperties": False,
        **more,
    }


def ref(name: str) -> Schema:
    """Return a reference to a definition of the same file."""
    return {"$ref": f"#/definitions/{name}"}


def exactly_one(*keys: str) -> Schema:
    """Return the rule that exactly one of some keys is given."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def alone(key: str, *others: str) -> Schema:
    """Return the rule that a key is given and none of others, to be an alternative of `exactly_one`."""
    return {"required": [key], "not": {"anyOf": [{"required": [other]} for other in others]}}


def exclude(*keys: str) -> Schema:
    """Return the rule that some keys are not given together."""
    return {"not": {"required": list(keys)}}
