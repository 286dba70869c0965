"""Errors as answers: each class has its status, in the error's own words, without paths."""

from __future__ import annotations

import errno
import inspect
import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.unit.api.guarded import Guarded, guarded

from dsgrid import errors
from dsgrid.api.problems.problems import ApiError, BusyError, api_error
from dsgrid.api.problems.types import BY_NAME, TYPES, problem_type
from dsgrid.errors import DsgridError, Problem

CLASSES = [found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, DsgridError)]


@pytest.fixture
def here(tmp_path: Path) -> Guarded:
    return guarded(tmp_path)


def fail_with(app: FastAPI, error: Exception) -> None:
    @app.api_route("/v1/fails", methods=["GET", "POST"])
    def fails() -> None:
        raise error


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_of_ours_has_a_status_and_a_kind_that_has_a_page(kind: type[DsgridError]) -> None:
    found = api_error(kind("wrong"))

    assert found is not None
    assert (found.detail, found.error) == ("wrong", kind.__name__)
    assert problem_type(found.status, found.title).title == found.title


def test_statuses_say_whose_fault_it_is() -> None:
    def status(error: Exception, method: str = "POST") -> int:
        found = api_error(error, method)
        assert found is not None
        return found.status

    assert status(errors.NotFoundError("x")) == 404
    assert status(errors.SpecError("x"), "GET") == 422
    assert status(errors.UsageError("x"), "GET") == 400
    assert status(errors.UsageError("x")) == 422
    assert status(errors.RegistryError("x")) == 409
    assert status(errors.RegistryLockedError("x")) == 503
    assert status(errors.StorageError("the disk is full")) == 507
    assert status(errors.StorageError("S3 refuses")) == 502
    assert status(OSError(errno.ENOSPC, "No space left on device")) == 507
    assert status(RecursionError(), "GET") == 400
    assert status(OverflowError("int too large")) == 422


def test_a_class_that_others_derive_keeps_the_name_that_clients_know() -> None:
    class OwnError(errors.DataError):
        pass

    found = api_error(OwnError("x"))
    assert found is not None
    assert found.error == "DataError"


def test_what_is_locked_says_when_to_come_back(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(file, timeout=0).execute("CREATE TABLE t (a)")
    holder.close()

    for error in (raised.value, errors.RegistryLockedError("x"), BusyError("x")):
        found = api_error(error)
        assert found is not None
        assert (found.status, "Retry-After" in found.headers) == (503, True)


def test_what_nobody_expects_is_a_defect() -> None:
    for error in (
        KeyError("x"),
        ValueError("x"),
        OSError(errno.ENOENT, "x"),
        UnicodeEncodeError("ascii", "é", 0, 1, "no"),
    ):
        assert api_error(error) is None


def test_a_problem_says_everything_that_is_wrong_and_where(here: Guarded) -> None:
    fail_with(here.app, errors.SpecError([Problem("no x", "spec.toml:7:1", "a[0]", "row 1\nrow 2"), Problem("no y")]))

    answer = here.ask("POST", "/v1/fails", here.as_("reader"))

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.document == {
        "type": "/v1/problems/invalid",
        "title": "invalid",
        "status": 422,
        "detail": "spec.toml:7:1: a[0]: no x (and 1 more)",
        "instance": f"urn:uuid:{answer.headers['x-request-id']}",
        "error": "SpecError",
        "problems": [
            {"message": "no x", "key": "a[0]", "where": "spec.toml:7:1", "detail": "row 1\nrow 2"},
            {"message": "no y", "key": "", "where": "", "detail": ""},
        ],
    }


def test_no_part_of_a_problem_names_a_folder_of_the_server(here: Guarded, tmp_path: Path) -> None:
    text = f"{tmp_path}/registry/data and /home/ada/x"
    problem = Problem(text, f"{tmp_path}/state/jobs/j1/1/spec.toml:3", text, text)
    fail_with(here.app, ApiError(409, text, text, problems=[problem]))

    body = here.ask("GET", "/v1/fails").body.decode()

    assert str(tmp_path) not in body
    assert "/home" not in body
    assert "registry/data" in body
    assert "jobs/j1/1/spec.toml:3" in body


def test_half_characters_of_a_request_can_be_repeated(here: Guarded) -> None:
    fail_with(here.app, errors.NotFoundError("no \ud800"))

    assert here.ask("GET", "/v1/fails").document["detail"] == "no ?"


def test_an_unknown_address_and_method_are_problems_too(here: Guarded) -> None:
    unknown = here.ask("GET", "/v1/nothing")
    wrong = here.ask("POST", "/v1/read", here.as_("admin"))

    assert (unknown.status, unknown.document["type"]) == (404, "/v1/problems/not-found")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET")
    assert wrong.document["type"] == "/v1/problems/method-not-allowed"


def test_kinds_of_problems_are_told_apart_and_each_status_has_a_plain_one() -> None:
    assert len(BY_NAME) == len(TYPES)
    for kind in TYPES:
        assert problem_type(kind.status, kind.title) is kind
        assert problem_type(kind.status, "something else").status == kind.status
    assert problem_type(418).name == "bad-request"
    assert problem_type(599).name == "defect"


def test_an_answer_that_breaks_off_is_not_ended_as_if_it_were_whole(here: Guarded) -> None:
    from starlette.responses import StreamingResponse

    @here.app.get("/v1/half")
    async def half() -> StreamingResponse:
        async def parts() -> object:
            yield b"half"
            raise KeyError("the rest")

        return StreamingResponse(parts())  # type: ignore[arg-type]

    with pytest.raises(BaseException) as raised:
        here.ask("GET", "/v1/half")
    assert "the rest" in repr(raised.value) + repr(getattr(raised.value, "exceptions", ""))
