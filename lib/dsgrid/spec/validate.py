"""Check a spec against its job's schema, and say what is wrong in the user's words.

`jsonschema` finds the violations; this module turns them into problems with a place in the file, and picks, for
alternatives, the one that was meant: by its `kind`, or by the type of the value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from re import search
from typing import TYPE_CHECKING, Any

from dsgrid.errors import Problem, closest, listing
from dsgrid.spec.assets import asset, asset_names
from dsgrid.spec.messages import expected_words, listed, missing_key, one_needed, shown_value, violation, writing_hint
from dsgrid.spec.node import Node, key_path
from dsgrid.spec.patterns import WORDS

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

Path = tuple[str | int, ...]
Table = Mapping[str, Any]

_SUFFIX = ".schema.json"
# Of more unknown keys in one table no other name is guessed, which takes a while for each.
_HINTED = 50
# More than these nobody reads, and what somebody else sent must not take minutes.
_ERRORS = 2_000
# Files with a schema that are no specs.
WITHOUT_JOB = frozenset({"server", "site"})


@lru_cache(maxsize=1)
def jobs() -> tuple[str, ...]:
    """Return the names of the jobs that have a schema."""
    names = (name.removesuffix(_SUFFIX) for name in asset_names("schemas") if name.endswith(_SUFFIX))
    return tuple(name for name in names if name not in WITHOUT_JOB)


@lru_cache
def schema_of(job: str) -> dict[str, Any]:
    """Return the schema of a job."""
    schema: dict[str, Any] = json.loads(asset(f"schemas/{job}{_SUFFIX}"))
    return schema


@lru_cache
def _validator(job: str) -> Draft7Validator:
    from jsonschema import Draft7Validator  # 80 ms: only when there is something to check
    from jsonschema.validators import extend

    # The schemas are ours and tested; checking them against the meta-schema at every start would cost 50 ms.
    found: Draft7Validator = extend(Draft7Validator, {"pattern": _pattern})(schema_of(job))
    return found


def _pattern(_validator: Any, pattern: str, found: Any, _schema: Table) -> Iterator[ValidationError]:
    """Yield an error for a text that has not a pattern. Of Python's, ``$`` would let a newline behind it pass."""
    from jsonschema.exceptions import ValidationError

    if isinstance(found, str) and not search(_whole(pattern), found):
        yield ValidationError(f"{found!r} does not match {pattern!r}")


@lru_cache(maxsize=256)
def _whole(pattern: str) -> str:
    return rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern


def check(root: Node, job: str) -> list[Problem]:
    """Return everything in which a spec breaks the schema of `job`, in the order of the file."""
    meant = _other_job(root.value, job)
    if meant:
        return [root["job"].problem(f'found "{job}", but the keys of the file are those of "{meant}"')]
    return violations(root, _validator(job))


def check_other(root: Node, name: str) -> list[Problem]:
    """Return everything in which a file that is no spec (see `WITHOUT_JOB`) breaks its schema."""
    return violations(root, _validator(name))


