"""The dispatcher and its lanes, with runners that do what a test tells them."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.dispatch import lane
from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.job import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Attempt, Job, NewJob, Outcome
from dsgrid.api.jobs.claim import claim
from dsgrid.api.jobs.queue import Asked
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import User
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import StateFullError, open_state

NEW = NewJob("anna", "analyst", "query", "q", "{}", "application/json", "warm")
ANNA = User("anna", "analyst", "t")


class FakeRunner:
    """A runner whose jobs end when a test says so."""

    def __init__(self, name: str = "warm", slots: int = 1) -> None:
        self.name = name
        self.slots = slots
        self.on_end: Callable[[str], None] | None = None
        self.started: list[str] = []
        self.ends: dict[str, Outcome] = {}
        self.heeds = True
        self.fails: Exception | None = None

    def open(self) -> None:
        pass

    def start(self, attempt: Attempt) -> None:
        if self.fails is not None:
            raise self.fails
        claim(attempt.folder)
        self.started.append(attempt.job.id)

    def look(self, attempt: Attempt) -> Outcome | None:
        return self.ends.get(attempt.job.id)

    def cancel(self, attempt: Attempt) -> None:
        if self.heeds:
            self.ends.setdefault(attempt.job.id, Outcome(CANCELLED, 143, "ended by a signal"))

    def end(self, job: Job, state: str = SUCCEEDED, reason: str = "") -> None:
        self.ends[job.id] = Outcome(state, 0 if state == SUCCEEDED else 4, reason)
        if self.on_end is not None:
            self.on_end(job.id)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "TROUBLE", 0.02)


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def made(tmp_path: Path, runner: FakeRunner) -> Iterator[Callable[..., Dispatcher]]:
    running: list[Dispatcher] = []

    def make(limits: Limits | None = None, **runners: FakeRunner) -> Dispatcher:
        settings = Settings(tmp_path, tmp_path / "state", limits=limits or Limits())
        some = runners or {"warm": runner}
        dispatcher = Dispatcher(open_state(settings.state), settings, some, prepare=_folder)
        dispatcher.begin()
        running.append(dispatcher)
        return dispatcher

    yield make
    for each in running:
        each.end()


def _folder(attempt: Attempt, _settings: Settings) -> None:
    attempt.folder.mkdir(parents=True)


def until(ask: Callable[[], Any], seconds: float = 5.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "it has not come to this"
        time.sleep(0.005)
    return found


def in_state(dispatcher: Dispatcher, job: Job, state: str) -> Job:
    def found() -> Job | None:
        now = dispatcher.get(job.id)
        return now if now is not None and now.state == state else None

    return until(found)  # type: ignore[no-any-return]


def test_a_job_runs_and_ends_as_its_runner_says(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    assert job.state == QUEUED
    in_state(dispatcher, job, RUNNING)
    runner.end(job, FAILED, "wrong data")
    ended = in_state(dispatcher, job, FAILED)
    assert (ended.reason, ended.attempt, ended.outcome.code) == ("wrong data", 1, 4)


def test_jobs_run_in_their_order_and_a_user_has_so_many_at_most(made: Any) -> None:
    wide = FakeRunner(slots=3)
    dispatcher = made(Limits(running=2), warm=wide)
    jobs = [dispatcher.submit(NEW) for _ in range(3)]
    other = dispatcher.submit(replace(NEW, user="bert"))
    until(lambda: other.id in wide.started)
    assert wide.started == [jobs[0].id, jobs[1].id, other.id]
    assert dispatcher.store.positions([dispatcher.get(jobs[2].id)]) == {jobs[2].id: 1}
    wide.end(jobs[0])
    until(lambda: jobs[2].id in wide.started)


def test_a_free_place_of_a_user_is_seen_by_the_other_lanes(made: Any) -> None:
    warm, embedded = FakeRunner("warm"), FakeRunner("embedded")
    dispatcher = made(Limits(running=1), warm=warm, embedded=embedded)
    first = dispatcher.submit(NEW)
    in_state(dispatcher, first, RUNNING)
    second = dispatcher.submit(replace(NEW, runner="embedded"))
    began = time.monotonic()
    warm.end(first)
    in_state(dispatcher, second, RUNNING)
    assert time.monotonic() - began < lane.IDLE / 2


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("secret /etc"), MemoryError()])
def test_what_cannot_be_started_fails_and_the_next_one_runs(made: Any, runner: FakeRunner, error: Exception) -> None:
    dispatcher = made()
    runner.fails = error
    job = dispatcher.submit(NEW)
    ended = in_state(dispatcher, job, FAILED)
    assert "could not be started" in ended.reason
    assert "secret" not in ended.reason
    runner.fails = None
    following = dispatcher.submit(NEW)
    in_state(dispatcher, following, RUNNING)


def test_an_attempt_that_began_although_its_start_failed_is_watched(made: Any, runner: FakeRunner) -> None:
    def start(attempt: Attempt) -> None:
        claim(attempt.folder)
        raise RuntimeError("after the start")

    runner.start = start  # type: ignore[method-assign]
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)


def test_a_runner_that_cannot_look_ends_nothing(made: Any, runner: FakeRunner) -> None:
    looks = iter([OSError(24, "Too many open files"), RuntimeError("no")])
    look = runner.look

    def failing(attempt: Attempt) -> Outcome | None:
        error = next(looks, None)
        if error is not None:
            raise error
        return look(attempt)

    runner.look = failing  # type: ignore[method-assign]
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)


def test_an_end_that_the_disk_has_no_room_for_is_written_down_later(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    finish, times = dispatcher.store.finish, iter(range(3))

    def full(*given: Any) -> bool:
        if next(times, None) is not None:
            raise StateFullError("the disk is full")
        return finish(*given)  # type: ignore[no-any-return]

    dispatcher.store.finish = full
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)


def test_a_job_that_waits_is_cancelled_at_once(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    first, second = dispatcher.submit(NEW), dispatcher.submit(NEW)
    in_state(dispatcher, first, RUNNING)
    assert dispatcher.cancel(second.id, "anna").state == CANCELLED
    assert dispatcher.cancel(second.id, "anna").state == CANCELLED
    assert second.id not in runner.started


def test_a_running_job_is_cancelled_when_its_process_is_gone(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.heeds = False
    asked = dispatcher.cancel(job.id, "bert")
    assert (asked.state, asked.cancelled_by) == (RUNNING, "bert")
    time.sleep(0.05)
    assert dispatcher.get(job.id).state == RUNNING
    runner.end(job, CANCELLED)
    assert in_state(dispatcher, job, CANCELLED).reason == "cancelled by bert"


def test_what_succeeds_before_it_heeds_has_succeeded(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.heeds = False
    dispatcher.cancel(job.id, "anna")
    runner.end(job, SUCCEEDED)
    in_state(dispatcher, job, SUCCEEDED)
    with pytest.raises(ApiError, match="succeeded already") as refused:
        dispatcher.cancel(job.id, "anna")
    assert refused.value.status == 409


def test_what_runs_too_long_is_ended_and_says_so(made: Any, runner: FakeRunner) -> None:
    dispatcher = made(Limits(warm_time=0.1))
    job = dispatcher.submit(NEW)
    assert "limits.warm_time" in in_state(dispatcher, job, FAILED).reason


def test_what_is_ended_from_outside_has_failed(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.end(job, CANCELLED, "ended by a signal")
    assert in_state(dispatcher, job, FAILED).reason == "ended from outside: ended by a signal"


def test_only_what_failed_or_was_cancelled_is_tried_again(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    with pytest.raises(ApiError, match="is tried again") as refused:
        dispatcher.retry(job.id, ANNA)
    assert refused.value.status == 409
    in_state(dispatcher, job, RUNNING)
    runner.end(job, FAILED)
    in_state(dispatcher, job, FAILED)
    again = dispatcher.retry(job.id, ANNA, "key")
    assert (again.retry_of, again.spec, again.attempt) == (job.id, job.spec, 0)
    assert dispatcher.retry(job.id, ANNA, "key").id == again.id
    with pytest.raises(ApiError, match="needs the role analyst") as forbidden:
        dispatcher.retry(job.id, User("anna", "reader", "t"))
    assert forbidden.value.status == 403


def test_what_has_lost_its_result_is_tried_again(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)
    with pytest.raises(ApiError, match="is tried again"):
        dispatcher.retry(job.id, ANNA)
    dispatcher.store.results_removed(job.id)
    assert dispatcher.retry(job.id, ANNA).retry_of == job.id


def test_a_job_whose_folder_somebody_has_removed_is_tried_again(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)
    shutil.rmtree(dispatcher.folder(job))
    assert dispatcher.retry(job.id, ANNA).retry_of == job.id


def test_only_what_has_ended_is_removed_with_its_folder(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job = dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)
    with pytest.raises(ApiError, match="cancel it first"):
        dispatcher.remove(job.id)
    folder = dispatcher.folder(job)
    assert folder.exists()
    runner.end(job)
    in_state(dispatcher, job, SUCCEEDED)
    dispatcher.remove(job.id)
    assert dispatcher.get(job.id) is None
    assert not folder.exists()


def test_the_same_key_is_the_same_job_for_two_at_once(made: Any) -> None:
    dispatcher = made()
    keyed = replace(NEW, idempotency_key="k")
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(dispatcher.submit(keyed).id)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert len(dispatcher.list(Asked())) == 1
    with pytest.raises(ApiError, match="a new request takes a new key") as refused:
        dispatcher.submit(replace(keyed, spec='{"a": 1}'))
    assert refused.value.status == 422
    # Keys belong to users.
    assert dispatcher.submit(replace(keyed, user="bert")).id not in got


def test_too_many_jobs_are_refused_and_those_of_others_are_not(made: Any) -> None:
    dispatcher = made(Limits(queued=2, queued_all=3, running=1))
    first = dispatcher.submit(NEW)
    in_state(dispatcher, first, RUNNING)
    for _ in range(2):
        dispatcher.submit(NEW)
    with pytest.raises(ApiError, match=r"limits\.queued\b") as refused:
        dispatcher.submit(NEW)
    assert refused.value.status == 429
    assert "Retry-After" in refused.value.headers
    dispatcher.submit(replace(NEW, user="bert"))
    with pytest.raises(ApiError, match=r"limits\.queued_all"):
        dispatcher.submit(replace(NEW, user="cora"))


def test_who_waits_is_told_of_the_end_at_once_and_let_go_when_the_server_ends(made: Any, runner: FakeRunner) -> None:
    dispatcher = made()
    job, other = dispatcher.submit(NEW), dispatcher.submit(NEW)
    in_state(dispatcher, job, RUNNING)

    async def wait() -> tuple[str, float, str]:
        began = time.monotonic()
        waiting = asyncio.create_task(dispatcher.wait(job.id, 5))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(runner.end, job)
        ended = await waiting
        seconds = time.monotonic() - began
        short = await dispatcher.wait(other.id, 0.02)
        unending = asyncio.create_task(dispatcher.wait(other.id, 60))
        await asyncio.sleep(0.02)
        dispatcher.release()
        await asyncio.wait_for(unending, 2)
        return ended.state, seconds, short.state

    state, seconds, short = asyncio.run(wait())
    assert state == SUCCEEDED
    assert seconds < 1
    assert short in (QUEUED, RUNNING)


def test_many_threads_take_each_job_once(tmp_path: Path) -> None:
    from dsgrid.api.jobs.queue import JobStore

    store = JobStore(open_state(tmp_path / "state"), Limits(running=100))
    jobs = [store.add(NEW)[0].id for _ in range(20)]
    taken: list[str] = []

    def take() -> None:
        while (job := store.claim("warm", 100)) is not None:
            taken.append(job.id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(taken) == sorted(jobs)
