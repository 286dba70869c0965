"""The runner that has Slurm carry out jobs: the server submits, looks, and cancels."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from dsgrid.api.job import CANCELLED, FAILED, SLURM, Attempt, Outcome, failed
from dsgrid.api.jobs.attempt_folder import OUTPUT, read_outcome, write_outcome
from dsgrid.api.jobs.claim import NEVER_BEGUN, abandon, claimant
from dsgrid.api.runners.attempt import outcome_of, run_ended
from dsgrid.api.runners.ends import claimed_by, without_outcome
from dsgrid.api.runners.process import start_attempt
from dsgrid.api.runners.runner import OnEnd
from dsgrid.api.runners.slurm_submission import found_again, is_handed_in, read_submitted, write_submitted
from dsgrid.api.settings import Settings
from dsgrid.cluster import slurm, standing, words
from dsgrid.cluster.accounts import account_of
from dsgrid.cluster.cancelling import GENTLE_SECONDS, leads
from dsgrid.cluster.job import Job
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import Standing
from dsgrid.errors import ClusterError
from dsgrid.operations.ending import TERMINATED

# All jobs are asked for at once, and not more often than so.
PAUSE: Final = 3.0
# What Slurm does not know may be on its way into its list, or just out of it.
PATIENCE: Final = 30.0


class SlurmRunner:
    """Submits jobs to Slurm, which has the queue, the limits and the machines for them."""

    name = SLURM
    on_end: OnEnd | None = None

    def __init__(self, settings: Settings) -> None:
        self.slots = settings.runners.slurm
        self._settings = settings
        self._submitting: dict[Path, subprocess.Popen[bytes]] = {}
        self._asked: dict[Path, float] = {}
        self._missed: dict[Path, float] = {}
        self._told: list[Standing] = []
        self._told_at = float("-inf")
        self._is_answered = False

    def open(self) -> None:
        """Do nothing: Slurm is there or not."""

    def start(self, attempt: Attempt) -> None:
        """Start the process that submits an attempt."""
        process = start_attempt(attempt, self._settings)
        self._submitting[attempt.folder] = process
        threading.Thread(target=self._wait, args=(process, attempt), name="slurm-submit", daemon=True).start()

    def look(self, attempt: Attempt) -> Outcome | None:
        """Return how an attempt ended, by what Slurm says and what the job has left."""
        folder = attempt.folder
        outcome = read_outcome(folder) or self._look(attempt)
        if outcome is not None:
            for known in (self._submitting, self._asked, self._missed):
                known.pop(folder, None)
        return outcome

    def cancel(self, attempt: Attempt) -> None:
        """Ask a job to end; while it is being submitted, as soon as Slurm has it."""
        self._asked.setdefault(attempt.folder, time.monotonic())
        found = read_submitted(attempt.folder)
        if found is not None:
            self._cancel(found[0])

    def close(self) -> None:
        """Do nothing: Slurm goes on."""

    def _look(self, attempt: Attempt) -> Outcome | None:
        folder = attempt.folder
        found = read_submitted(folder)
        if found is None:
            return self._of_submission(attempt)
        entry, said = found
        job = self._job(entry)
        _follow(folder, job, said)
        if job is None:
            return None
        if not job.is_over:
            self._press(folder, entry)
            return None
        if job.standing is None and job.account is None and not self._is_missed(folder):
            return None
        outcome = _outcome(folder, job, folder in self._asked)
        write_outcome(folder, outcome)
        return outcome

    def _of_submission(self, attempt: Attempt) -> Outcome | None:
        """Return the outcome of an attempt that Slurm does not have yet, or of which that is not written down."""
        folder = attempt.folder
        process = self._submitting.get(folder)
        if (process is not None and process.poll() is None) or claimed_by(folder) is not None:
            return None
        if read_submitted(folder) is not None or read_outcome(folder) is not None:
            return None  # just now
        if process is None and claimant(folder) is None and abandon(folder):
            return Outcome(FAILED, 1, NEVER_BEGUN)
        if is_handed_in(folder):
            # The process ended between Slurm's answer and its own note.
            if not self._ask():
                return None
            entry = found_again(folder, self._told)
            if entry is not None:
                write_submitted(folder, entry)
                return None
            if not self._is_missed(folder):
                return None
            if folder in self._asked:
                return Outcome(CANCELLED, TERMINATED, "ended before it was submitted")
            return Outcome(FAILED, ClusterError.exit_code, "lost: it was being submitted, and Slurm knows no such job")
        code = None if process is None else process.poll()
        return without_outcome(attempt, code, folder in self._asked, "the submission")

    def _job(self, entry: Entry) -> Job | None:
        """Return a job as it stands; None where nobody can say it now."""
        is_answered = self._ask()
        account = account_of(entry)
        told = next((each for each in self._told if is_answered and each.is_of(entry)), None)
        if not is_answered and (account is None or not account.is_over):
            return None
        return Job(entry, told, account, was_asked=is_answered)

    def _ask(self) -> bool:
        """Ask Slurm for all jobs, where that is long enough ago; return whether it has answered."""
        now = time.monotonic()
        if now - self._told_at >= PAUSE:
            self._told_at = now
            try:
                self._told, self._is_answered = standing.ask(), True
            except ClusterError:
                self._is_answered = False
        return self._is_answered

    def _is_missed(self, folder: Path) -> bool:
        """Return whether Slurm has not known a job for a while."""
        since = self._missed.setdefault(folder, time.monotonic())
        return time.monotonic() - since >= PATIENCE

    def _press(self, folder: Path, entry: Entry) -> None:
        """End a job that was asked to, and has not done so; or that Slurm got only then."""
        asked = self._asked.get(folder)
        if asked is None:
            return
        job = self._job(entry)
        if time.monotonic() - asked > GENTLE_SECONDS or (job is not None and not leads(job)):
            with contextlib.suppress(ClusterError):
                slurm.cancel(entry.id)

    def _cancel(self, entry: Entry) -> None:
        job = self._job(entry)
        try:
            if job is not None and leads(job):
                # The job tears down what it has started, and says how it ended.
                slurm.signal(entry.id, "INT", batch=True)
            else:
                slurm.cancel(entry.id)
        except ClusterError:
            self._told_at = float("-inf")  # it has ended, or Slurm is silent: tried again when it is looked at

    def _wait(self, process: subprocess.Popen[bytes], attempt: Attempt) -> None:
        process.wait()
        if self.on_end is not None:
            self.on_end(attempt.job.id)


def _outcome(folder: Path, job: Job, asked: bool) -> Outcome:
    """Return the outcome of a job that is over."""
    code = job.code or 0
    if job.state == words.CANCELLED:
        told = "ended on request" if asked else "ended by Slurm, or by somebody who told it to"
        return Outcome(CANCELLED, TERMINATED, told)
    ended = run_ended(folder)
    if code:
        own = job.account.text("reason") if job.account is not None else ""
        said = str(ended.get("error") or "") or own or f"{job.remark or words.code_in_words(code)}"
        if job.standing is None and job.account is None:
            said = f"lost: Slurm does not know job {job.id} any more, and it has left no word of its end"
        return replace(failed(code, said, ClusterError.__name__), reason=said.partition("\n")[0])
    done = outcome_of(folder, 0, "")
    if done.result is None:
        return done
    from dsgrid.query.result import open_result

    return replace(done, report=f"{open_result(folder / done.result).report()}\n")


def _follow(folder: Path, job: Job | None, said: int) -> None:
    """Append to the attempt's output what a job has printed since."""
    source = None if job is None else job.output
    if source is None:
        return
    with contextlib.suppress(OSError), source.open("rb") as file, (folder / OUTPUT).open("ab") as output:
        file.seek(max(0, output.seek(0, 2) - said))
        output.write(file.read())
