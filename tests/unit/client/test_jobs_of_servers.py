"""Jobs of a server: handed in once, followed, waited for, and ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dsgrid.client.events import Sent, progress_of, read_events
from dsgrid.client.job import RemoteJob
from dsgrid.client.jobs import RemoteJobs
from dsgrid.client.transport import IDEMPOTENCY, Transport
from dsgrid.errors import DataError, ServerError
from dsgrid.operations.progress import BEGUN, DONE, Event, Listener
from dsgrid.operations.task import How

Way = Callable[..., Transport]
SPEC = {"project": "p", "name": "q"}
QUEUED = {"id": "5f", "kind": "query", "state": "queued", "reason": "", "outcome": None, "links": {}}
RUNNING = QUEUED | {"state": "running"}
DONE_JOB = QUEUED | {
    "state": "succeeded",
    "outcome": {"code": 0, "report": "q: 3 rows\n", "problems": [], "seconds": 1},
}
FAILED = QUEUED | {
    "state": "failed",
    "reason": "an id is twice",
    "outcome": {"code": 4, "report": "", "problems": [{"message": "an id is twice", "error": "DataError"}]},
}


class FakeServer:
    """A server with one job, which is told in each request how it stands next."""

    def __init__(self, *states: dict[str, Any], streams: tuple[bytes | Exception | int, ...] = ()) -> None:
        self.states = list(states)
        self.streams = list(streams)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path.endswith("/events"):
            answer: Any = self.streams.pop(0) if self.streams else 404
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, int):
                document = {"type": "/v1/problems/x", "detail": "no stream", "error": ""}
                return httpx.Response(answer, json=document, headers={"Content-Type": "application/problem+json"})
            return httpx.Response(200, content=answer, headers={"Content-Type": "text/event-stream"})
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200 if state["outcome"] else 202, json=state)

    @property
    def paths(self) -> list[str]:
        return [f"{one.method} {one.url.path}" for one in self.asked]


class Heard(Listener):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        self.events.append(event)


def _event(name: str, data: dict[str, Any], id_: str) -> bytes:
    return f"id: {id_}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


BEGAN = _event("stage", {"event": "stage_begun", "stage": "reading", "detail": ["a: 3 rows"]}, "1.10")
READ = _event("stage", {"event": "stage_done", "stage": "reading", "seconds": 0.5, "rows": 3}, "1.20")
ENDS = _event("state", {"id": "5f", "state": "succeeded"}, "1.20") + _event("end", DONE_JOB, "1.20e")


def test_a_query_goes_to_the_queries_and_other_specs_to_the_jobs(way: Way) -> None:
    server = FakeServer(DONE_JOB)
    jobs = RemoteJobs(way(server))
    jobs.submit(SPEC, "query", at="1.0.0", how=How(False, False, 4), runner="spark", variables={"A": "x=y"})
    jobs.submit({"ids": []}, "remove", apply=True, allow="minor")
    first, second = server.asked
    assert (first.url.path, second.url.path) == ("/v1/queries", "/v1/jobs")
    assert sorted(first.url.params.multi_items()) == sorted(
        [
            ("at", "1.0.0"),
            ("cache", "false"),
            ("resume", "false"),
            ("parts", "4"),
            ("runner", "spark"),
            ("set", "A=x=y"),
        ]
    )
    assert second.url.params.multi_items() == [("apply", "true"), ("allow", "minor")]
    assert first.headers[IDEMPOTENCY] != second.headers[IDEMPOTENCY]
    assert len(first.headers[IDEMPOTENCY]) >= 22


def test_a_job_that_ends_at_once_takes_one_request(way: Way) -> None:
    server = FakeServer(DONE_JOB)
    job = RemoteJobs(way(server)).run(SPEC, "query")
    assert (job.report(), job.code, len(server.asked)) == ("q: 3 rows", 0, 1)
    assert server.asked[0].headers["Prefer"] == "wait=30"


def test_a_job_is_waited_for_until_it_ends(way: Way) -> None:
    server = FakeServer(QUEUED, QUEUED, RUNNING, RUNNING, DONE_JOB)
    assert RemoteJobs(way(server)).run(SPEC, "query").state == "succeeded"
    assert server.paths == ["POST /v1/queries", *["GET /v1/jobs/5f"] * 4]


def test_waiting_ends_in_time(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    job = RemoteJob(RUNNING, way(FakeServer(RUNNING)))
    assert not job.wait(10.0).has_ended


def test_a_job_that_failed_raises_its_error(way: Way) -> None:
    with pytest.raises(DataError, match=r"^an id is twice$"):
        RemoteJobs(way(FakeServer(QUEUED, FAILED))).run(SPEC, "query")


def test_progress_is_told_as_on_this_machine_and_the_end_is_taken_from_it(way: Way) -> None:
    heard = Heard()
    server = FakeServer(RUNNING, streams=(b": hello\n\nretry: 10\n\n" + BEGAN + READ + ENDS,))
    job = RemoteJobs(way(server), heard).run(SPEC, "query")
    assert heard.events == [
        Event(BEGUN, "reading", detail=("a: 3 rows",), lasts=True),
        Event(DONE, "reading", 0.5, rows=3),
    ]
    # Nothing more had to be asked: the end says all.
    assert (job.report(), server.paths) == ("q: 3 rows", ["POST /v1/queries", "GET /v1/jobs/5f/events"])


def test_a_stream_that_was_cut_goes_on_where_it_stopped(way: Way) -> None:
    heard = Heard()
    server = FakeServer(RUNNING, streams=(BEGAN, httpx.ReadError("cut"), READ + ENDS))
    job = RemoteJobs(way(server), heard).run(SPEC, "query")
    assert [one.kind for one in heard.events] == [BEGUN, DONE]
    streams = [one for one in server.asked if one.url.path.endswith("/events")]
    assert [one.headers.get("Last-Event-ID") for one in streams] == [None, "1.10", "1.10"]
    assert job.state == "succeeded"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_without_streams_is_asked_how_the_job_stands(way: Way, status: int) -> None:
    server = FakeServer(*[RUNNING] * 6, DONE_JOB, streams=(status,) * 20)
    assert RemoteJobs(way(server), Heard()).run(SPEC, "query").state == "succeeded"


def test_who_stops_waiting_is_told_that_the_job_goes_on(way: Way) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        RemoteJob(RUNNING, way(interrupt)).wait()
    assert "query 5f" in caught.value.__notes__[0]
    assert "goes on" in caught.value.__notes__[0]


def test_cancelling_and_trying_again_have_keys_of_their_own(way: Way) -> None:
    server = FakeServer(RUNNING, QUEUED | {"id": "60"})
    job = RemoteJob(RUNNING, way(server)).cancel()
    again = job.retry()
    assert (job.id, again.id) == ("5f", "60")
    assert server.paths == ["POST /v1/jobs/5f/cancel", "POST /v1/jobs/5f/retry"]
    assert len({one.headers[IDEMPOTENCY] for one in server.asked}) == 2


@pytest.mark.parametrize(("job", "code"), [(DONE_JOB, 0), (FAILED, 4), (QUEUED | {"state": "cancelled"}, 143)])
def test_a_job_has_the_exit_code_of_the_same_work_here(way: Way, job: dict[str, Any], code: int) -> None:
    assert RemoteJob(job, way(FakeServer(job))).code == code


def test_what_answers_without_a_job_is_no_dsgrid_server(way: Way) -> None:
    with pytest.raises(ServerError, match="not answer as a dsgrid server"):
        RemoteJobs(way(lambda _: httpx.Response(200, json={"hello": 1}))).submit(SPEC, "query")


def test_events_are_read_as_they_are_written() -> None:
    text = ": comment\ndata: a\ndata:  b\nid: 1\n\nevent: x\nid: 2\n\ndata\nevent:y\ndata:{}\n\ndata: unfinished"
    found = list(read_events(text.split("\n")))
    assert found == [Sent("message", "a\n b", "1"), Sent("y", "\n{}", "2")]


@pytest.mark.parametrize(
    "document", [{}, {"event": "run_begun"}, {"event": "stage_begun"}, {"event": "message", "message": 1}]
)
def test_lines_that_say_nothing_of_progress_are_left_out(document: dict[str, Any]) -> None:
    assert progress_of(document) is None
