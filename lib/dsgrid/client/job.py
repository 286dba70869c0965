"""A job of a server: waited for, followed, cancelled, and asked for its result."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from dsgrid.client.address import in_path
from dsgrid.client.download import RemoteFile, fetch, files_of, tag_file
from dsgrid.client.events import Sent, progress_of, read_events
from dsgrid.client.failures import failure_of_job
from dsgrid.client.transport import IDEMPOTENCY, Transport
from dsgrid.errors import DsgridError, NotFoundError, ServerError, UsageError
from dsgrid.operations.progress import Progress, emit
from dsgrid.operations.reported import Reported
from dsgrid.registry import disk

if TYPE_CHECKING:
    from dsgrid.client.result import RemoteResult

SUCCEEDED: Final = "succeeded"
ENDED: Final = frozenset({SUCCEEDED, "failed", "cancelled"})
# How long one request waits for a job's end: with progress to be shown only so long as an answer that is there takes.
_AT_ONCE: Final = 1.0
_WAIT: Final = 30.0
# A server that starts again is waited for: its jobs go on meanwhile.
_PATIENCE: Final = 60.0
_SLOWEST: Final = 2.0
_CUT: Final = 5  # streams without a word, before the state is asked for instead


@dataclass(repr=False)
class RemoteJob(Reported):
    """A job of a server.

    Parameters
    ----------
    document
        The job as the server tells it.
    spec_name
        How the user named its spec, for messages.
    """

    document: Mapping[str, Any]
    _way: Transport
    spec_name: str = ""
    progress: Progress | None = field(default=None, compare=False)

    # How it stands, as it was last told

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.document["id"])

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``."""
        return str(self.document["state"])

    @property
    def kind(self) -> str:
        """The job of its spec, such as ``query``."""
        return str(self.document.get("kind", ""))

    @property
    def name(self) -> str:
        """Its kind and its id, as messages show it."""
        return f"{self.kind or 'job'} {self.id}"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED

    @property
    def code(self) -> int:
        """The exit code that the same work has on this machine; 143 for one that was cancelled."""
        if self.state == "cancelled":
            return 143
        found = (self.document.get("outcome") or {}).get("code")
        return found if isinstance(found, int) and (found or self.state == SUCCEEDED) else int(self.state != SUCCEEDED)

    def refresh(self) -> RemoteJob:
        """Ask how it stands now."""
        self.document = self._way.get(self._path()).json()
        return self

    # Its end

    def wait(self, timeout: float | None = None, progress: Progress | None = None) -> RemoteJob:
        """Wait for its end, or at most so many seconds; `has_ended` tells which it was.

        Ctrl-C ends the waiting and not the job: `cancel` ends that. A server that starts again meanwhile is waited for.

        Parameters
        ----------
        progress
            Is told what the job does.
        """
        until = None if timeout is None else time.monotonic() + timeout
        progress = progress or self.progress
        try:
            if progress is not None and not self.has_ended:
                self._follow(progress, until)
            pause = 0.05
            while not self.has_ended and (until is None or time.monotonic() < until):
                left = _WAIT if until is None else max(0.0, min(_WAIT, until - time.monotonic()))
                began = time.monotonic()
                self.document = self._asked(left)
                # A server that waits less than it was asked to is not asked without a pause.
                if not self.has_ended and time.monotonic() - began < min(left, 1.0) / 2:
                    time.sleep(min(pause, left))
                    pause = min(pause * 1.5, _SLOWEST)
        except KeyboardInterrupt as stopped:
            url = self._way.address
            stopped.add_note(
                f"{self.name} of {url} goes on: `dsgrid --url {url} jobs wait {self.id}` waits for it, `jobs cancel "
                f"{self.id}` ends it"
            )
            raise
        return self

    def _asked(self, seconds: float) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Prefer": f"wait={int(seconds)}"}
        timeout = self._way.timeout + seconds
        found: Mapping[str, Any] = self._way.ask(
            "GET", self._path(), headers=headers, timeout=timeout, patience=_PATIENCE
        ).json()
        return found

    def _follow(self, progress: Progress, until: float | None) -> None:
        """Tell what the job does, until it ends, the time is over, or nothing more can be heard."""
        last = ""
        silent = 0
        while not self.has_ended and silent < _CUT and (until is None or time.monotonic() < until):
            heard = False
            # A job can be waited for without them; what is wrong with itself, its state will say.
            with contextlib.suppress(DsgridError):
                for sent in self._stream(last):
                    last, heard = sent.id or last, True
                    self._take(sent, progress)
                    if self.has_ended or (until is not None and time.monotonic() >= until):
                        return
            silent = 0 if heard else silent + 1
            if not self.has_ended:
                time.sleep(0.1 * 2**silent)
                with contextlib.suppress(ServerError):
                    self.refresh()

    def _take(self, sent: Sent, progress: Progress) -> None:
        document = sent.document()
        if sent.event == "end":
            self.document = {**self.document, **document}
            return
        if sent.event == "state":
            # How it has ended, the end tells, with all that belongs to it.
            if document.get("state") not in ENDED:
                self.document = {**self.document, **document}
            return
        event = progress_of(document)
        if event is not None:
            emit(progress, event)

    def events(self, last: str = "") -> Iterator[Sent]:
        """Yield what the server tells of the job, until it ends; `last` is the id of the last one that was seen."""
        silent = 0
        while silent < _CUT:
            heard = False
            try:
                for sent in self._stream(last):
                    last, heard = sent.id or last, True
                    yield sent
                    if sent.event == "end":
                        return
            except ServerError:
                if silent + 1 == _CUT:
                    raise
            silent = 0 if heard else silent + 1
            time.sleep(0.1 * 2**silent)

    def _stream(self, last: str) -> Iterator[Sent]:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        with self._way.stream("GET", self._path("events"), headers=headers, patience=_PATIENCE) as response:
            try:
                yield from read_events(response.iter_lines())
            except httpx.HTTPError as error:
                raise self._way.broken(error) from None

    def raise_failure(self) -> None:
        """Raise what the same work would have raised on this machine, where the job did not succeed."""
        if self.has_ended and self.state != SUCCEEDED:
            raise failure_of_job(self.document, self.name, self.spec_name)

    # What can be done with it

    def cancel(self) -> RemoteJob:
        """Have it ended; `wait` returns when it really has."""
        self.document = self._way.ask("POST", self._path("cancel"), headers=keyed()).json()
        return self

    def retry(self) -> RemoteJob:
        """Hand the same in again; return the new job."""
        document = self._way.ask("POST", self._path("retry"), headers=keyed()).json()
        return RemoteJob(document, self._way, self.spec_name, self.progress)

    def remove(self) -> None:
        """Remove it from the server, with its result; it has to have ended."""
        self._way.ask("DELETE", self._path())

    def log(self) -> str:
        """Return what it has written, as a program on this machine writes it to the terminal."""
        return "".join(self.log_pieces())

    def log_pieces(self, *, follow: bool = False) -> Iterator[str]:
        """Yield what it has written, piece by piece; with `follow` also what it still writes, until it ends."""
        after = 0
        pause = 0.2
        while True:
            is_over = not follow or self.refresh().has_ended
            answer = self._way.get(self._path("log"), [("offset", str(after))], "text/plain", patience=_PATIENCE)
            if answer.body:
                yield answer.body.decode("utf-8", "replace")
            following = answer.headers.get("next-offset", "")
            has_more = following.isdigit() and int(following) > after
            after = int(following) if has_more else after
            if not has_more and is_over:
                return
            if not has_more:
                time.sleep(pause)
                pause = min(pause * 1.5, _SLOWEST)

    def files(self) -> list[RemoteFile]:
        """Return the files that it has written besides the result of a query, such as those of a dump."""
        return files_of(self._way.get(self._path("files")).json(), self._path("files"))

    def download(self, folder: str | Path) -> Path:
        """Fetch these files into a folder, which is made where it is not there; none that is there is replaced.

        Raises
        ------
        NotFoundError
            If it has written none.
        UsageError
            If one of them is there already.
        """
        place = Path(folder)
        names = {file: place / file.name.removeprefix("files/") for file in self.files()}
        if not names:
            raise NotFoundError(f"{self.name} has written no files")
        there = next((path for path in names.values() if path.exists()), None)
        if there is not None:
            raise UsageError(f"{there} is there already; name another folder")
        for file, path in names.items():
            half = path.with_name(f".{path.name}.{self.id}.half")
            fetch(self._way, file, half)
            disk.swap_file(path, half)
            tag_file(half).unlink(missing_ok=True)
        return place

    def spec(self) -> str:
        """Return its spec as it was sent."""
        return self._way.get(self._path("spec"), accept="*/*").body.decode("utf-8", "replace")

    def result(self) -> RemoteResult:
        """Return what a query answered; one that has not ended is waited for.

        Raises
        ------
        DsgridError
            What the same query raises on this machine.
        """
        from dsgrid.client.result import open_remote_result

        self.wait()
        self.raise_failure()
        return open_remote_result(self, self._way)

    def report(self) -> str:
        """Return what it tells the user: how it stands, or what it did."""
        outcome = self.document.get("outcome") or {}
        if self.state == SUCCEEDED and outcome.get("report"):
            # The folder of a run is of no use to anybody but the server.
            runs = rf"jobs/{re.escape(self.id)}/[0-9]+/results/[^/\s]+/[^/\s]+"
            return re.sub(runs, f"jobs/{self.id}/result", str(outcome["report"])).rstrip("\n")
        reason = self.document.get("reason") or ""
        return f"{self.name}: {self.state}{f', {reason}' if reason else ''}"

    def _path(self, below: str = "") -> str:
        return f"/jobs/{in_path(self.id, 'the id of a job')}{f'/{below}' if below else ''}"


def keyed() -> dict[str, str]:
    """Return the header that lets a request be sent twice without being done twice."""
    return {IDEMPOTENCY: secrets.token_urlsafe(24)}
