"""Past runs of this user: which there were, and everything about one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dsgrid.datasets.offenders import counted
from dsgrid.errors import NotFoundError, UsageError, did_you_mean
from dsgrid.operations.progress import in_bytes, in_seconds
from dsgrid.operations.reported import Reported
from dsgrid.operations.run_history import FAILED, KILLED, STOPPED, read_runs, state_folder

NOT_WELL: Final = frozenset({FAILED, KILLED, STOPPED})
_UNITS: Final = {"s": "seconds", "min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_READ: Final = ("rows_read", "values_read", "bytes_read")


@dataclass(frozen=True, repr=False)
class PastRuns(Reported):
    """Some runs, the newest first.

    Parameters
    ----------
    runs
        What is known of each.
    total
        How many passed the filters; there may be more than are shown.
    """

    runs: tuple[dict[str, Any], ...]
    total: int

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of a table for each run; with its error where any of them has one."""
        errors = any(run.get("error") for run in self.runs)
        return [_row(run) | ({"error": run.get("error", "")} if errors else {}) for run in self.runs]

    def report(self) -> str:
        """Return how many there are."""
        if not self.total:
            place = state_folder()
            return "no such runs" if place is None else f"no such runs in {place}"
        more = f", the newest {len(self.runs)} shown" if len(self.runs) < self.total else ""
        return f"{counted(self.total, 'run')}{more}"


def past_runs(
    *,
    project: str | None = None,
    query: str | None = None,
    job: str | None = None,
    failed: bool = False,
    since: str | None = None,
    limit: int | None = None,
) -> PastRuns:
    """Return the runs that pass all filters, the newest first.

    Parameters
    ----------
    project
        Of queries of this project, ``id`` or ``id@version``.
    query, job
        The name of a query; a job.
    failed
        Only runs that did not end well: those that failed, were stopped, or were killed.
    since
        Only runs from then on: an age such as ``2d`` or ``12h``, or a date such as ``2026-11-01``.
    limit
        Return at most so many.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"expected one run or more to show, found {limit}")
    begin = None if since is None else moment(since)
    found = []
    for run in reversed(read_runs()):
        of_project = str(run.get("project") or "")
        if project is not None and project not in (of_project, of_project.partition("@")[0]):
            continue
        if (query is not None and run.get("query") != query) or (job is not None and run["job"] != job):
            continue
        if failed and run["outcome"] not in NOT_WELL:
            continue
        if begin is not None and (_moment_of(run) or begin) < begin:
            continue
        found.append(run)
    return PastRuns(tuple(found[:limit]), len(found))


def moment(text: str) -> datetime:
    """Return the instant that an age or a date means.

    Raises
    ------
    UsageError
        If it is neither.
    """
    age = re.fullmatch(r"\s*(\d{1,6})\s*(s|min|m|h|d|w)\s*", text, re.ASCII)
    if age:
        try:
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f'"{text}" is neither an age such as 90min, 12h, 2d or 1w, nor a date such as 2026-11-01'
        ) from None
    try:
        # A date without a zone is that of the user's clock.
        return found.astimezone(UTC)
    except (OverflowError, ValueError):
        return found.replace(tzinfo=UTC)


def show_run(id_: str) -> dict[str, Any]:
    """Return everything that is known of a run, given its id or the first digits of it.

    Raises
    ------
    NotFoundError
        If there is none, or if several begin so.
    """
    runs = read_runs()
    ids = [str(run["id"]) for run in runs]
    exact = [run for run in runs if run["id"] == id_]
    found = exact or [run for run in runs if id_ and str(run["id"]).startswith(id_)]
    if not found:
        raise NotFoundError(f'there is no run "{id_}"{did_you_mean(id_, ids[::-1])}; `dsgrid runs` lists them')
    if len(found) > 1:
        raise NotFoundError(f'{len(found)} runs begin with "{id_}": {", ".join(str(run["id"]) for run in found)}')
    return found[0]


def _row(run: dict[str, Any]) -> dict[str, Any]:
    began = _moment_of(run)
    seconds, rows, size = run.get("seconds"), run.get("rows"), run.get("bytes")
    return {
        "id": run["id"],
        "when": "" if began is None else f"{began.astimezone():%Y-%m-%d %H:%M}",
        "job": run["job"] or "?",
        "what": _what(run),
        "time": in_seconds(seconds) if isinstance(seconds, int | float) else "",
        "rows": rows if _is_number(rows) else None,
        "size": in_bytes(size) if isinstance(size, int) else "",
        "engine": "cache" if "cache" in str(run.get("reused") or "") else run.get("engine") or "",
        "outcome": run["outcome"],
    }


def _what(run: dict[str, Any]) -> str:
    """Return the name of the query, else of the spec's file."""
    name = run.get("query") or re.split(r"[\\/]", str(run.get("spec") or ""))[-1]
    return str(name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment_of(run: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(run["started"])).astimezone(UTC)
    except ValueError:
        return None


def lines_of(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run as names and values for people."""
    shown: dict[str, Any] = {"id": run["id"], "outcome": run["outcome"]}
    if run.get("exit_code"):
        shown["exit code"] = run["exit_code"]
    shown |= {name: run.get(name) for name in ("error", "job", "query", "project", "spec", "folder")}
    began = _moment_of(run)
    shown["started"] = None if began is None else f"{began.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    if _is_number(run.get("seconds")):
        shown["time"] = in_seconds(run["seconds"]) + _times(run.get("seconds_of"))
    work = run.get("work")
    if isinstance(work, dict) and all(_is_number(work.get(name)) for name in _READ):
        rows, values, bytes_ = (int(work[name]) for name in _READ)
        shown["read"] = f"about {rows:,} rows, {values:,} values, {in_bytes(bytes_)}"
    if _is_number(run.get("rows")):
        size = f", {in_bytes(run['bytes'])}" if isinstance(run.get("bytes"), int) else ""
        shown["made"] = f"{counted(run['rows'], 'row')}{size}"
    shown["result"] = run.get("result")
    shown["reused"] = run.get("reused")
    engine = " ".join(str(run[name]) for name in ("engine", "engine_version") if run.get(name))
    shown["engine"] = engine
    shown["dsgrid"] = run.get("version")
    shown["machine"] = f"{run.get('host', '?')}, {run.get('cpus', '?')} cores"
    shown["process"] = str(run.get("pid") or "")
    return {name: value for name, value in shown.items() if value not in (None, "")}


def _times(seconds: object) -> str:
    if not isinstance(seconds, dict):
        return ""
    parts: Sequence[str] = [f"{name} {in_seconds(value)}" for name, value in seconds.items() if _is_number(value)]
    return f" ({', '.join(parts)})" if parts else ""
