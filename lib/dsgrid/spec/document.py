"""The manual of specs, written from the schemas: ``python -m dsgrid.spec.document [--check] [FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsgrid.spec.messages import listed
from dsgrid.spec.patterns import ID
from dsgrid.spec.schemas import JOBS, OTHERS, SHARED
from dsgrid.spec.schemas.words import CLASSES, MAPPING_KINDS, RECORD_TYPES

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
- **Variables**: `${name}` inside a string is filled by `--set name=value` before anything is checked. `$${name}` is the
  text `${name}`.
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


_HEAD = ("spec_version", "job", "registry", "log_message")


def document(examples: Path) -> str:
    """Return the manual; `examples` is the folder with one example spec per job."""
    return "".join(_parts(examples))


def _parts(examples: Path) -> Iterator[str]:
    yield _INTRODUCTION
    yield "| job | what it does |\n|---|---|\n"
    for job, schema in JOBS.items():
        yield f"| [`{job}`](#{job}) | {schema['description'].partition(': ')[0]} |\n"
    yield "\n## The head of every spec\n\n"
    any_job = JOBS["register_project"]
    head = {key: any_job["properties"][key] for key in _HEAD}
    head["job"] = {key: value for key, value in head["job"].items() if key not in ("enum", "examples")}
    yield from _rows({**any_job, "properties": head})
    yield "\nJobs that register nothing (such as `create_registry`, `query` and `dump`) have no `log_message`.\n"
    for job, schema in JOBS.items():
        yield f"\n## {job}\n\n{schema['description']}\n"
        yield from _section((), {**schema, "properties": _own_keys(schema)})
        yield f"\nExample:\n\n```toml\n{(examples / f'{job}.toml').read_text('utf-8')}```\n"
    yield "\n## Shared tables\n\nWhat several keys refer to.\n"
    for name, definition in SHARED.items():
        yield f"\n### {name}\n\n{_prose(definition['description'])}\n"
        if "properties" in definition:
            yield from _section((), definition)
        else:
            yield "\n"
            yield from (f"- `{_toml(example)}`\n" for example in definition["examples"])
    yield "\n### kinds of mappings\n\n"
    yield from (f"- `{name}`: {meaning}\n" for name, meaning in MAPPING_KINDS.items())
    yield "\n### classes of records\n\n| dimension type | classes |\n|---|---|\n"
    yield from (f"| {type_} | {', '.join(f'`{name}`' for name in names)} |\n" for type_, names in CLASSES.items())
    for name, schema in OTHERS.items():
        yield f"\n## The file of a {name}\n\nIt is no spec, and has no head. {schema['description']}\n"
        yield from _section((), schema)


def _own_keys(schema: Schema) -> Schema:
    return {key: value for key, value in schema["properties"].items() if key not in _HEAD}


def _section(path: tuple[str, ...], schema: Schema) -> Iterator[str]:
    """Yield the section of a table, and those of the tables in it."""
    items = schema.get("items", schema)
    if path:
        name = ".".join(path)
        yield f"\n### `{f'[[{name}]]' if items is not schema else f'[{name}]'}`\n\n{_prose(schema['description'])}"
        yield f" {_prose(items['description'])}\n" if items is not schema else "\n"
    if items.get("properties"):
        yield "\n"
        yield from _rows(items)
        yield from _rules(items)
    for branch in _branches(items):
        kind = branch["properties"].get("kind", {}).get("enum", [""])[0]
        yield f"\n#### {f'`kind = {_toml(kind)}`' if kind else branch['title']}\n\n{_prose(branch['description'])}\n\n"
        yield from _rows(branch)
        yield from _rules(branch)
        for key, child in _children(branch):
            yield f"\nThe tables of `{key}`:\n\n" if "items" in child else f"\nThe table `{key}`:\n\n"
            yield from _rows(child.get("items", child))
    for key, child in _children(items):
        yield from _section((*path, key), child)


def _branches(schema: Schema) -> list[Schema]:
    """Return the tables that a table may be, by its kind."""
    return [branch for branch in schema.get("anyOf", ()) if "properties" in branch]


def _children(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the tables inside a table that have sections of their own; for tables by name, the table of each name."""
    properties = schema.get("properties", {})
    if set(properties) == set(RECORD_TYPES):
        if all("properties" in value for value in properties.values()):
            # The tables of the seven types differ in their classes only: one section stands for all.
            yield "<type>", properties[RECORD_TYPES[0]]
        return
    for key, value in properties.items():
        items = value.get("items", {})
        if "properties" in value or "properties" in items or _branches(value) or _branches(items):
            yield key, value
        elif "patternProperties" in value:
            ((pattern, inner),) = value["patternProperties"].items()
            if "properties" in inner or _branches(inner):
                yield f"{key}.{'<dataset_id>' if pattern == ID.pattern else '<name>'}", inner


