"""Random jobs, ends, cancellations and crashes of the server at any step, against a model of what must hold."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.rounds import rounds

from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.job import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, Attempt, NewJob, Outcome
from dsgrid.api.jobs.claim import claim
from dsgrid.api.jobs.queue import Asked
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import State, open_state

USERS = ("anna", "bert", "cora")
RUNNERS = {"warm": 1, "embedded": 2}
LIMITS = Limits(queued=6, running=2, queued_all=12)


class CrashError(BaseException):
    """The server is killed, here and now."""


@dataclass
class Fuse:
    """Kills the server at one of the steps to come."""

    left: int | None = None

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise CrashError


class BreakableState(State):
    """A database whose process may be killed before and after each commit."""

    fuse: Fuse

    @contextmanager
    def atomic(self) -> Iterator[Any]:
        with super().atomic() as connection:
            yield connection
            self.fuse.step()
        self.fuse.step()


@dataclass
class Process:
    """What carries out an attempt; it outlives the server."""

    attempt: Attempt
    has_claimed: bool = False
    is_alive: bool = True
    is_told: bool = False
    outcome: Outcome | None = None


class World:
    """What is there besides the server: processes, and what they have done."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.completed: Counter[str] = Counter()
        self.begun: Counter[str] = Counter()

    def of(self, attempt: Attempt) -> Process | None:
        return next((each for each in self.processes if each.attempt.folder == attempt.folder), None)

    def alive(self) -> list[Process]:
        return [each for each in self.processes if each.is_alive]


class WorldRunner:
    """A runner whose processes are those of the world."""

    on_end: Callable[[str], None] | None = None

    def __init__(self, name: str, slots: int, world: World, fuse: Fuse, check: Callable[[Attempt], None]) -> None:
        self.name = name
        self.slots = slots
        self._world = world
        self._fuse = fuse
        self._check = check

    def open(self) -> None:
        pass

    def start(self, attempt: Attempt) -> None:
        self._check(attempt)
        self._fuse.step()
        self._world.processes.append(Process(attempt))
        self._fuse.step()

    def look(self, attempt: Attempt) -> Outcome | None:
        process = self._world.of(attempt)
        assert process is not None, "a job is watched that no process was started for"
        if process.is_alive:
            return None
        return process.outcome or Outcome(FAILED, 137, "lost: nobody knows")

    def cancel(self, attempt: Attempt) -> None:
        process = self._world.of(attempt)
        assert process is not None
        process.is_told = True
        self._fuse.step()

    def close(self) -> None:
        pass


