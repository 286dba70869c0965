"""The manual of specs, written from the schemas: ``python -m dsgrid.spec.document [--check] [FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsgrid.spec.schemas import JOBS, SHARED, job_schema
from dsgrid.spec.schemas.words import CLASSES, RECORD_TYPES

Schema = dict[str, Any]

_INTRODUCTION = """\
# Specs

<!-- Written by `python -m dsgrid.spec.document` from the schemas; edit lib/dsgrid/spec/schemas/ instead. -->

A spec is a TOML file that says what a job has to do. Its first lines name its schema, for completion and checks in
editors (Even Better TOML, Tombi), the version of the format, and the job:

```toml
#:schema ../../schemas/query.schema.json
spec_version = 1
job = "query"
```

- **Paths** are relative to the spec's own folder. Environment variables are not expanded.
- **Variables**: `${name}` inside a string is filled by `--set name=value` before anything is checked.
- **Ids** are texts, in quotes, with their leading zeros: `"06037"`.
- **Dates and times** are texts, too: `"2018-01-01 00:00"`.
- `dsgrid validate SPEC...` checks specs without an engine and reports all errors of a file at once, each with its
  place, what was found and what is expected.

"""

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "array",
    "object": "table",
}


def document(examples: Path) -> str:
    """Return the manual; `examples` is the folder with one example spec per job."""
    parts = [_INTRODUCTION, "Jobs: ", ", ".join(f"[{job}](#{job})" for job in JOBS), ".\n"]
    for job in JOBS:
        schema = job_schema(job)
        parts.append(f"\n## {job}\n\n{schema['description']}\n")
        parts.extend(_table((), schema))
        parts.append("\nExample:\n\n```toml\n")
        parts.append((examples / f"{job}.toml").read_text("utf-8"))
        parts.append("```\n")
    parts.append("\n## Shared tables\n\nTables that several keys refer to.\n")
    for name, definition in SHARED.items():
        parts.append(f"\n### {name}\n\n")
        if "properties" in definition:
            parts.append(f"{_prose(definition['description'])}\n\n")
            parts.extend(_rows(definition))
        else:
            parts.append(f"{_prose(definition['description'])} For example:\n\n")
            parts.extend(f"- `{_toml(example)}`\n" for example in definition["examples"])
    parts.append("\n### Classes of records\n\n| dimension type | classes |\n|---|---|\n")
    parts.extend(f"| {type_} | {', '.join(f'`{name}`' for name in names)} |\n" for type_, names in CLASSES.items())
    return "".join(parts)


def _table(path: tuple[str, ...], schema: Schema) -> Iterator[str]:
    """Yield the section of a table, and those of the tables in it."""
    if path:
        yield f"\n### `{_header(path, schema)}`\n\n{_prose(schema['description'])}\n"
    items = schema.get("items", schema)
    if items is not schema and path:
        yield f"\n{_prose(items['description'])}\n"
    if "properties" in items:
        yield "\n"
        yield from _rows(items)
    for key, child in _children(items):
        yield from _table((*path, key), child)


def _children(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the tables inside a table that have sections of their own, tables of user's names as their value."""
    properties = schema.get("properties", {})
    alike = all("properties" in value for value in properties.values())
    if set(properties) == set(RECORD_TYPES) and alike:
        # The tables of the seven types differ in their classes only: one section stands for all.
        yield "<type>", properties[RECORD_TYPES[0]]
        return
    for key, value in properties.items():
        if "properties" in value or "properties" in value.get("items", {}):
            yield key, value
        elif "patternProperties" in value:
            (inner,) = value["patternProperties"].values()
            if "properties" in inner:
                yield f"{key}.<name>", inner
            elif "patternProperties" not in inner:
                continue


def _header(path: tuple[str, ...], schema: Schema) -> str:
    name = ".".join(path)
    return f"[[{name}]]" if schema.get("type") == "array" else f"[{name}]"


def _rows(schema: Schema) -> Iterator[str]:
    yield "| key | type | default | meaning |\n|---|---|---|---|\n"
    lists = []
    for key, value in schema["properties"].items():
        value = SHARED[_name(value)] if "$ref" in value else value
        meaning, _, meanings = value["description"].partition("\n\n")
        if meanings:
            lists.append(f"\n`{key}` is one of\n\n{meanings}\n")
        default = "**required**" if key in schema.get("required", ()) else _default(value)
        example = f" For example `{_toml(value['examples'][0])}`." if _short(value) else ""
        yield f"| `{key}` | {_type(key, schema['properties'][key])} | {default} | {_prose(meaning)}{example} |\n"
    yield from lists


def _type(key: str, schema: Schema) -> str:
    if "$ref" in schema:
        name = _name(schema)
        return f"[{name}](#{name.replace(' ', '-')})"
    if key == "class":
        return "[class](#classes-of-records)"
    if "anyOf" in schema:
        return " or ".join(_type("", branch) for branch in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(name)}`" for name in schema["enum"][:7]) if len(schema["enum"]) < 8 else "text"
    if isinstance(schema["type"], list):
        return " or ".join(_TYPES[name] for name in schema["type"])
    if schema["type"] == "array":
        items = schema["items"]
        if "$ref" in items:
            name = _name(items)
            return f"array of [{name}](#{name.replace(' ', '-')})"
        return (
            "array of tables"
            if items["type"] == "object"
            else "array of texts"
            if items["type"] == "string"
            else "array"
        )
    if "patternProperties" in schema:
        return "tables by name" if "properties" in next(iter(schema["patternProperties"].values())) else "table"
    return _TYPES[schema["type"]]


def _name(schema: Schema) -> str:
    return str(schema["$ref"].rpartition("/")[2]).replace("_", " ")


def _default(schema: Schema) -> str:
    return f"`{_toml(schema['default'])}`" if schema.get("default") not in (None, "") else ""


def _short(schema: Schema) -> bool:
    return (
        "enum" not in schema and "default" not in schema and len(_toml(schema.get("examples", [""])[0])) in range(3, 60)
    )


def _prose(text: str) -> str:
    return text.replace("|", "\\|")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(child)}" for key, child in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 when `--check` finds that the manual is not current."""
    parser = argparse.ArgumentParser(prog="python -m dsgrid.spec.document", description="Write the manual of specs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not current")
    parser.add_argument("--examples", type=Path, default=Path("specs/examples/good"), help="a spec per job")
    parser.add_argument("file", nargs="?", type=Path, default=Path("docs/specs.md"), help="default: docs/specs.md")
    options = parser.parse_args(arguments)
    text = document(options.examples)
    if options.file.is_file() and options.file.read_text("utf-8") == text:
        return 0
    if not options.check:
        options.file.write_text(text, "utf-8")
    sys.stdout.write(f"{options.file}: {'is not current' if options.check else 'written'}\n")
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
