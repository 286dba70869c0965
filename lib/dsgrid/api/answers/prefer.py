"""The header ``Prefer: wait=N`` (RFC 7240): how long a request may wait for the end of a job."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request

from dsgrid.api.access.context import Context
from dsgrid.api.job import Job
from dsgrid.api.limits import Limits

APPLIED: Final = "Preference-Applied"
_WAIT: Final = re.compile(r'\s*wait\s*=\s*(?:"([0-9]{1,9})"|([0-9]{1,9}))\s*(?:;.*)?', re.IGNORECASE | re.ASCII)
_MOST: Final = 1_000


def wanted_wait(request: Request, limits: Limits) -> int | None:
    """Return the seconds that a client prefers to wait, at most those of the limits; None where it says nothing.

    What cannot be read is no preference, as the RFC has it.
    """
    for header in request.headers.getlist("prefer"):
        for each in header[:_MOST].split(","):
            found = _WAIT.fullmatch(each)
            if found is not None:
                return min(int(found[1] or found[2]), int(limits.wait_time))
    return None


async def waited(request: Request, here: Context, user: str, job: Job) -> tuple[Job | None, int | None]:
    """Return a job when it has ended, or as it is after the time that a request prefers to wait; None where it is gone.

    Parameters
    ----------
    user
        Who waits: each may have so many requests that do (`limits.waits`), and the others are answered at once.

    Returns
    -------
    Job or None, int or None
        The job, and which preference was heeded.
    """
    seconds = wanted_wait(request, here.settings.limits)
    if seconds is None or job.has_ended:
        return job, seconds
    with here.dispatcher.waits.place(user) as may:
        if not may:
            return job, None
        waiting = asyncio.ensure_future(here.dispatcher.wait(job.id, seconds))
        leaving = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            # Who has gone hears no answer, and keeps no place.
            return (waiting.result(), seconds) if waiting.done() else (job, None)
        finally:
            waiting.cancel()
            leaving.cancel()


async def _left(request: Request) -> None:
    """Return when the client has gone; what else comes after its request is no matter."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def applied(seconds: int | None) -> Mapping[str, str]:
    """Return the header that says which preference was heeded."""
    return {} if seconds is None else {APPLIED: f"wait={seconds}"}
