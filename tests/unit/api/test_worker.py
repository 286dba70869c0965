"""A warm worker: one answer for each attempt, whatever becomes of it."""

from __future__ import annotations

import errno
import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.job import Outcome
from dsgrid.api.runners import worker


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def served(monkeypatch: pytest.MonkeyPatch, does: Any, *folders: str) -> tuple[int, list[dict[str, Any]]]:
    monkeypatch.setattr(worker, "carry_out", does)
    answers = io.StringIO()
    code = worker.serve(io.StringIO("".join(f"{json.dumps(each)}\n" for each in folders)), answers)
    return code, [json.loads(line) for line in answers.getvalue().splitlines()]


def test_each_attempt_is_answered_in_its_order(monkeypatch):
    done: list[Path] = []
    code, told = served(monkeypatch, lambda folder: done.append(folder), "/a/1", '/b "\n/1')
    assert code == 0
    assert done == [Path("/a/1"), Path('/b "\n/1')]
    assert told[0]["ready"] is True
    assert [each["done"] for each in told[1:]] == ["/a/1", '/b "\n/1']
    assert all(each["memory"] > 0 for each in told)


def test_an_outcome_that_the_disk_does_not_take_is_told(monkeypatch):
    def full(_: Path) -> Outcome:
        raise OSError(errno.ENOSPC, "No space left on device")

    code, told = served(monkeypatch, full, "/a/1", "/a/2")
    assert code == 0
    assert [(each["code"], each["reason"]) for each in told[1:]] == [
        (9, "the disk of the server takes nothing: No space left on device")
    ] * 2


def test_a_worker_whose_job_was_ended_by_a_signal_takes_no_more(monkeypatch):
    code, told = served(monkeypatch, lambda _: Outcome("cancelled", 143), "/a/1", "/a/2")
    assert code == 143
    assert [each.get("done") for each in told] == [None, "/a/1"]


def test_a_server_that_is_gone_ends_no_job(monkeypatch):
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    done = []
    monkeypatch.setattr(worker, "carry_out", lambda folder: done.append(folder))
    assert worker.serve(io.StringIO('"/a/1"\n'), Gone()) == 0
    assert done == [Path("/a/1")]
