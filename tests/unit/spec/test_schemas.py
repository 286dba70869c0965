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
from dsgrid.spec.patterns import WORD, WORDS
from dsgrid.spec.schemas import JOBS, OTHERS, __main__, files, job_schema, stale, words, write
from dsgrid.spec.validate import WITHOUT_JOB, jobs
from dsgrid.time.dimension import CLOCKS, DAY_TYPES, HOLIDAY, PARTS, SEASONS, WEEKDAYS
from dsgrid.time.dimension import KINDS as KINDS_OF_TIME
from dsgrid.time.grid import INTERVALS, LABELS, MEASUREMENTS
from dsgrid.time.rules import ALIGN, LEAP_DAY, RULES, SPREAD, TO_INSTANTS, TO_PROFILE

ROOT = Path(__file__).resolve().parents[3]

# What draft-04 and draft-07 mean alike, as far as specs need it.
KEYWORDS = {
    "$schema", "$ref", "definitions", "title", "description", "default", "examples", "type", "enum", "pattern",
    "properties", "patternProperties", "additionalProperties", "required", "dependencies", "minProperties", "items",
    "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "anyOf", "allOf", "oneOf", "not",
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


@pytest.fixture(params=[*JOBS, *OTHERS])
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
        if any(branch.get("type") != "object" for branch in part.get("anyOf", [part])):
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
    assert set(words.INTERVALS) == set(INTERVALS)
    assert set(words.MEASUREMENTS) == set(MEASUREMENTS)
    assert set(words.CLOCKS) == set(CLOCKS)
    assert (words.PARTS, words.WEEKDAYS) == (PARTS, WEEKDAYS)
    assert set(words.ALIGN) == set(ALIGN)
    assert set(words.LEAP_DAY) == set(LEAP_DAY)
    assert set(words.SPRING_FORWARD) == {*TO_INSTANTS["spring_forward"], *TO_PROFILE["spring_forward"]}
    assert set(words.FALL_BACK) == {*TO_INSTANTS["fall_back"], *TO_PROFILE["fall_back"]}
    assert set(words.SPREAD) == set(SPREAD)


def kinds_of_time(job: str) -> dict[str, dict[str, Any]]:
    """Return the keys of each kind that a ``[time]`` table may be; those of a registered time by no kind."""
    branches = job_schema(job)["properties"]["time"]["anyOf"]
    return {branch["properties"].get("kind", {"enum": [""]})["enum"][0]: branch["properties"] for branch in branches}


def test_every_kind_of_time_has_its_keys_in_the_schema() -> None:
    kinds = kinds_of_time("register_dataset")
    assert set(kinds) == {*KINDS_OF_TIME, ""}
    assert set(kinds["datetime"]["labels"]["enum"]) == set(LABELS)
    assert kinds["representative"]["by"]["items"]["enum"] == list(PARTS)
    assert set(kinds["representative"]["columns"]["properties"]) == set(PARTS)
    assert kinds["datetime"]["day_types"]["patternProperties"][WORD.pattern]["items"]["enum"] == list(WEEKDAYS)
    projects = kinds_of_time("register_project")
    for kind, keys in kinds.items():
        # A project has no files.
        assert set(keys) - set(projects[kind]) <= {"column", "columns", "labels"}


def test_the_schema_tells_what_a_year_is_divided_into_where_nothing_is_said() -> None:
    time = kinds_of_time("register_dataset")["datetime"]
    for name, months in SEASONS:
        assert name in time["seasons"]["description"], months
    for name, days in DAY_TYPES:
        assert f"`{name}`" in time["day_types"]["description"], days
    assert f"`{HOLIDAY} = []`" in time["day_types"]["description"]
    assert f"`{HOLIDAY}`" in time["holidays"]["description"]


def test_the_rules_of_a_submission_are_those_that_time_knows() -> None:
    for job, of in (("submit_dataset", ()), ("register_and_submit_dataset", ("submission",))):
        keys = job_schema(job)["properties"]
        for name in of:
            keys = keys[name]["properties"]
        assert {*keys["mapping"]["properties"]["time"]["properties"], "wrap"} == set(RULES)
        assert "wrap_time" in keys


def test_what_has_a_schema_and_no_job_is_no_job() -> None:
    assert set(OTHERS) == WITHOUT_JOB
    assert set(jobs()) == set(JOBS)


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
