"""Events of a job: the ids of what was heard, lines of a log that grows, and the stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.dispatch import events
from dsgrid.api.dispatch.board import Board
from dsgrid.api.dispatch.events import Place, Source, lines_after, place_of, stream, told
from dsgrid.api.job import QUEUED, RUNNING, SUCCEEDED, Job

BEGINNING = Place()
JOB = Job("anna", "analyst", "query", "q", "{}", "application/json", "warm", id="ab", state=QUEUED)


def line(event: str, **values: Any) -> bytes:
    return json.dumps({"event": event, "run": "r", "spec": "/srv/secret/q.toml", **values}).encode() + b"\n"


@dataclass
class Course:
    """A job whose states and log a test writes."""

    log: Path
    job: Job | None = JOB
    board: Board = field(default_factory=Board)

    def source(self) -> Source:
        async def read() -> Job | None:
            return self.job

        async def lines(_job: Job, offset: int) -> tuple[tuple[bytes, ...], int]:
            return lines_after(self.log, offset)

        async def state(job: Job) -> Mapping[str, Any]:
            return {"state": job.state}

        return Source(read, lines, state, state, lambda document: document)

    def heard(self, place: Place = BEGINNING, seconds: float = 5.0, pieces: int = 10_000) -> list[tuple[str, str, Any]]:
        """Return the events of a stream, as (id, name, data)."""

        async def listen() -> list[bytes]:
            found: list[bytes] = []
            async for piece in stream(self.source(), self.board, "ab", place, seconds):
                found.append(piece)
                if len(found) > pieces:
                    break
            return found

        return [parsed(piece) for piece in asyncio.run(listen()) if piece.startswith(b"id: ")]


def parsed(piece: bytes) -> tuple[str, str, Any]:
    rows = dict(row.split(": ", 1) for row in piece.decode().rstrip("\n").split("\n"))
    assert list(rows) == ["id", "event", "data"]
    return rows["id"], rows["event"], json.loads(rows["data"])


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path / "log.jsonl")


@pytest.mark.parametrize("place", [Place(), Place(3, 1234), Place(1, 0, True)])
def test_the_id_of_an_event_says_where_it_stood(place: Place) -> None:
    assert place_of(str(place)) == place


@pytest.mark.parametrize("text", [None, "", "x", "1", "1.", "-1.5", "1.5x", "1.99999999999999999", "١.٢", "1.2\n"])
def test_what_is_no_id_means_the_beginning(text: str | None) -> None:
    assert place_of(text) == Place()


def test_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert lines_after(log, 0) == ((), 0)
    log.write_bytes(b"one\ntwo")
    assert lines_after(log, 0) == ((b"one\n",), 4)
    assert lines_after(log, 4) == ((), 4)
    log.write_bytes(b"one\ntwo\n")
    assert lines_after(log, 4) == ((b"two\n",), 8)


def test_a_long_log_comes_in_pieces_and_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CHUNK", 16)
    log = tmp_path / "log"
    rows = [f"line {number} {'x' * (number % 40)}\n".encode() for number in range(200)]
    log.write_bytes(b"".join(rows))
    found, place = [], 0
    while (piece := lines_after(log, place))[0]:
        found.extend(piece[0])
        place = piece[1]
    assert found == rows


def test_a_line_without_an_end_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CHUNK", 16)
    monkeypatch.setattr(events, "LONGEST", 64)
    log = tmp_path / "log"
    log.write_bytes(b"x" * 200 + b"\nlast\n")
    lines, place, rounds = [], 0, 0
    while place < log.stat().st_size and rounds < 50:
        piece, place = lines_after(log, place)
        lines.extend(piece)
        rounds += 1
    assert lines[-1] == b"last\n"


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b"null", b'{"event": 3}', b'{"event": "other"}', b"[" * 9_999])
def test_lines_that_say_nothing_are_left_out(damaged: bytes) -> None:
    assert told(damaged) is None


def test_what_a_log_says_becomes_events_without_the_names_of_files() -> None:
    found = told(line("stage_done", stage="writing", rows=48))
    assert found == ("stage", {"event": "stage_done", "stage": "writing", "rows": 48})


def test_a_job_that_has_ended_is_told_from_its_first_line_to_its_end(course: Course) -> None:
    course.log.write_bytes(line("stage_begun", stage="a") + line("message", message="b") + line("run_ended"))
    course.job = replace(JOB, state=SUCCEEDED, attempt=1, started_at="2026")
    heard = course.heard()
    assert [name for _, name, _ in heard] == ["stage", "message", "state", "end"]
    size = course.log.stat().st_size
    assert [place for place, _, _ in heard][-1] == f"1.{size}e"


def test_who_comes_back_hears_the_rest_and_nothing_twice(course: Course) -> None:
    course.log.write_bytes(b"".join(line("message", message=str(number)) for number in range(6)))
    course.job = replace(JOB, state=SUCCEEDED, attempt=1, started_at="2026")
    first = course.heard(pieces=4)
    said = [data["message"] for _, name, data in first if name == "message"]
    again = course.heard(place_of(first[-1][0]))
    said += [data["message"] for _, name, data in again if name == "message"]
    assert said == [str(number) for number in range(6)]


def test_what_was_heard_of_another_attempt_counts_for_nothing(course: Course) -> None:
    course.log.write_bytes(line("message", message="new"))
    course.job = replace(JOB, state=SUCCEEDED, attempt=2, started_at="2026")
    assert "message" in [name for _, name, _ in course.heard(Place(1, 999))]


def test_a_job_is_followed_while_it_goes_on(course: Course) -> None:
    async def follow() -> list[str]:
        names = []
        async for piece in stream(course.source(), course.board, "ab", Place(), 5.0):
            if not piece.startswith(b"id: "):
                continue
            _, name, data = parsed(piece)
            names.append(f"{name} {data.get('state', data.get('message'))}")
            if names[-1] == "state queued":
                course.job = replace(JOB, state=RUNNING, attempt=1, started_at="2026")
                course.board.changed("ab")
            elif names[-1] == "state running":
                course.log.write_bytes(line("message", message="half"))
                course.board.changed("ab")
            elif name == "message":
                course.job = replace(JOB, state=SUCCEEDED, attempt=1, started_at="2026")
                course.board.changed("ab")
        return names

    names = asyncio.run(asyncio.wait_for(follow(), 4))
    assert names == ["state queued", "state running", "message half", "state succeeded", "end succeeded"]


def test_a_stream_ends_with_its_time_its_job_or_the_server(course: Course) -> None:
    assert [name for _, name, _ in course.heard(seconds=0.05)] == ["state"]
    course.board.close()
    assert [name for _, name, _ in course.heard(seconds=60)] == ["state"]
    course.job = None
    assert course.heard() == []


def test_a_quiet_stream_has_a_heartbeat(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.0)
    monkeypatch.setattr(events, "LOOK_QUEUED", 0.01)

    async def listen() -> list[bytes]:
        return [piece async for piece in stream(course.source(), course.board, "ab", Place(), 0.05)]

    assert b":\n\n" in asyncio.run(listen())
