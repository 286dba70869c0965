"""What the server answers is what its OpenAPI document says, to requests of all kinds that are made from it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.server import Server, running_server

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# One client asks thousands of times.
LIMITS = {"requests": 1_000_000, "burst": 100_000, "streams": 100, "queued": 10_000, "queued_all": 10_000}
REFERENCES = {
    "projects": ("three_states_2018",),
    "datasets": ("commercial_2018", "residential_2018@1.0.0"),
    "dimensions": ("three_states_2018/county", "three_states_2018/state"),
    "mappings": ("three_states_2018/county:state",),
    "entries": ("growth_to_2040", "three_states_2018/fuel", "three_states_2018"),
}
SPEC = {
    "spec_version": 1,
    "job": "query",
    "name": "by_state",
    "project": "three_states_2018",
    "datasets": ["residential_2018"],
    "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
}


class Known:
    """A server with an answered query, and the document that it gives."""

    def __init__(self, server: Server) -> None:
        self.client = server.client("admin")
        self.url = server.url
        self.document = self.client.get("/v1/openapi.json").json()
        answered = self.client.post("/v1/queries", json=SPEC, headers={"Prefer": "wait=60"})
        assert answered.status_code == 200, answered.text
        self.job = answered.json()
        assert self.job["state"] == "succeeded", self.job

    def schema(self) -> Any:
        schema = schemathesis.openapi.from_dict(self.document)
        schema.config.update(base_url=self.url)
        return schema

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": self.client.headers["Authorization"]}


@pytest.fixture(scope="module")
def known(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    with running_server(demo_registry, tmp_path_factory.mktemp("contract"), limits=LIMITS) as server:
        yield Known(server)


def fill(case: Any, known: Known, chance: random.Random) -> None:
    """Put what there is where a request would else name what there is not."""
    for name in case.path_parameters or {}:
        if name in ("id", "job") and "/jobs/" in case.path:
            case.path_parameters[name] = known.job["id"]
        elif name == "job":
            case.path_parameters[name] = chance.choice(("query", "register_dataset", "server"))
        elif name == "reference":
            case.path_parameters[name] = chance.choice(REFERENCES[case.path.split("/")[2]])


def answers(known: Known, operation: Any, rounds: int) -> Counter[int]:
    """Ask so many times for one operation, check each answer, and return how often each status came."""
    chance = random.Random(operation.path)
    found: Counter[int] = Counter()

    @seed(20261126)
    @settings(
        max_examples=rounds,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if chance.random() < 0.8:
            fill(case, known, chance)
        answer = case.call(headers=known.headers, timeout=60)
        found[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()
    return found


def ask_all(known: Known, rounds: int) -> dict[str, Counter[int]]:
    """Ask for every operation; return the statuses by operation, and fail with all that is wrong."""
    found: dict[str, Counter[int]] = {}
    wrong: list[str] = []
    for each in known.schema().get_all_operations():
        operation = each.ok()
        name = f"{operation.method.upper()} {operation.path}"
        try:
            found[name] = answers(known, operation, rounds)
        except Exception as error:
            parts = [str(one) for one in getattr(error, "exceptions", [error])]
            wrong.append(f"{name}: {' '.join(parts)[:2_000]}")
        # Some requests remove the job that the next ones ask for.
        if known.client.get(f"/v1/jobs/{known.job['id']}").status_code == 404:
            again = known.client.post("/v1/queries", json=SPEC, headers={"Prefer": "wait=60"})
            known.job = again.json()
    assert not wrong, "\n\n".join(wrong)
    return found


def test_every_answer_has_a_status_and_a_form_that_the_document_names(known: Known) -> None:
    found = ask_all(known, rounds=6)
    assert len(found) > 80
    # Most of what can be asked for is there: otherwise only errors would have been looked at.
    good = [name for name, counts in found.items() if any(200 <= status < 300 for status in counts)]
    assert len(good) > len(found) * 0.5, sorted(set(found) - set(good))


@pytest.mark.slow
def test_many_answers_have_a_status_and_a_form_that_the_document_names(known: Known) -> None:
    ask_all(known, rounds=150)


def test_requests_that_follow_links_are_answered_as_the_document_says(known: Known) -> None:
    machine = known.schema().as_state_machine()
    seen: Counter[int] = Counter()

    class Following(machine):  # type: ignore[misc,valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": known.headers, "timeout": 60}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            seen[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    Following.run(
        settings=settings(
            max_examples=6,
            stateful_step_count=6,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
    )
    assert sum(seen.values()) > 10
    assert any(200 <= status < 300 for status in seen)


def test_the_examples_of_the_document_are_taken_by_the_server(known: Known) -> None:
    """What a reader would try first works: every example of a body that is about the demo's registry."""
    tried = 0
    for path, methods in known.document["paths"].items():
        if path not in ("/v1/queries", "/v1/explain", "/v1/validate", "/v1/questions"):
            continue
        content = methods["post"]["requestBody"]["content"]
        for media_type, described in content.items():
            for name, example in described.get("examples", {}).items():
                value = example["value"]
                sent = value if isinstance(value, str) else json.dumps(value)
                answer = known.client.post(path, content=sent, headers={"Content-Type": media_type})
                assert answer.status_code in (200, 202), f"{path} {media_type} {name}: {answer.text}"
                tried += 1
    assert tried >= 4


def test_a_document_names_no_address_twice_and_every_operation_has_a_name_of_its_own(known: Known) -> None:
    operations = [
        operation
        for methods in known.document["paths"].values()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation.get("summary"), operation["operationId"]
        assert operation.get("description"), operation["operationId"]
        assert operation.get("tags"), operation["operationId"]


def test_head_answers_as_get_without_a_body(known: Known) -> None:
    for path in ("/v1", "/v1/datasets", "/v1/projects/three_states_2018", f"/v1/jobs/{known.job['id']}/result/table"):
        got: httpx.Response = known.client.get(path)
        head = known.client.head(path)
        assert head.status_code == got.status_code == 200, path
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]
