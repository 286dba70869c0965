"""The result of a job: found for who may see it, opened once, and known by what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from dsgrid.api.access.context import Context
from dsgrid.api.access.ownership import own_job
from dsgrid.api.job import CANCELLED, FAILED, Job
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.results.table_forms import EDITION
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.api.roles import User
from dsgrid.errors import DataError, NotFoundError, Problem, did_you_mean, listing
from dsgrid.query.handoff.exported import Exported
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import MANIFEST

_OF_PROBLEMS: Final = ("message", "where", "key", "detail")


@dataclass(frozen=True)
class Held:
    """A result that a job left.

    Parameters
    ----------
    folder
        Of the attempt.
    name
        Of a further result; empty for the query's own.
    """

    job: Job
    folder: Path
    table: StoredTable
    name: str = ""

    @property
    def result(self) -> Result:
        """The result."""
        return self.table.result

    @property
    def address(self) -> str:
        """Where it is on the server."""
        own = f"/v1/jobs/{quote(self.job.id, safe='')}/result"
        return f"{own}/results/{quote(self.name, safe='')}" if self.name else own

    @cached_property
    def digest(self) -> str:
        """What is in it, as a checksum: of its files, and of what its columns mean."""
        manifest = self.result.manifest
        files = "".join(f"{one['path']} {one['bytes']} {one['sha256']}\n" for one in manifest["files"])
        return hashlib.sha256(f"{EDITION}\n{files}{manifest['columns']!r}".encode()).hexdigest()[:32]

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """The files that its manifest names, by their paths."""
        return {str(one["path"]): one for one in self.result.manifest["files"]}

    def with_table(self) -> Held:
        """Return it, or raise what to say where it has further results alone."""
        if self.result.has_table:
            return self
        names = listing(list(self.result.manifest.get("results", ())))
        message = f"the query has no table of its own, as its spec says table = false; it has the results {names}"
        raise ApiError(404, "not found", f"{message}: see {self.address}/results/NAME")

    def export(self, name: str) -> Exported:
        """Return an export of the same run.

        Raises
        ------
        ApiError
            404 where it has none of this name.
        """
        found = self.result.exports.get(name)
        if found is None:
            hint = did_you_mean(name, self.result.exports) or "; the query has none"
            raise ApiError(404, "not found", f'there is no export "{name}"{hint}')
        return found


def held(here: Context, user: User, id_: str, name: str | None = None) -> Held:
    """Return the result of a job, or one of its further results.

    Raises
    ------
    ApiError
        404 where there is no such job, or it belongs to somebody else, or has no result; 409 where it has not ended or
        has failed; 410 where its result was removed.
    """
    job = own_job(here, user, id_)
    relative = _result_of(job)
    attempt = here.dispatcher.attempt(job)
    folder = attempt.folder / relative
    if not folder.resolve().is_relative_to(attempt.folder.resolve()):
        raise ApiError(404, "not found", f"job {job.id} has left no result in its folder")
    try:
        stamp = (folder / MANIFEST).stat()
        tables = _opened(folder, stamp.st_mtime_ns, stamp.st_ino)
    except (FileNotFoundError, NotADirectoryError, NotFoundError):
        raise _removed(job) from None
    except DataError as error:
        raise damaged(error) from None
    table = tables.get(name or "")
    if table is None:
        hint = did_you_mean(str(name), [one for one in tables if one]) if len(tables) > 1 else "; the query has none"
        raise ApiError(404, "not found", f'there is no further result "{name}"{hint}')
    return Held(job, attempt.folder, table, name or "")


def damaged(error: DataError) -> ApiError:
    """Return what to say of a result that is not as its manifest says: the fault is the server's."""
    # Of the place only the name: where it lies is the server's affair.
    problems = [replace(one, where=PurePath(one.where).name) for one in error.problems]
    return ApiError(502, "storage fails", str(problems[0]), problems=problems)


def _result_of(job: Job) -> str:
    """Return where in the attempt's folder the result is."""
    link = {"Link": f'</v1/jobs/{quote(job.id, safe="")}>; rel="related"'}
    if not job.has_ended:
        raise ApiError(
            409,
            "conflict",
            f"job {job.id} is {job.state}: it has no result yet; wait for its end with Prefer: wait=30, or follow its "
            "events",
            headers={**link, "Retry-After": "1"},
        )
    outcome = job.outcome
    if job.state in (FAILED, CANCELLED):
        problems = () if outcome is None else outcome.problems
        told = [Problem(**{key: str(one.get(key, "")) for key in _OF_PROBLEMS}) for one in problems]
        reason = job.reason or (outcome.reason if outcome is not None else "")
        said = f"job {job.id} {'has failed' if job.state == FAILED else 'was cancelled'}"
        detail = f"{said}: {reason}" if reason else said
        raise ApiError(409, "conflict", detail, problems=told, headers=link)
    if outcome is None or not outcome.result:
        raise ApiError(404, "not found", f"job {job.id} ({job.kind}) has no result: only queries have", headers=link)
    if job.results_removed_at is not None:
        raise _removed(job)
    return outcome.result


def _removed(job: Job) -> ApiError:
    when = f" at {job.results_removed_at}" if job.results_removed_at else ""
    return ApiError(
        410, "gone", f"the result of job {job.id} was removed{when}; POST /v1/jobs/{job.id}/retry, or ask anew"
    )


@lru_cache(maxsize=256)
def _opened(folder: Path, _changed: int, _inode: int) -> Mapping[str, StoredTable]:
    """Return the tables of a result by their names: files are compared with the manifest once, and not each time."""
    result = open_result(folder)
    return {"": StoredTable(result), **{name: StoredTable(one) for name, one in result.results.items()}}
