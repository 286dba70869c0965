"""The schemas are current, keep to what every editor reads, and tell the whole story."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft7Validator

from dsgrid.dimensions.classes import classes_of
from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.spec import document
from dsgrid.spec.patterns import WORDS
from dsgrid.spec.schemas import JOBS, __main__, files, job_schema, stale, words, write
from dsgrid.time.calendar import TIME_WORDS
from dsgrid.time.grid import INTERVALS, LABELS, MEASUREMENTS
from dsgrid.time.load import KINDS as TIME_KINDS

ROOT = Path(__file__).resolve().parents[3]

# What draft-04 and draft-07 mean alike, as far as specs need it.
KEYWORDS = {
    "$schema", "$ref", "definitions", "title", "description", "default", "examples", "type", "enum", "pattern",
    "properties", "patternProperties", "additionalProperties", "required", "dependencies", "minProperties", "items",
    "minItems", "maxItems", "uniqueItems", "minimum", "anyOf", "allOf", "oneOf", "not",
}  # fmt: skip
CONTAINERS = ("properties", "patternProperties", "definitions")


def schemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a schema and all schemas inside it."""
    yield path, schema
    for key, value in schema.items():
        if key in CONTAINERS:
            for name, child in value.items():
                yield from schemas(child, f"{path}/{key}/{name}")
        elif key in ("items", "not"):
            yield from schemas(value, f"{path}/{key}")
        elif key in ("anyOf", "allOf", "oneOf"):
            for number, child in enumerate(value):
                yield from schemas(child, f"{path}/{key}/{number}")


@pytest.fixture(params=JOBS)
def schema(request: pytest.FixtureRequest) -> dict[str, Any]:
    return job_schema(request.param)


def test_the_files_are_what_the_generator_writes() -> None:
    assert stale(ROOT / "schemas") == [], "run: python -m dsgrid.spec.schemas"


def test_the_manual_is_what_the_generator_writes() -> None:
    text = document.document(ROOT / "specs" / "examples" / "good")
    assert (ROOT / "docs" / "specs.md").read_text("utf-8") == text, "run: python -m dsgrid.spec.document"


def test_only_keywords_that_all_editors_read_alike_are_used(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        assert set(part) <= KEYWORDS, path


def test_both_drafts_accept_the_schema(schema: dict[str, Any]) -> None:
    Draft4Validator.check_schema({**schema, "$schema": "http://json-schema.org/draft-04/schema#"})
    Draft7Validator.check_schema(schema)


def test_references_stay_in_the_file_and_have_no_company(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        if "$ref" in part:
            assert set(part) == {"$ref"}, path
            assert part["$ref"].removeprefix("#/definitions/") in schema["definitions"], path


def test_tables_are_closed(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        if part.get("type") == "object":
            assert part["additionalProperties"] is False, path


def test_every_key_is_explained(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        if "$ref" in part or not re.search(r"(properties|patternProperties|definitions)/[^/]*$", path):
            continue
        assert part["title"], path
        assert len(part["description"]) > 5, path
        if part.get("type") != "object":
            assert part["examples"], path


def test_defaults_and_examples_keep_their_own_schema(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        validator = Draft7Validator({**part, "definitions": schema.get("definitions", {})})
        examples = part.get("examples", [])
        default = part.get("default", "")  # a blank default says that there is none
        for value in [*examples, *([default] if default != "" else [])]:
            assert validator.is_valid(value), f"{path}: {value}"


def test_every_pattern_has_words_for_messages(schema: dict[str, Any]) -> None:
    for path, part in schemas(schema):
        for pattern in (*filter(None, [part.get("pattern")]), *part.get("patternProperties", ())):
            assert pattern in WORDS, path


def test_patterns_mean_the_same_to_every_engine_of_regular_expressions() -> None:
    for pattern in WORDS:
        assert re.compile(pattern)
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        # \d and \w take more than ASCII in some engines, look-arounds and back references are not in all.
        assert not re.search(r"\\[dwsbDWSB1-9]|\(\?", pattern)


def test_words_are_those_of_the_rooms_that_own_them() -> None:
    assert words.RECORD_TYPES == RECORD_TYPES
    assert {type_: set(names) for type_, names in words.CLASSES.items()} == {
        type_: set(classes_of(type_)) for type_ in RECORD_TYPES
    }
    assert set(words.MAPPING_KINDS) == set(KINDS)
    assert set(words.TIME_WORDS) == set(TIME_WORDS)
    assert set(words.INTERVALS) == set(INTERVALS)
    assert set(words.MEASUREMENTS) == set(MEASUREMENTS)
    time = job_schema("register_dataset")["properties"]["time"]["properties"]
    assert set(time["kind"]["enum"]) == set(TIME_KINDS)
    assert set(time["labels"]["enum"]) == set(LABELS)


def test_the_command_writes_what_is_stale_and_checks_without_writing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["--check", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())
    assert __main__.main([str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(files())
    (tmp_path / "gone.schema.json").write_text("{}")
    (tmp_path / "query.schema.json").write_text("{}")
    assert write(tmp_path) == ["query.schema.json", "gone.schema.json"]
    capsys.readouterr()
    assert __main__.main(["--check", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "query.schema.json").read_text())["title"] == "query"


def test_the_manual_is_checked_without_writing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "specs.md"
    options = ["--examples", str(ROOT / "specs" / "examples" / "good"), str(file)]
    assert document.main(["--check", *options]) == 1
    assert not file.exists()
    assert document.main(options) == 0
    assert document.main(["--check", *options]) == 0
    assert "is not current" in capsys.readouterr().out
