"""Every text that a spec may have, by walking the schemas, and specs that hold one text at one of these places."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsgrid.spec.validate import schema_of

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A step of the way to a text: the schema in which it is, and the key or position."""

    schema: Schema
    key: str | int


@dataclass(frozen=True)
class Place:
    """A text of a spec.

    Parameters
    ----------
    way
        From the top of the spec.
    schema
        Of the text.
    """

    job: str
    way: tuple[Step, ...]
    schema: Schema

    @property
    def key(self) -> str:
        """The way in words."""
        return ".".join(str(step.key) for step in self.way)

    @property
    def path(self) -> tuple[str | int, ...]:
        """The keys and positions on the way."""
        return tuple(step.key for step in self.way)

    def spec(self, text: str) -> dict[str, Any]:
        """Return a spec with this text at the place; what else it needs is as in the examples of the schema."""
        value: Any = text
        for step in reversed(self.way):
            value = [value] if isinstance(step.key, int) else {**_required(step.schema, self.job), step.key: value}
        assert isinstance(value, dict)
        return {**value, "spec_version": 1, "job": self.job} if self.key not in ("job", "spec_version") else value

    def takes(self, text: str) -> bool:
        """Return whether the pattern of the text lets it through."""
        pattern = self.schema.get("pattern")
        return pattern is None or re.search(pattern, text) is not None


def places(job: str) -> tuple[Place, ...]:
    """Return every place of a text in specs of a job, each once."""
    found: dict[tuple[Any, ...], Place] = {}
    for place in _walk(job, schema_of(job), (), ()):
        found.setdefault((place.path, place.schema.get("pattern")), place)
    return tuple(found.values())


def _walk(job: str, schema: Schema, way: tuple[Step, ...], seen: tuple[str, ...]) -> Iterator[Place]:
    reference = schema.get("$ref")
    if reference is not None:
        if reference not in seen:
            yield from _walk(job, _definition(job, reference), way, (*seen, reference))
        return
    types = schema.get("type", ())
    if "string" in ([types] if isinstance(types, str) else types) and way:
        yield Place(job, way, schema)
    for key, child in schema.get("properties", {}).items():
        yield from _walk(job, child, (*way, Step(schema, key)), seen)
    for child in schema.get("patternProperties", {}).values():
        yield from _walk(job, child, (*way, Step(schema, "named")), seen)
    if isinstance(schema.get("items"), dict):
        yield from _walk(job, schema["items"], (*way, Step(schema, 0)), seen)
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(word, ()):
            if set(branch) - {"required", "not"}:
                yield from _walk(job, branch, way, seen)


def _definition(job: str, reference: str) -> Schema:
    definition: Schema = schema_of(job)["definitions"][reference.rpartition("/")[2]]
    return definition


def _required(schema: Schema, job: str) -> dict[str, Any]:
    """Return a table with what it cannot do without."""
    names = list(schema.get("required", ()))
    for rule in (schema, *schema.get("allOf", ())):
        for word in ("oneOf", "anyOf"):
            branches = rule.get(word, ())
            if branches and all("required" in branch for branch in branches):
                names += branches[0]["required"]
    return {
        name: _example(schema["properties"][name], job)
        for name in dict.fromkeys(names)
        if name in schema.get("properties", {})
    }


def _example(schema: Schema, job: str) -> Any:
    if "$ref" in schema:
        definition = _definition(job, schema["$ref"])
        return _example({**definition, **{key: value for key, value in schema.items() if key != "$ref"}}, job)
    if schema.get("examples"):
        return copy.deepcopy(schema["examples"][0])
    if "default" in schema:
        return copy.deepcopy(schema["default"])
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf"):
        if schema.get(word) and "properties" not in schema:
            return _example(schema[word][0], job)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if "patternProperties" in schema and not schema.get("properties"):
            return {"named": _example(next(iter(schema["patternProperties"].values())), job)}
        return _required(schema, job)
    if kind == "array":
        return [_example(schema["items"], job)]
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind), "example")
