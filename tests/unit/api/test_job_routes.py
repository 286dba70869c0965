"""The routes of jobs, over HTTP in this process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from dsgrid.api.answers import prefer
from dsgrid.api.dispatch import events
from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.dispatch.job_log import TOO_LONG, piece_of
from dsgrid.api.job import FAILED, RUNNING, SUCCEEDED, Job, NewJob, Outcome
from dsgrid.api.jobs.claim import claim
from dsgrid.api.limits import Limits

SPEC = '{"spec_version": 1, "job": "query"}'


@pytest.fixture
def dispatcher(app: FastAPI) -> Dispatcher:
    found: Dispatcher = app.state.context.dispatcher
    found._prepare = lambda attempt, _settings: attempt.folder.mkdir(parents=True)
    return found


@pytest.fixture
def anna(client_of: Callable[..., TestClient]) -> TestClient:
    return client_of("analyst", name="anna")


@pytest.fixture
def submit(dispatcher: Dispatcher, anna: TestClient) -> Callable[..., Job]:
    # Only with a client there are lanes that take the jobs.
    def made(user: str = "anna", **more: Any) -> Job:
        given = {"role": "analyst", "kind": "query", "name": "q", "spec": SPEC, "media_type": "application/json"}
        return dispatcher.submit(NewJob(user=user, runner="warm", **{**given, **more}))

    return made


@pytest.fixture
def running(dispatcher: Dispatcher, submit: Callable[..., Job], runners: dict[str, Any]) -> Job:
    job = submit()
    deadline = time.monotonic() + 5
    # The database says so before the folder is made.
    while not runners["warm"].started:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return reached(dispatcher, job, RUNNING)


def reached(dispatcher: Dispatcher, job: Job, state: str) -> Job:
    deadline = time.monotonic() + 5
    while (found := dispatcher.get(job.id)) is None or found.state != state:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return found


def end(runners: dict[str, Any], dispatcher: Dispatcher, job: Job, outcome: Outcome) -> Job:
    runners["warm"].outcomes[job.id] = outcome
    runners["warm"].on_end(job.id)
    return reached(dispatcher, job, outcome.state)


def test_a_job_is_shown_to_whose_it_is_and_to_admins(
    running: Job, anna: TestClient, client_of: Callable[..., TestClient]
) -> None:
    path = f"/v1/jobs/{running.id}"
    document = anna.get(path).json()
    assert (document["state"], document["user"], document["attempt"]) == ("running", "anna", 1)
    assert client_of("admin").get(path).status_code == 200
    other = client_of("contributor", name="bert")
    missing = other.get("/v1/jobs/0123456789abcdef")
    for method, below in [("GET", ""), ("GET", "/log"), ("GET", "/events"), ("GET", "/spec"), ("GET", "/files")]:
        assert other.request(method, path + below).status_code == 404, below
    for method, below in [("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")]:
        assert other.request(method, path + below).status_code == 404, below
    # Not even that it is there is told.
    hidden = other.get(path)
    assert hidden.json()["detail"].replace(running.id, "X") == missing.json()["detail"].replace("0123456789abcdef", "X")
    assert other.get("/v1/jobs", params={"user": "anna"}).json()["items"] == []
    assert client_of("reader", name="anna").get(path).status_code == 403
    assert client_of().get(path).status_code == 401


def test_lists_have_pages_and_filters(submit: Callable[..., Job], anna: TestClient, client_of: Any) -> None:
    jobs = [submit(kind="query" if number % 2 else "dump").id for number in range(5)]
    submit("bert")
    page = anna.get("/v1/jobs", params={"limit": 2})
    assert [each["id"] for each in page.json()["items"]] == jobs[::-1][:2]
    assert 'rel="next"' in page.headers["link"]
    seen, following = [], "/v1/jobs?limit=2"
    while following:
        document = anna.get(following).json()
        seen += [each["id"] for each in document["items"]]
        following = document["next"]
    assert seen == jobs[::-1]
    assert len(anna.get("/v1/jobs", params={"kind": "dump"}).json()["items"]) == 3
    admin = client_of("admin")
    assert len(admin.get("/v1/jobs").json()["items"]) == 6
    assert len(admin.get("/v1/jobs", params={"user": "bert"}).json()["items"]) == 1
    assert anna.get("/v1/jobs", params={"state": "lost"}).status_code == 422
    assert anna.get("/v1/jobs", params={"limit": 0}).status_code == 400
    assert anna.get("/v1/jobs", params={"cursor": "x"}).status_code == 400
    assert anna.get("/v1/jobs", params={"colour": "red"}).status_code == 400


def test_places_in_the_queue_are_told(running: Job, submit: Callable[..., Job], anna: TestClient) -> None:
    second, third = submit(), submit()
    found = {each["id"]: each["position"] for each in anna.get("/v1/jobs").json()["items"]}
    assert found == {running.id: None, second.id: 1, third.id: 2}
    assert anna.get(f"/v1/jobs/{third.id}").json()["position"] == 2


def test_who_prefers_to_wait_is_answered_at_the_end(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    began = time.monotonic()
    short = anna.get(f"/v1/jobs/{running.id}", headers={"Prefer": "wait=0"})
    assert (short.json()["state"], short.headers["preference-applied"]) == ("running", "wait=0")
    threading.Timer(0.1, end, (runners, dispatcher, running, Outcome(SUCCEEDED, report="48 rows"))).start()
    whole = anna.get(f"/v1/jobs/{running.id}", headers={"Prefer": "respond-async, wait=20"})
    assert (whole.json()["state"], whole.json()["outcome"]["report"]) == ("succeeded", "48 rows")
    assert time.monotonic() - began < 5
    assert "preference-applied" not in anna.get(f"/v1/jobs/{running.id}", headers={"Prefer": "wait=-1"}).headers


def test_cancelling_says_whether_it_is_done(running: Job, submit: Callable[..., Job], anna: TestClient) -> None:
    waiting = submit()
    at_once = anna.post(f"/v1/jobs/{waiting.id}/cancel")
    assert (at_once.status_code, at_once.json()["state"]) == (200, "cancelled")
    asked = anna.post(f"/v1/jobs/{running.id}/cancel")
    assert asked.status_code in (200, 202)
    ended = anna.get(f"/v1/jobs/{running.id}", headers={"Prefer": "wait=5"}).json()
    assert (ended["state"], ended["reason"]) == ("cancelled", "cancelled by anna")
    assert anna.post(f"/v1/jobs/{running.id}/cancel").status_code == 200


def test_what_has_ended_is_not_cancelled_but_removed(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    path = f"/v1/jobs/{running.id}"
    assert anna.delete(path).status_code == 409
    end(runners, dispatcher, running, Outcome(SUCCEEDED))
    refused = anna.post(f"{path}/cancel")
    assert refused.status_code == 409
    assert "succeeded already" in refused.json()["detail"]
    assert anna.post(f"{path}/retry").status_code == 409
    assert anna.delete(path).status_code == 204
    assert anna.get(path).status_code == 404
    assert not dispatcher.folder(running).exists()


def test_what_failed_is_tried_again_once_for_a_key(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    problem = {"message": "no", "where": "", "key": "", "detail": ""}
    end(runners, dispatcher, running, Outcome(FAILED, 4, "wrong data", problems=(problem,)))
    path = f"/v1/jobs/{running.id}"
    assert anna.get(path).json()["outcome"]["problems"] == [problem]
    again = anna.post(f"{path}/retry", headers={"Idempotency-Key": "k"})
    assert again.status_code == 202
    assert again.json()["retry_of"] == running.id
    assert again.headers["location"] == f"/v1/jobs/{again.json()['id']}"
    same = {"Idempotency-Key": "k", "Prefer": "wait=10"}
    threading.Timer(0.05, end, (runners, dispatcher, dispatcher.get(again.json()["id"]), Outcome(SUCCEEDED))).start()
    ended = anna.post(f"{path}/retry", headers=same)
    assert (ended.status_code, ended.json()["state"], ended.json()["id"]) == (200, "succeeded", again.json()["id"])


def test_a_log_is_read_on_and_names_no_folder_of_the_server(
    running: Job, dispatcher: Dispatcher, anna: TestClient
) -> None:
    folder = dispatcher.attempt(running).folder
    path = f"/v1/jobs/{running.id}/log"
    assert anna.get(path).text == ""
    (folder / "output.txt").write_text(f"one\nwrote {folder}/results\nhal")
    first = anna.get(path)
    assert first.headers["content-type"].startswith("text/plain")
    assert first.text == f"one\nwrote jobs/{running.id}/1/results\n"
    with (folder / "output.txt").open("a") as file:
        file.write("f\n")
    assert anna.get(path, params={"offset": first.headers["next-offset"]}).text == "half\n"
    # From the middle of a path on nothing of it is shown.
    for offset in range(4, 12 + len(str(folder)), 9):
        assert anna.get(path, params={"offset": offset}).text in (
            f"wrote jobs/{running.id}/1/results\nhalf\n",
            "half\n",
        )
    assert anna.get(path, params={"offset": "x"}).status_code == 422


def test_lines_of_a_log_are_given_whole_or_not_at_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    rows = [f"{number} {'x' * (number * 7 % 23)}\n" for number in range(60)]
    log.write_text("".join(rows))
    for most in (30, 64, 10_000):
        found, place = "", 0
        while (piece := piece_of(log, place, most, is_whole=True)).after > place:
            found, place = found + piece.text, piece.after
        assert found == "".join(rows)
    for offset in range(-len("".join(rows)) - 5, len("".join(rows)) + 5):
        text = piece_of(log, offset, 10_000, is_whole=True).text
        assert "".join(rows).endswith(text)
        assert not text or text.split("\n")[0] + "\n" in rows
    log.write_text("x" * 100 + "\nlast\n")
    piece = piece_of(log, 0, 50, is_whole=False)
    assert (piece.text, piece_of(log, piece.after, 50, is_whole=False).text) == (TOO_LONG, "last\n")


def test_events_are_streamed_to_the_end_and_not_again(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    folder = dispatcher.attempt(running).folder
    (folder / "log.jsonl").write_text(f'{{"event": "message", "message": "reads {folder}/x", "spec": "s"}}\n')
    threading.Timer(0.1, end, (runners, dispatcher, running, Outcome(SUCCEEDED))).start()
    answer = anna.get(f"/v1/jobs/{running.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert f"reads jobs/{running.id}/1/x" in answer.text
    assert str(folder) not in answer.text
    names = [row.removeprefix("event: ") for row in answer.text.splitlines() if row.startswith("event: ")]
    assert (names[-2:], names.count("message")) == (["state", "end"], 1)
    last = [row.removeprefix("id: ") for row in answer.text.splitlines() if row.startswith("id: ")][-1]
    assert anna.get(f"/v1/jobs/{running.id}/events", headers={"Last-Event-ID": last}).status_code == 204


def test_events_are_told_at_once_where_no_stream_is_wanted(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = dispatcher.attempt(running).folder
    path = f"/v1/jobs/{running.id}/events"
    lines = [f'{{"event": "message", "message": "{number} of {folder}/x"}}\n' for number in range(3)]
    (folder / "log.jsonl").write_text("".join(lines))
    for _ in range(10):
        dispatcher.streams.take("anna")
    answer = anna.get(path, params={"stream": False})
    assert answer.headers["content-type"] == "application/json"
    first = answer.json()
    told = [each["data"]["message"] for each in first["events"]]
    assert told == [f"{number} of jobs/{running.id}/1/x" for number in range(3)]
    assert (first["job"]["state"], first["more"]) == ("running", False)
    # From each event on the rest is told, from the last one nothing, and in pieces it is the same.
    for number, each in enumerate(first["events"], 1):
        rest = anna.get(path, params={"stream": False, "after": each["id"]}).json()
        assert rest["events"] == first["events"][number:]
    monkeypatch.setattr(events, "CHUNK", len(lines[0]) + 5)
    pieces, after, more = [], "", True
    while more:
        piece = anna.get(path, params={"stream": False, "after": after}).json()
        pieces += piece["events"]
        after, more = piece["after"], piece["more"]
    assert pieces == first["events"]
    end(runners, dispatcher, running, Outcome(SUCCEEDED))
    last = anna.get(path, params={"stream": False, "after": first["after"]}).json()
    assert (last["events"], last["job"]["state"]) == ([], "succeeded")


def test_a_user_has_so_many_streams_and_gets_them_back(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    for _ in range(10):
        dispatcher.streams.take("anna")
    refused = anna.get(f"/v1/jobs/{running.id}/events")
    assert (refused.status_code, "limits.streams" in refused.json()["detail"]) == (429, True)
    dispatcher.streams.give_back("anna")
    end(runners, dispatcher, running, Outcome(SUCCEEDED))
    for _ in range(3):
        assert anna.get(f"/v1/jobs/{running.id}/events").status_code == 200


def test_the_spec_and_the_files_are_given_as_they_are(
    running: Job, dispatcher: Dispatcher, runners: Any, anna: TestClient
) -> None:
    path = f"/v1/jobs/{running.id}"
    assert anna.get(f"{path}/spec").text == SPEC
    folder = dispatcher.attempt(running).folder
    (folder / "files").mkdir()
    (folder / "files" / "a b.csv").write_text("0123456789")
    (folder / "files" / "untold.csv").write_text("secret")
    claim(folder)
    end(runners, dispatcher, running, Outcome(SUCCEEDED, files=("files/a b.csv",)))
    items = anna.get(f"{path}/files").json()["items"]
    assert [(each["path"], each["bytes"]) for each in items] == [("files/a b.csv", 10)]
    url = items[0]["url"]
    whole = anna.get(url)
    assert whole.text == "0123456789"
    part = anna.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")
    assert anna.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert anna.get(url, headers={"Range": "bytes=99-"}).status_code == 416
    for name in ("files/untold.csv", "output.txt", "../1/request.json", "%2e%2e/%2e%2e/server.db", "/etc/passwd"):
        assert anna.get(f"{path}/files/{name}").status_code in (400, 404), name
    (folder / "files" / "a b.csv").unlink()
    assert anna.get(url).status_code == 410
    dispatcher.store.results_removed(running.id)
    assert anna.get(f"{path}/files").status_code == 410


def test_a_stream_ends_with_the_token_of_its_reader(
    running: Job,
    app: FastAPI,
    dispatcher: Dispatcher,
    client_of: Callable[..., TestClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = app.state.context.tokens
    client = client_of("analyst", name="anna")
    used = client.headers["Authorization"].split("_")[1]
    event = events.event

    def last_event(*given: Any) -> bytes:
        tokens.revoke(used)
        return event(*given)

    monkeypatch.setattr(events, "event", last_event)
    text = client.get(f"/v1/jobs/{running.id}/events").text
    assert '"running"' in text
    assert "event: end" not in text
    assert dispatcher.get(running.id) == running
    assert client.get(f"/v1/jobs/{running.id}").status_code == 401


def test_the_head_of_a_stream_opens_none(running: Job, dispatcher: Dispatcher, anna: TestClient) -> None:
    for _ in range(10):
        dispatcher.streams.take("anna")
    answer = anna.head(f"/v1/jobs/{running.id}/events")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert anna.head("/v1/jobs/0123456789abcdef/events").status_code == 404


def test_a_user_has_so_many_requests_that_wait_and_others_are_answered_at_once(
    running: Job, dispatcher: Dispatcher, anna: TestClient, client_of: Callable[..., TestClient]
) -> None:
    path, wait = f"/v1/jobs/{running.id}", {"Prefer": "wait=1"}
    for _ in range(Limits().waits):
        dispatcher.waits.take("anna")
    began = time.monotonic()
    answer = anna.get(path, headers={"Prefer": "wait=30"})
    assert time.monotonic() - began < 5
    assert (answer.json()["state"], "preference-applied" in answer.headers) == ("running", False)
    assert client_of("admin").get(path, headers=wait).headers["preference-applied"] == "wait=1"
    dispatcher.waits.give_back("anna")
    assert anna.get(path, headers=wait).headers["preference-applied"] == "wait=1"


def test_who_has_gone_keeps_no_place_among_those_who_wait(running: Job, app: FastAPI, dispatcher: Dispatcher) -> None:
    async def leave() -> tuple[int, int]:
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        request = Request({"type": "http", "headers": [(b"prefer", b"wait=30")]}, receive)
        waiting = asyncio.ensure_future(prefer.waited(request, app.state.context, "anna", running))
        await asyncio.sleep(0.05)
        before = dispatcher.waits._open["anna"]
        gone.set()
        await asyncio.wait_for(waiting, 5)
        return before, dispatcher.waits._open["anna"]

    assert asyncio.run(leave()) == (1, 0)
