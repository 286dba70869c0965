"""What somebody wants to be run: a spec, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dsgrid.errors import UsageError


@dataclass(frozen=True)
class Request:
    """One spec to run, and how.

    Parameters
    ----------
    spec
        The spec's file.
    job
        The job that the spec has to be for; None takes any.
    variables
        Values for ``${name}`` in the spec.
    registry
        The registry's folder; wins over the spec's.
    engine, master, memory
        See `dsgrid.engine.session` and `dsgrid.operations.launch.spark_submit_command`. A master means Spark.
    conf
        More of Spark's settings.
    at
        A version or date for a query; see `dsgrid.operations.query`.
    debug
        Show tracebacks.
    apply
        Change what is registered already to what the spec says; see `dsgrid.operations.apply`.
    allow
        How far such changes may go.
    log
        A file that the run is logged to, as JSON lines.
    estimate
        Say what a query will make and how long it takes, also where that is not long.
    quiet
        Show no progress.
    cache, resume, parts
        Of a query; see `dsgrid.operations.task.How`.
    """

    spec: Path
    job: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    registry: Path | None = None
    engine: str | None = None
    master: str | None = None
    memory: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    debug: bool = False
    apply: bool = False
    allow: str | None = None
    log: Path | None = None
    estimate: bool = False
    quiet: bool = False
    cache: bool = True
    resume: bool = True
    parts: int | None = None


def job_arguments(request: Request) -> list[str]:
    """Return the arguments that make ``jobs/<job>.py`` do the same as this request."""
    arguments: list[str] = []
    for name, value in request.variables.items():
        arguments += ["--set", f"{name}={value}"]
    if request.registry is not None:
        arguments += ["--registry", str(request.registry)]
    if request.at is not None:
        arguments += ["--at", request.at]
    if request.apply:
        arguments.append("--apply")
    if request.allow is not None:
        arguments += ["--allow", request.allow]
    if request.log is not None:
        arguments += ["--log", str(request.log)]
    if request.estimate:
        arguments.append("--estimate")
    if request.quiet:
        arguments.append("--quiet")
    if not request.cache:
        arguments.append("--no-cache")
    if not request.resume:
        arguments.append("--no-resume")
    if request.parts is not None:
        arguments += ["--parts", str(request.parts)]
    if request.debug:
        arguments.append("--debug")
    return arguments


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """Return the mapping that ``["name=value", ...]`` says."""
    wrong = [text for text in texts if not text.partition("=")[0] or "=" not in text]
    if wrong:
        raise UsageError(f'"{wrong[0]}" is not of the form name=value')
    return {name: value for name, _, value in (text.partition("=") for text in texts)}
