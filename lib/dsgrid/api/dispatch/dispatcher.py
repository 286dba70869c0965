"""The dispatcher: takes jobs in, hands them to the lanes of their runners, and lets others wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dsgrid.api.dispatch.board import Board
from dsgrid.api.dispatch.housekeeping import Housekeeping
from dsgrid.api.dispatch.lane import Lane, no_runner
from dsgrid.api.dispatch.recovery import Orphans
from dsgrid.api.dispatch.retention import Retention, remove_folder
from dsgrid.api.dispatch.streams import Streams
from dsgrid.api.job import CANCELLED, QUEUED, RUNNING, SUCCEEDED, Attempt, Job, NewJob
from dsgrid.api.jobs.attempt_folder import write_request
from dsgrid.api.jobs.queue import Asked, JobStore, can_be_tried_again
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import User
from dsgrid.api.runners.runner import Runner
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import State, StateBusyError, StateFullError
from dsgrid.api.state.spare_room import keep_spare_room, with_spare_room

# A job changes its state a few times at most while somebody cancels it.
_TRIES: Final = 4


class Dispatcher:
    """The jobs of a server, from their arrival to their end.

    Parameters
    ----------
    runners
        What carries them out, by name.
    prepare
        Makes the folder of an attempt, with all that its process reads.

    Attributes
    ----------
    store
        What the database knows of them.
    board
        Where changes are told.
    streams
        Who has how many streams of events open.
    waits
        Who has how many requests that wait for jobs.
    """

    def __init__(
        self,
        state: State,
        settings: Settings,
        runners: Mapping[str, Runner],
        prepare: Callable[[Attempt, Settings], None] = write_request,
    ) -> None:
        self.store = JobStore(state, settings.limits)
        self.board = Board()
        self.streams = Streams(settings.limits.streams)
        self.waits = Streams(settings.limits.waits)
        self._state = state
        self._settings = settings
        self._runners = runners
        self._prepare = prepare
        self._lanes: dict[str, Lane] = {}
        self._housekeeping = Housekeeping(Retention(state, self.store, settings.limits))

    # --- as long as the server lives ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Find out what has become of the jobs that ran, and go on with those that wait."""
        await asyncio.to_thread(self.begin)

    async def stop(self) -> None:
        """Start nothing any more; what runs goes on without this server, and the next one takes it."""
        self.release()
        await asyncio.to_thread(self.end)

    def release(self) -> None:
        """Let all go who wait for jobs, now and from now on: the server is about to end."""
        self.board.close()

    def begin(self) -> None:
        """Do what `start` does, without an event loop."""
        self.recover()
        for lane in self._lanes.values():
            lane.start()
        self._housekeeping.start()

    def recover(self) -> None:
        """Make the lanes, and give them the jobs that ran when the server ended; nothing is begun yet."""
        self._lanes = {name: self._lane(runner) for name, runner in self._runners.items()}
        for job in self.store.in_state(RUNNING):
            if job.runner not in self._lanes:
                self._lanes[job.runner] = self._lane(Orphans(job.runner))
            self._lanes[job.runner].adopt(self.attempt(job))
        for job in self.store.in_state(QUEUED):
            if job.runner not in self._runners or not self._runners[job.runner].slots:
                # On a full disk they go on waiting, until the server starts again.
                with contextlib.suppress(StateFullError, StateBusyError):
                    self.store.fail_queued(job.id, no_runner(job.runner))

    def turn(self) -> None:
        """Let each lane do once what is to be done, where no threads do so."""
        for lane in self._lanes.values():
            lane.turn()

    def end(self) -> None:
        """Do what `stop` does, without an event loop."""
        self._housekeeping.stop()
        for lane in self._lanes.values():
            lane.stop()
        for runner in self._runners.values():
            runner.close()
        self._state.close()

    def _lane(self, runner: Runner) -> Lane:
        lane = Lane(
            runner,
            self.store,
            self._settings.limits,
            self.attempt,
            lambda attempt: self._prepare(attempt, self._settings),
            self._changed,
        )
        runner.on_end = lambda _job: lane.wake()
        return lane

    def _changed(self, job: str) -> None:
        self.board.changed(job)
        for lane in self._lanes.values():
            # A user has a free place again, perhaps in another lane.
            lane.wake()

    # --- what routes ask -----------------------------------------------------------------------------------------

    def submit(self, new: NewJob) -> Job:
        """Put a job into the queue; the same request under the same idempotency key is the same job again.

        Raises
        ------
        ApiError
            Too many jobs wait, or the key was used for something else.
        """
        job, is_new = self.store.add(new)
        if is_new and job.runner in self._lanes:
            self._lanes[job.runner].wake()
        return job

    def get(self, job: str) -> Job | None:
        """Return a job; None where there is none with this id."""
        return self.store.get(job)

    def list(self, asked: Asked) -> tuple[Job, ...]:
        """Return jobs, the newest first."""
        return self.store.list(asked)

    def troubles(self) -> tuple[str, ...]:
        """Return, in words, which runners do nothing although they should."""
        return tuple(f"the runner {name} does not work" for name, lane in self._lanes.items() if not lane.is_alive)

    def attempt(self, job: Job) -> Attempt:
        """Return the newest attempt of a job; its folder is there once it runs."""
        return Attempt(job, job.attempt, self.folder(job) / str(job.attempt))

    def folder(self, job: Job) -> Path:
        """Return the folder of a job, with one for each attempt."""
        return self._state.jobs_folder / job.id

    def cancel(self, job: str, by: str) -> Job:
        """Have a job end: at once where it waits, else as soon as its processes are gone.

        Raises
        ------
        ApiError
            There is no such job, or it has ended by itself.
        """
        for _ in range(_TRIES):
            if with_spare_room(self._state, lambda: self.store.cancel_queued(job, by)):
                self.board.changed(job)
                return self._known(job)
            found = self._known(job)
            if found.has_ended:
                break
            # Between these two it may have ended, or gone back into the queue.
            if with_spare_room(self._state, lambda: self.store.wish_cancelled(job, by)):
                if found.runner in self._lanes:
                    self._lanes[found.runner].cancel(job)
                return self._known(job)
        found = self._known(job)
        if found.state != CANCELLED:
            raise ApiError(409, "conflict", f"job {job} has {found.state} already; there is nothing to cancel")
        return found

    def retry(self, job: str, user: User, idempotency_key: str | None = None) -> Job:
        """Put a job that failed, was cancelled, or has lost its result into the queue again, as a new one of who asks.

        Raises
        ------
        ApiError
            There is no such job, it is none of these, or the user has less rights than the job needs.
        """
        found = self._known(job)
        if found.state == SUCCEEDED and not self.attempt(found).folder.is_dir():
            # Somebody else has removed it, or the database came from a copy without it.
            self.store.results_removed(job)
            found = self._known(job)
        if not can_be_tried_again(found):
            said = f"job {job} is {found.state}; what failed, was cancelled, or has no result any more is tried again"
            raise ApiError(409, "conflict", said)
        if not user.may(found.role):
            # Perhaps it could: but what it may name was decided for that role.
            raise ApiError(
                403, "not allowed", f"job {job} needs the role {found.role}, and {user.name} has {user.role}"
            )
        if found.runner not in self._runners or not self._runners[found.runner].slots:
            raise ApiError(409, "conflict", no_runner(found.runner))
        again = NewJob(
            user=user.name,
            role=user.role,
            kind=found.kind,
            name=found.name,
            spec=found.spec,
            media_type=found.media_type,
            runner=found.runner,
            options=found.options,
            why=found.why,
            expected=found.expected,
            idempotency_key=idempotency_key,
            retry_of=found.id,
        )
        return self.submit(again)

    def remove(self, job: str) -> None:
        """Forget a job that has ended, with all that it wrote.

        Raises
        ------
        ApiError
            There is no such job, or it has not ended.
        """
        found = self._known(job)
        if not with_spare_room(self._state, lambda: self.store.remove(job)):
            if self.store.get(job) is None:
                return  # somebody else was faster
            raise ApiError(409, "conflict", f"job {job} is {found.state}; cancel it first")
        # The row went first: a folder without one is removed later, whatever happens now.
        remove_folder(self.folder(found))
        keep_spare_room(self._state.folder)
        self.board.changed(job)

    async def wait(self, job: str, seconds: float) -> Job | None:
        """Return a job when it has ended, or as it is after so many seconds; None where there is none."""
        deadline = time.monotonic() + seconds
        with self.board.watching(job) as watch:
            while True:
                found = await asyncio.to_thread(self.store.get, job)
                left = deadline - time.monotonic()
                if found is None or found.has_ended or left <= 0 or self.board.is_closed:
                    return found
                await watch.wait(left)

    async def changed(self, job: str, seconds: float) -> bool:
        """Wait until the state of a job changes; return False where it has not in that time."""
        with self.board.watching(job) as watch:
            return await watch.wait(seconds)

    def _known(self, job: str) -> Job:
        found = self.store.get(job)
        if found is None:
            raise ApiError(404, "not found", f"there is no job {job}")
        return found
