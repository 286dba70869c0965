"""What somebody wants to be submitted: specs, the size of their job where it is given, and the options of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsgrid.cluster.demand import ENGINES
from dsgrid.cluster.durations import MINUTE, seconds_of
from dsgrid.cluster.wish import Given
from dsgrid.engine import parse_memory
from dsgrid.errors import UsageError, did_you_mean
from dsgrid.operations.request import Request, job_arguments
from dsgrid.remote import shown
from dsgrid.spec.patterns import SLURM_NAME

_JOB: Final = re.compile(r"\d+([_+]\d+)?(:\d+([_+]\d+)?)*")
_SECRET: Final = re.compile(r"secret|password|passwd|token|credential|access.?key|private.?key", re.IGNORECASE)
_LEAST_MEMORY: Final = 64


@dataclass(frozen=True)
class Wanted:
    """What the user asks for; None leaves it to us, or to the site.

    Parameters
    ----------
    nodes, cores, memory, time
        As they were written: ``16g``, ``2-00:00:00``. Memory and cores are those of each node.
    after
        The number of a job that has to succeed before; several with ``:`` between them.
    requeue
        How many times the job may go back into the queue when its time is over.
    variables, registry, at, conf, log, cache, resume, parts, quiet, debug
        Of ``dsgrid run``; see `dsgrid.operations.request.Request`.
    """

    nodes: int | None = None
    cores: int | None = None
    memory: str | None = None
    time: str | None = None
    partition: str | None = None
    account: str | None = None
    engine: str | None = None
    after: str | None = None
    requeue: int | None = None
    name: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    registry: Path | None = None
    at: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    cache: bool = True
    resume: bool = True
    parts: int | None = None
    quiet: bool = False
    debug: bool = False

    def given(self, partition: str | None) -> Given:
        """Return what is given of the job's size.

        Parameters
        ----------
        partition
            What the user's environment names, where the command does not.

        Raises
        ------
        UsageError
            A text is none of its kind, or a number is too small.
        """
        for name in ("nodes", "cores", "parts"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise UsageError(f"--{name} is {number}; expected 1 or more")
        return Given(
            nodes=self.nodes,
            cores=self.cores,
            memory=None if self.memory is None else _mebibytes(self.memory),
            time=None if self.time is None else _limit(self.time),
            partition=self.partition or partition,
            parts=self.parts,
        )

    def check(self) -> None:
        """Raise what is wrong with the texts that Slurm gets, and with what all who look at a job would see."""
        for name in ("partition", "account"):
            value = getattr(self, name)
            if value is not None and not re.fullmatch(SLURM_NAME.pattern, value):
                raise UsageError(f'--{name} "{value}" is not {SLURM_NAME.words}')
        if self.after is not None and not _JOB.fullmatch(self.after):
            raise UsageError(f'--after "{self.after}" is no number of a job, such as 12, 12_3 or 12:13')
        if self.requeue is not None and not 0 <= self.requeue <= 100:
            raise UsageError(f"--requeue is {self.requeue}; expected 0 to 100 times")
        if self.engine is not None and self.engine not in ENGINES:
            raise UsageError(f'no engine "{shown(self.engine)}" for a job on Slurm{did_you_mean(self.engine, ENGINES)}')
        if self.engine == "sail" and self.conf:
            raise UsageError("--conf is for Spark, and --engine is sail; leave out one of the two")
        secret = next((name for name in self.conf if _SECRET.search(name)), None)
        if secret is not None:
            raise UsageError(
                f"--conf {secret} looks like a secret, and command lines are read by others; "
                "write it into a file that only you can read"
            )

    def arguments(self, spec: Path, registry: Path | None, parts: int | None, engine: str) -> tuple[str, ...]:
        """Return the options of ``dsgrid run`` in the job; no path depends on where that is.

        Parameters
        ----------
        registry
            The registry, where the spec does not name it.
        parts
            Into how many parts a query is divided.
        engine
            ``spark`` or ``sail``: the batch script takes it for itself.
        """
        request = Request(
            spec=spec,
            variables=self.variables,
            registry=registry,
            at=self.at,
            log=None if self.log is None else self.log.absolute(),
            cache=self.cache,
            resume=self.resume,
            parts=parts,
            quiet=self.quiet,
            debug=self.debug,
        )
        found = [*job_arguments(request)]
        for name, value in self.conf.items():
            found += ["--conf", f"{name}={value}"]
        return (*found, "--engine", engine)


def _mebibytes(text: str) -> int:
    if text.strip() in ("0", "all"):
        return 0
    try:
        size = parse_memory(text) >> 20
    except UsageError:
        raise UsageError(f'--memory "{text}" is no size such as 16g, 900m, or all (of each node)') from None
    if size < _LEAST_MEMORY:
        hint = f"; did you mean {text.strip()}g?" if text.strip().isdigit() else ""
        raise UsageError(f'--memory "{text}" is less than anything runs in; expected a size such as 16g{hint}')
    return size


def _limit(text: str) -> int:
    seconds = seconds_of(text, "--time")
    if seconds < MINUTE:
        raise UsageError(f'--time "{text}" is {seconds} s; Slurm counts in minutes: expected 1 or more')
    return -(-seconds // MINUTE) * MINUTE
