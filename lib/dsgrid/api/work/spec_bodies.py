"""What requests with a spec look like in the OpenAPI document: the schemas of the specs themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from dsgrid.api.work.received import JSON, TOML
from dsgrid.spec.validate import jobs, schema_of
from dsgrid.toml_text import dumps

_REFERENCE: Final = "#/definitions/"
_COMPONENTS: Final = "#/components/schemas/"


def name_of(job: str) -> str:
    """Return the name of the component with the schema of a job."""
    return f"spec-{job}"


@lru_cache(maxsize=1)
def components() -> Mapping[str, Any]:
    """Return the schemas of all jobs, and of what they share, as components of the document."""
    found: dict[str, Any] = {}
    for job in jobs():
        schema = schema_of(job)
        shared = schema.get("definitions", {})
        common = {name: f"spec-part-{_plain(name)}" for name in shared}
        names = {}
        for name, definition in shared.items():
            # The same in most jobs; where it is not, each has its own.
            is_other = common[name] in found and found[common[name]] != _rewritten(definition, common)
            names[name] = f"{name_of(job)}-{_plain(name)}" if is_other else common[name]
        for name, definition in shared.items():
            found[names[name]] = _rewritten(definition, names)
        top = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "definitions")}
        found[name_of(job)] = _rewritten(top, names)
    return found


def _plain(name: str) -> str:
    """Return a name with those characters alone that names of components have."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)


def body(kinds: Iterable[str], examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the document says of a request whose body is a spec.

    Parameters
    ----------
    kinds
        The jobs that are taken.
    examples
        Specs, by what they show.
    """
    names = sorted(kinds)
    references = [{"$ref": f"{_COMPONENTS}{name_of(name)}"} for name in names]
    mapping = {name: f"{_COMPONENTS}{name_of(name)}" for name in names}
    one = {"oneOf": references, "discriminator": {"propertyName": "job", "mapping": mapping}}
    return {
        "requestBody": {
            "required": True,
            "description": f"A spec as a file has it, for one of the jobs {', '.join(names)}. Files are named by roots "
            "of the server, as `<root>/<path inside>`.",
            "content": {
                JSON: {
                    "schema": one if len(references) > 1 else references[0],
                    "examples": {name: {"summary": name, "value": dict(spec)} for name, spec in examples.items()},
                },
                TOML: {
                    "schema": {"type": "string", "description": "The same as TOML."},
                    "examples": {
                        name: {"summary": name, "value": dumps(dict(spec))} for name, spec in examples.items()
                    },
                },
            },
        }
    }


def _rewritten(value: Any, names: Mapping[str, str]) -> Any:
    """Return a schema of draft 7 in the words of the draft that OpenAPI has."""
    if isinstance(value, list):
        return [_rewritten(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, child in value.items():
        if key == "$ref" and isinstance(child, str) and child.startswith(_REFERENCE):
            found[key] = _COMPONENTS + names[child.removeprefix(_REFERENCE)]
        elif key == "dependencies" and isinstance(child, dict) and all(isinstance(one, list) for one in child.values()):
            found["dependentRequired"] = child
        elif key in ("properties", "patternProperties") and isinstance(child, dict):
            found[key] = {name: _rewritten(each, names) for name, each in child.items()}
        elif key in ("examples", "default", "enum", "const", "required"):
            found[key] = child
        else:
            found[key] = _rewritten(child, names)
    return found
