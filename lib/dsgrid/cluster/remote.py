"""A probe on one node of an allocation, started by srun: it gets orders as lines, and its answers are waited for."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import re
import resource
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, Final

from dsgrid.cluster.probe import MARK, Answer
from dsgrid.errors import ClusterError

_END: Final = 5.0
_FILES: Final = 3  # of a probe: what goes there, what comes back, and what srun complains of
_OTHER_FILES: Final = 100
_TAIL: Final = 3  # of the lines that srun complains with
_WHO: Final = re.compile(r"^(srun|slurmstepd\S*?): (error: )?")
_ENDED: Final = re.compile(r"task \d+: Exited with exit code")


@dataclass(frozen=True)
class Place:
    """A node of an allocation, and the group that it is of where the job is heterogeneous."""

    node: str
    group: int | None = None


class SilentError(Exception):
    """A node did not answer; says why, as far as that is known."""


def step_command(place: Place, command: Sequence[str]) -> list[str]:
    """Return the command that runs another one on a node, beside whatever the job does there."""
    group = [] if place.group is None else [f"--het-group={place.group}"]
    return [
        *("srun", "--overlap", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mem=0", "--no-kill"),
        *("--job-name=dsgrid-doctor", f"--nodelist={place.node}", *group),
        *command,
    ]


def probe_command(python: str, lines: str = "") -> list[str]:
    """Return the command that starts a probe on a node.

    Parameters
    ----------
    lines
        What a shell evaluates before, as it does in a job; see `dsgrid.cluster.site.environment_lines`.
    """
    command = [python, "-m", "dsgrid.cluster.probe"]
    return ["bash", "-c", f'{lines}exec "$@"', "bash", *command] if lines else command


def step_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for srun: what the job was asked for with would contradict what is asked for here."""
    asked = ("SLURM_MEM_PER_", "SLURM_CPUS_PER_", "SLURM_NTASKS", "SLURM_TRES_PER_", "SLURM_DISTRIBUTION", "SRUN_")
    return {name: value for name, value in environment.items() if not name.startswith(asked)}


class Remote:
    """A probe that runs on a node until it is ended."""

    def __init__(self, place: Place, command: Sequence[str]) -> None:
        self.place = place
        self._numbers = itertools.count()
        self._busy = threading.Lock()
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        self._complaints: list[str] = []
        self._process = subprocess.Popen(
            step_command(place, command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=step_environment(os.environ),
        )
        self._listeners = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._hear_complaints, args=(self._process.stderr,), daemon=True),
        ]
        for listener in self._listeners:
            listener.start()

    def end(self) -> None:
        """Let the probe end by itself, or else end it."""
        with contextlib.suppress(OSError):  # it has gone already
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END)
            return
        # srun ends its step when it is ended.
        self._process.terminate()
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, order: str, timeout: float, **values: Any) -> Answer:
        """Give an order and return the answer.

        Raises
        ------
        SilentError
            There is none in time, or there will never be one, or the order failed in a way that nobody expected.
        """
        with self._busy:
            return self._ask(order, timeout, values)

    def _ask(self, order: str, timeout: float, values: Mapping[str, Any]) -> Answer:
        number = next(self._numbers)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"order": order, "number": number, **values}) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise SilentError(self._why()) from None
        end = time.monotonic() + timeout
        while True:
            try:
                answer = self._answers.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                complaint = self._tail()
                why = f"no answer to '{order}' within {timeout:.0f} s" + (f": {complaint}" if complaint else "")
                raise SilentError(why) from None
            if answer is None:
                self._answers.put(None)
                raise SilentError(self._why())
            # One that came too late belongs to an order that was given up.
            if answer.pop("number", None) == number:
                if "error" in answer:
                    raise SilentError(f"'{order}' failed: {answer['error']}")
                return answer

    def _listen(self, stdout: IO[str]) -> None:
        for line in stdout:
            if line.startswith(MARK):
                with contextlib.suppress(ValueError):
                    self._answers.put(json.loads(line.removeprefix(MARK)))
        self._answers.put(None)

    def _hear_complaints(self, stderr: IO[str]) -> None:
        for line in stderr:
            self._complaints.append(line.strip())
            del self._complaints[:-_TAIL]

    def _why(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END)
        self._listeners[1].join(_END)
        return self._tail() or f"srun ended with exit code {self._process.returncode}"

    def _tail(self) -> str:
        return told(self._complaints)


def told(complaints: Iterable[str]) -> str:
    """Return what srun complains of in words that are the same for all nodes that have the same trouble."""
    lines = [_WHO.sub("", line) for line in complaints if line]
    # That a task ended follows from what ended it.
    return "; ".join([line for line in lines if not _ENDED.search(line)] or lines)


def _allow_files(count: int) -> None:
    """Let this process have so many open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@contextlib.contextmanager
def probes(places: Iterable[Place], command: Sequence[str]) -> Iterator[dict[str, Remote]]:
    """Start a probe on each node by a command (see `probe_command`), and end all of them at once.

    Raises
    ------
    ClusterError
        So many processes cannot be started here.
    """
    wanted = tuple(places)
    _allow_files(_FILES * len(wanted) + _OTHER_FILES)
    started: dict[str, Remote] = {}
    try:
        for place in wanted:
            try:
                started[place.node] = Remote(place, command)
            except (OSError, RuntimeError) as error:  # files, processes or threads are too many
                raise ClusterError(
                    f"srun cannot be started for {place.node}, number {len(started) + 1} of {len(wanted)} nodes: "
                    f"{error}; look at `ulimit -a`, or get fewer nodes"
                ) from None
        yield started
    finally:
        if started:
            with ThreadPoolExecutor(len(started)) as pool:
                list(pool.map(Remote.end, started.values()))