def _other_job(keys: Table, job: str) -> str:
    """Return the one job that a spec seems to be for, where several of its keys are not of the job that it says."""
    if "job" not in keys or len(set(keys) - set(schema_of(job)["properties"])) < 2:
        return ""
    schemas = {name: schema_of(name) for name in jobs()}
    fitting = [
        name
        for name, schema in schemas.items()
        if set(keys) <= set(schema["properties"]) and set(schema["required"]) <= set(keys)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def violations(root: Node, validator: Draft7Validator) -> list[Problem]:
    """Return everything in which a spec breaks a schema, in the order of the file."""
    reporter = _Reporter(root, validator.schema)
    errors = list(islice(validator.iter_errors(root.value), _ERRORS))
    found = [placed for error in _causes(errors) for placed in reporter.problems(error)]
    found.sort(key=lambda placed: placed[0])
    return list(dict.fromkeys(problem for _, problem in found))


def _causes(errors: list[ValidationError]) -> Iterator[ValidationError]:
    """Leave out errors that only follow from others.

    Those are "exactly one of a, b is needed" where another error says already that `a` is missing, and everything
    about a value of the wrong type.
    """
    mistyped = _mistyped(errors)
    wanted = {
        (tuple(error.absolute_path), name)
        for error in errors
        if error.validator == "dependencies"
        for name in _companions(error)
    }
    # A misspelt key is reported as such, and not as missing.
    wanted |= {
        (tuple(error.absolute_path), closest(key, known) or key)
        for error in errors
        if error.validator == "additionalProperties"
        for known in [error.schema.get("properties", {})]
        for key in islice((key for key in error.instance if key not in known), _HINTED)
    }
    # "a and b exclude each other" where it is said already that only one of several is needed.
    too_many = {
        tuple(error.absolute_path) for error in errors if sum(name in error.instance for name in _choices(error)) > 1
    }
    for error in errors:
        if mistyped.get(tuple(error.absolute_path), error) is not error:
            continue
        names = _choices(error)
        none_given = not any(name in error.instance for name in names)
        if names and none_given and any((tuple(error.absolute_path), name) in wanted for name in names):
            continue
        if error.validator == "not" and (tuple(error.absolute_path)) in too_many:
            continue
        yield error


def _mistyped(errors: list[ValidationError]) -> dict[Path, ValidationError]:
    """Return the error of each value of the wrong type; where own keys stand beside known ones, that of the known."""
    found: dict[Path, ValidationError] = {}
    for error in errors:
        if error.validator == "type":
            path = tuple(error.absolute_path)
            if path not in found or "patternProperties" in found[path].absolute_schema_path:
                found[path] = error
    return found


def _companions(error: ValidationError) -> list[str]:
    """Return the absent keys that keys which are present need beside them."""
    found = error.instance
    return [name for key, names in error.validator_value.items() if key in found for name in names if name not in found]


def _choices(error: ValidationError) -> list[str]:
    """Return the keys of which exactly one is needed, when that is what the error is about."""
    if error.validator != "oneOf" or not _is_of_keys(error.validator_value):
        return []
    return [branch["required"][0] for branch in error.validator_value if set(branch) == {"required"}]


def _is_of_keys(branches: list[Table]) -> bool:
    """Say whether alternatives are about nothing but which keys are there, and perhaps which are not (`alone`)."""
    return all("required" in branch and set(branch) <= {"required", "not"} for branch in branches)


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
            yield self.at(path, one_needed(_choices(error), found))
        elif rule == "anyOf" and _is_of_keys(value):
            yield self.at(path, f"at least one of {listed([branch['required'][0] for branch in value])} is needed")
        elif rule == "not":
            yield self.at(path, f"{listed(value['required'])} exclude each other")
        elif rule in ("anyOf", "oneOf"):
            yield from self.alternatives(path, error)
        else:
            yield self.at(path, violation(rule, value, found))

    def at(self, path: Path, message: str, *, of_key: bool = False) -> _Placed:
        source = self.root.source
        place = (0, 0)
        if source.path is not None or source.text:
            place = source.positions.of_key(path) if of_key else source.positions.of_value(path)
        return place, Problem(message, source.where(path, of_key=of_key), key_path(path))

    def unknown_keys(self, path: Path, found: Table, schema: Table) -> Iterator[_Placed]:
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        hinted = 0
        for key in found:
            if key in known or any(search(pattern, key) for pattern in patterns):
                continue
            if patterns and not closest(key, known):
                words = " or ".join(WORDS.get(pattern, pattern) for pattern in patterns)
                yield self.at((*path, key), f'"{key}" cannot be a key here, which is {words}', of_key=True)
                continue
            hinted += 1
            hint = self.key_hint(path, key, found, known) if hinted <= _HINTED else ""
            yield self.at((*path, key), f"unknown key{hint}", of_key=True)

    def key_hint(self, path: Path, key: str, found: Table, known: Table) -> str:
        free = [name for name in known if name not in found]
        near = closest(key, free) or closest(key, known)
        if near is not None:
            return f'; did you mean "{near}"?'
        if path and key in self.schema.get("properties", {}):
            return "; it belongs at the top of the file, above the first [table]"
        return f"; the keys here are {listing(list(known), limit=20)}"

    def missing_keys(self, path: Path, found: Table, schema: Table) -> Iterator[_Placed]:
        # jsonschema gives one error per key, each with the whole list; the duplicates are dropped in `check`.
        known = schema.get("properties", {})
        unknown = islice((key for key in found if key not in known), _HINTED)
        meant = {closest(key, [name for name in known if name not in found]) for key in unknown}
        for key in schema["required"]:
            if key not in found and key not in meant:  # a misspelt key is reported as such
                yield self.at(path, missing_key(path, key, self.resolve(schema.get("properties", {}).get(key, {}))))

    def missing_companions(self, path: Path, found: Table, rules: Table) -> Iterator[_Placed]:
        for key, companions in rules.items():
            absent = [name for name in companions if key in found and name not in found]
            if absent:
                yield self.at((*path, key), f"`{key}` needs {listed(absent)} beside it", of_key=True)

    def alternatives(self, path: Path, error: ValidationError) -> Iterator[_Placed]:
        found = error.instance
        branches = [self.resolve(branch) for branch in error.validator_value]
        fitting = [number for number, branch in enumerate(branches) if _has_type(found, branch)]
        if not fitting:
            expected = " or ".join(dict.fromkeys(expected_words(branch) for branch in branches))
            hint = writing_hint(found, "array") if any(branch["type"] == "array" for branch in branches) else ""
            yield self.at(path, f"found {shown_value(found)}, expected {expected}{hint}")
            return
        kinds = {number: _kinds(branches[number]) for number in fitting}
        every = [name for number in fitting for name in kinds[number]]
        if isinstance(found, dict) and every:
            others = [number for number in fitting if not kinds[number]]
            named = [number for number in others if set(branches[number].get("required", ())) & set(found)]
            if "kind" in found:
                named = [number for number in fitting if found["kind"] in kinds[number]]
                if not named:
                    yield self.at((*path, "kind"), violation("enum", every, found["kind"]))
                    return
            elif not named:
                yield self.at(path, f'missing key "kind", one of {listing(every)}{_or_else(branches, others)}')
                return
            fitting = named
        errors = {number: [sub for sub in error.context if sub.relative_schema_path[0] == number] for number in fitting}
        meant = min(fitting, key=lambda number: len(errors[number]))
        for sub in _causes(errors[meant]):
            yield from self.problems(sub)

    def resolve(self, schema: Table) -> Table:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        definition: Table = self.schema["definitions"][reference.rpartition("/")[2]]
        return definition


def _or_else(branches: list[Table], others: list[int]) -> str:
    keys = [key for number in others for key in branches[number].get("required", ())]
    return f", or {listed(keys)}" if keys else ""


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
