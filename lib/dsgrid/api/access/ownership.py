"""Whose jobs are whose: everybody sees their own, admins all; of others' nobody is told that they are there."""

from __future__ import annotations

from dsgrid.api.access.context import Context
from dsgrid.api.job import Job
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import ADMIN, User


def own_job(here: Context, user: User, job: str) -> Job:
    """Return a job that a user may see.

    Raises
    ------
    ApiError
        There is none with this id, or it is somebody else's.
    """
    found = here.dispatcher.get(job)
    if found is None or not may_see(user, found):
        raise no_job(job)
    return found


def may_see(user: User, job: Job) -> bool:
    """Return whether a user may see a job, and all that belongs to it."""
    return user.may(ADMIN) or (job.user == user.name and not user.is_anonymous)


def no_job(job: str) -> ApiError:
    """Return what is told where there is no such job, or none that one may see."""
    return ApiError(404, "not found", f"there is no job {job[:100]} of yours")