def _rows(schema: Schema) -> Iterator[str]:
    """Yield the rows for the keys of a table, and the meanings of their words."""
    yield "| key | type | default | meaning |\n|---|---|---|---|\n"
    meanings = []
    for key, value in _merged(schema["properties"]).items():
        resolved = SHARED[_name(value)] if "$ref" in value else value
        text, _, words = resolved["description"].partition("\n\n")
        if words and key != "kind":
            meanings.append(f"\n`{key}` is one of\n\n{words}\n")
        default = "**required**" if key in schema.get("required", ()) else _default(resolved)
        example = f" For example `{_prose(_toml(value['examples'][0]))}`." if _worth_showing(value) else ""
        yield f"| `{key}` | {_type(key, value)} | {default} | {_prose(text)}{example} |\n"
    yield from meanings


def _merged(properties: dict[str, Schema]) -> dict[str, Schema]:
    """Return the keys with one row for the seven types, where they stand side by side."""
    if not set(RECORD_TYPES) <= set(properties):
        return properties
    others = {key: value for key, value in properties.items() if key not in RECORD_TYPES}
    return {"<type>": properties[RECORD_TYPES[0]], **others}


def _rules(schema: Schema) -> Iterator[str]:
    """Yield the rules about keys that go together."""
    rules = []
    for rule in (schema, *schema.get("allOf", ())):
        for word, how in (("oneOf", "exactly"), ("anyOf", "at least")):
            if all("required" in branch for branch in rule.get(word, [{}])):
                names = [branch["required"][0] for branch in rule[word] if "not" not in branch]
                single = [f"or `{branch['required'][0]}` alone" for branch in rule[word] if "not" in branch]
                rules.append(" ".join([f"{how} one of {listed(names)}", *single]))
        if "not" in rule:
            rules.append(f"not {listed(rule['not']['required'])} together")
    companions: dict[str, list[str]] = {}
    for key, names in schema.get("dependencies", {}).items():
        companions.setdefault(listed(names), []).append(key)
    rules += [f"{listed(keys)} {'need' if len(keys) > 1 else 'needs'} {names}" for names, keys in companions.items()]
    if schema.get("minProperties", 0) > 1:
        rules.append(f"at least {schema['minProperties']} keys")
    if rules:
        yield f"\nRules: {'; '.join(rules)}.\n"


def _type(key: str, schema: Schema) -> str:
    if "$ref" in schema:
        name = _name(schema)
        return f"[{name}](#{name.replace(' ', '-')})"
    if key == "class":
        return "[class](#classes-of-records)"
    if schema.get("enum") == list(MAPPING_KINDS):
        return "[kind](#kinds-of-mappings)"
    if _branches(schema):
        return "table"
    if "anyOf" in schema:
        return " or ".join(_type("", branch) for branch in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(name)}`" for name in schema["enum"])
    if isinstance(schema["type"], list):
        return " or ".join(_TYPES[name] for name in schema["type"])
    if schema["type"] == "array":
        items = schema["items"]
        if _branches(items):
            return "array of tables"
        plural = {"object": " of tables", "string": " of texts"}.get(str(items.get("type")), "")
        return f"array of {_type('', items)}" if "$ref" in items else f"array{plural}"
    if "patternProperties" in schema:
        inner = next(iter(schema["patternProperties"].values()))
        return "tables by name" if "properties" in inner or _branches(inner) else "table"
    return _TYPES[schema["type"]]


def _name(schema: Schema) -> str:
    return str(schema["$ref"].rpartition("/")[2]).replace("_", " ")


def _default(schema: Schema) -> str:
    return f"`{_toml(schema['default'])}`" if schema.get("default") not in (None, "") else ""


def _worth_showing(schema: Schema) -> bool:
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