class Queue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World()
        self.fuse = Fuse()
        self.accepted: dict[str, NewJob] = {}
        self.keyed: dict[tuple[str, str], str] = {}
        self.told_cancelled: set[str] = set()
        self.overtaken: list[str] = []
        self._start()

    def teardown(self) -> None:
        self.fuse.left = None
        for _ in range(500):
            for process in self.world.alive():
                self._go_on(process)
                self._go_on(process)
            self.dispatcher.turn()
            if not self.dispatcher.store.in_state(QUEUED) and not self.dispatcher.store.in_state(RUNNING):
                break
        self._check_all()
        for job in self._jobs():
            assert job.state in ENDED
        self._leave()
        shutil.rmtree(self.folder)

    # --- the server ---------------------------------------------------------------------------------------------

    def _start(self) -> None:
        # A crash while it starts is one more.
        while True:
            with suppress(CrashError):
                open_state(self.folder).close()
                self.state = BreakableState(self.folder)
                self.state.fuse = self.fuse
                runners = {
                    name: WorldRunner(name, slots, self.world, self.fuse, self._check_start)
                    for name, slots in RUNNERS.items()
                }
                told = Settings(registry=self.folder, state=self.folder, limits=LIMITS)
                self.dispatcher = Dispatcher(self.state, told, runners, prepare=self._prepare)
                self.dispatcher.recover()
                return

    def _prepare(self, attempt: Attempt, _settings: Settings) -> None:
        self.fuse.step()
        attempt.folder.mkdir(parents=True)
        self.fuse.step()

    def _leave(self) -> None:
        self.state.close()

    @contextmanager
    def _may_crash(self) -> Iterator[None]:
        try:
            yield
        except CrashError:
            self._leave()
            self._start()

    # --- what happens -------------------------------------------------------------------------------------------

    @rule(steps=st.integers(0, 8))
    def crash_soon(self, steps: int) -> None:
        self.fuse.left = steps

    @rule()
    def crash_now(self) -> None:
        self._leave()
        self._start()

    @rule(
        user=st.sampled_from(USERS),
        runner=st.sampled_from(sorted(RUNNERS)),
        key=st.none() | st.sampled_from(("a", "b")),
    )
    def submit_keyed(self, user: str, runner: str, key: str | None) -> None:
        self._submit(user, runner, key)

    @rule(jobs=st.lists(st.tuples(st.sampled_from(USERS), st.sampled_from(sorted(RUNNERS))), min_size=2, max_size=6))
    def submit_several(self, jobs: list[tuple[str, str]]) -> None:
        for user, runner in jobs:
            self._submit(user, runner, None)
        with self._may_crash():
            self.dispatcher.turn()

    def _submit(self, user: str, runner: str, key: str | None) -> None:
        new = NewJob(user, "analyst", "query", "q", "{}", "application/json", runner, idempotency_key=key)
        waiting = Counter(job.user for job in self.dispatcher.store.in_state(QUEUED))
        with self._may_crash():
            try:
                job = self.dispatcher.submit(new)
            except ApiError as error:
                are_many = waiting[user] >= LIMITS.queued or waiting.total() >= LIMITS.queued_all
                if error.status != 429 or not are_many:
                    raise
                return
            if key is not None and (user, key) in self.keyed:
                assert job.id == self.keyed[user, key]
            elif key is not None:
                self.keyed[user, key] = job.id
            self.accepted[job.id] = new

    @rule()
    def turn(self) -> None:
        with self._may_crash():
            self.dispatcher.turn()

    @precondition(lambda self: self.world.alive())
    @rule(number=st.integers(0, 9), succeeds=st.booleans())
    def process_goes_on(self, number: int, succeeds: bool) -> None:
        alive = self.world.alive()
        self._go_on(alive[number % len(alive)], succeeds)

    @precondition(lambda self: self.world.alive())
    @rule(number=st.integers(0, 9))
    def process_dies(self, number: int) -> None:
        alive = self.world.alive()
        alive[number % len(alive)].is_alive = False

    def _go_on(self, process: Process, succeeds: bool = True) -> None:
        if not process.is_alive:
            return
        job, folder = process.attempt.job, process.attempt.folder
        if not process.has_claimed:
            process.has_claimed = process.is_alive = claim(folder)
            self.world.begun[job.id] += process.has_claimed
            return
        process.is_alive = False
        if process.is_told:
            process.outcome = Outcome(CANCELLED, 143, "ended by a signal")
        else:
            process.outcome = Outcome(SUCCEEDED) if succeeds else Outcome(FAILED, 4, "wrong data")
            self.world.completed[job.id] += 1

    @precondition(lambda self: self.accepted)
    @rule(number=st.integers(0, 30))
    def cancel(self, number: int) -> None:
        job = list(self.accepted)[number % len(self.accepted)]
        before = self.dispatcher.get(job)
        assert before is not None
        with self._may_crash():
            try:
                after = self.dispatcher.cancel(job, "cora")
            except ApiError as error:
                if error.status != 409 or before.state not in (SUCCEEDED, FAILED):
                    raise
                return
            assert after.state == CANCELLED or after.cancelled_by is not None
            if before.state == QUEUED:
                assert after.state == CANCELLED
                self.told_cancelled.add(job)

    # --- what holds ---------------------------------------------------------------------------------------------

    def _jobs(self) -> tuple[Any, ...]:
        return self.dispatcher.list(Asked(limit=10_000))

    def _check_start(self, attempt: Attempt) -> None:
        """Nobody who waits longer for this runner could have begun instead."""
        running = Counter(job.user for job in self.dispatcher.store.in_state(RUNNING))
        for waiting in self.dispatcher.store.in_state(QUEUED):
            # The one that begins now is among those that run.
            others = running[waiting.user] - (waiting.user == attempt.job.user)
            is_older = waiting.runner == attempt.job.runner and waiting.number < attempt.job.number
            if is_older and others < LIMITS.running:
                self.overtaken.append(waiting.id)

    @invariant()
    def nobody_is_overtaken(self) -> None:
        assert not self.overtaken

    @invariant()
    def limits_hold(self) -> None:
        running = self.dispatcher.store.in_state(RUNNING)
        assert all(number <= LIMITS.running for number in Counter(job.user for job in running).values())
        assert all(number <= RUNNERS[name] for name, number in Counter(job.runner for job in running).items())

    @invariant()
    def no_job_is_lost_or_done_twice(self) -> None:
        self._check_all()

    def _check_all(self) -> None:
        jobs = {job.id: job for job in self._jobs()}
        assert self.accepted.keys() <= jobs.keys()
        assert all(number <= 1 for number in self.world.begun.values())
        assert all(number <= 1 for number in self.world.completed.values())
        for job in jobs.values():
            processes = [each for each in self.world.processes if each.attempt.job.id == job.id and each.has_claimed]
            if job.has_ended:
                assert not any(each.is_alive for each in processes), "a job has ended, and its process lives"
            if job.state == SUCCEEDED:
                assert [each.outcome for each in processes] == [Outcome(SUCCEEDED)]
            if job.state == FAILED:
                assert all(each.outcome is None or each.outcome.state == FAILED for each in processes)
                started = [each for each in self.world.processes if each.attempt.job.id == job.id]
                assert started, "a job has failed that nobody has tried"
            if job.state == CANCELLED:
                assert job.cancelled_by is not None
                assert not any(each.outcome == Outcome(SUCCEEDED) for each in processes)
            if job.state == QUEUED:
                assert not processes, "a job waits again whose process has begun"
        for told in self.told_cancelled:
            assert jobs[told].state == CANCELLED


TestQueue = Queue.TestCase
TestQueue.settings = settings(rounds(7), stateful_step_count=40)


@pytest.mark.slow
def test_no_job_is_lost_however_long_it_goes_on() -> None:
    many = settings(TestQueue.settings, max_examples=400, stateful_step_count=80, derandomize=False)
    run_state_machine_as_test(Queue, settings=many)
