"""Answers of the registry: written as a whole, made once for each state, and never mixed of two states."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import pytest
from fastapi import Request
from tests.dataless import add_dataset
from tests.project_specs import DATASET

from dsgrid.api.access.context import Context
from dsgrid.api.access.gates import Gates
from dsgrid.api.access.kept_answers import SMALL, Answers
from dsgrid.api.answers import answers
from dsgrid.api.answers.answers import Deadline, answer
from dsgrid.api.answers.sending import FileAnswer
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.settings import Settings
from dsgrid.errors import Problem, SpecError


@pytest.fixture
def registry(small_registry, tmp_path):
    return shutil.copytree(small_registry, tmp_path / "registry")


@pytest.fixture
def here(registry, tmp_path) -> Context:
    limits = Limits()
    settings = Settings(registry, tmp_path, limits=limits)
    without: Any = None
    state: Any = type("State", (), {"folder": tmp_path})
    return Context(settings, state, without, without, without, Gates(limits), Answers())


def asking(query: str = "", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/v1/x", "query_string": query.encode(), "headers": pairs}
    return Request({**scope, "server": ("here", 80), "scheme": "http"})


def saying(text: bytes, calls: list[int]) -> Callable[[IO[bytes], Deadline], None]:
    def write(file: IO[bytes], _deadline: Deadline) -> None:
        calls.append(1)
        file.write(text)

    return write


def add(folder, id_: str) -> None:
    add_dataset(folder, {**DATASET, "dataset": {**DATASET["dataset"], "id": id_}})


def test_the_same_question_is_answered_once_for_each_state(here, registry):
    calls: list[int] = []
    first = answer(asking(), here, "text/csv", saying(b"a", calls))
    again = answer(asking(), here, "text/csv", saying(b"b", calls))
    assert (first.body, again.body, len(calls)) == (b"a", b"a", 1)
    assert again.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer(asking("x=1"), here, "text/csv", saying(b"c", calls)).body == b"c"
    assert answer(asking(), here, "application/json", saying(b"d", calls)).body == b"d"
    add(registry, "more")
    after = answer(asking(), here, "text/csv", saying(b"e", calls))
    assert after.body == b"e"
    assert after.headers["etag"] != first.headers["etag"]


def test_many_who_ask_the_same_at_once_make_it_once_for_each_that_may_work(here):
    calls: list[int] = []
    together = threading.Barrier(30)

    def one(_: int) -> bytes:
        together.wait()
        return bytes(answer(asking(), here, "text/csv", saying(b"a", calls)).body)

    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(one, range(30))) == {b"a"}
    assert len(calls) <= here.settings.limits.reads


def test_an_answer_while_the_registry_changes_is_written_again(here, registry):
    said = iter((b"before", b"after"))

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        text = next(said)
        file.write(text)
        if text == b"before":
            add(registry, "meanwhile")

    found = answer(asking(), here, "text/csv", write)
    assert found.body == b"after"
    again = answer(asking(if_none_match=found.headers["etag"]), here, "text/csv", write)
    assert again.status_code == 304


def test_an_answer_that_always_changes_has_no_tag_and_is_not_kept(here, registry):
    ids = iter(range(100))

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        file.write(b"x")
        add(registry, f"meanwhile_{next(ids)}")

    found = answer(asking(), here, "text/csv", write)
    assert found.body == b"x"
    assert "etag" not in found.headers
    assert here.answers.size == 0


def test_a_large_answer_is_sent_from_a_file_without_a_name(here, tmp_path):
    before = set(tmp_path.iterdir())
    found = answer(asking(), here, "text/csv", saying(b"x" * (SMALL + 1), []))
    assert isinstance(found, FileAnswer)
    assert found.headers["content-length"] == str(SMALL + 1)
    assert set(tmp_path.iterdir()) == before
    assert here.answers.size == 0


def test_what_fails_in_the_middle_is_an_error_and_is_not_kept(here):
    def write(file: IO[bytes], _deadline: Deadline) -> None:
        file.write(b"half")
        raise SpecError(Problem("a test makes no sense", key='--where "x"'))

    with pytest.raises(ApiError) as raised:
        answer(asking(), here, "text/csv", write)
    assert (raised.value.status, raised.value.problems[0].key) == (400, 'where "x"')
    assert here.answers.size == 0
    with here.gates.reads:
        pass


def test_what_takes_too_long_is_given_up(here, monkeypatch):
    clock = iter(range(1_000))
    monkeypatch.setattr(answers.time, "monotonic", lambda: next(clock))
    taken = []
    deadline = Deadline(5)
    with pytest.raises(ApiError) as raised:
        taken.extend(deadline.checked(iter(range(100))))
    assert (raised.value.status, raised.value.title) == (503, "slow answer")
    assert 0 < len(taken) < 10


def test_a_servers_arrow_gives_memory_back_and_its_engines_have_their_own():
    program = (
        "import os, sys; from dsgrid.api.server.memory import give_memory_back; give_memory_back();"
        "import pyarrow; print(pyarrow.default_memory_pool().backend_name, 'ARROW_DEFAULT_MEMORY_POOL' in os.environ)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["system", "False"]
