"""The fence of a job: which files its spec may name on this server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from dsgrid.api.job import Job, NewJob
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.roles import ADMIN, CONTRIBUTOR, ROLES, User
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import State, open_state
from dsgrid.spec.fence import HOME, RESULTS, Fence, FencedRoot

RESULT: Final = "result"
_JOB: Final = re.compile(r"\bjobs/([0-9A-Za-z]{1,64})\b")
# More jobs than anybody names in one spec.
_MOST: Final = 50


def fence_of(job: NewJob | Job, settings: Settings, folder: Path) -> Fence:
    """Return the fence of an attempt.

    Parameters
    ----------
    folder
        Of the attempt.
    """
    named = list(_named(job.spec, *job.options.variables.values()))
    known: dict[str, Path] = {}
    if named:
        with closing(open_state(settings.state, create=False)) as state:
            known = dict(_known(named, User(job.user, job.role, token="-"), settings, state))
    return _fence(settings, folder, known, job.role)


def fence_for(text: str, variables: Iterable[str], user: User, settings: Settings, state: State) -> Fence:
    """Return the fence of a spec that is only looked at, or not accepted yet."""
    named = list(_named(text, *variables))
    # A folder that is none, so that nothing lies beside the spec.
    return _fence(settings, state.jobs_folder / "new", dict(_known(named, user, settings, state)), user.role)


def _fence(settings: Settings, folder: Path, known: dict[str, Path], role: str) -> Fence:
    # Who only asks gets answers in the job's folder; what lies in a root is of use to others.
    writes = ROLES.index(role) >= ROLES.index(CONTRIBUTOR)
    return Fence(
        folder=folder,
        roots=tuple(FencedRoot(root.name, _text(root.folder), root.writable and writes) for root in settings.roots),
        home=folder / HOME,
        results=folder / RESULTS,
        known=known,
        names={"registry": settings.registry, "jobs": settings.state / "jobs"},
    )


def _text(folder: Path) -> str:
    """Return a root's folder as it was written: a path takes a slash out of a URL."""
    return re.sub(r"^(s3[an]?):/(?!/)", r"\1://", str(folder))


def _named(*texts: str) -> Iterator[str]:
    """Yield the ids of the jobs that texts name, each once."""
    found = dict.fromkeys(id_ for text in texts for id_ in _JOB.findall(text))
    yield from list(found)[:_MOST]


def _known(ids: list[str], user: User, settings: Settings, state: State) -> Iterator[tuple[str, Path]]:
    """Yield the places of jobs that a user may see: ``jobs/<id>/result`` and ``jobs/<id>/files``."""
    store = JobStore(state, settings.limits)
    for id_ in ids:
        job = store.get(id_)
        if job is None or not (user.may(ADMIN) or (job.user == user.name and not user.is_anonymous)):
            continue
        folder = state.jobs_folder / job.id / str(job.attempt)
        if job.outcome is not None and job.outcome.result:
            yield f"jobs/{id_}/{RESULT}", folder / job.outcome.result
        yield f"jobs/{id_}/{HOME}", folder / HOME
