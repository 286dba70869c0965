"""Errors of a server are those of the same call on this machine."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from dsgrid import errors
from dsgrid.client.failures import failure_of, failure_of_job, failure_of_spec, reworded
from dsgrid.errors import (
    CLASSES,
    DataError,
    DsgridError,
    NotFoundError,
    Problem,
    RegistryLockedError,
    ServerError,
    SpecError,
    UsageError,
)

PROBLEM = "application/problem+json"
SERVER = "http://localhost:8000"


def _failure(status: int, **document: Any) -> DsgridError:
    return failure_of(status, json.dumps(document).encode(), PROBLEM, "GET /v1/x", SERVER)


def test_every_class_of_errors_comes_back_as_itself() -> None:
    every = {
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, DsgridError) and each is not DsgridError
    }
    assert set(CLASSES.values()) == every
    for name, class_ in CLASSES.items():
        told = _failure(422, title="x", detail="wrong", error=name, problems=[{"message": "wrong"}])
        assert (type(told), told.exit_code) == (class_, class_.exit_code)


def test_problems_come_back_with_their_places_and_details() -> None:
    every = [
        {"message": "no dataset", "where": "spec.toml:7:13", "key": "datasets[0]", "detail": "rows\nmore"},
        {"message": "wrong unit", "where": "", "key": "result.unit", "detail": ""},
    ]
    told = _failure(422, error="SpecError", detail="2 problems", problems=every)
    assert told.problems == tuple(Problem(**one) for one in every)


@pytest.mark.parametrize(
    ("status", "type_", "class_"),
    [
        (404, "/v1/problems/not-found", NotFoundError),
        (410, "/v1/problems/gone", NotFoundError),
        (422, "/v1/problems/invalid", SpecError),
        (400, "/v1/problems/bad-request", UsageError),
        (503, "/v1/problems/busy", ServerError),
        (429, "/v1/problems/too-many-requests", ServerError),
        (500, "/v1/problems/defect", ServerError),
        (418, "", ServerError),
    ],
)
def test_an_error_without_a_class_is_known_by_its_type(status: int, type_: str, class_: type) -> None:
    told = _failure(status, type=type_, title="busy", detail="why it is so", problems=[])
    assert type(told) is class_
    assert "why it is so" in str(told)


def test_a_registry_that_is_locked_on_the_server_is_a_locked_registry() -> None:
    assert (
        type(_failure(503, type="/v1/problems/busy", error="RegistryLockedError", detail="locked"))
        is RegistryLockedError
    )


def test_who_has_no_token_is_told_how_to_have_one() -> None:
    told = _failure(401, type="/v1/problems/no-token", detail="this needs a token")
    assert isinstance(told, ServerError)
    assert "dsgrid login" in str(told)
    assert "dsgrid login" not in str(_failure(403, detail="this needs the role admin"))


def test_a_defect_of_the_server_names_the_request() -> None:
    told = _failure(500, title="a defect in dsgrid", detail="a defect in dsgrid", instance="urn:uuid:1234-5678")
    assert "1234-5678" in str(told)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"<html>\n<b>Not found</b>", "text/html"), (b"", ""), (b"[1]", "application/json"), (b"{", PROBLEM)],
)
def test_what_is_no_dsgrid_server_is_told_in_one_line(body: bytes, media_type: str) -> None:
    told = str(failure_of(404, body, media_type, "GET /v1", SERVER))
    assert told == f"{SERVER} answers 404 to GET /v1, and not as a dsgrid server does; is the URL right?"


def test_odd_members_of_an_answer_do_no_harm() -> None:
    told = _failure(
        422,
        title=1,
        detail=None,
        error=[],
        code="x",
        type={},
        problems=[1, {"message": None}, {"message": "m", "where": 3}],
    )
    assert told.problems == (Problem("m"),)


def _job(state: str, **outcome: Any) -> dict[str, Any]:
    return {
        "id": "5f",
        "kind": "query",
        "state": state,
        "reason": outcome.pop("reason", ""),
        "outcome": outcome or None,
    }


def test_a_job_that_failed_raises_what_the_call_would_have_raised() -> None:
    problems = [{"message": "id is twice", "error": "DataError", "where": "spec.toml:3", "key": "", "detail": "06037"}]
    told = failure_of_job(_job("failed", code=4, problems=problems), "query 5f", "mine/q.toml")
    assert type(told) is DataError
    assert told.problems == (Problem("id is twice", "mine/q.toml:3", "", "06037"),)
    # A code alone tells the class, too.
    assert type(failure_of_job(_job("failed", code=4, problems=[{"message": "x"}]), "query 5f")) is DataError


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (
            _job("failed", code=137, reason="lost: the machine was restarted"),
            "query 5f has failed: lost: the machine was restarted",
        ),
        (_job("failed"), "query 5f has failed: it does not say why"),
        ({**_job("cancelled"), "cancelled_by": "anna"}, "query 5f was cancelled by anna"),
    ],
)
def test_a_job_that_says_no_problem_is_told_by_its_reason(job: dict[str, Any], message: str) -> None:
    told = failure_of_job(job, "query 5f")
    assert (type(told), str(told)) == (ServerError, message)


def test_places_in_a_spec_that_was_sent_are_places_in_the_users_file() -> None:
    sent = SpecError([Problem("a", "spec.toml:3:5", "x"), Problem("b", "county.csv:2"), Problem("c")])
    assert [one.where for one in reworded(sent, "dir/q.toml").problems] == ["dir/q.toml:3:5", "county.csv:2", ""]
    assert reworded(sent, "") is sent


def test_a_spec_that_was_found_wrong_has_the_class_that_it_has_here() -> None:
    found = {
        "valid": False,
        "error": "NotFoundError",
        "problems": [{"message": "no dataset", "where": "spec.toml:1:2"}],
    }
    told = failure_of_spec(found, "q.toml")
    assert (type(told), str(told)) == (NotFoundError, "q.toml:1:2: no dataset")
