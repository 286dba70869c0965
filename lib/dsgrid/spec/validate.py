"""Check a spec against its job's schema, and say what is wrong in the user's words.

`jsonschema` finds the violations; this module turns them into problems with a place in the file, and picks, for
alternatives, the one that was meant: by its `kind`, or by the type of the value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from re import search
from typing import TYPE_CHECKING, Any

from dsgrid.errors import Problem, closest, did_you_mean, listing
from dsgrid.spec.assets import asset, asset_names
from dsgrid.spec.node import Node, key_path
from dsgrid.spec.patterns import WORDS

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

Path = tuple[str | int, ...]
Table = Mapping[str, Any]

_SUFFIX = ".schema.json"
_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "a table",
}


@lru_cache(maxsize=1)
def jobs() -> tuple[str, ...]:
    """Return the names of the jobs that have a schema."""
    return tuple(name.removesuffix(_SUFFIX) for name in asset_names("schemas") if name.endswith(_SUFFIX))


@lru_cache
def schema_of(job: str) -> dict[str, Any]:
    """Return the schema of a job."""
    schema: dict[str, Any] = json.loads(asset(f"schemas/{job}{_SUFFIX}"))
    return schema


@lru_cache
def _validator(job: str) -> Draft7Validator:
    from jsonschema import Draft7Validator  # 80 ms: only when there is something to check

    # The schemas are ours and tested; checking them against the meta-schema at every start would cost 50 ms.
    return Draft7Validator(schema_of(job))


def check(root: Node, job: str) -> list[Problem]:
    """Return everything in which a spec breaks the schema of `job`, in the order of the file."""
    validator = _validator(job)
    reporter = _Reporter(root, validator.schema)
    errors = list(validator.iter_errors(root.value))
    found = [placed for error in _causes(errors) for placed in reporter.problems(error)]
    found.sort(key=lambda placed: placed[0])
    return list(dict.fromkeys(problem for _, problem in found))


def _causes(errors: list[ValidationError]) -> Iterator[ValidationError]:
    """Leave out "exactly one of a, b is needed" where another error says already that `a` is missing."""
    wanted = {
        (tuple(error.absolute_path), name)
        for error in errors
        if error.validator == "dependencies"
        for name in _companions(error)
    }
    for error in errors:
        names = _choices(error)
        none_given = not any(name in error.instance for name in names)
        if names and none_given and any((tuple(error.absolute_path), name) in wanted for name in names):
            continue
        yield error


def _companions(error: ValidationError) -> list[str]:
    """Return the absent keys that keys which are present need beside them."""
    found = error.instance
    return [name for key, names in error.validator_value.items() if key in found for name in names if name not in found]


def _choices(error: ValidationError) -> list[str]:
    """Return the keys of which exactly one is needed, when that is what the error is about."""
    if error.validator != "oneOf" or any(set(branch) != {"required"} for branch in error.validator_value):
        return []
    return [branch["required"][0] for branch in error.validator_value]


_Placed = tuple[tuple[int, int], Problem]


class _Reporter:
    """Turns the errors of `jsonschema` into problems of one spec."""

    def __init__(self, root: Node, schema: Table) -> None:
        self.root = root
        self.schema = schema

    def problems(self, error: ValidationError) -> Iterator[_Placed]:
        path = tuple(error.absolute_path)
        rule, value, found = error.validator, error.validator_value, error.instance
        if rule == "additionalProperties":
            yield from self.unknown_keys(path, found, error.schema)
        elif rule == "required":
            yield from self.missing_keys(path, found, error.schema)
        elif rule == "dependencies":
            yield from self.missing_companions(path, found, value)
        elif _choices(error):
            yield self.at(path, _exactly_one(_choices(error), found))
        elif rule == "not":
            yield self.at(path, f"{_names(value['required'])} exclude each other")
        elif rule in ("anyOf", "oneOf"):
            yield from self.alternatives(path, error)
        else:
            yield self.at(path, _message(rule, value, found, error.schema))

    def at(self, path: Path, message: str, *, of_key: bool = False) -> _Placed:
        source = self.root.source
        place = (0, 0)
        if source.path is not None or source.text:
            place = source.positions.of_key(path) if of_key else source.positions.of_value(path)
        return place, Problem(message, source.where(path, of_key=of_key), key_path(path))

    def unknown_keys(self, path: Path, found: Table, schema: Table) -> Iterator[_Placed]:
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        for key in found:
            if key in known or any(search(pattern, key) for pattern in patterns):
                continue
            if patterns and not known:
                words = " or ".join(WORDS.get(pattern, pattern) for pattern in patterns)
                yield self.at((*path, key), f'"{key}" cannot be a key here, which is {words}', of_key=True)
                continue
            yield self.at((*path, key), f"unknown key{self.key_hint(path, key, found, known)}", of_key=True)

    def key_hint(self, path: Path, key: str, found: Table, known: Table) -> str:
        free = [name for name in known if name not in found]
        near = closest(key, free) or closest(key, known)
        if near is not None:
            return f'; did you mean "{near}"?'
        if path and key in self.schema["properties"]:
            return "; it belongs at the top of the file, above the first [table]"
        return f"; the keys here are {listing(list(known), limit=20)}"

    def missing_keys(self, path: Path, found: Table, schema: Table) -> Iterator[_Placed]:
        # jsonschema gives one error per key, each with the whole list; the duplicates are dropped in `check`.
        for key in schema["required"]:
            if key not in found:
                yield self.at(path, _missing(path, key, self.resolve(schema.get("properties", {}).get(key, {}))))

    def missing_companions(self, path: Path, found: Table, rules: Table) -> Iterator[_Placed]:
        for key, companions in rules.items():
            absent = [name for name in companions if key in found and name not in found]
            if absent:
                yield self.at((*path, key), f"`{key}` needs {_names(absent)} beside it", of_key=True)

    def alternatives(self, path: Path, error: ValidationError) -> Iterator[_Placed]:
        found = error.instance
        branches = [self.resolve(branch) for branch in error.validator_value]
        fitting = [number for number, branch in enumerate(branches) if _has_type(found, branch)]
        if not fitting:
            yield self.at(path, f"found {_shown(found)}, expected {' or '.join(_expected(b) for b in branches)}")
            return
        kinds = {number: _kinds(branches[number]) for number in fitting}
        if isinstance(found, dict) and all(kinds.values()) and "kind" in found:
            named = [number for number in fitting if found["kind"] in kinds[number]]
            if not named:
                every = [name for number in fitting for name in kinds[number]]
                yield self.at((*path, "kind"), _message("enum", every, found["kind"], {}))
                return
            fitting = named
        errors = {number: [sub for sub in error.context if sub.relative_schema_path[0] == number] for number in fitting}
        meant = min(fitting, key=lambda number: len(errors[number]))
        for sub in errors[meant]:
            yield from self.problems(sub)

    def resolve(self, schema: Table) -> Table:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        definition: Table = self.schema["definitions"][reference.rpartition("/")[2]]
        return definition


def _message(rule: str, value: Any, found: Any, schema: Table) -> str:
    if rule == "type":
        return f"found {_shown(found)}, expected {_type_words(value)}{_quotes_hint(found, value)}"
    if rule == "enum":
        expected = listing([str(item) for item in value], limit=30) if isinstance(value[0], str) else _shown(value[0])
        hint = did_you_mean(found, [str(item) for item in value]) if isinstance(found, str) else ""
        near = hint if "did you mean" in hint else ""
        return f"found {_shown(found)}, expected {'one of ' if len(value) > 1 else ''}{expected}{near}"
    if rule == "pattern":
        return f"found {_shown(found)}, expected {WORDS.get(value, f'a text that matches {value}')}"
    if rule == "minItems":
        return f"found {len(found) or 'no'} item{'' if len(found) == 1 else 's'}, expected at least {value}"
    if rule == "maxItems":
        return f"found {len(found)} items, expected at most {value}"
    if rule == "uniqueItems":
        twice = next(item for number, item in enumerate(found) if item in found[:number])
        return f"{_shown(twice)} is there twice"
    if rule == "minProperties":
        return f"found {len(found) or 'no'} key{'' if len(found) == 1 else 's'}, expected at least {value}"
    if rule in ("minimum", "maximum"):
        return f"found {_shown(found)}, expected at {'least' if rule == 'minimum' else 'most'} {value}"
    return f"found {_shown(found)}, which breaks the rule {rule} = {json.dumps(value)}"  # pragma: no cover


def _missing(path: Path, key: str, schema: Table) -> str:
    table = key_path((*(part for part in path if isinstance(part, str)), key))
    if schema.get("type") == "object":
        return f"missing table [{table}]" if "properties" in schema else f"missing at least one table [{table}.<name>]"
    if schema.get("type") == "array" and "properties" in schema.get("items", {}):
        return f"missing [[{table}]]"
    examples = schema.get("examples") or schema.get("enum")
    example = f", such as {key} = {_literal(examples[0])}" if examples else ""
    return f'missing key "{key}"{example}'


def _exactly_one(names: list[str], found: Table) -> str:
    given = [name for name in names if name in found]
    return f"exactly one of {_names(names)} is needed; found {_names(given) if given else 'none'}"


def _names(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _shown(found: Any) -> str:
    """Return a value as the user wrote it, with the word for its type where that helps."""
    if isinstance(found, str):
        return _literal(found if len(found) <= 60 else f"{found[:57]}...")
    if isinstance(found, bool):
        return _literal(found)
    if isinstance(found, (int, float)):
        return f"the {'integer' if isinstance(found, int) else 'number'} {found}"
    if isinstance(found, (date, datetime, time)):
        return f"the bare date {found}"
    if isinstance(found, dict):
        return "a table" if found else "an empty table"
    if isinstance(found, list):
        return f"an array of {len(found)}" if found else "an empty array"
    return type(found).__name__


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _type_words(types: str | list[str]) -> str:
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))


def _expected(schema: Table) -> str:
    words = _type_words(schema["type"])
    if schema["type"] == "array" and "type" in schema.get("items", {}):
        plural = {"string": "strings", "object": "tables"}.get(schema["items"]["type"])
        return f"{words} of {plural}" if plural else words
    return words


def _quotes_hint(found: Any, expected: str | list[str]) -> str:
    takes_text = "string" in ([expected] if isinstance(expected, str) else expected)
    if takes_text and isinstance(found, (int, float, date, time)) and not isinstance(found, bool):
        return f'; put it in quotes: "{found}"'
    if expected == "array" and isinstance(found, str):
        return f"; put it in brackets: [{_literal(found)}]"
    return ""


def _kinds(schema: Table) -> list[str]:
    kinds: list[str] = schema.get("properties", {}).get("kind", {}).get("enum", [])
    return kinds


def _has_type(found: Any, schema: Table) -> bool:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if isinstance(found, bool):
        return "boolean" in types
    if isinstance(found, int):
        return "integer" in types or "number" in types
    names = {str: "string", float: "number", list: "array", dict: "object"}
    return names.get(type(found), "") in types
