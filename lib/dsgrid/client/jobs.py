"""The jobs of a server: specs are handed in, and what became of them is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dsgrid.client.answer import Answer
from dsgrid.client.failures import reworded
from dsgrid.client.job import RemoteJob, keyed
from dsgrid.client.lists import rows_of
from dsgrid.client.posting import AnySpec, Posted, posted
from dsgrid.client.transport import IDEMPOTENCY, Params, Transport
from dsgrid.errors import DsgridError, ServerError, UsageError
from dsgrid.operations.progress import Progress

if TYPE_CHECKING:
    from dsgrid.operations.task import How

# How long a request that hands in a job waits for its end: longer where nothing is to be shown meanwhile.
_WAIT: Final = 30.0
_AT_ONCE: Final = 1.0


@dataclass(frozen=True)
class RemoteJobs:
    """The jobs of a server that the user may see."""

    _way: Transport
    _progress: Progress | None = None

    def __call__(
        self, *, state: str | None = None, kind: str | None = None, user: str | None = None, limit: int | None = None
    ) -> list[RemoteJob]:
        """Return jobs, the newest first; see `__iter__` for all."""
        params = [(name, value) for name, value in (("state", state), ("kind", kind), ("user", user)) if value]
        return [RemoteJob(one, self._way) for one in rows_of(self._way, "/jobs", params, limit)]

    def __iter__(self) -> Iterator[RemoteJob]:
        return iter(self())

    def __getitem__(self, id_: str) -> RemoteJob:
        """Return a job by its id."""
        return RemoteJob({"id": id_, "state": ""}, self._way, progress=self._progress).refresh()

    def submit(
        self,
        spec: AnySpec,
        job: str | None = None,
        *,
        at: str | None = None,
        how: How | None = None,
        runner: str | None = None,
        apply: bool = False,
        allow: str | None = None,
        variables: Mapping[str, str] | None = None,
        wait: float = 0.0,
    ) -> RemoteJob:
        """Hand a spec in, and return its job without waiting for its end.

        A connection that breaks is tried again with the same key, so that nothing runs twice.

        Parameters
        ----------
        job
            What the spec has to be for; None takes any.
        at, how
            Of a query; see `dsgrid.operations.query.query`.
        runner
            What carries it out: ``warm``, ``embedded``, ``spark`` or ``slurm``, where the server has it; by default
            the server chooses.
        apply, allow
            Change what is registered already; see `dsgrid.operations.apply.apply`.
        variables
            What ``${NAME}`` in the spec stands for.
        wait
            For how many seconds the answer may wait for the job's end.
        """
        from dsgrid.operations.asking import ASKING

        sent = posted(spec, job)
        path = "/queries" if sent.job in ASKING else "/jobs"
        params = [*_options(at, how, runner, variables or {}), *(_changes(apply, allow))]
        headers = keyed() | ({"Prefer": f"wait={wait:g}"} if wait >= 1 else {})
        document = send(self._way, path, sent, params, headers, self._way.timeout + wait).json()
        if not isinstance(document, dict) or not {"id", "state"} <= set(document):
            raise ServerError(f"{self._way.address} does not answer as a dsgrid server does")
        return RemoteJob(document, self._way, sent.name, self._progress)

    def run(self, spec: AnySpec, job: str | None = None, **options: Any) -> RemoteJob:
        """Hand a spec in, wait for the end, and return the job; see `submit`.

        Raises
        ------
        DsgridError
            What the same work raises on this machine.
        """
        wait = _WAIT if self._progress is None else _AT_ONCE
        found = self.submit(spec, job, wait=wait, **options)
        found.wait()
        found.raise_failure()
        return found


def send(
    way: Transport,
    path: str,
    sent: Posted,
    params: Params,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Answer:
    """Return the answer to a spec that was sent; errors name the user's file."""
    try:
        return way.ask(
            "POST",
            path,
            params=params,
            content=sent.body,
            headers={"Content-Type": sent.media_type, "Accept": "application/json", **(headers or {})},
            timeout=timeout,
        )
    except DsgridError as error:
        raise reworded(error, sent.name) from None
    except KeyboardInterrupt as stopped:
        if IDEMPOTENCY in (headers or {}):
            stopped.add_note(f"perhaps {way.address} has the job already: `dsgrid --url {way.address} jobs` shows it")
        raise


def set_params(variables: Mapping[str, str]) -> Params:
    """Return variables as parameters of a request."""
    return [("set", f"{name}={value}") for name, value in variables.items()]


def _options(at: str | None, how: How | None, runner: str | None, variables: Mapping[str, str]) -> Params:
    found = [("at", at), ("runner", runner)]
    if how is not None:
        found += [("parts", None if how.parts is None else str(how.parts))]
        found += [("cache", None if how.cache else "false"), ("resume", None if how.resume else "false")]
    return [*((name, value) for name, value in found if value is not None), *set_params(variables)]


def _changes(apply: bool, allow: str | None) -> Params:
    if allow is not None and not apply:
        raise UsageError("allow= says how far changes may go, and belongs to apply")
    return [*([("apply", "true")] if apply else []), *([("allow", allow)] if allow is not None else [])]
